"""Indices of a night counted again, event by event and epoch by epoch, without the code that is tested."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given, settings
from hypothesis import strategies as st

from sleeplm.facts import night_facts
from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring

N, EPOCH = 40, 30
APNEA_TYPES = ["apnea", "apnea_central", "apnea_mixed", "apnea_obstructive"]
INDICES = {
    "ahi_per_h": [*APNEA_TYPES, "hypopnea"],
    "rdi_per_h": [*APNEA_TYPES, "hypopnea", "rera"],
    "apnea_index_per_h": APNEA_TYPES,
    "central_apnea_index_per_h": ["apnea_central"],
    "obstructive_apnea_index_per_h": ["apnea_obstructive"],
    "mixed_apnea_index_per_h": ["apnea_mixed"],
    "hypopnea_index_per_h": ["hypopnea"],
    "arousal_index_per_h": ["arousal"],
    "plmi_per_h": ["plm"],
}
TYPES = sorted({t for types in INDICES.values() for t in types})
events_of_a_night = st.lists(
    st.builds(
        Event,
        st.sampled_from(TYPES),
        st.integers(0, 10 * (N * EPOCH - 1)).map(lambda tenths: tenths / 10),
        st.integers(1, 900).map(lambda tenths: tenths / 10),
    ),
    max_size=12,
)
nights = st.lists(st.sampled_from(["W", "N1", "N2", "N3", "R", "?"]), min_size=N, max_size=N)


def first_epoch_asleep(event, asleep):
    """The first epoch of sleep of which the event fills any tenth of a second."""
    tenths = range(round(event.start_s * 10), round((event.start_s + event.duration_s) * 10))
    touched = sorted({t // (EPOCH * 10) for t in tenths if t < N * EPOCH * 10})
    return next((i for i in touched if asleep[i]), None)


def first_stage_asleep(event, asleep, stages):
    """Stage of that epoch."""
    at = first_epoch_asleep(event, asleep)
    return None if at is None else stages[at]


def cause_by_hand(arousal, events):
    """What an arousal goes with, in tenths of a second."""
    begin, end = round(arousal.start_s * 10), round((arousal.start_s + arousal.duration_s) * 10)
    for e in events:
        first, last = round(e.start_s * 10), round((e.start_s + e.duration_s) * 10)
        if e.type in INDICES["rdi_per_h"] and first <= begin <= last + 50:
            return "respiratory"
    for e in events:
        first, last = round(e.start_s * 10), round((e.start_s + e.duration_s) * 10)
        if e.type == "plm" and begin - last < 5 and first - end < 5:
            return "leg"
    return "spontaneous"


def mostly_within(event, others):
    """Whether more than half of an event lies within others."""
    tenths = range(round(event.start_s * 10), round((event.start_s + event.duration_s) * 10))
    spans = [(round(o.start_s * 10), round((o.start_s + o.duration_s) * 10)) for o in others]
    return 2 * sum(any(a <= t < b for a, b in spans) for t in tenths) > len(tenths)


@settings(max_examples=60, deadline=None)
@given(nights, events_of_a_night, st.integers(0, 8), st.integers(30, N))
def test_every_index_is_what_counting_by_hand_gives(stages, events, first, last):
    hypnogram = tuple(Stage.UNSCORED if s == "?" else Stage(s) for s in stages)
    sources = dict.fromkeys(TYPES, "expert")
    lights = {"lights_off_s": first * EPOCH, "lights_on_s": last * EPOCH}
    scoring = Scoring(hypnogram, "expert", tuple(events), sources, **lights)
    facts = {f.id: f for f in night_facts(FakeRecording(duration_s=N * EPOCH), scoring)}
    asleep = [s in ("N1", "N2", "N3", "R") and first <= i < last for i, s in enumerate(stages)]
    breaths = [e for e in events if e.type in INDICES["ahi_per_h"]]
    alone = [e for e in events if e.type != "rera" or not mostly_within(e, breaths)]
    by_stage = [(e.type, first_stage_asleep(e, asleep, stages)) for e in alone]

    def index(types, wanted):
        epochs = sum(a and s in wanted for a, s in zip(asleep, stages, strict=True))
        n = sum(t in types and s in wanted for t, s in by_stage)
        return n / (epochs / 120) if epochs else None

    nrem = ("N1", "N2", "N3")
    expected = {id_: index(types, (*nrem, "R")) for id_, types in INDICES.items()}
    in_bed = [first <= i < last for i in range(N)]
    roused = [e for e in events if e.type == "arousal" and first_stage_asleep(e, in_bed, stages)]
    expected["arousal_index_per_h"] = len(roused) / (sum(asleep) / 120) if any(asleep) else None
    for name, wanted in (("rem", ("R",)), ("nrem", nrem)):
        expected[f"ahi_{name}_per_h"] = index(INDICES["ahi_per_h"], wanted)
        expected[f"arousal_{name}_per_h"] = index(["arousal"], wanted)
    for cause in ("respiratory", "leg", "spontaneous"):
        n = sum(cause == cause_by_hand(e, events) for e in roused)
        expected[f"arousal_{cause}_per_h"] = n / (sum(asleep) / 120) if any(asleep) else None
    onset = asleep.index(True) if any(asleep) else 0
    length = N - asleep[::-1].index(True) - onset if any(asleep) else 1
    for parts in (("first_half", "second_half"), ("first_third", "second_third", "last_third")):
        for i, part in enumerate(parts):
            of_part = [a and (2 * (e - onset) + 1) * len(parts) // (2 * length) == i for e, a in enumerate(asleep)]
            n = sum(
                first_epoch_asleep(b, asleep) is not None and of_part[first_epoch_asleep(b, asleep)]
                for b in breaths
            )
            expected[f"ahi_{part}_per_h"] = n / (sum(of_part) / 120) if any(of_part) else None
    for id_, value in expected.items():
        assert facts[id_].value == (None if value is None else pytest.approx(value, abs=0.051)), id_
    assert facts["se_pct"].value is None or 0 <= facts["se_pct"].value <= 100


@pytest.mark.parametrize("drop", [3, 4])
def test_falls_that_were_made_are_counted_once_each_by_depth(drop):
    spo2 = np.full(3600, 96.0)
    depths = [2, 3, 3, 4, 5, 6, 2, 3]
    for i, depth in enumerate(depths):
        at = 200 + 300 * i
        spo2[at : at + 20] -= np.linspace(0, depth, 20).round()
        spo2[at + 20 : at + 30] -= np.linspace(depth, 0, 10).round()
    scoring = Scoring((Stage.N2,) * 120, "expert")
    facts = {f.id: f for f in night_facts(FakeRecording({"SPO2": (spo2, 1)}), scoring)}
    assert facts[f"odi{drop}_per_h"].value == sum(d >= drop for d in depths)


@pytest.mark.parametrize("stages, n", [("2WW2W2", 2), ("2W?W2", 1), ("2?W2", 1), ("W?2W", 0), ("2??2", 0)])
def test_an_awakening_goes_on_over_an_epoch_without_a_stage(stages, n):
    hypnogram = tuple({"2": Stage.N2, "W": Stage.W, "?": Stage.UNSCORED}[s] for s in stages)
    facts = night_facts(FakeRecording(duration_s=30 * len(stages)), Scoring(hypnogram, "expert"))
    assert next(f.value for f in facts if f.id == "awakenings_n") == n


def test_a_density_is_per_minute_that_could_be_searched():
    recording = FakeRecording({"C3": (np.random.default_rng(0).normal(size=120_000) * 20, 100)})
    faults = recording.quality.faults.copy()
    faults[10:30] |= np.uint8(2)  # half of the night flat
    recording.quality = replace(recording.quality, faults=faults)
    spindles = tuple(Event("spindle", 30.0 * e, 1.0, ("C3",)) for e in range(10))
    values = {}
    for source in ("automatic", "expert"):
        searched = {"spindle": recording.quality.usable("C3")} if source == "automatic" else {}
        scoring = Scoring((Stage.N2,) * 40, "expert", spindles, {"spindle": source}, searched=searched)
        values[source] = {f.id: f.value for f in night_facts(recording, scoring)}["spindle_n2_per_min"]
    assert values == {"automatic": 1.0, "expert": 0.5}
