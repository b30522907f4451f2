"""Every chart of the page has its row, its data, its script and its test."""

import asyncio
import json
import re
from pathlib import Path

import gradio as gr
import pytest
from fakes_ui import FakeNights, FakeStudy, ScriptedAssistant

from assistant.ui import plots
from assistant.ui.handlers import Shown, show
from assistant.ui.page import SCRIPTS, STATIC, build_page
from assistant.ui.plots import PLOTS, Window
from sleeplm.night import Scoring

NAMES = [plot.name for plot in PLOTS]
HERE = Path(__file__).parent
each_plot = pytest.mark.parametrize("plot", PLOTS, ids=NAMES)


def unstaged():
    study = FakeStudy(n_epochs=3, channels=["ECG"], start_clock=None)
    study.__dict__["scoring"] = Scoring()
    return study


@pytest.fixture(scope="module")
def page():
    async def build():
        return build_page(FakeNights(), ScriptedAssistant(), "fake-1")

    return asyncio.run(build())


@each_plot
@pytest.mark.parametrize("study", [FakeStudy(), unstaged()], ids=["whole", "unstaged"])
def test_the_data_of_a_plot_is_plain_and_is_what_the_page_is_given(plot, study, request):
    window = Window(0.0, 30)
    assert json.loads(plot.json(study, window)) == json.loads(json.dumps(plot.data(study, window)))
    shown = show(study, FakeNights().network)
    assert set(json.loads(dict(zip(Shown.parts(), shown.values(), strict=True))[plot.name])) == set(
        plot.data(study, window)
    )


@each_plot
def test_a_plot_is_drawn_by_its_script(plot, page):
    assert (STATIC / plot.script).is_file(), f"{plot.name} has no script {plot.script}"
    assert plot.script in SCRIPTS
    call = f"SleepLM.{plot.name}"
    assert f"{call} = function (element, props, watch" in (STATIC / plot.script).read_text(), plot.script
    assert plot.on_load.startswith(f"{call}(element, props, watch")
    (part,) = [b for b in page.blocks.values() if getattr(b, "elem_id", None) == plot.name]
    assert isinstance(part, gr.HTML) and part.js_on_load == plot.on_load


@each_plot
def test_a_plot_has_its_module_and_its_test(plot):
    assert (Path(plots.__file__).parent / f"{plot.name}.py").is_file(), f"{plot.name} is not named like its module"
    test = HERE / f"test_{plot.name}.py"
    assert test.is_file(), f"{plot.name} has no test {test.name}"
    assert f"from assistant.ui.plots.{plot.name} import" in test.read_text(), f"{test.name} does not test its data"


def test_no_module_and_no_script_is_without_a_plot():
    modules = {path.stem for path in Path(plots.__file__).parent.glob("*.py")} - {"__init__", "plot"}
    assert modules == set(NAMES)
    assert {path.name for path in STATIC.glob("sleeplm.*.js")} - {"sleeplm.core.js"} == {p.script for p in PLOTS}
    assert len({plot.place for plot in PLOTS}) == len(PLOTS)


def test_whatever_the_page_draws_is_a_plot(page):
    drawn = {}
    for block in page.blocks.values():
        script = getattr(block, "js_on_load", None) or ""
        if "props" in script:  # what is drawn from its value, rather than shown as it is
            drawn[block.elem_id] = re.findall(r"SleepLM\.(\w+)\(element, props", script)
    assert drawn == {name: [name] for name in NAMES}
