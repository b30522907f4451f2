"""The network: preparation of epochs, signal tower, text head, caption decoder, losses, and its files."""

from sleeplm.model.config import NetworkConfig
from sleeplm.model.files import load_network, save_network
from sleeplm.model.network import Encoded, SleepLMNetwork
from sleeplm.model.preparation import Prepared, prepare
from sleeplm.model.released import load_released

__all__ = [
    "Encoded", "NetworkConfig", "Prepared", "SleepLMNetwork", "load_network", "load_released", "prepare",
    "save_network",
]  # fmt: skip
