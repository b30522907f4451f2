import json
from dataclasses import replace

import pytest

from sleeplm.captions import attributes_of_night
from sleeplm.captions.features.channel_subsets import with_channels
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.events import EVENT_CHANNELS, EVENT_TYPES
from sleeplm.night import Event, Scoring
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.simulate import simulate_night

VIEWS = (
    CHANNEL_NAMES,
    ("C3",),
    ("C4", "EOG_L", "EMG_CHIN"),
    ("EOG_L", "EOG_R", "LEG_R"),
    ("ABD", "AF", "SPO2", "SNORE"),
    ("ECG", "THX", "ABD", "POS", "C3"),
    ("SPO2", "LEG_L"),
    (),
)


class Only:
    """A recording as it would be had only these channels been recorded."""

    def __init__(self, recording, names):
        self._recording = recording
        self.channels = {n: c for n, c in recording.channels.items() if n in names}

    def __getattr__(self, name):
        return getattr(self._recording, name)


def scored_with(scoring, names):
    """A scoring without the events that rest on other channels."""

    def seen(event):
        on = EVENT_CHANNELS.get(event.type, event.channels if event.type == "artifact" else ())
        return not on or bool(set(on) & set(names))

    sources = {t: s for t, s in scoring.event_sources.items() if set(EVENT_CHANNELS.get(t, names)) & set(names)}
    return replace(scoring, events=tuple(e for e in scoring.events if seen(e)), event_sources=sources)


@pytest.fixture(scope="module")
def night(make_recording):
    """A simulated night in any lab, with channels lost for a while, all its truth as scoring."""
    made = simulate_night(12, 0.6, "osa-severe", lab="varied")
    for name, first, last in (("C4", 5, 8), ("LEG_L", 20, 30), ("EOG_R", 40, 45), ("AF", 50, 60), ("THX", 55, 61)):
        signal, sfreq_hz = made.signals[name]
        signal[int(first * 30 * sfreq_hz) : int(last * 30 * sfreq_hz)] = 0
    made.signals["C3"][0][int(15.5 * 30 * made.signals["C3"][1])] = 2000
    recording = make_recording(made.signals, len(made.hypnogram))
    events = (*made.events, Event("artifact", 100.0, 5.0, ("C3",)), Event("other", 300.0, 5.0))
    events = tuple(sorted(events, key=lambda e: e.start_s))
    scoring = Scoring(made.hypnogram, "truth", events, dict.fromkeys(EVENT_TYPES, "truth"))
    return recording, cut_epochs(recording), scoring


@pytest.fixture(scope="module")
def whole(night):
    return attributes_of_night(*night)


@pytest.mark.parametrize("names", VIEWS, ids=lambda names: "+".join(names) if len(names) < 14 else "all")
def test_a_view_is_what_a_recording_of_its_channels_alone_would_give(night, whole, names):
    recording, epochs, scoring = night
    kept = epochs.present & [n in names for n in CHANNEL_NAMES]
    seen = Epochs(epochs.signals * kept[..., None], kept)
    direct = attributes_of_night(Only(recording, names), seen, scored_with(scoring, names))
    for e, (row, expected) in enumerate(zip(whole, direct, strict=True)):
        assert with_channels(row, names) == expected, f"epoch {e + 1}"


def test_the_night_has_what_views_must_take_apart(whole):
    faults = [name for row in whole for facet in row.values() for name in facet.get("faults", ())]
    assert {"C4", "LEG_L", "EOG_R", "AF", "THX"} <= set(faults)
    assert whole[15]["brain"]["C3"] == {"artifact": True}
    did = {key for row in whole for event in row["stage_event"]["events"] for key in event}
    assert {"arousal", "desaturation_pct", "hr_rise_bpm", "nadir_pct", "drop_pct", "channels"} <= did
    assert len({mark for row in whole for mark in row["stage_event"].get("supports", ())}) >= 5


def test_a_view_leaves_the_whole_as_it_was(whole):
    before = json.dumps(whole)
    for row in whole:
        with_channels(row, ("C3", "AF", "LEG_R"))
    assert json.dumps(whole) == before


def test_an_arousal_that_only_a_breathing_event_told_of_is_looked_for_where_breathing_is_not_seen():
    event = {"type": "hypopnea", "start_s": 3.0, "end_s": 20.0, "arousal": True, "hr_rise_bpm": 4}
    row = {"stage_event": {"stage": "N2", "events": [event], "looked_for": ["desaturation"]}}
    seen = with_channels(row, ("C3", "SPO2"))["stage_event"]
    assert seen == {"stage": "N2", "events": [], "looked_for": ["arousal", "desaturation"]}
    seen = with_channels(row, ("AF",))["stage_event"]
    assert seen["events"] == [{"type": "hypopnea", "start_s": 3.0, "end_s": 20.0}]
