"""The language model loads while the page is already there."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from assistant.answers import ToolStep


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
