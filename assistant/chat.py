"""The assistant: a question about a study in, tool steps, growing text and a grounded answer out."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from assistant.grounding import writing
from assistant.grounding.answers import Answer, TextStep, ToolStep
from assistant.grounding.evidence import Evidence, absence, citations, merge
from assistant.llm import epoch_reading
from assistant.llm.prompt import Writer
from assistant.planning import plan
from assistant.planning.turns import last_turn
from assistant.question import Question
from assistant.tools import Call
from assistant.tools.context import Context
from sleeplm.errors import UsageError

Step = ToolStep | TextStep | Answer
NOTHING = "Nothing is known of that for this recording."
MAX_CALLS = 2
MAX_ANSWER_TOKENS = 220
SECOND_SEED = 1  # of the second attempt, after a first that did not pass
_STAND_ALONE = {Call("signals"), Call("decline", ("medical_advice",)), Call("decline", ("other_person",))}


class Assistant:
    """Answers questions about one study, each number from its scoring and signals.

    Parameters
    ----------
    llm : Writer
        The language model: `assistant.llm.model.LanguageModel`, or a scripted one.
    load_encoder : callable or None
        Gives the SleepLM of the studies' embeddings when a phrase is first looked for.
    """

    def __init__(self, llm: Writer, load_encoder: Callable[[], Any] | None = None):
        self.llm = llm
        self._load_encoder = load_encoder

    @classmethod
    def load(cls, llm: str | None = None, encoder: Any = None) -> "Assistant":
        """Load the packaged language model with our adapter, or another causal one by hub name or folder.

        Parameters
        ----------
        llm : str, optional
        encoder : Encoder, optional
            What looks for phrases; ours where none is given, loaded when first asked.

        Raises
        ------
        ModelError
            The weights are missing, altered or of another shape.
        """
        from assistant.llm.model import LanguageModel

        return cls(LanguageModel.load(llm), _load_encoder if encoder is None else lambda: encoder)

    def answer(self, question: str, study, index=None, history: Iterable = ()) -> Iterator[Step]:
        """Answer a question, streamed.

        Parameters
        ----------
        question : str
        study : Study
        index : Index or None
        history : iterable of (str, Answer)
            Earlier questions with their answers, the oldest first.

        Yields
        ------
        ToolStep, TextStep, Answer
            The tools as they are called, the text as it grows (each time whole), and at the end the answer.

        Raises
        ------
        UsageError
            The question is empty.
        """
        if not question.strip():
            raise UsageError("the question is empty; ask something about the recording")
        clock = _Stopwatch()
        asked, calls = self._plan(question, study, history)
        clock.lap("plan")
        context = Context(study, index, self._load_encoder, self._reader(study), asked.slots)
        parts = []
        for call in calls:
            yield ToolStep(call.tool, call.named(), call.label)
            parts.append(call.run(context))
        evidence = _without_absent_topics(merge(parts), calls, asked, study)
        clock.lap("tools")
        written = ("", "evidence")
        for written in self._write(asked, evidence):
            clock.once("first_words")
            yield TextStep(written[0])
        clock.lap("answer")
        yield self._finish(*written, evidence, calls, study, clock)

    def _plan(self, text: str, study, history: Iterable) -> tuple[Question, list[Call]]:
        before = last_turn(history)
        question = Question.read(text, study, before.question if before else None)
        prompt = plan.plan_prompt(question, before.calls if before and question.follows else ())
        written = "".join(self.llm.complete(prompt, plan.plan_grammar(question), plan.MAX_TOKENS))
        calls = plan.parse_plan(written)[:MAX_CALLS]
        return question, calls or [Call("decline", ("out_of_scope",))]

    def _reader(self, study) -> Callable[[int], str | None] | None:
        if not self.llm.reads(study.model):
            return None
        return lambda number: epoch_reading.read_epoch(self.llm, study.tokens[number - 1])

    def _write(self, question: Question, evidence: Evidence) -> Iterator[tuple[str, str]]:
        """Yield the growing text and who writes it: the model, or after two failures the evidence itself."""
        absent = " ".join(f.text for f in evidence.absent)
        if evidence.unavailable:
            yield evidence.declined or absent or NOTHING, "evidence"
            return
        facts = evidence.known[: writing.MAX_FACTS]
        prompt, grammar = writing.write_prompt(question, facts), writing.write_grammar(facts)
        for seed in (None, SECOND_SEED):
            draft = ""
            for piece in self.llm.complete(prompt, grammar, MAX_ANSWER_TOKENS, seed):
                draft += piece
                shown = writing.fill(draft, facts)
                if shown:
                    yield shown, "llm"
            if writing.check(draft, facts) is None:
                yield " ".join(filter(None, (writing.fill(draft, facts), absent))), "llm"
                return
        yield " ".join(filter(None, (writing.in_plain_sentences(facts), absent))), "evidence"

    def _finish(self, text, written_by, evidence, calls, study, clock) -> Answer:
        facts = [] if evidence.unavailable else evidence.known[: writing.MAX_FACTS]
        source = writing.source_clause(facts, study.simulated and bool(facts))
        return Answer(
            text=f"{text} {source}".strip(),
            facts=facts or [f for f in evidence.absent if f.id in {k.id for k in study.facts}],
            citations=citations(facts),
            tools=[{"tool": c.tool, "arguments": c.named()} for c in calls],
            unavailable=evidence.unavailable,
            model={**self.llm.describe(), "written_by": written_by},
            seconds=clock.seconds(),
        )


def _without_absent_topics(evidence: Evidence, calls: list[Call], question: Question, study) -> Evidence:
    """Say of every topic of the question that was not recorded that it was not; if it names no other, only that."""
    missing = question.missing_topics(study)
    if not missing or _STAND_ALONE.intersection(calls):
        return evidence
    known = tuple(evidence.known) if len(missing) < len(question.topics) else ()
    fixed = {f.id for f in study.facts}
    absent = tuple(f for f in evidence.absent if f.id in fixed)
    if not known:
        return Evidence(absent, " ".join(topic.modality.absent for topic in missing))
    return Evidence(known + (absent or tuple(absence(t.name, t.name, t.modality.absent) for t in missing)))


def _load_encoder():
    from sleeplm.network.loading import SleepLM

    return SleepLM.from_pretrained()


class _Stopwatch:
    """Seconds of each part of an answer."""

    def __init__(self):
        self._begin = self._last = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._seconds[name] = round(now - self._last, 3)
        self._last = now

    def once(self, name: str) -> None:
        self._seconds.setdefault(name, round(time.perf_counter() - self._begin, 3))

    def seconds(self) -> dict[str, float]:
        return {**self._seconds, "total": round(time.perf_counter() - self._begin, 3)}
