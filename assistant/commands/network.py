"""The options that choose the network which embeds nights, for commands and for the page."""

import argparse
from typing import TYPE_CHECKING

from assistant.commands.output import say

if TYPE_CHECKING:
    from assistant.network import Network


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--encoder`` and ``--bf16``."""
    parser.add_argument(
        "--encoder",
        metavar="NAME",
        help="the network: ours, or one by folder or hub name (yang-ai-lab/SleepLM-Base)",
    )
    parser.add_argument("--bf16", action="store_true", help="let the released network compute in bfloat16: faster")


def is_chosen(arguments: argparse.Namespace) -> bool:
    """Whether the options name a network."""
    return arguments.encoder is not None or arguments.bf16


def chosen(arguments: argparse.Namespace) -> "Network":
    """The network that the options name, else ours; what does not work with it is printed on stderr.

    Raises
    ------
    ModelError, UsageError
        As `assistant.network.load_network`.
    """
    from assistant.network import load_network

    network = load_network(arguments.encoder, arguments.bf16)
    if network.limits:
        say(network.limits)
    return network
