import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SLEEPLM_TEST_DATA", ROOT.parent / "shared")) / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real recordings and expert scorings; a test that needs it is skipped where it is absent."""
    if not DATA.is_dir():
        message = f"no real recordings at {DATA} (set SLEEPLM_TEST_DATA)"
        if os.environ.get("SLEEPLM_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return DATA
