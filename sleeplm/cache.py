"""Where what can be made again is kept: converted models, what the hub was asked for, the simulated demo night."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """``SLEEPLM_CACHE``, else the platform's cache folder."""
    if given := os.environ.get("SLEEPLM_CACHE"):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("sleeplm")
