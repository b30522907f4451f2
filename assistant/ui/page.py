"""The page: its layout, and which handler each part calls."""

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.ui import tables
from assistant.ui.handlers import Handlers, Shown, progress_html
from assistant.ui.plots import PLOTS
from assistant.ui.plots.plot import WINDOW_LENGTHS_S

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("uPlot.iife.min.js", "sleeplm.core.js", *(plot.script for plot in PLOTS))
STYLES = ("uPlot.min.css", "page.css")
MAX_UPLOAD = "4gb"
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "Arial", "sans-serif"]
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

# The name of an event must stand in these lines in quotes: Gradio looks for it there.
ON_NUMBERS = "SleepLM.onButtons(element, (name, data) => { if (name === 'cite') trigger('cite', data); });"
ON_NOTICE = """element.addEventListener('submit', (event) => {
  event.preventDefault();
  const said = (of) => Object.fromEntries(
    [...event.target.querySelectorAll('select[data-' + of + ']')].map((s) => [s.dataset[of], s.value]));
  trigger('answer', { units: said('channel'), words: said('word') }); });"""
ON_CHAT = """SleepLM.onButtons(element, (name, data) => {
  if (name === 'cite') trigger('cite', data); else if (name === 'ask') trigger('ask', data); });
const log = element.querySelector('.sl-chat');
watch('value', () => { log.scrollTop = log.scrollHeight; });"""


def build_page(nights, assistant, first: str | None = None) -> gr.Blocks:
    """Lay out the page and wire it.

    Parameters
    ----------
    nights
        Where studies come from and go to (`assistant.ui.stored_nights.StoredNights`, or what has its methods).
    assistant
        What answers: anything with `Assistant.answer`.
    first : str, optional
        Id of the study that a new visitor sees.
    """
    handlers = Handlers(nights, assistant, first)
    with gr.Blocks(
        title="SleepLM Chat", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as page:
        page.queue(default_concurrency_limit=8, api_open=False)
        parts = _layout(nights.folder)
        _wire(page, handlers, parts)
    return page


def launch_options() -> dict:
    """Look, scripts and limits of the served page, as `gradio.Blocks.launch` takes them."""
    scripts = "".join(f"<script>{(STATIC / name).read_text('utf-8')}</script>" for name in SCRIPTS)
    return {
        "theme": gr.themes.Base(
            primary_hue="cyan",
            neutral_hue="slate",
            font=FONTS,
            font_mono=["ui-monospace", "monospace"],
            radius_size="sm",
        ),
        "css": "\n".join((STATIC / name).read_text("utf-8") for name in STYLES),
        "head": scripts,
        "max_file_size": MAX_UPLOAD,
        "footer_links": [],
        "run_history": False,
        "share": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "pwa": False,
        "quiet": True,
    }


def _html(template: str, on_load: str | None, name: str) -> gr.HTML:
    return gr.HTML(value="", html_template=template, js_on_load=on_load, apply_default_css=False, elem_id=name)


def _layout(folder: Path) -> dict[str, Any]:
    """Build the parts, from top to bottom; returns them by name."""
    parts: dict[str, Any] = {
        "study_id": gr.State(None),
        "turns": gr.State([]),
        "length": gr.State(WINDOW_LENGTHS_S[0]),
    }
    with gr.Row(elem_id="nights", equal_height=False):
        with gr.Column(scale=7, min_width=280, elem_id="brand"):
            parts["header"] = _html("${value}", None, "header")
        parts["choice"] = gr.Dropdown(
            label="Night", show_label=False, container=False, choices=[], interactive=True, filterable=True,
            scale=4, min_width=200, elem_id="choice",
        )  # fmt: skip
        parts["add_open"] = gr.Button("Add a night", variant="primary", scale=0, min_width=110, elem_id="add-open")
        parts["delete_ask"] = gr.Button("Delete…", scale=0, min_width=84, elem_id="delete-ask")
    with gr.Column(visible=False, elem_id="delete-panel") as parts["delete_panel"]:
        gr.HTML("Delete this night: its folder, its rows in the index and its caches? Your own files stay.")
        with gr.Row():
            parts["delete"] = gr.Button("Delete this night", variant="stop", elem_id="delete")
            parts["keep"] = gr.Button("Keep it")
    parts |= _add_panel(folder)
    parts["notice"] = _html("${value}", ON_NOTICE, "notice")
    parts["about"] = _html("${value}", None, "about")
    with gr.Row(elem_id="main"):
        with gr.Column(scale=8, min_width=340, elem_id="charts"):
            for plot in PLOTS:
                parts[plot.name] = _html(plot.html, plot.on_load, plot.name)
        with gr.Column(scale=5, min_width=320, elem_id="talk"):
            parts["chat"] = _html(
                '<div class="sl-chat" role="log" aria-label="Chat" tabindex="0">${value}</div>', ON_CHAT, "chat"
            )
            with gr.Row(elem_id="ask-row", equal_height=True):
                parts["question"] = gr.Textbox(
                    placeholder="Ask about this night", show_label=False, label="Question", container=False,
                    lines=1, max_lines=4, max_length=500, scale=5, min_width=160, elem_id="question",
                )  # fmt: skip
                parts["send"] = gr.Button("Ask", variant="primary", scale=0, min_width=72, elem_id="send")
                parts["stop"] = gr.Button("Stop", scale=0, min_width=72, visible=False, elem_id="stop")
    parts["numbers"] = _html("${value}", ON_NUMBERS, "numbers")
    return parts


def _add_panel(folder: Path) -> dict[str, Any]:
    """The form for a new night."""
    parts: dict[str, Any] = {}
    with gr.Column(visible=False, elem_id="add-panel") as parts["add_panel"]:
        with gr.Row():
            parts["files"] = gr.File(
                label="The recording and its scoring files, together", file_count="multiple", type="filepath",
                height=150, scale=3, min_width=300, elem_id="files",
            )  # fmt: skip
            with gr.Column(scale=2, min_width=260):
                with gr.Row():
                    parts["name"] = gr.Textbox(
                        label="Name (optional)", info="Not one that identifies somebody", max_length=80,
                        min_width=150, elem_id="name",
                    )  # fmt: skip
                    parts["person"] = gr.Textbox(
                        label="Person (optional)", info="Kept as a hash only",
                        max_length=200, min_width=150, elem_id="person",
                    )  # fmt: skip
                with gr.Row():
                    for part, label, hint in (
                        ("lights_off", "Lights off", "HH:MM"),
                        ("lights_on", "Lights on", "HH:MM"),
                        ("age", "Age", "by file"),
                        ("sex", "Sex", "F or M"),
                    ):
                        parts[part] = gr.Textbox(
                            label=label, placeholder=hint, max_length=8, min_width=80,
                            elem_id=part.replace("_", "-"),
                        )  # fmt: skip
        with gr.Row(equal_height=True):
            parts["analyse"] = gr.Button("Analyse", variant="primary", scale=0, min_width=130, elem_id="analyse")
            parts["close"] = gr.Button("Close", scale=0, min_width=90)
            gr.HTML(tables.kept_in(folder), apply_default_css=False)
    return parts


def _wire(page: gr.Blocks, handlers: Handlers, parts: dict[str, Any]) -> None:
    """Say which handler each part calls."""
    night = [parts[name] for name in Shown.parts()]
    choice, notice = parts["choice"], parts["notice"]
    _wire_nights(page, handlers, parts, night)
    moved = [*(parts[plot.name] for plot in PLOTS if plot.in_window), parts["length"], notice]
    place = [parts["study_id"], parts["length"]]
    for plot in PLOTS:
        if plot.moves:
            parts[plot.name].move(handlers.move, place, moved, trigger_mode="always_last", **PRIVATE)
    for part in ("chat", "numbers"):
        parts[part].cite(handlers.cite, place, moved, trigger_mode="always_last", **PRIVATE)
    _wire_chat(handlers, parts, choice)


def _wire_nights(page: gr.Blocks, handlers: Handlers, parts: dict[str, Any], night: list) -> None:
    choice, notice = parts["choice"], parts["notice"]
    page.load(handlers.visit, None, [*night, choice, notice], **PRIVATE)
    choice.input(handlers.open, choice, [*night, notice], trigger_mode="always_last", **PRIVATE)
    for button, panel, is_open in (
        ("add_open", "add_panel", True),
        ("close", "add_panel", False),
        ("delete_ask", "delete_panel", True),
        ("keep", "delete_panel", False),
    ):
        parts[button].click(lambda o=is_open: gr.Column(visible=o), None, parts[panel], queue=False, **PRIVATE)
    parts["delete"].click(handlers.delete, parts["study_id"], [*night, choice, notice], **PRIVATE).then(
        lambda: gr.Column(visible=False), None, parts["delete_panel"], queue=False, **PRIVATE
    )
    form = [parts[n] for n in ("files", "name", "lights_off", "lights_on", "person", "age", "sex")]
    outcome = [*night, choice, parts["files"], parts["add_panel"], notice]
    one_at_a_time: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "analysis", **PRIVATE}
    parts["analyse"].click(
        lambda: progress_html(["waiting for its turn"]), None, notice, queue=False, trigger_mode="once", **PRIVATE
    ).then(handlers.analyse, form, outcome, **one_at_a_time)
    notice.answer(handlers.answer, form, outcome, trigger_mode="once", **one_at_a_time)


def _wire_chat(handlers: Handlers, parts: dict[str, Any], choice: gr.Dropdown) -> None:
    """One question at a time: while it is answered, the button stops it."""
    state = [parts["study_id"], parts["turns"]]
    chat = [parts["turns"], parts["chat"], parts["question"]]
    buttons = [parts["send"], parts["stop"]]
    one_at_a_time: dict[str, Any] = {
        "concurrency_limit": 1,
        "concurrency_id": "answer",
        "trigger_mode": "once",
        **PRIVATE,
    }

    def while_busy(busy: bool):
        return lambda: (gr.Button(visible=not busy), gr.Button(visible=busy))

    running = []
    for start, handler, inputs in (
        (parts["send"].click, handlers.ask, [*state, parts["question"]]),
        (parts["question"].submit, handlers.ask, [*state, parts["question"]]),
        (parts["chat"].ask, handlers.ask_example, state),
    ):
        start(while_busy(True), None, buttons, queue=False, **PRIVATE)
        answering = start(handler, inputs, chat, **one_at_a_time)
        answering.then(while_busy(False), None, buttons, queue=False, **PRIVATE)
        running.append(answering)
    parts["stop"].click(handlers.stop, state, chat[:2], cancels=running, queue=False, **PRIVATE).then(
        while_busy(False), None, buttons, queue=False, **PRIVATE
    )
    # Another night ends the answer about this one.
    choice.input(while_busy(False), None, buttons, cancels=running, queue=False, **PRIVATE)
