"""An index counts hours that could be searched, and says what it rests on."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts.night_facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Basis, Event, Fact, Scoring
from sleeplm.recording import open_recording
from sleeplm.scoring.score import score
from sleeplm.simulate import simulate_night, write_night

HOUR = 120  # epochs


def facts_of(recording, scoring):
    return {f.id: f for f in night_facts(recording, scoring)}


def apneas(*starts_s):
    return tuple(Event("apnea_obstructive", float(s), 15.0) for s in starts_s)


@pytest.fixture(scope="module")
def severe(tmp_path_factory):
    """A severe night of two hours, and a function that writes it with changed signals."""
    night = simulate_night(seed=11, hours=2, profile="osa-severe")
    folder = tmp_path_factory.mktemp("severe")

    def with_signals(name, change):
        signals = {n: (change(n, values, hz), hz) for n, (values, hz) in night.signals.items()}
        path = folder / f"{name}.edf"
        write_night(replace(night, signals=signals), path)
        recording = open_recording(path)
        staged = Scoring(night.hypnogram, "expert")
        return facts_of(recording, score(recording, [staged]))

    return night, with_signals


def lose(first_s, last_s, names, noise=0.0):
    def change(name, values, hz):
        if name not in names:
            return values
        values = values.copy()
        at = slice(int(first_s * hz), int(last_s * hz))
        lost = np.random.default_rng(1).normal(0, noise * values.std() or 0, len(values[at]))
        values[at] = lost
        return values

    return change


@pytest.mark.parametrize("noise", [0.0, 0.01], ids=["flat", "noise of 1%"])
@pytest.mark.parametrize(("first_s", "last_s"), [(3600, 7200), (2400, 4200)], ids=["second half", "30 min within"])
def test_an_index_of_a_detector_leaves_out_the_hours_in_which_its_signal_was_lost(severe, first_s, last_s, noise):
    night, with_signals = severe
    whole = with_signals("whole", lambda name, values, hz: values)["ahi_per_h"]
    part = with_signals("part", lose(first_s, last_s, ("AF", "THX", "ABD"), noise))["ahi_per_h"]
    asleep = np.array([s != Stage.W for s in night.hypnogram])
    kept = asleep.copy()
    kept[first_s // 30 : last_s // 30] = False
    assert part.basis.of_min == asleep.sum() / 2 == whole.basis.searched_min
    assert part.basis.searched_min == pytest.approx(kept.sum() / 2, abs=3)
    truth = sum(
        e.type in ("apnea_obstructive", "apnea_central", "apnea_mixed", "hypopnea")
        and kept[int(e.start_s // 30) : int(e.end_s // 30) + 1].any()
        for e in night.events
    )
    assert part.value == pytest.approx(truth / (kept.sum() / 120), rel=0.2)
    assert part.value == pytest.approx(60 * part.basis.events / part.basis.searched_min, abs=0.051)
    assert "the rest could not be searched" in part.text and "the rest" not in whole.text


def test_a_channel_lost_throughout_the_sleep_gives_no_index():
    recording = FakeRecording({"SNORE": (np.ones(3600 * 10), 10.0)})
    nowhere = {"snore": np.zeros(HOUR, dtype=bool)}
    fact = facts_of(recording, Scoring((Stage.N2,) * HOUR, "expert", (), {"snore": "automatic"}, searched=nowhere))[
        "snore_pct"
    ]
    assert fact.value is None and fact.text.startswith("No sleep has a usable signal")


def test_an_experts_events_keep_all_of_the_sleep_and_lost_signal_is_noted():
    flow = np.sin(np.arange(3600 * 10) * 0.15)
    recording = FakeRecording({"AF": (flow, 10.0)})
    faults = recording.quality.faults.copy()
    faults[40:100] |= np.uint8(2)  # half an hour flat
    recording.quality = replace(recording.quality, faults=faults)
    types = dict.fromkeys(("apnea_obstructive", "hypopnea"), "expert")
    scoring = Scoring((Stage.N2,) * HOUR, "expert", apneas(100, 200, 300), types)
    ahi = facts_of(recording, scoring)["ahi_per_h"]
    assert ahi.value == 3.0 and ahi.basis.searched_min == 60
    assert "no usable signal in 30 min" in ahi.note and ahi.note in ahi.text


@pytest.mark.parametrize(("rem_min", "enough"), [(2, False), (14.5, False), (15, True), (20, True)])
def test_an_index_of_few_minutes_is_too_little_to_tell(rem_min, enough):
    rem = int(rem_min * 2)
    hypnogram = (Stage.N2,) * (HOUR - rem) + (Stage.R,) * rem
    types = dict.fromkeys(("apnea_obstructive", "hypopnea"), "expert")
    scoring = Scoring(hypnogram, "expert", apneas(3600 - 45), types)
    facts = facts_of(FakeRecording(duration_s=3600), scoring)
    fact = facts["ahi_rem_per_h"]
    assert fact.basis.enough is enough and ("too little to tell" in fact.text) is not enough
    assert f"1 event in {rem_min:g} min of REM sleep" in fact.text
    assert "too little" not in facts["ahi_per_h"].text


def test_time_without_a_stage_is_said_beside_every_number_of_the_hypnogram():
    hypnogram = (Stage.N2,) * 105 + (Stage.W,) * 15
    facts = facts_of(FakeRecording(duration_s=7200), Scoring(hypnogram, "expert"))
    for id_ in ("se_pct", "sme_pct", "tst_min", "waso_min", "awakenings_n"):
        assert "60 min of the time in bed were not scored" in facts[id_].text, id_
    within = (Stage.N2,) * 60 + (Stage.UNSCORED,) * 30 + (Stage.N2,) * 30
    facts = facts_of(FakeRecording(duration_s=3600), Scoring(within, "expert"))
    assert "15 min of the time in bed were not scored" in facts["tst_min"].text
    whole = facts_of(FakeRecording(duration_s=3600), Scoring((Stage.N2,) * HOUR, "expert"))
    assert "not scored" not in whole["tst_min"].text


def test_counts_in_the_recording_and_in_sleep_are_told_apart():
    hypnogram = (Stage.W,) * 60 + (Stage.N2,) * 60
    types = dict.fromkeys(("apnea_obstructive", "plm"), "expert")
    legs = tuple(Event("plm", 30.0 * i, 2.0) for i in range(60))
    scoring = Scoring(hypnogram, "expert", (*apneas(60, 120, 180, 2000), *legs), types)
    facts = facts_of(FakeRecording(duration_s=3600), scoring)
    assert (facts["apnea_obstructive_n"].value, facts["plm_n"].value) == (4, 60)
    assert "in the whole recording, 1 of them in sleep" in facts["apnea_obstructive_n"].text
    assert "0 of them in sleep" in facts["plm_n"].text


@pytest.mark.parametrize(
    ("stages", "id_", "why"),
    [
        ((Stage.R,), "ahi_nrem_per_h", "No NREM sleep was scored"),
        ((Stage.R,), "arousal_nrem_per_h", "No NREM sleep was scored"),
        ((Stage.N2,), "ahi_rem_per_h", "No REM sleep was scored"),
        ((Stage.W,), "ahi_rem_per_h", "No epoch was scored as sleep"),
        ((), "ahi_per_h", "No sleep stages were scored"),
    ],
)
def test_the_reason_of_an_index_that_does_not_exist_is_the_true_one(stages, id_, why):
    types = dict.fromkeys(("apnea_obstructive", "hypopnea", "arousal"), "expert")
    scoring = Scoring(stages * HOUR, "expert" if stages else None, (), types)
    fact = facts_of(FakeRecording(duration_s=3600), scoring)[id_]
    assert fact.value is None and fact.text.startswith(why)


def test_a_study_without_stages_has_a_respiratory_event_index_and_no_ahi():
    types = dict.fromkeys(("apnea_obstructive", "hypopnea"), "expert")
    events = tuple(Event("hypopnea", 300.0 * i, 15.0) for i in range(81))
    facts = facts_of(FakeRecording(duration_s=8.98 * 3600), Scoring((), None, events, types))
    assert facts["rei_per_h"].value == 9.0 and facts["ahi_per_h"].value is None
    assert "81 events in 8 h" in facts["rei_per_h"].text and facts["rei_per_h"].name == "Respiratory event index"


def test_a_home_study_of_a_detector_counts_the_hours_of_usable_flow():
    searched = dict.fromkeys(("apnea_obstructive", "hypopnea"), np.arange(240) < 120)
    types = dict.fromkeys(searched, "automatic")
    scoring = Scoring((), None, apneas(100, 200, 300), types, rules={"hypopnea": "3%"}, searched=searched)
    fact = facts_of(FakeRecording(duration_s=7200), scoring)["rei_per_h"]
    assert fact.value == 3.0 and "60 min of 2 h 0 min of recording in bed" in fact.text


def test_what_an_index_rests_on_is_kept_with_it():
    basis = Basis(57, 63.5, 152.0, "sleep")
    fact = Fact("ahi_per_h", "AHI", 53.9, "per hour", "t", "d", basis=basis, note="n")
    assert Fact.from_dict(fact.as_dict()) == fact
    assert fact.as_dict()["basis"] == {
        "events": 57, "searched_min": 63.5, "of_min": 152.0, "of": "sleep", "noun": ["event", "events"],
        "enough": True,
    }  # fmt: skip
