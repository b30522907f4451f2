"""The published SleepLM-Base: the same numbers as its authors' code gives, computed faster.

`PublishedNetwork` is the module whose parameters carry the published names, `Sizes` what its shapes follow from;
`load_released` reads its files, `convert` writes them as safetensors. `sleeplm.network.loading.SleepLM` gives it
with its tokenizer (`published.encoder.PublishedSleepLM`).
"""

from sleeplm.network.published.files import convert, load_released
from sleeplm.network.published.network import PublishedNetwork
from sleeplm.network.published.sizes import Sizes

__all__ = ["PublishedNetwork", "Sizes", "convert", "load_released"]
