"""The published SleepLM-Base: the same numbers as its authors' code gives, computed faster.

`PublishedSleepLM` is the network with its tokenizer, as `sleeplm.network.loading.SleepLM` gives it.
`PublishedNetwork` is its module, whose parameters carry the published names, and `Sizes` what their shapes follow
from; `load_released` reads its files, `convert` writes them as safetensors.
"""

from sleeplm.network.published.encoder import PublishedSleepLM
from sleeplm.network.published.files import convert, load_released
from sleeplm.network.published.network import PublishedNetwork
from sleeplm.network.published.sizes import Sizes

__all__ = ["PublishedNetwork", "PublishedSleepLM", "Sizes", "convert", "load_released"]
