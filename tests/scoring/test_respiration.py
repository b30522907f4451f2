from dataclasses import replace

import edfio
import numpy as np
import pytest
from fakes import FakeRecording
from hypothesis import given
from hypothesis import strategies as st

from sleeplm.errors import UsageError
from sleeplm.kinds.events import APNEAS
from sleeplm.night import Event, Scoring
from sleeplm.recording import open_recording
from sleeplm.scoring.respiration import SOURCE, Consequences, respiration, respiratory_events
from sleeplm.simulate import simulate_night

HZ = 8.0
FALL = [Event("desaturation", 315.0, 30.0)]
AROUSAL = [Event("arousal", 326.0, 6.0, ("C4",))]
FELL = Consequences(falls=FALL)


def breathing(left=(), hours=0.2, seed=0, noise=0.01):
    """Sixteen breaths a minute, of which each ``(start_s, end_s, share)`` of `left` leaves a share."""
    n = int(hours * 3600 * HZ)
    t = np.arange(n) / HZ
    share = np.ones(n)
    for start, end, rest in left:
        share[int(start * HZ) : int(end * HZ)] = rest
    return np.sin(2 * np.pi * t * 16 / 60) * share + np.random.default_rng(seed).normal(0, noise, n)


def match(found, true, least_iou=0.2):
    """Precision, recall and F1 of a one-to-one match, best overlap first."""
    pairs = []
    for i, a in enumerate(found):
        for j, b in enumerate(true):
            shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
            iou = shared / (max(a.end_s, b.end_s) - min(a.start_s, b.start_s))
            if iou >= least_iou:
                pairs.append((iou, i, j))
    of_found, of_true = set(), set()
    for _, i, j in sorted(pairs, reverse=True):
        if i not in of_found and j not in of_true:
            of_found.add(i)
            of_true.add(j)
    n = len(of_true)
    return n / len(found), n / len(true), 2 * n / (len(found) + len(true))


def of_types(events, *types):
    return [e for e in events if e.type in types]


@pytest.fixture(scope="module")
def nights():
    """Eight simulated hours a profile: what was found, what is true, and the hypnogram."""
    out = {}
    for profile in ("healthy-young", "osa-mild", "osa-severe", "csa"):
        night = simulate_night(seed=8, hours=8.0, profile=profile)
        signals = {n: night.signals[n] for n in ("AF", "THX", "ABD", "SPO2")}
        out[profile] = (respiration(FakeRecording(signals)), night.events, night.hypnogram)
    return out


# Measured with seeds 1, 7 and 8: apnoeas .97 to 1.00, hypopnoeas .62 (csa) to .96.
@pytest.mark.parametrize(("profile", "hypopneas"), [("osa-mild", 0.8), ("osa-severe", 0.85), ("csa", 0.6)])
def test_simulated_apneas_and_hypopneas_are_found(nights, profile, hypopneas):
    found, true, _ = nights[profile]
    assert match(of_types(found.events, *APNEAS), of_types(true, *APNEAS))[2] >= 0.95
    assert match(of_types(found.events, "hypopnea"), of_types(true, "hypopnea"))[2] >= hypopneas


@pytest.mark.parametrize(
    ("profile", "kind"),
    [("osa-severe", "apnea_obstructive"), ("osa-severe", "apnea_mixed"), ("csa", "apnea_central")],
)
def test_simulated_apneas_have_the_type_of_their_effort(nights, profile, kind):
    found, true, _ = nights[profile]
    assert match(of_types(found.events, kind), of_types(true, kind))[2] >= 0.85


def test_a_healthy_sleeper_has_an_index_under_five(nights):
    found, _, hypnogram = nights["healthy-young"]
    asleep_h = sum(s != "W" for s in hypnogram) / 120
    assert len(found.events) / asleep_h < 5


def test_every_event_says_where_how_surely_and_by_which_rule(nights):
    for found, *_ in nights.values():
        for e in found.events:
            assert e.source == SOURCE and e.channels[0] == "AF" and 0.5 <= e.confidence <= 1
            assert 10 <= e.duration_s <= 130 and e.rule.startswith("AASM")
            assert ("hypopnea 3% rule" in e.rule) == (e.type == "hypopnea")


def test_apneas_that_a_cpap_device_scored_are_found(data):
    folder = data / "recordings/cpap_night"
    found = respiration(open_recording(folder / "20241127_004016_BRP.edf"))
    scored = edfio.read_edf(folder / "20241127_004009_EVE.edf")
    # The device notes an event when it ends; its flow begins 6 s after its notes.
    true = [Event("apnea", a.onset - 6 - a.duration, a.duration) for a in scored.annotations if "Apnea" in a.text]
    assert len(true) == 71
    precision, recall, f1 = match(found.events, true)
    # Measured: 1, .76, .86; the device counts drops that do not reach the manual's 90%.
    assert precision >= 0.95 and recall >= 0.74 and f1 >= 0.84
    assert found.scored == ("apnea",) and any("hypopneas are not scored" in w for w in found.warnings)


@pytest.mark.parametrize(("seconds", "rest", "n"), [(12, 0.03, 1), (8, 0.03, 0), (30, 0.03, 1), (30, 0.2, 0)])
def test_an_apnea_needs_ten_seconds_and_a_drop_of_ninety_percent(seconds, rest, n):
    events = respiratory_events(breathing([(300, 300 + seconds, rest)]), HZ)
    assert [e.type for e in events] == ["apnea"] * n
    for e in events:
        assert e.start_s == pytest.approx(300, abs=2.5) and e.duration_s == pytest.approx(seconds, abs=4)


@pytest.mark.parametrize(
    ("belts", "kind"),
    [
        ({"THX": (0.6,), "ABD": (0.5,)}, "apnea_obstructive"),
        ({"THX": (0.02,), "ABD": (0.02,)}, "apnea_central"),
        ({"THX": (0.02,), "ABD": (0.6,)}, "apnea_obstructive"),
        ({"THX": (0.02, 0.7), "ABD": (0.02, 0.7)}, "apnea_mixed"),
        ({"ABD": (0.02,)}, "apnea_central"),
        ({}, "apnea"),
    ],
)
def test_effort_tells_the_type(belts, kind):
    signals = {}
    for i, (name, rests) in enumerate(belts.items()):
        edges = np.linspace(300, 330, len(rests) + 1)
        signals[name] = breathing(list(zip(edges, edges[1:], rests, strict=False)), seed=i + 1)
    (event,) = respiratory_events(breathing([(300, 330, 0.03)]), HZ, signals)
    assert event.type == kind and event.channels == ("AF", *belts)


@pytest.mark.parametrize(("falls", "n"), [(FALL, 1), ([], 0), (None, 0), ([Event("desaturation", 400.0, 30.0)], 0)])
def test_a_hypopnea_needs_a_desaturation_within_reach(falls, n):
    events = respiratory_events(breathing([(300, 325, 0.5)]), HZ, consequences=Consequences(falls=falls))
    assert [e.type for e in events] == ["hypopnea"] * n


@pytest.mark.parametrize(
    ("falls", "arousals", "because", "channels"),
    [
        (FALL, [], "with a 3% desaturation", ("AF", "SPO2")),
        ([], AROUSAL, "with an arousal", ("AF", "C4")),
        (FALL, AROUSAL, "with a 3% desaturation and an arousal", ("AF", "SPO2", "C4")),
    ],
)
def test_a_hypopnea_says_what_makes_it_one(falls, arousals, because, channels):
    consequences = Consequences(falls=falls, arousals=arousals)
    (event,) = respiratory_events(breathing([(300, 325, 0.5)]), HZ, consequences=consequences)
    assert event.rule.endswith(because) and event.channels == channels


@pytest.mark.parametrize("at_s", [303, 340])
def test_an_arousal_that_does_not_end_a_reduction_makes_no_hypopnea(at_s):
    consequences = Consequences(falls=[], arousals=[Event("arousal", at_s, 6.0)])
    assert respiratory_events(breathing([(300, 325, 0.5)]), HZ, consequences=consequences) == []


def night_with_a_hypopnea(depth_pct):
    spo2 = np.full(720, 96.0)
    spo2[320:335] = np.linspace(96, 96 - depth_pct, 15)
    spo2[335:350] = np.linspace(96 - depth_pct, 96, 15)
    return FakeRecording({"AF": (breathing([(300, 325, 0.5)]), HZ), "SPO2": (spo2, 1)})


@pytest.mark.parametrize(
    ("rule", "depth_pct", "arousals", "n", "name"),
    [
        ("3%", 3.5, None, 1, "hypopneas by the AASM 3% rule, without arousals"),
        ("3%", 3.5, [], 1, "hypopneas by the AASM 3% rule"),
        ("3%", 1, AROUSAL, 1, "hypopneas by the AASM 3% rule"),
        ("4%", 3.5, AROUSAL, 0, "hypopneas by the AASM 4% rule"),
        ("4%", 5, None, 1, "hypopneas by the AASM 4% rule"),
    ],
)
def test_the_rule_decides_and_is_named(rule, depth_pct, arousals, n, name):
    scoring = Scoring(events=tuple(arousals or ()), event_sources={} if arousals is None else {"arousal": "expert"})
    found = respiration(night_with_a_hypopnea(depth_pct), scoring, rule)
    assert len(found.events) == n and found.rules == {"hypopnea": name}


def test_desaturations_that_an_expert_scored_are_believed():
    scoring = Scoring(events=tuple(FALL), event_sources={"desaturation": "expert"})
    found = respiration(FakeRecording({"AF": (breathing([(300, 325, 0.5)]), HZ)}), scoring)
    assert [e.type for e in found.events] == ["hypopnea"]


def test_arousals_alone_make_hypopneas_and_it_is_said():
    scoring = Scoring(events=tuple(AROUSAL), event_sources={"arousal": "expert"})
    found = respiration(FakeRecording({"AF": (breathing([(300, 325, 0.5)]), HZ)}), scoring)
    assert len(found.events) == 1 and found.rules["hypopnea"].endswith("without oxygen saturation")
    assert any("only hypopneas that end in an arousal" in w for w in found.warnings)


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="one of 3%, 4%"):
        respiration(night_with_a_hypopnea(5), hypopnea_rule="5%")


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.04])
@pytest.mark.parametrize("ends", [430, 660, 720])
def test_a_sensor_that_is_off_is_no_apnea(noise, ends):
    flow = breathing([(300, ends, 0.0)], noise=noise)
    assert respiratory_events(flow, HZ, consequences=FELL) == []


def test_a_sensor_that_slips_for_good_is_no_hypopnea():
    assert respiratory_events(breathing([(300, 720, 0.5)]), HZ, consequences=FELL) == []


@pytest.mark.parametrize("flow", [np.zeros(5760), np.full(5760, 3.0)])
def test_dead_flow_is_not_scored_and_it_is_said(flow):
    found = respiration(FakeRecording({"AF": (flow, HZ)}))
    assert found.events == [] and found.scored == () and "no breathing" in found.warnings[0]


def test_slow_flow_is_not_scored_and_it_is_said():
    found = respiration(FakeRecording({"AF": (breathing()[::4], 2.0)}))
    assert found.scored == () and "under 4 Hz" in found.warnings[0]


def test_one_belt_without_flow_is_not_scored_and_it_is_said():
    found = respiration(FakeRecording({"THX": (breathing(), HZ)}))
    assert found.scored == () and "airflow" in found.warnings[0]


@pytest.mark.parametrize("gain", [1.0, -0.2, 40.0])
@pytest.mark.parametrize(
    ("chest", "belly", "kind"),
    [((0.02, 0.02), (0.02, 0.02), "apnea_central"), ((0.8, 0.8), (-0.8, -0.8), "apnea_obstructive")],
)
def test_the_sum_of_both_belts_stands_for_flow_whatever_their_scale(gain, chest, belly, kind):
    thx, abd = (breathing([(300, 325, rest[0])], seed=i) for i, rest in enumerate((chest, belly)))
    found = respiration(FakeRecording({"THX": (thx, HZ), "ABD": (gain * abd, HZ)}))
    (event,) = found.events
    assert event.type == kind and event.channels == ("THX", "ABD")
    assert "sum of both breathing belts" in found.warnings[0]


def test_what_is_lost_is_no_event_and_no_baseline():
    flow = breathing([(300, 325, 0.03), (500, 530, 0.03)])
    flow[int(330 * HZ) : int(480 * HZ)] = np.nan
    assert [round(e.start_s, -1) for e in respiratory_events(flow, HZ)] == [300, 500]


def test_a_night_that_lost_its_flow_for_long_says_so():
    flow = breathing()
    flow[: len(flow) // 2] = np.nan
    found = respiration(FakeRecording({"AF": (flow, HZ)}))
    assert any("12 of 24 epochs" in w for w in found.warnings)


def test_what_is_missing_limits_what_is_scored():
    flow, oxygen = (breathing(), HZ), (np.full(720, 96.0), 1)
    assert respiration(FakeRecording({"AF": flow})).scored == ("apnea",)
    assert respiration(FakeRecording({"AF": flow, "SPO2": oxygen})).scored == ("apnea", "hypopnea")
    whole = respiration(FakeRecording({"AF": flow, "THX": flow, "SPO2": oxygen}))
    assert set(whole.scored) == {*APNEAS, "hypopnea"} and whole.warnings == ()
    dead = respiration(FakeRecording({"AF": flow, "THX": (np.zeros(5760), HZ), "SPO2": (np.full(720, -1.0), 1)}))
    assert dead.scored == ("apnea",) and len(dead.warnings) == 2


@given(st.integers(0, 400), st.floats(4, 40), st.integers(0, 99), st.floats(1e-3, 1e3))
def test_any_signal_gives_events_within_it_whatever_its_scale(n, sfreq_hz, seed, gain):
    flow = np.random.default_rng(seed).normal(0, 1, n) ** 3
    one, other = (respiratory_events(x, sfreq_hz, {"THX": x}, FELL) for x in (flow, gain * flow))
    assert [replace(e, confidence=None) for e in one] == [replace(e, confidence=None) for e in other]
    assert all(0 <= e.start_s and e.end_s <= n / sfreq_hz + 1e-6 for e in one)


def test_gaps_in_every_signal_are_survived():
    flow, spo2 = breathing([(300, 325, 0.03), (600, 625, 0.5)]), np.full(720, 96.0)
    spo2[620:640] = np.concatenate([np.linspace(96, 91, 10), np.linspace(91, 96, 10)])
    for signal, hz in ((flow, HZ), (spo2, 1)):
        signal[int(400 * hz) : int(470 * hz)] = np.nan
    belt = breathing([(300, 325, 0.8)], seed=1)
    belt[int(310 * HZ) : int(312 * HZ)] = np.nan
    found = respiration(FakeRecording({"AF": (flow, HZ), "THX": (belt, HZ), "SPO2": (spo2, 1)}))
    assert [e.type for e in found.events] == ["apnea", "hypopnea"]
