import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = Path(os.environ.get("SLEEPLM_TEST_DATA", ROOT.parent / "shared")) / "reference"


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of a tiny network of the released layout with the outputs that the published code computes from it."""
    if not REFERENCE.is_dir():
        message = f"no reference network at {REFERENCE} (set SLEEPLM_TEST_DATA)"
        if os.environ.get("SLEEPLM_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return REFERENCE
