import asyncio
import socket
import subprocess
import sys

import gradio as gr
import pytest
from fakes_ui import FakeNights, ScriptedAssistant

import app
from assistant.ui.page import STATIC, build_page, launch_options
from sleeplm.errors import UsageError


def built():
    """The page, built inside an event loop: outside of one Gradio leaves many unclosed."""

    async def build():
        return build_page(FakeNights(), ScriptedAssistant(), "fake-1")

    return asyncio.run(build())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--scoring", "stages.csv"], "--scoring needs the recording that it scores"),
        (["--encoder", "no-such-folder"], "the weights folder lacks nano.safetensors"),
        (["--bf16"], "sleeplm-nano computes in float32; bfloat16 is for the released network"),
    ],
)
def test_bad_arguments_are_one_sentence_and_status_2(capsys, monkeypatch, arguments, sentence):
    for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # given back after the test
    with pytest.raises(SystemExit) as left:
        app.main(arguments)
    err = capsys.readouterr().err
    assert left.value.code == 2 and err.startswith(f"sleeplm: {sentence}") and err.count("\n") == 1


def test_a_taken_port_is_one_sentence(monkeypatch):
    page = built()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="choose another --port or --host"):
            app.serve(page, "127.0.0.1", taken.getsockname()[1])


def test_no_event_of_the_page_is_offered_as_an_interface():
    page = built()
    assert {f.api_visibility for f in page.fns.values()} == {"private"}
    assert not page.analytics_enabled


def test_the_page_is_served_without_sharing_history_or_fonts_from_elsewhere():
    options = launch_options()
    assert options["share"] is False and options["run_history"] is False and options["footer_links"] == []
    theme = options["theme"]
    assert isinstance(theme, gr.themes.Base) and not theme._stylesheets
    for name in ("css", "head"):
        assert "fonts.googleapis" not in options[name] and "cdn" not in options[name].lower()


def test_the_chart_library_is_the_published_one():
    import hashlib

    listed = (STATIC / "README.md").read_text()
    for name in ("uPlot.iife.min.js", "uPlot.min.css"):
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() in listed
    assert "MIT License" in (STATIC / "uPlot.LICENSE.txt").read_text()


def test_help_needs_no_heavy_library():
    code = (
        "import sys, app\n"
        "try: app.main(['--help'])\n"
        "except SystemExit: print(sorted({'torch', 'gradio'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("[]")
