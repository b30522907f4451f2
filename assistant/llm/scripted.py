"""A language model that follows a script: for tests of everything around one, without weights."""

from collections.abc import Callable, Iterator, Mapping

from llguidance import LLMatcher, LLTokenizer

from assistant.llm.prompt import PLAN, READ, WRITE, Prompt

PIECE = 12  # characters yielded at a time


class ScriptedModel:
    """Answers from a script, and says so; what it writes is held to the grammar like any other model's text.

    Parameters
    ----------
    plans : mapping of str to str
        Calls by a part of the question: ``{"how long": "facts(tst_min)"}``. A question that holds none is declined.
    write : callable or None
        From the prompt's ids to an answer with placeholders; None names each fact by its id alone, which does not
        pass the check, so that the answer is given in the evidence's own sentences.
    reading : str or None
        What it reads from any signal; None: it reads none.
    """

    name = "scripted"

    def __init__(
        self,
        plans: Mapping[str, str],
        write: Callable[[list[str]], str] | None = None,
        reading: str | None = None,
    ):
        self.plans, self.write, self.reading = plans, write, reading
        self.prompts: list[Prompt] = []
        self._bytes = LLTokenizer("byte")

    def reads(self, network: dict) -> bool:
        """Whether the script has a reading."""
        return self.reading is not None

    def describe(self) -> dict:
        """Say that no model was asked."""
        return {"llm": self.name, "adapter": None, "instructed_by": "script"}

    def complete(self, prompt: Prompt, grammar: str, max_tokens: int, seed: int | None = None) -> Iterator[str]:
        """Yield the scripted text piece by piece.

        Raises
        ------
        ValueError
            The grammar is not valid, or a scripted plan or reading is not one of its texts.
        """
        self.prompts.append(prompt)
        text = {PLAN: self._plan, WRITE: self._write, READ: lambda _: f"{self.reading}."}[prompt.task](prompt)
        matcher = LLMatcher(self._bytes, grammar)
        if matcher.get_error():
            raise ValueError(matcher.get_error())
        tokens = self._bytes.tokenize_str(text)
        if prompt.task != WRITE and matcher.try_consume_tokens(tokens) != len(tokens):
            raise ValueError(f"{text!r} is not in the grammar of this question:\n{grammar}")
        yield from (text[i : i + PIECE] for i in range(0, len(text), PIECE))

    def _plan(self, prompt: Prompt) -> str:
        asked = prompt.user.lower()
        return next((p for words, p in self.plans.items() if words.lower() in asked), "decline(out_of_scope)")

    def _write(self, prompt: Prompt) -> str:
        ids = prompt.user.rsplit("\n", 1)[-1].split()
        if self.write is not None:
            return self.write(ids)
        return ". ".join(f"{{{id}}}" for id in ids) + "."
