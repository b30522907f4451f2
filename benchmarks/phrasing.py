"""How varied the captions are: sentence frames in a thousand captions of a stage, and what rendering costs.

    python -m benchmarks.phrasing --json

A frame is what is left of a caption when its slots are taken out: numbers with their units and counts, lists and
ranges of them, names of stages, events, channels, derivations, bands and positions, and the words that state a
quality (all that `captions.tokens` knows as such); a list of equal slots counts as one. So neither another number
nor a synonym of a noun makes another frame; another order, another choice of what is stated, another sentence does.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Sequence

from sleeplm.captions import attributes_of_night, render_captions
from sleeplm.captions.reading.tokens import slots_in
from sleeplm.kinds.channels import FACETS
from sleeplm.kinds.stages import STAGES

CAPTIONS = 1000
_PROFILES = ("osa-severe", "csa", "plm", "healthy-young", "rbd", "insomnia")
_REPEATED = re.compile(r"(<\w+>[^,;.]*?)(?:(?:, | and | or )\1)+(?=$|[ ,;.:)])")


def frame_of(text: str) -> str:
    """The frame of a text: lower case, each slot by its kind.

    >>> frame_of("Steady heart rate of about 60 bpm; no arousals or hypopneas scored.")
    '<quality> heart rate of <number>; <event> scored.'
    """
    written, last = [], 0
    for start, end, kind in slots_in(text):
        written += [text[last:start].lower(), f"<{kind}>"]
        last = end
    frame = "".join(written) + text[last:].lower()
    while (shorter := _REPEATED.sub(r"\1", frame)) != frame:
        frame = shorter
    return frame


def sentences_of(text: str) -> list[str]:
    """The sentences of a caption, those that a semicolon parts too."""
    return [s for s in re.split(r"(?<=[a-z)%])[.;](?: |$)|(?<=\d)[.;](?: |$)|(?<=[A-Z])[.;](?: |$)", text) if s]


def variety(texts: Sequence[str]) -> dict:
    """Distinct frames of captions, the share of the commonest, and the same of their sentences."""
    frames = Counter(map(frame_of, texts))
    sentences = Counter(frame_of(s) for text in texts for s in sentences_of(text))
    return {
        "captions": len(texts),
        "frames": len(frames),
        "commonest_pct": round(100 * max(frames.values()) / len(texts), 1),
        "sentence_frames": len(sentences),
        "commonest_sentence_pct": round(100 * max(sentences.values()) / sentences.total(), 1),
        "commonest_sentence": sentences.most_common(1)[0][0],
    }


def thousand(attributes: Sequence[dict], stage: str, facet: str, n: int = CAPTIONS) -> list[str]:
    """That many captions of a facet in a stage: its epochs rendered again and again with other seeds."""
    of_stage = [row for row in attributes if row.get("stage_event", {}).get("stage") == stage]
    if facet != "summary":
        of_stage = [{facet: row[facet]} for row in of_stage if facet in row]
    texts: list[str] = []
    for seed in range(n if of_stage else 0):
        texts += [captions[facet].text for captions in render_captions(of_stage, seed) if facet in captions]
        if not texts or len(texts) >= n:
            break
    return texts[:n]


def simulated_attributes(hours: float) -> list[dict]:
    """What is measured in simulated nights of six profiles, scored by their truth."""
    import tempfile
    from pathlib import Path

    from benchmarks.caption_accuracy import true_scoring
    from sleeplm.recording import open_recording
    from sleeplm.recording.epochs import cut_epochs
    from sleeplm.simulate import simulate_night, write_night

    rows = []
    for seed, profile in enumerate(_PROFILES):
        with tempfile.TemporaryDirectory() as scratch:
            night = simulate_night(seed, hours, profile)
            write_night(night, Path(scratch) / "night.edf")
            recording = open_recording(Path(scratch) / "night.edf")
            rows += attributes_of_night(recording, cut_epochs(recording), true_scoring(night))
    return rows


def measure(hours: float) -> dict:
    """Variety by stage and facet, and seconds of one core to tell 960 epochs (best of three)."""
    attributes = simulated_attributes(hours)
    found = {
        str(stage): {f: variety(texts) for f in (*FACETS, "summary") if (texts := thousand(attributes, stage, f))}
        for stage in STAGES
    }
    epochs = (attributes * (960 // len(attributes) + 1))[:960]
    seconds = []
    for seed in range(3):
        begin = time.process_time()
        render_captions(epochs, seed)
        seconds.append(time.process_time() - begin)
    return {"epochs": len(attributes), "variety": found, "tell_960_epochs_cpu_s": round(min(seconds), 3)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1.0, help="length of each of the six simulated nights")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    found = measure(given.hours)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for stage, facets in found["variety"].items():
        for facet, v in facets.items():
            whole = f"n={v['captions']:5} frames {v['frames']:4} (commonest {v['commonest_pct']}%)"
            most = f"commonest {v['commonest_sentence_pct']}%: {v['commonest_sentence']}"
            print(f"{stage:3} {facet:12} {whole}, of sentences {v['sentence_frames']:4} ({most})")
    print(f"960 epochs told in {found['tell_960_epochs_cpu_s']} s of one core")


if __name__ == "__main__":
    main()
