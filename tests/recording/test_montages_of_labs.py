"""What must come of the labels that the files of cohorts and systems have, all 14 channels.

``montages.json`` holds the labels (with ``@rate`` after one that is not sampled at 200 Hz), their source, and what
is found: ``"LABEL"`` or ``"LABEL - REFERENCE"``, with ``~`` before what stands in.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from sleeplm.kinds.channels import RECORDABLE_NAMES
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage.channels import find_channels

LABS = json.loads(Path(__file__).with_name("montages.json").read_text(encoding="utf-8"))


def find(labels):
    made = []
    for label in labels:
        name, _, rate = label.partition("@")
        made.append(Signal(name, "uV", float(rate or 200), read=lambda a, b: np.zeros(0, np.float32)))
    return find_channels(made, {})


def written(match) -> str:
    other = f" - {match.minus.label}" if match.minus else ""
    return ("~" if match.stands_in else "") + match.signal.label + other


@pytest.mark.parametrize("lab", LABS)
def test_a_montage_gives_its_channels(lab):
    matches, _ = find(LABS[lab]["labels"])
    assert {name: written(match) for name, match in matches.items()} == LABS[lab]["found"]


@pytest.mark.parametrize("lab", LABS)
def test_neither_order_nor_case_nor_blanks_matter(lab):
    shouted = [label.upper().replace(" ", "_") for label in LABS[lab]["labels"]]
    matches, _ = find(shouted[::-1])
    found = {name: written(match).replace("_", " ") for name, match in matches.items()}
    assert found == {name: w.upper().replace("_", " ") for name, w in LABS[lab]["found"].items()}


@pytest.mark.parametrize("lab", LABS)
def test_what_stands_in_or_was_put_together_is_said(lab):
    for match in find(LABS[lab]["labels"])[0].values():
        assert match.note or not (match.stands_in or match.minus)


def test_every_channel_comes_from_some_lab_and_every_lab_has_a_source():
    assert {name for lab in LABS.values() for name in lab["found"]} == set(RECORDABLE_NAMES)
    assert all(lab["source"] for lab in LABS.values())


def test_hundreds_of_labels_and_twins_do_no_harm():
    twins = ["C3-M2", "C3-M2", "c3–m2", "Ｃ３-Ｍ２", "\u0301\ufffd", "E1-M2" * 40]
    matches, warnings = find([f"Aux {i}" for i in range(400)] + twins)
    assert {n: written(m) for n, m in matches.items()} == {"C3": "C3-M2"} and warnings == []


def test_a_signal_that_is_too_slow_is_named():
    _, warnings = find(LABS["MESA"]["labels"])
    assert any("'Leg' is sampled at 32 Hz, too slowly for LEG_L" in w for w in warnings)
