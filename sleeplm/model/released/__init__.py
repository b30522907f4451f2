"""The released SleepLM-Base: the same numbers as the published network, computed faster."""

from sleeplm.model.released.files import convert, load_released
from sleeplm.model.released.network import ReleasedNetwork
from sleeplm.model.released.sizes import Sizes

__all__ = ["ReleasedNetwork", "Sizes", "convert", "load_released"]
