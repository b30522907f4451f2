"""Measure the weights on simulated people that nobody trained on, and on one real night.

    python -m train.simulate_corpus runs/corpus --split test --nights 8 --hours 4
    python -m train.evaluate --corpus runs/corpus [--recording FILE.edf --stages FILE.csv]

The real night is reported, never used for choosing. Every figure stands beside what knows nothing.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sleeplm.encoder import STAGE_PROMPTS, Encoding, SleepLM
from sleeplm.epochs import Epochs, cut_epochs
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.vocabulary import EPOCH_S, STAGES
from train.corpus import Row, nights
from train.measures import by_view, epochs_of, event_f1, kappa, retrieval

VIEW_WORDS = ("all 14 channels", "EEG, EOG and chin", "breathing and SpO2", "one EEG channel")  # of a test night
LOCATED = (
    "obstructive apnea", "central apnea", "hypopnea", "oxygen desaturation", "arousal", "leg movement", "snoring",
    "sleep spindle", "slow wave",
)  # fmt: skip
_STAGE_SAID = (
    ("R", re.compile(r"REM sleep|stage R\b|rapid eye movement sleep", re.IGNORECASE)),
    ("N1", re.compile(r"\bN1\b")),
    ("N2", re.compile(r"\bN2\b")),
    ("N3", re.compile(r"\bN3\b")),
    ("W", re.compile(r"\bwake|stage W\b", re.IGNORECASE)),
)
_NON_REM = re.compile(r"non-REM sleep,? ?", re.IGNORECASE)
_HEART = re.compile(
    r"(?:heart rate|pulse|beats at)(?: of)?,?(?: \w+){0,2} (\d+(?:\.\d+)?) ?(?:bpm|beats)", re.IGNORECASE
)
_OXYGEN = re.compile(r"(?:spo2|saturation)(?: averag\w+| (?:steady|constant|unchanged) at)? (\d+)%", re.IGNORECASE)
_BATCH_OF_CAPTIONS = 200


def said_stage(caption: str) -> str | None:
    """The stage that a caption names."""
    text = _NON_REM.sub("", caption)
    return next((stage for stage, pattern in _STAGE_SAID if pattern.search(text)), None)


def said_number(pattern: re.Pattern, caption: str) -> float | None:
    """The number that a caption gives where the pattern finds one."""
    found = pattern.search(caption)
    return float(found[1]) if found else None


def true_spans(rows: Sequence[Row], phrase: str) -> list[tuple[float, float]]:
    """A phrase's spans over a night in seconds, those that cross an epoch's edge joined."""
    spans = sorted(
        (r.epoch * EPOCH_S + a, r.epoch * EPOCH_S + b) for r in rows for a, b, p in r.spans if p == phrase
    )
    joined: list[tuple[float, float]] = []
    for a, b in spans:
        if joined and a <= joined[-1][1] and a % EPOCH_S == 0:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined


def staging(model: SleepLM, people: Sequence[tuple[Encoding, list[Row]]]) -> dict:
    """Zero-shot stages; the commonest stage beside it."""
    truth = [row.stage for _, rows in people for row in rows]
    found = [s for encoding, _ in people for s in model.zero_shot(encoding.embeddings, STAGE_PROMPTS)]
    return agreement(truth, found)


def agreement(truth: Sequence[str], found: Sequence[str | None]) -> dict:
    """Kappa and accuracy over the epochs that are scored, beside always saying the commonest stage."""
    pairs = [(a, b or "none") for a, b in zip(truth, found, strict=True) if a in STAGES]
    truth, found = [a for a, _ in pairs], [b for _, b in pairs]
    return {
        "n": len(pairs),
        "kappa": kappa(truth, found),
        "accuracy": float(np.mean([a == b for a, b in pairs])),
        "majority_accuracy": Counter(truth).most_common(1)[0][1] / len(truth),
    }


def localization(model: SleepLM, people: Sequence[tuple[Encoding, list[Row]]], phrase: str) -> dict:
    """F1 of a phrase's spans over nights, beside as many spans of the same lengths at random places."""
    rng = np.random.default_rng(0)
    rows_of_result = []
    for encoding, rows in people:
        truth = true_spans(rows, phrase)
        found = [(a, b) for a, b, _ in model.localize(phrase, encoding.patches)[1]]
        end_s = len(rows) * EPOCH_S
        starts = rng.uniform(0, end_s, len(found))
        chance = [(s, s + b - a) for s, (a, b) in zip(starts, found, strict=True)]
        rows_of_result.append([event_f1(truth, f, iou) for f, iou in ((found, 0.2), (found, 0.5), (chance, 0.2))])
    pooled = [_pooled([row[i] for row in rows_of_result]) for i in range(3)]
    n = sum(row[0]["truth"] for row in rows_of_result)
    return {"n": n, "f1_at_.2": pooled[0], "f1_at_.5": pooled[1], "random_f1_at_.2": pooled[2]}


def _pooled(results: Sequence[dict]) -> float:
    """F1 over all nights' spans together."""
    hits = sum(r["f1"] * (r["truth"] + r["found"]) / 2 for r in results if r["truth"] + r["found"])
    total = sum(r["truth"] + r["found"] for r in results)
    return 2 * hits / total if total else float("nan")


def captioning(model: SleepLM, people: Sequence[tuple[Encoding, Epochs, list[Row]]]) -> dict:
    """What the decoder's words say, against what was true: stage, mean heart rate, mean saturation."""
    rng = np.random.default_rng(0)
    stages, hearts, oxygen = [], [], []
    for encoding, epochs, rows in people:
        chosen = np.sort(rng.choice(len(rows), min(_BATCH_OF_CAPTIONS, len(rows)), replace=False))
        tokens, present = encoding.tokens[chosen], epochs.present[chosen]
        told = model.caption_tokens(tokens, present, "stage_event")
        stages += [(rows[i].stage, said_stage(t)) for i, t in zip(chosen, told, strict=True)]
        for i, text in zip(chosen, model.caption_tokens(tokens, present, "cardiac"), strict=True):
            measured = rows[i].attributes.get("cardiac", {})
            for pairs, pattern, key in ((hearts, _HEART, "hr_mean_bpm"), (oxygen, _OXYGEN, "spo2_mean_pct")):
                said = said_number(pattern, text)
                if said is not None and measured.get(key) is not None:
                    pairs.append((measured[key], said))
    return {
        "stage": agreement(*zip(*stages, strict=True)),
        "heart_rate_bpm": _errors(hearts),
        "spo2_pct": _errors(oxygen),
    }


def _errors(pairs: Sequence[tuple[float, float]]) -> dict:
    """Mean absolute error, beside always saying the mean."""
    if not pairs:
        return {"n": 0, "mae": None, "mean_says_mae": None}
    truth, said = np.array(pairs).T
    return {
        "n": len(pairs),
        "mae": float(np.abs(truth - said).mean()),
        "mean_says_mae": float(np.abs(truth - truth.mean()).mean()),
    }


def on_people(model: SleepLM, folder: Path) -> dict:
    """Every measure on the corpus's test people."""
    views: dict[int, list[tuple[Encoding, Epochs, list[Row]]]] = {}
    people = nights(folder, "test")
    for night in people:
        for number, rows in enumerate(by_view(night.rows())):
            epochs = epochs_of(night, rows)
            views.setdefault(number, []).append((model.encode(epochs), epochs, rows))
    whole = [(encoding, rows) for encoding, _, rows in views[0]]
    embeddings = np.concatenate([encoding.embeddings for encoding, _ in whole])
    rows = [row for _, of_night in whole for row in of_night]
    by_words = dict(zip(VIEW_WORDS, views.values(), strict=True))
    return {
        "people": len(people),
        "zero_shot_stages": {w: staging(model, [(e, r) for e, _, r in v]) for w, v in by_words.items()},
        "recall_at_10_in_1000": retrieval(model, embeddings, rows, 10, 1000, seed=0),
        "localization": {phrase: localization(model, whole, phrase) for phrase in LOCATED},
        "captions": captioning(model, views[0]),
    }


def on_recording(model: SleepLM, recording_file: Path, stages_file: Path) -> dict:
    """Zero-shot stages of a real night against its expert."""
    recording = open_recording(recording_file)
    scoring = read_scoring(stages_file, recording)
    embeddings = model.embed_signals(cut_epochs(recording))
    found = model.zero_shot(embeddings, STAGE_PROMPTS)
    n = min(len(found), len(scoring.hypnogram))
    return agreement([str(s) for s in scoring.hypnogram[:n]], found[:n])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every measure as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--stages", type=Path)
    given = parser.parse_args(arguments)
    model = SleepLM.from_pretrained(given.weights)
    found = {"parameters": model.parameters, "simulated": on_people(model, given.corpus)}
    if given.recording and given.stages:
        found["real"] = {given.recording.name: on_recording(model, given.recording, given.stages)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
