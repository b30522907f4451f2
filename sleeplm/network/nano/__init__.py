"""SleepLM nano: the small network that ships with the package.

`NanoSleepLM` is the network with its tokenizer, as `sleeplm.network.loading.SleepLM` gives it. `SleepLMNetwork` is
its module, `NetworkConfig` what the shapes of its weights follow from, `ContextNetwork` the module that stages an
epoch by those around it.
"""

from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.context import ContextNetwork
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.network import SleepLMNetwork

__all__ = ["ContextNetwork", "NanoSleepLM", "NetworkConfig", "SleepLMNetwork"]
