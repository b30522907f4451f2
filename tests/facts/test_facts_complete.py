"""Every fact has a row that says what it needs and a function that measures it; a reason names what is missing."""

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts import FACT_KINDS, night_facts
from sleeplm.facts.finding import fact_subject
from sleeplm.facts.night_facts import findings, timeline_of
from sleeplm.kinds.channels import CHANNEL_NAMES, MODALITIES, POSITION_KINDS
from sleeplm.kinds.events import EVENT_CHANNELS, EVENT_KINDS
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.night import Event, Scoring

EPOCHS_A_STAGE = 13  # 6.5 minutes: variability is measured in five, breathing in ten epochs without an event
N_EPOCHS = EPOCHS_A_STAGE * (len(STAGES) + 1)
HYPNOGRAM = tuple(
    s for s in (Stage.W, Stage.N1, Stage.N2, Stage.N3, Stage.W, Stage.R) for _ in range(EPOCHS_A_STAGE)
)
SFREQ_HZ = 64


def _signal(name: str) -> tuple[np.ndarray, float]:
    """A signal of the whole night that its channel may have, with a heart that beats and oxygen that falls."""
    rng = np.random.default_rng(CHANNEL_NAMES.index(name))
    seconds = np.arange(N_EPOCHS * 30 * SFREQ_HZ) / SFREQ_HZ
    if name == "ECG":
        return np.exp(-(((seconds % 1) - 0.5) ** 2) / 2e-4) + 0.01 * rng.standard_normal(len(seconds)), SFREQ_HZ
    if name in MODALITIES["breathing"].channels:
        return np.sin(np.pi * seconds / 2) + 0.05 * rng.standard_normal(len(seconds)), SFREQ_HZ
    if name == "SPO2":
        t = np.arange(N_EPOCHS * 30)
        return 96 - 8 * np.clip(np.sin(2 * np.pi * (t - 62) / 150), 0, 1), 1.0  # after each event
    if name == "POS":
        return (np.arange(N_EPOCHS * 30) // 300 % (len(POSITION_KINDS) - 1)).astype(float), 1.0
    return 20 * rng.standard_normal(len(seconds)), SFREQ_HZ


SIGNALS = {name: _signal(name) for name in CHANNEL_NAMES}


def _night(without=(), stages=HYPNOGRAM):
    """A staged night with an event of every type in every stage, but for what rests on these modalities."""
    lost = {channel for modality in without for channel in MODALITIES[modality].channels}
    recording = FakeRecording({name: pair for name, pair in SIGNALS.items() if name not in lost}, N_EPOCHS * 30.0)
    types = [kind for kind in EVENT_KINDS.values() if kind.modality not in without]
    events = [
        Event(kind.id, start_s, 12.0, kind.channels, "expert", label=f"obstructive {kind.noun}")
        for start_s in range(60, N_EPOCHS * 30 - 60, 150)
        for kind in types
    ]
    sources = {kind.id: "expert" for kind in types}
    probabilities = np.full((N_EPOCHS, len(STAGES)), 0.025, np.float32)
    probabilities[range(N_EPOCHS), [STAGES.index(s) for s in HYPNOGRAM]] = 0.9
    night_s = N_EPOCHS * 30.0
    scoring = Scoring(stages, "yasa", tuple(events), sources, probabilities, 0.0, night_s, split_s=night_s / 2)
    return recording, scoring


@pytest.fixture(scope="module")
def whole_night():
    return _night()


@pytest.mark.parametrize("id_", FACT_KINDS)
def test_every_fact_is_measured_by_a_function_of_this_room(id_, whole_night, found):
    assert id_ in found, f"no function of sleeplm.facts gives {id_!r}: write one, and let it return this id"


@pytest.fixture(scope="module")
def found(whole_night):
    recording, scoring = whole_night
    return findings(recording, scoring, timeline_of(recording, scoring))


def test_no_function_gives_a_fact_that_has_no_row(found):
    assert set(found) <= set(FACT_KINDS)


def test_a_whole_night_has_every_fact(whole_night):
    missing = {f.id: f.text for f in night_facts(*whole_night) if f.value is None}
    reasons = dict.fromkeys(("ahi_position_ratio", "ahi_rem_ratio"), "Only ")
    reasons |= dict.fromkeys(("rei_per_h", "odi3_recording_per_h", "odi4_recording_per_h"), "Sleep was staged")
    of_one_rule = ("ahi_3pct_per_h", "ahi_4pct_per_h", "ahi_between_rules_per_h")
    reasons |= dict.fromkeys(of_one_rule, "The file does not say by which rule")
    assert set(missing) == set(reasons)
    assert all(missing[id_].startswith(why) for id_, why in reasons.items())


CASES = [(kind.id, modality) for kind in FACT_KINDS.values() for modality in sorted(kind.needs.modalities)]


@pytest.fixture(scope="module")
def facts_without():
    return {name: {f.id: f for f in night_facts(*_night(without=(name,)))} for name in MODALITIES}


@pytest.mark.parametrize(("id_", "modality"), CASES)
def test_a_staged_night_without_the_signal_of_a_fact_names_that_signal_and_nothing_else(
    id_, modality, facts_without
):
    fact = facts_without[modality][id_]
    subject = MODALITIES[modality].subject
    assert fact.value is None
    assert fact.text == f"{subject} was not recorded, so {fact_subject(FACT_KINDS[id_])} is not known."


def test_without_stages_no_fact_of_sleep_names_anything_else():
    recording, scoring = _night(stages=())
    facts = {f.id: f for f in night_facts(recording, scoring)}
    for kind in FACT_KINDS.values():
        if kind.needs.staging and kind.id != "unsure_pct":
            assert facts[kind.id].text.startswith("No sleep stages were scored, so"), kind.id


def test_stages_that_are_not_told_apart_leave_no_fact_of_their_depth():
    stages = tuple(Stage.NREM if s in ("N1", "N2", "N3") else s for s in HYPNOGRAM)
    facts = {f.id: f for f in night_facts(*_night(stages=stages))}
    for kind in FACT_KINDS.values():
        if kind.needs.told_apart:
            assert facts[kind.id].text.startswith("The staging does not tell N1, N2 and N3 apart, so"), kind.id


@pytest.mark.parametrize("event", [kind.id for kind in EVENT_KINDS.values() if kind.count])
def test_every_type_of_event_that_is_counted_has_its_count(event):
    assert f"{event}_n" in FACT_KINDS, f"add count({event!r}) to the rows in sleeplm/kinds/facts"


def test_only_what_needs_no_signal_is_not_counted():
    assert {kind.id for kind in EVENT_KINDS.values() if not kind.count} == set(EVENT_KINDS) - set(EVENT_CHANNELS)
