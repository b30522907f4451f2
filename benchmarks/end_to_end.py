"""An 8-hour 14-channel night from file to index, and the first words of an answer, beside YASA's staging alone."""

import sys
import tempfile
import time
from pathlib import Path

from assistant import Assistant
from assistant.grounding.answers import Answer, TextStep
from assistant.library import add_night, open_index
from benchmarks.report import Figure, peak_memory_mb, run
from sleeplm.network.loading import SleepLM
from sleeplm.recording import open_recording
from sleeplm.scoring.stages import stage
from sleeplm.simulate import simulate_night, write_night
from sleeplm.study.study import Study

QUESTIONS = (
    "How long did the person sleep?",
    "How much deep sleep was there?",
    "What happened around 02:00?",
    "What was the lowest oxygen saturation?",
)
CONDITIONS = "8 h, 14 channels, simulated, scored automatically"


def measure() -> list[Figure]:
    """Run the whole way of a night once, warm, and four questions about it."""
    with tempfile.TemporaryDirectory() as folder:
        studies, file, warm_up = Path(folder, "studies"), Path(folder, "night.edf"), Path(folder, "short.edf")
        write_night(simulate_night(seed=1, hours=8.0, profile="osa-mild"), file)
        write_night(simulate_night(seed=2, hours=0.25, profile="osa-mild"), warm_up)

        began = time.perf_counter()
        encoder, assistant = SleepLM.from_pretrained(), Assistant.load()
        load_s = time.perf_counter() - began
        short = add_night(warm_up, studies_dir=studies, encoder=encoder)
        list(assistant.answer(QUESTIONS[0], short, open_index(short)))

        began = time.perf_counter()
        study = add_night(file, studies_dir=studies, encoder=encoder)
        night_s = time.perf_counter() - began
        answers = [_ask(assistant, q, study) for q in QUESTIONS]

        began = time.perf_counter()
        stage(open_recording(file))
        yasa_s = time.perf_counter() - began
    first_words = [first for first, _ in answers]
    return [
        Figure("models loaded", load_s, "s", "encoder, language model, adapter"),
        Figure("night analysed and indexed", night_s, "s", CONDITIONS),
        *(Figure(f"  {step}", seconds, "s") for step, seconds in study.seconds.items()),
        Figure("ratio to YASA's staging alone", night_s / yasa_s, "x", f"{yasa_s:.1f} s on the same file"),
        Figure("first words, median", sorted(first_words)[len(first_words) // 2], "s", f"n = {len(QUESTIONS)}"),
        Figure("first words, slowest", max(first_words), "s", f"n = {len(QUESTIONS)}"),
        Figure("whole answer, slowest", max(whole for _, whole in answers), "s", f"n = {len(QUESTIONS)}"),
        Figure("peak memory", peak_memory_mb(), "MB", "the whole run, models and simulation included"),
    ]


def _ask(assistant: Assistant, question: str, study: Study) -> tuple[float, float]:
    """Seconds to the first words of an answer, and to its end."""
    began, first, text = time.perf_counter(), None, ""
    for step in assistant.answer(question, study, open_index(study)):
        if first is None and isinstance(step, TextStep) and step.text.strip():
            first = time.perf_counter() - began
        if isinstance(step, Answer):
            text = step.text
    whole = time.perf_counter() - began
    print(f"{question} {text}", file=sys.stderr)
    return whole if first is None else first, whole


if __name__ == "__main__":
    run("night", measure)
