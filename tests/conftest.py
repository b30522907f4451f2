import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLEEPLM_TEST_DATA", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real recordings and expert scorings; a test that needs it is skipped where it is absent."""
    return _there(SHARED / "data", "real recordings")


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of a tiny network of the released layout with the outputs that the published code computes from it."""
    return _there(SHARED / "reference", "reference network")


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of small files made after public reports, with what must be read of them in its READMEs."""
    return _there(SHARED / "cases", "reported cases")


def _there(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        message = f"no {what} at {folder} (set SLEEPLM_TEST_DATA)"
        if os.environ.get("SLEEPLM_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
