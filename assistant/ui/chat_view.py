"""The chat: its turns as values, as escaped HTML, and as text to copy."""

from dataclasses import dataclass, replace
from html import escape

from assistant.grounding.answers import Answer, TextStep, ToolStep
from assistant.ui.tables import chip, stretch_words
from sleeplm import RESEARCH_USE
from sleeplm.night import day_seconds


@dataclass(frozen=True)
class Turn:
    """One question and what came of it.

    Attributes
    ----------
    question : str
        As it was asked.
    tools : tuple of str
        What was looked up so far, in words.
    text : str
        The answer so far.
    answer : Answer or None
        The finished answer.
    state : str
        ``waiting``, ``answering``, ``done``, ``stopped`` or ``failed``.
    """

    question: str
    tools: tuple[str, ...] = ()
    text: str = ""
    answer: Answer | None = None
    state: str = "waiting"


def after(turn: Turn, step: ToolStep | TextStep | Answer) -> Turn:
    """The turn when one more step of the answer has come."""
    if isinstance(step, ToolStep):
        return replace(turn, tools=(*turn.tools, step.label), state="answering")
    if isinstance(step, TextStep):
        return replace(turn, text=step.text, state="answering")
    return replace(turn, text=step.text, answer=step, state="done")


def stopped(turns: list[Turn]) -> list[Turn]:
    """The turns when the user stops the last one."""
    return [replace(t, state="stopped") if t.state in ("waiting", "answering") else t for t in turns]


def example_questions(study) -> list[str]:
    """Questions to start from, about this night."""
    middle = study.n_epochs // 2
    asked = [
        "How long did the person sleep?",
        "How much deep sleep was there?",
        "When was the longest period awake?",
        "What was the lowest oxygen saturation?",
        f"Which stretch is most like epoch {max(1, middle)}?",
    ]
    if study.start_clock is None:
        return asked
    begin_min = day_seconds(study.start_clock) // 60
    whole_hour = round((begin_min + middle / 2) / 60)
    if abs(whole_hour * 60 - begin_min) < study.n_epochs / 2:
        asked.insert(3, f"What happened around {whole_hour % 24:02d}:00?")
    return asked


def conversation_html(study, turns: list[Turn]) -> str:
    """The chat as HTML; before the first question, examples to click."""
    if not turns:
        buttons = "".join(
            f'<button type="button" class="sl-ask" data-ask="{escape(q)}">{escape(q)}</button>'
            for q in example_questions(study)
        )
        return (
            '<div class="sl-empty"><p>Ask about this night. Every number in an answer comes from a measurement and'
            f' shows the epochs it rests on.</p><div class="sl-examples">{buttons}</div></div>'
        )
    return "".join(_turn(study, turn) for turn in turns)


def _turn(study, turn: Turn) -> str:
    question = f'<div class="sl-question"><span class="sl-speaker">You</span>{escape(turn.question)}</div>'
    tools = "".join(f"<li>{escape(label)}</li>" for label in turn.tools)
    tools = f'<ul class="sl-tools" aria-label="Looked up">{tools}</ul>' if tools else ""
    body = f'<div class="sl-text">{escape(turn.text)}</div>' if turn.text else ""
    foot = {
        "waiting": '<p class="sl-working">Thinking</p>',
        "answering": "" if turn.text else '<p class="sl-working">Writing</p>',
        "stopped": '<p class="sl-muted">Stopped.</p>',
    }.get(turn.state, "")
    if turn.answer is not None:
        foot = _foot(study, turn, turn.answer)
    reply = f'<span class="sl-speaker">SleepLM</span>{tools}{body}{foot}'
    return f'{question}<div class="sl-answer sl-turn-{turn.state}">{reply}</div>'


def _foot(study, turn: Turn, answer: Answer) -> str:
    names = {f.id: f.name for f in answer.facts}
    chips = "".join(
        chip(study, c.epochs, names.get(c.fact, ""), c.start_s, c.end_s) for c in distinct(answer.citations)
    )
    chips = f'<div class="sl-chips" aria-label="Rests on">{chips}</div>' if chips else ""
    copy = f'<button type="button" class="sl-copy" data-copy="{escape(copy_text(study, turn))}">Copy</button>'
    return f'{chips}<div class="sl-foot">{copy}</div>'


def distinct(citations) -> list:
    """Citations without those that point at a stretch already pointed at for the same fact."""
    return list({(c.fact, c.epochs): c for c in citations}.values())


def copy_text(study, turn: Turn) -> str:
    """The answer, which names its source, to paste: with question, citations, night and research-use line."""
    answer = turn.answer or Answer(turn.text)
    names = {f.id: f.name for f in answer.facts}
    lines = [f"Q: {turn.question}", f"A: {turn.text}", ""]
    lines += [
        f"[{i}] {stretch_words(study, c.epochs)}" + (f" · {names[c.fact]}" if c.fact in names else "")
        for i, c in enumerate(distinct(answer.citations), 1)
    ]
    lines.append(f"Night: {study.label}{' (SIMULATED)' if study.simulated else ''}, study {study.id}")
    lines.append(f"SleepLM Chat. {RESEARCH_USE}")
    return "\n".join(lines)


def history(turns: list[Turn]) -> list[tuple[str, Answer]]:
    """What was asked and answered before, oldest first."""
    return [(t.question, t.answer) for t in turns if t.answer is not None]
