from itertools import pairwise

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.night import Event, Scoring
from sleeplm.scoring.cheyne_stokes import cheyne_stokes_events, stretches_of

HZ = 8.0


def night(kinds, cycle_s=60, pause_s=20, swell=True, hours=2.1, first_s=600.0):
    """Flow in which central (c), hypopneic (h) or obstructive (o) events follow each other, and its scoring."""
    names = {"c": "apnea_central", "h": "hypopnea", "o": "apnea_obstructive"}
    events = [Event(names[k], first_s + i * cycle_s, pause_s) for i, k in enumerate(kinds)]
    t = np.arange(int(hours * 3600 * HZ)) / HZ
    depth = np.ones(len(t))
    for e in events:
        depth[(t >= e.start_s) & (t < e.end_s)] = 0.02
    for one, other in pairwise(events):
        between = (t >= one.end_s) & (t < other.start_s)
        depth[between] = 0.3 + 1.2 * np.sin(np.pi * np.linspace(0, 1, between.sum())) if swell else 1.0
    flow = depth * np.sin(2 * np.pi * t * 16 / 60)
    scored = dict.fromkeys({"apnea_central", *(e.type for e in events)}, "expert")
    scoring = Scoring(hypnogram=("N2",) * int(hours * 120), events=tuple(events), event_sources=scored)
    return FakeRecording({"AF": (flow, HZ)}), scoring


def test_a_run_of_central_apneas_with_waxing_and_waning_breath_is_a_stretch():
    (event,) = cheyne_stokes_events(*night("c" * 15)).events
    assert event.type == "cheyne_stokes" and event.channels == ("AF",) and event.rule.startswith("AASM")
    assert (event.start_s, event.end_s) == (600, 600 + 14 * 60 + 20)


@pytest.mark.parametrize(
    ("kinds", "how", "lengths"),
    [
        ("ccc", {}, [3]),
        ("cc", {}, []),
        ("cchc", {}, [4]),
        ("hhhh", {}, []),
        ("ccchoccc", {}, [4, 3]),
        ("ccoccocc", {}, []),
        ("cccc", {"cycle_s": 35}, []),
        ("cccc", {"cycle_s": 200}, []),
        ("cccc", {"swell": False}, []),
    ],
)
def test_a_stretch_needs_three_in_a_row_forty_seconds_apart_and_a_swell(kinds, how, lengths):
    recording, scoring = night(kinds, **how)
    amplitude = np.abs(recording.signal("AF"))
    amplitude = np.array([amplitude[max(i - 16, 0) : i + 16].max() for i in range(len(amplitude))])
    assert [len(chain) for chain in stretches_of(scoring.events, amplitude, HZ)] == lengths


def test_too_few_an_hour_are_none_and_a_short_night_is_not_judged():
    few = cheyne_stokes_events(*night("c" * 9))
    assert few.events == [] and few.scored == ("cheyne_stokes",)
    short = cheyne_stokes_events(*night("c" * 15, hours=1.5))
    assert short.events == [] and short.scored == ()


def test_without_central_apneas_scored_or_flow_nothing_is_looked_for():
    recording, scoring = night("c" * 15)
    assert cheyne_stokes_events(recording, Scoring(hypnogram=scoring.hypnogram)).scored == ()
    assert cheyne_stokes_events(FakeRecording({"SPO2": (np.full(9000, 96.0), 1)}), scoring).scored == ()
    assert stretches_of([], np.zeros(10), HZ) == []
