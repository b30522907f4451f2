"""The parts of the page that are words: header, warnings, numbers. All text is escaped."""

from html import escape
from pathlib import Path

from sleeplm import RESEARCH_USE
from sleeplm.kinds.sources import source_label
from sleeplm.night import Fact, clock_at
from sleeplm.recording.annotations.unknown import MEANINGS
from sleeplm.recording.annotations.words import word_key
from sleeplm.study.person import in_words
from sleeplm.units import EPOCH_S

LOGO = (
    '<svg class="sl-logo" viewBox="0 0 40 24" aria-hidden="true">'
    '<path d="M1 12h6l3-8 4 17 4-13 3 7 2-3h4l2-5 3 8 2-3h5"'
    ' fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/></svg>'
)
MAX_WORDS = 20  # of scorers that are asked about, the most frequent ones
MAX_CHIPS = 3  # stretches shown beside one number


def header(network, study=None) -> str:
    """Name of the page, its network, what it may be used for, and whether the open night is simulated."""
    runs = f'<span class="sl-network">network {escape(network.name)}</span>'
    return (
        f'<header class="sl-header">{LOGO}<div><h1>SleepLM Chat {runs}</h1>'
        f'<span class="sl-use">{escape(RESEARCH_USE)}</span></div>{badge(study)}</header>'
    )


def badge(study) -> str:
    """A mark on a night that nobody slept."""
    return '<span class="sl-badge">SIMULATED</span>' if study is not None and study.simulated else ""


def recorded(study) -> str:
    """One line: who as far as known, how long, when, which channels, what is missing."""
    recording = study.recording
    start = recording["start"]
    hours, minutes = divmod(round(recording["duration_s"] / 60), 60)
    when = " ".join(x for x in (start["date"], start["clock"]) if x) or "start time unknown"
    channels = ", ".join(study.channels)
    missing = ", ".join(recording["missing"])
    parts = [
        f"{when}",
        f"{hours} h {minutes:02d} min, {study.n_epochs} epochs",
        f"recorded: {channels or 'nothing'}",
    ]
    if whose := in_words(study.person):
        parts.insert(0, whose)
    if missing:
        parts.append(f"not recorded: {missing}")
    return f'<p class="sl-recorded">{escape(" · ".join(parts))}</p>'


def network_limits(network, study) -> str:
    """What works with a night and the network that the page runs, and what does not; empty where all does."""
    limits = network.limits
    if study.model != network.model:
        limits = (
            f"This night was embedded by {study.model['name']}, and this page runs {network.name}: numbers, "
            "captions and likeness of epochs work; phrases are not looked for unless the recording is added again."
        )
    return f'<p class="sl-limits">{escape(limits)}</p>' if limits else ""


def warnings(study) -> str:
    """The strip of what a reader of the night should know; empty where there is nothing."""
    texts = list(dict.fromkeys([*study.warnings, *study.scoring.warnings]))
    if not texts:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    count = f"{len(texts)} thing{'s' if len(texts) > 1 else ''} to know about this night"
    summary = f"<summary>{count}<span>{escape(texts[0])}</span></summary>"
    return f'<details class="sl-warnings">{summary}<ul>{items}</ul></details>'


def open_questions(study) -> str:
    """What nobody has said of the recording yet; empty where there is nothing."""
    items = "".join(f"<li>{escape(question.text)}</li>" for question in study.questions)
    how = "Add the recording again to answer."
    return f'<div class="sl-open"><strong>Not known.</strong> {how}<ul>{items}</ul></div>' if items else ""


def ask_before(questions, words=()) -> str:
    """A form with what only a person can say of a recording and of words of its scorings, before any scoring."""
    rows = "".join(
        f'<label><span>{escape(q.text)}</span><select data-channel="{escape(q.channel)}">'
        '<option value="">I do not know</option>'
        + "".join(
            f'<option value="{escape(c)}"{" selected" if c == q.default else ""}>{escape(c)}</option>'
            for c in q.choices
        )
        + "</select></label>"
        for q in questions
    )
    rows += "".join(
        f"<label><span>{escape(word.question(None, repr(word.word)))} What is it?</span>"
        f'<select data-word="{word_key(word.word)}"><option value="">I do not know</option>'
        + "".join(f'<option value="{escape(m)}">{escape(m.replace("_", " "))}</option>' for m in MEANINGS)
        + "</select></label>"
        for word in words[:MAX_WORDS]
    )
    return (
        '<form class="sl-questions" aria-label="Questions about the recording"><p>Before this night is scored:</p>'
        f'{rows}<button type="submit" class="sl-button">Analyse with these answers</button></form>'
    )


def notice(text: str, kind: str = "error") -> str:
    """One sentence about what was just done, or what went wrong."""
    if not text:
        return ""
    role = "alert" if kind == "error" else "status"
    return f'<p class="sl-notice sl-notice-{kind}" role="{role}">{escape(text)}</p>'


def kept_in(folder: Path) -> str:
    """Where nights are kept, and that uploads are not."""
    return (
        f'<p class="sl-muted sl-kept">Nights are kept in <code>{escape(str(folder))}</code> on the machine that'
        " serves this page; SLEEPLM_STUDIES names another folder. Uploads are removed after the analysis.</p>"
    )


def stretch_words(study, epochs: tuple[int, int]) -> str:
    """``"epochs 1–194 · 23:49–01:26"`` (no clock where none is known)."""
    first, last = epochs
    numbers = f"epoch {first}" if first == last else f"epochs {first}–{last}"
    begin, end = clock_at(study.start_clock, (first - 1) * EPOCH_S), clock_at(study.start_clock, last * EPOCH_S)
    if begin is None or end is None:
        return numbers
    short = last - first >= 4
    return f"{numbers} · {begin[:5] if short else begin}–{end[:5] if short else end}"


def chip(study, epochs: tuple[int, int], words: str = "", start_s=None, end_s=None) -> str:
    """A button that moves the signal window to a stretch of epochs."""
    start = (epochs[0] - 1) * EPOCH_S if start_s is None else start_s
    end = epochs[1] * EPOCH_S if end_s is None else end_s
    text = stretch_words(study, epochs) + (f" · {words}" if words else "")
    return (
        f'<button type="button" class="sl-chip" data-start="{float(start)}" data-end="{float(end)}"'
        f' title="Show in the signals">{escape(text)}</button>'
    )


def value_words(fact: Fact) -> str:
    """Value of a fact with as many digits as it needs; a dash where it does not exist."""
    if fact.value is None:
        return "–"
    return f"{round(fact.value, 2):g}" if isinstance(fact.value, float) else str(fact.value)


def numbers(study, numbers_csv: str, events_csv: str) -> str:
    """Table of the night's facts, with downloads."""
    rows = "".join(_row(study, fact) for fact in study.facts)
    return (
        '<div class="sl-numbers"><div class="sl-bar"><h2>Numbers of the night</h2>'
        f"{_download('Numbers (CSV)', numbers_csv, f'{study.id}-numbers.csv')}"
        f"{_download('Events (CSV)', events_csv, f'{study.id}-events.csv')}</div>"
        '<div class="sl-scroll"><table><thead><tr><th scope="col">Measure</th><th scope="col">Value</th>'
        '<th scope="col">Unit</th><th scope="col">Source</th><th scope="col">Where</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _download(words: str, text: str, name: str) -> str:
    return (
        f'<button type="button" class="sl-button" data-csv="{escape(text)}" data-name="{escape(name)}">'
        f"{escape(words)}</button>"
    )


def _row(study, fact: Fact) -> str:
    longest = sorted(fact.epochs, key=lambda e: e[0] - e[1])[:MAX_CHIPS]
    chips = "".join(chip(study, e) for e in sorted(longest))
    more = len(fact.epochs) - len(longest)
    if more > 0:
        chips += f'<span class="sl-muted">and {more} more</span>'
    missing = f'<div class="sl-muted">{escape(fact.text)}</div>' if fact.value is None else ""
    source = source_label(fact.source)
    doubt = ("too little to tell",) if fact.basis and not fact.basis.enough else ()
    details = "; ".join((*doubt, *fact.details)) if fact.value is not None else ""
    rule = f'<div class="sl-muted">{escape(details)}</div>' if details else ""
    definition = f"<details><summary>{escape(fact.name)}</summary><p>{escape(fact.definition)}</p></details>{rule}"
    return (
        f'<tr><th scope="row">{definition}{missing}</th><td class="sl-value">{escape(value_words(fact))}</td>'
        f'<td>{escape(fact.unit)}</td><td>{escape(source)}</td><td><div class="sl-where">{chips}</div></td></tr>'
    )
