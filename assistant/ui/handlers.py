"""What happens when somebody clicks: each handler takes what the page holds and gives what it shall show."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from html import escape

import gradio as gr

from assistant.ui import chat_view, tables
from assistant.ui.chat_view import Turn
from assistant.ui.plots import PLOTS, Window
from assistant.ui.plots.plot import WINDOW_LENGTHS_S, place_window
from assistant.ui.uploads import remove_uploads, sort_uploads
from sleeplm.errors import SleepLMError
from sleeplm.study.choices import Choices
from sleeplm.study.export import events_csv, numbers_csv
from sleeplm.study.person import person_of
from sleeplm.units import EPOCH_S

MAX_QUESTION = 500  # characters


@dataclass(frozen=True)
class Shown:
    """All parts of the page that show one night, in the order of the page's outputs."""

    study_id: str | None
    header: str
    about: str
    plots: tuple[str, ...]
    numbers: str
    turns: list[Turn]
    chat: str

    @classmethod
    def parts(cls) -> list[str]:
        """Names of the parts of the page, each plot by its own."""
        plots = [plot.name for plot in PLOTS]
        return [name for field in fields(cls) for name in (plots if field.name == "plots" else [field.name])]

    def values(self) -> tuple:
        """The values as a handler returns them."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return tuple(v for name, value in values for v in (value if name == "plots" else [value]))


def nothing(network) -> Shown:
    """The page without a night."""
    return Shown(None, tables.header(network), "", ("",) * len(PLOTS), "", [], "")


def show(study, network) -> Shown:
    """Everything that a page which runs a network says of a night; the signals at its first sleep or its begin."""
    length = WINDOW_LENGTHS_S[0]
    first = next((i for i, s in enumerate(study.scoring.hypnogram) if s not in ("W", "?")), 0)
    window = Window(place_window(study, first * EPOCH_S, length), length)
    return Shown(
        study_id=study.id,
        header=tables.header(network, study),
        about=tables.recorded(study)
        + tables.network_limits(network, study)
        + tables.open_questions(study)
        + tables.warnings(study),
        plots=tuple(plot.json(study, window) for plot in PLOTS),
        numbers=tables.numbers(study, numbers_csv(study), events_csv(study, micro=False)),
        turns=[],
        chat=chat_view.conversation_html(study, []),
    )


class Handlers:
    """The handlers of one page.

    Parameters
    ----------
    nights : StoredNights
        Where studies come from and go to, and the network that embeds them.
    assistant
        What answers (`Assistant`, or anything with its `answer`).
    first : str or None
        The study that a new visitor sees.
    """

    def __init__(self, nights, assistant, first: str | None = None):
        self.nights, self.assistant, self.first = nights, assistant, first

    # Nights -----------------------------------------------------------------------------------------------

    def choices(self, selected: str | None = None):
        """The dropdown of nights."""
        return gr.Dropdown(choices=self.nights.entries(), value=selected)

    def visit(self) -> tuple:
        """What a new visitor sees."""
        shown, notice = self._open(self.first)
        return (*shown.values(), self.choices(shown.study_id), notice)

    def open(self, study_id: str | None) -> tuple:
        """Open an earlier night."""
        shown, notice = self._open(study_id)
        return (*shown.values(), notice)

    def _open(self, study_id: str | None) -> tuple[Shown, str]:
        if study_id is None:
            return nothing(self.nights.network), ""
        try:
            return show(self.nights.open(study_id), self.nights.network), ""
        except SleepLMError as error:
            return nothing(self.nights.network), tables.notice(sentence(error))

    def delete(self, study_id: str | None) -> tuple:
        """Delete the open night and show the next one."""
        try:
            removed = self.nights.delete(study_id)
        except SleepLMError as error:
            notice = tables.notice(sentence(error))
        else:
            notice = tables.notice(f"Deleted: {', '.join(removed)}.", "done")
        entries = self.nights.entries()
        shown, trouble = self._open(entries[0][1] if entries else None)
        return (*shown.values(), self.choices(shown.study_id), notice + trouble)

    def analyse(self, files, name, lights_off, lights_on, person, age, sex) -> Iterator[tuple]:
        """Analyse uploaded files; where only a person can say something of the recording, ask that first."""
        unchanged = (gr.skip(),) * len(Shown.parts())
        files = list(files or [])
        try:
            recording, scorings = sort_uploads(files)
            person_of(person, age, sex)
            questions = self.nights.questions(recording)
            words = self.nights.words(recording, scorings)
        except SleepLMError as error:
            remove_uploads(files)
            yield (*unchanged, gr.skip(), gr.File(value=None), gr.skip(), tables.notice(sentence(error)))
            return
        if questions or words:
            yield (*unchanged, gr.skip(), gr.skip(), gr.skip(), tables.ask_before(questions, words))
        else:
            yield from self._analyse(files, name, (lights_off, lights_on), (person, age, sex), Choices())

    def answer(self, files, name, lights_off, lights_on, person, age, sex, event: gr.EventData) -> Iterator[tuple]:
        """Analyse uploaded files with the answers to what was asked about them."""
        try:
            choices = Choices(units=_answers(event, "units"), words=_answers(event, "words"))
        except SleepLMError as error:
            unchanged = (gr.skip(),) * (len(Shown.parts()) + 3)
            yield (*unchanged, tables.notice(sentence(error)))
            return
        yield from self._analyse(list(files or []), name, (lights_off, lights_on), (person, age, sex), choices)

    def _analyse(self, files, name, lights, person, choices) -> Iterator[tuple]:
        """Analyse, naming each step; then show the night. The files are removed whatever happens."""
        unchanged = (gr.skip(),) * len(Shown.parts())
        try:
            recording, scorings = sort_uploads(files)
            whose = person_of(*person)
            steps = in_steps(
                lambda progress: self.nights.add(
                    recording,
                    scorings=scorings,
                    choices=choices,
                    lights=tuple((clock or "").strip() or None for clock in lights),
                    label=(name or "").strip() or None,
                    person=whose,
                    progress=progress,
                )
            )
            done: list[str] = []
            for step in steps:
                if isinstance(step, str):
                    done.append(step)
                    yield (*unchanged, gr.skip(), gr.skip(), gr.skip(), progress_html(done))
                else:
                    study = step
            shown = show(study, self.nights.network)
            notice = tables.notice(f"{study.label} is analysed and open.", "done")
            yield (*shown.values(), self.choices(study.id), gr.File(value=None), gr.Column(visible=False), notice)
        except SleepLMError as error:
            yield (*unchanged, gr.skip(), gr.File(value=None), gr.skip(), tables.notice(sentence(error)))
        finally:
            remove_uploads(files)

    # Signals ----------------------------------------------------------------------------------------------

    def move(self, study_id: str | None, length_s: int, event: gr.EventData) -> tuple:
        """Move the signal window to where the overview was clicked, or by a step, or to another length."""
        data = event._data
        wanted = data.get("length_s", length_s)
        length = wanted if wanted in WINDOW_LENGTHS_S else length_s
        at_s = _number(data.get("start_s"))
        if not data.get("keep"):  # a click shall be in the middle of a long window
            at_s -= (length - EPOCH_S) / 2
        return self._window(study_id, at_s, length)

    def cite(self, study_id: str | None, length_s: int, event: gr.EventData) -> tuple:
        """Move the signal window to a citation and mark its stretch."""
        start, end = _number(event._data.get("start_s")), _number(event._data.get("end_s"))
        return self._window(study_id, start, length_s, (start, end))

    def _window(self, study_id, at_s, length, highlight=None) -> tuple:
        if study_id is None:
            return (*(gr.skip() for plot in PLOTS if plot.in_window), length, "")
        try:
            study = self.nights.open(study_id)
        except SleepLMError as error:
            return (*("" for plot in PLOTS if plot.in_window), length, tables.notice(sentence(error)))
        window = Window(place_window(study, at_s, length), length, highlight, reveal=highlight is not None)
        return (*(plot.json(study, window) for plot in PLOTS if plot.in_window), length, "")

    # Chat -------------------------------------------------------------------------------------------------

    def ask_example(self, study_id, turns, event: gr.EventData) -> Iterator[tuple]:
        """Ask the example question that was clicked."""
        yield from self.ask(study_id, turns, str(event._data.get("question", "")))

    def ask(self, study_id: str | None, turns: list[Turn], question: str) -> Iterator[tuple]:
        """Ask a question; yields the turns, the chat and the emptied box as the answer grows."""
        question = (question or "").strip()[:MAX_QUESTION]
        if not question or study_id is None:
            notice = tables.notice("Open a night first.") if study_id is None else gr.skip()
            yield gr.skip(), notice, gr.skip()
            return
        turn, study = Turn(question), None
        try:
            study = self.nights.open(study_id)
            yield [*turns, turn], chat_view.conversation_html(study, [*turns, turn]), ""
            steps = self.assistant.answer(question, study, self.nights.index(study), chat_view.history(turns))
            for step in steps:
                turn = chat_view.after(turn, step)
                yield [*turns, turn], chat_view.conversation_html(study, [*turns, turn]), gr.skip()
        except SleepLMError as error:
            turn = Turn(question, turn.tools, sentence(error), state="failed")
            html = chat_view.conversation_html(study, [*turns, turn]) if study else tables.notice(turn.text)
            yield [*turns, turn], html, ""

    def stop(self, study_id: str | None, turns: list[Turn]) -> tuple:
        """Mark the answer in progress as stopped."""
        turns = chat_view.stopped(turns)
        if study_id is None:
            return turns, gr.skip()
        try:
            return turns, chat_view.conversation_html(self.nights.open(study_id), turns)
        except SleepLMError as error:
            return turns, tables.notice(sentence(error))


def sentence(error: SleepLMError) -> str:
    """The error as one sentence with a capital and a full stop."""
    text = str(error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _answers(event: gr.EventData, kind: str) -> dict[str, str]:
    """What a form answers to questions of a kind, by what was asked; without what was left open."""
    answers = event._data.get(kind)
    return {str(of): str(said) for of, said in answers.items() if said} if isinstance(answers, dict) else {}


def _number(value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def progress_html(steps: list[str]) -> str:
    """The steps so far, the last of them under way."""
    items = "".join(
        f'<li class="{"sl-now" if i == len(steps) - 1 else "sl-past"}">{escape(s.capitalize())}</li>'
        for i, s in enumerate(steps)
    )
    return f'<ol class="sl-steps" role="status" aria-label="Analysis">{items}</ol>'


def in_steps(work) -> Iterator:
    """Run ``work(progress)`` in a thread; yield the name of each step as it begins, then the result.

    Whatever `work` raises is raised here.
    """
    steps: queue.Queue = queue.Queue()
    with ThreadPoolExecutor(1, thread_name_prefix="analysis") as pool:
        outcome = pool.submit(work, lambda step, fraction: steps.put(step))
        outcome.add_done_callback(lambda _: steps.put(None))
        last = None
        while (step := steps.get()) is not None:
            if step != last:
                yield step
            last = step
    yield outcome.result()
