"""Serve the chat: flags, the first night, and the page (`assistant.ui`)."""

import argparse
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from assistant.commands.network import add_network_options, chosen
from assistant.grounding.answers import ToolStep
from sleeplm import RESEARCH_USE
from sleeplm.errors import SleepLMError, UsageError

LOCAL = ("127.0.0.1", "localhost", "::1")


def main(argv: list[str] | None = None) -> None:
    """Serve until interrupted; exit status 2 and one sentence where that cannot be done."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that uploads are removed on the way out
    with tempfile.TemporaryDirectory(prefix="sleeplm-uploads-") as uploads:
        _set_environment(uploads)
        try:
            page = _prepare(arguments)
            url = serve(page, arguments.host, arguments.port)
        except SleepLMError as error:
            print(f"sleeplm: {error}", file=sys.stderr)
            sys.exit(2)
        _say(f"SleepLM Chat is at {url} (Ctrl-C ends it). {RESEARCH_USE}")
        if arguments.host not in LOCAL:
            _say("There is no login: whoever can reach this address sees the nights that are kept here.")
        page.block_thread()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=f"Serve the chat over a sleep study. {RESEARCH_USE}")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a recording to open; else the demo night"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--scoring", type=Path, action="append", default=[], metavar="F", help="may be repeated")
    parser.add_argument("--studies", type=Path, metavar="DIR", help="where studies are kept (SLEEPLM_STUDIES)")
    parser.add_argument("--llm", metavar="NAME", help="a causal language model by hub name or folder")
    add_network_options(parser)
    return parser


def _set_environment(uploads: str) -> None:
    """What Gradio reads when it is imported: where uploads go, and that nothing is sent to anybody."""
    os.environ["GRADIO_TEMP_DIR"] = uploads
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Gradio asks itself whether it is up; a proxy of the user's network cannot answer that.
    os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))


def _prepare(arguments):
    """The page with its first night; the language model loads meanwhile."""
    if arguments.scoring and arguments.file is None:
        raise UsageError("--scoring needs the recording that it scores")
    from assistant.library import demo_night
    from assistant.ui.page import build_page
    from assistant.ui.stored_nights import StoredNights

    network = chosen(arguments)
    nights = StoredNights(network, arguments.studies)
    assistant = LazyAssistant(lambda: _load_assistant(arguments.llm, network.encoder))

    def progress(step: str, fraction: float) -> None:
        _say(f"{step} ...")

    if arguments.file is None:
        first = demo_night(network.encoder, progress, nights.folder)
    else:
        first = nights.add(arguments.file, scorings=arguments.scoring, progress=progress)
    return build_page(nights, assistant, first.id)


def _load_assistant(name: str | None, encoder):
    from assistant import Assistant

    return Assistant.load(name, encoder)


def serve(page, host: str, port: int) -> str:
    """Begin to serve a page; returns its address.

    Raises
    ------
    UsageError
        The address is taken or is not this machine's.
    """
    from assistant.ui.page import launch_options

    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such port"
        raise UsageError(f"cannot serve at {host}:{port} ({reason}); choose another --port or --host") from None
    _, url, _ = page.launch(server_name=host, server_port=port, prevent_thread_lock=True, **launch_options())
    return url


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class LazyAssistant:
    """An assistant that begins to load at once, in a thread of its own, and answers when it has.

    Parameters
    ----------
    load : callable
        Gives the assistant (`Assistant.load`); what it raises is raised by the first answer.
    """

    def __init__(self, load: Callable):
        pool = ThreadPoolExecutor(1, thread_name_prefix="load-assistant")
        self._loaded: Future = pool.submit(load)
        pool.shutdown(wait=False)

    def answer(self, question, study, index=None, history=()) -> Iterator:
        """Answer as the assistant does; says so first where it is still loading."""
        if not self._loaded.done():
            yield ToolStep("load", {}, "loading the language model")
        yield from self._loaded.result().answer(question, study, index=index, history=history)


if __name__ == "__main__":
    main()
