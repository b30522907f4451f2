"""The released SleepLM-Base: the same numbers as the published network, computed faster."""

from sleeplm.network.published.files import convert, load_released
from sleeplm.network.published.network import PublishedNetwork
from sleeplm.network.published.sizes import Sizes

__all__ = ["PublishedNetwork", "Sizes", "convert", "load_released"]
