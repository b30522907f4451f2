"""Memory that libraries free and the C library keeps."""

import ctypes
import gc
import sys


def give_back() -> None:
    """Return freed memory to the system, where the C library can be asked to: of YASA's features 300 MB a night."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
        if trim is not None:
            trim(0)
