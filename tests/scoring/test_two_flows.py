"""Apneas by the thermal sensor and hypopneas by nasal pressure, each by the other where its own holds nothing."""

from itertools import pairwise

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.kinds.events import APNEAS
from sleeplm.scoring.breathing import amplitude_of, reductions
from sleeplm.scoring.oximetry import desaturations
from sleeplm.scoring.respiration import (
    _HYPOPNEA_WIDER_S,
    HYPOPNEA_DROP,
    Consequences,
    respiration,
    respiratory_events,
)
from sleeplm.simulate import simulate_night

HZ = 8.0
SECONDS = 1200


def breathing(*left, seed=0):
    """Fifteen breaths a minute, of which each ``(start_s, end_s, share)`` leaves a share."""
    share = np.ones(int(SECONDS * HZ))
    for start, end, rest in left:
        share[int(start * HZ) : int(end * HZ)] = rest
    t = np.arange(len(share)) / HZ
    return share * np.sin(2 * np.pi * t / 4) + np.random.default_rng(seed).normal(0, 0.01, len(share))


def saturation(*falls):
    spo2 = np.full(SECONDS, 96.0)
    for at in falls:
        spo2[at : at + 30] = 96 - 6 * np.sin(np.pi * np.arange(30) / 30)
    return np.round(spo2), 1.0


def scored(pressure, thermal, *falls):
    signals = {"AF": (pressure, HZ), "SPO2": saturation(*falls)}
    return respiration(FakeRecording(signals if thermal is None else signals | {"THERM": (thermal, HZ)}))


def told(detections):
    return [("apnea" if e.type in APNEAS else e.type, e.channels[0]) for e in detections.events]


def test_what_stops_in_the_cannula_and_not_in_the_thermal_sensor_is_a_hypopnea():
    mouth = scored(breathing((400, 420, 0.0)), breathing((400, 420, 0.5), seed=1), 425)
    assert told(mouth) == [("hypopnea", "AF")]
    assert told(scored(breathing((400, 420, 0.0)), None, 425)) == [("apnea", "AF")]
    assert any("thermal sensor" in w for w in mouth.warnings)


def test_what_stops_in_the_thermal_sensor_is_an_apnea():
    assert told(scored(breathing((400, 420, 0.2)), breathing((400, 420, 0.0), seed=1), 425)) == [("apnea", "THERM")]


def test_an_apnea_is_no_hypopnea_beside():
    both = scored(breathing((400, 422, 0.0)), breathing((400, 420, 0.0), seed=1), 425)
    assert told(both) == [("apnea", "THERM")]


def test_a_hypopnea_is_that_of_the_pressure_and_not_of_the_thermal_sensor():
    assert told(scored(breathing((400, 425, 0.4)), breathing(seed=1), 430)) == [("hypopnea", "AF")]
    assert told(scored(breathing(), breathing((400, 425, 0.4), seed=1), 430)) == []


@pytest.mark.parametrize("lost", ["pressure", "thermal"])
def test_where_one_sensor_is_lost_the_other_stands_for_it(lost):
    events = ((400, 420, 0.0), (900, 925, 0.4))
    pressure, thermal = breathing(*events), breathing(*events, seed=1)
    gone = pressure if lost == "pressure" else thermal
    gone[int(300 * HZ) :] = np.nan
    found = scored(pressure, thermal, 425, 930)
    other = "THERM" if lost == "pressure" else "AF"
    assert told(found) == [("apnea", other), ("hypopnea", other)]
    assert found.searched is not None and found.searched.all()


def test_a_dead_cannula_leaves_all_to_the_thermal_sensor():
    found = scored(np.zeros(int(SECONDS * HZ)), breathing((400, 420, 0.0)), 425)
    assert told(found) == [("apnea", "THERM")] and any("less sure" in w for w in found.warnings)


def test_a_second_sensor_that_is_not_there_changes_nothing():
    night = simulate_night(seed=11, hours=1, profile="osa-severe")
    flow, sfreq_hz = night.signals["AF"]
    given = Consequences("3%", desaturations(*night.signals["SPO2"]), None)
    alone = respiratory_events(flow, sfreq_hz, None, given)
    widened = reductions(amplitude_of(flow, sfreq_hz), HYPOPNEA_DROP, sfreq_hz, _HYPOPNEA_WIDER_S)
    assert sum(b[0] < a[1] for a, b in pairwise(widened)) > 0 and len(alone) > 20  # both of two that meet count
    absent = respiratory_events(flow, sfreq_hz, None, given, thermal=np.full(len(flow), np.nan, np.float32))
    assert [(e.type, e.start_s) for e in alone] == [(e.type, e.start_s) for e in absent]
    kept = {round(a / sfreq_hz, 3) for a, _ in widened} & {round(e.start_s, 3) for e in alone}
    close = {round(x[0] / sfreq_hz, 3) for a, b in pairwise(widened) if b[0] < a[1] for x in (a, b)}
    assert close & kept
