"""RERAs and types of hypopneas, on breaths that were made flattened, snoring, or against each other."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.kinds.stages import Stage
from sleeplm.night import Event, Scoring
from sleeplm.scoring.flattening import FLATTENED
from sleeplm.scoring.hypopnea_types import signs_of, type_of, with_types, words_for_type
from sleeplm.scoring.limitation import limitation_of, rera_events

SFREQ_HZ, BREATH_S, MINUTES = 64, 4.0, 20
LABELS = ("Nasal pressure", "Thermistor")


def flow(flat_s=(), sign=1):
    """Breaths of 4 s, inspiration in 1.6 s: half sines, and flat-topped ones between these seconds."""
    n = round(MINUTES * 60 / BREATH_S)
    t = np.arange(round(BREATH_S * SFREQ_HZ)) / SFREQ_HZ
    inspired = t < 1.6
    round_ = np.where(inspired, np.sin(np.pi * t / 1.6), -0.66 * np.sin(np.pi * (t - 1.6) / 2.4))
    flat = np.where(inspired, 0.6 * np.minimum(1, np.minimum(t, 1.6 - t) / 0.02), round_)
    breaths = [flat if any(a <= i * BREATH_S < b for a, b in flat_s) else round_ for i in range(n)]
    rng = np.random.default_rng(0)
    return sign * np.concatenate(breaths) + 0.01 * rng.standard_normal(n * len(t))


def night(signal, label="Nasal pressure", sfreq_hz=SFREQ_HZ, **others):
    recording = FakeRecording({"AF": (signal, sfreq_hz), **others})
    recording.channels["AF"] = replace(recording.channels["AF"], label=label)
    return recording


def scored(arousals=(), breathing=(), stage=Stage.N2, source="automatic"):
    events = [*(Event("arousal", s, 5.0) for s in arousals), *breathing]
    sources = {"arousal": "automatic", "hypopnea": source, "apnea": source}
    return Scoring((stage,) * (MINUTES * 2), "expert", tuple(sorted(events, key=lambda e: e.start_s)), sources)


def test_only_flat_inspirations_are_flattened_whichever_way_the_flow_points():
    for sign in (1, -1):
        breaths = limitation_of(night(flow([(300, 340)], sign)))
        inside = (breaths.middle_s > 300) & (breaths.middle_s < 340)
        assert (breaths.index[inside] <= FLATTENED).all() and (breaths.index[~inside] > FLATTENED).all()


@pytest.mark.parametrize("arousal_s", [338.0, 341.0, 342.0])
def test_flattened_breaths_that_an_arousal_ends_are_a_rera(arousal_s):
    found = rera_events(night(flow([(300, 340)])), scored([arousal_s]))
    (rera,) = found.events
    assert found.scored == ("rera",) and rera.type == "rera" and rera.start_s == pytest.approx(300, abs=1)
    assert rera.end_s == pytest.approx(max(338, arousal_s), abs=1.5) and rera.confidence > 0.5


@pytest.mark.parametrize(
    ("flat", "scoring"),
    [
        ([(300, 340)], scored([360.0])),  # the arousal comes too late
        ([(300, 308)], scored([309.0])),  # under 10 s
        ([], scored([341.0])),  # no flattening
        ([(300, 340)], scored()),  # no arousal
        ([(300, 340)], scored([341.0], [Event("hypopnea", 310.0, 25.0)])),  # it is a hypopnea
        ([(300, 340)], scored([341.0], stage=Stage.W)),  # awake
        ([(300, 1200)], scored([341.0])),  # flat for the rest of the night: no airway opens
    ],
)
def test_what_lacks_one_part_of_the_rule_is_no_rera(flat, scoring):
    assert rera_events(night(flow(flat)), scoring).events == []


def test_a_flow_whose_shape_tells_nothing_and_an_experts_scoring_give_none():
    scoring = scored([341.0])
    for recording in (
        night(flow([(300, 340)]), label="Thermistor"),
        night(flow([(300, 340)])[:: SFREQ_HZ // 8], sfreq_hz=8),
        night(flow([(0, 1200)])),
    ):
        found = rera_events(recording, scoring)
        assert found.scored == () and "RERAs are not scored" in found.warnings[0]
    assert rera_events(night(flow([(300, 340)])), scored([341.0], source="expert")).scored == ()
    assert rera_events(FakeRecording(duration_s=60), scoring).scored == ()


def belts(against_s=(), turned=False):
    t = np.arange(MINUTES * 60 * 8) / 8
    chest = np.sin(2 * np.pi * t / BREATH_S)
    belly = chest.copy()
    for a, b in against_s:
        belly[round(a * 8) : round(b * 8)] *= -1
    return {"THX": (chest, 8), "ABD": (-belly if turned else belly, 8)}


def kind(recording, snores=(), known=True):
    sources = {"snore": "automatic"} if known else {}
    scoring = Scoring(events=tuple(Event("snore", a, b - a) for a, b in snores), event_sources=sources)
    return words_for_type(300.0, 330.0, signs_of(recording, scoring))


@pytest.mark.parametrize("turned", [False, True])
def test_each_sign_makes_a_hypopnea_obstructive_and_none_of_all_central(turned):
    assert kind(night(flow(), **belts(turned=turned)), [(310, 320)]) == ", obstructive by snoring"
    assert kind(night(flow([(300, 330)]), **belts(turned=turned))) == ", obstructive by flattened inspirations"
    assert kind(night(flow(), **belts([(300, 330)], turned))) == ", obstructive by paradox of the belts"
    assert kind(night(flow(), **belts(turned=turned))).startswith(", central")


def test_without_one_of_the_signals_a_hypopnea_is_not_central_and_a_lasting_sign_is_none():
    assert kind(night(flow(), **belts()), known=False) == ""
    assert kind(night(flow())) == ""
    assert kind(night(flow(), label="Thermistor", **belts())) == ""
    assert kind(night(flow([(200, 400)]), **belts())).startswith(", central")  # flat before as well
    assert kind(night(flow(), **belts([(240, 330)]))).startswith(", central")  # against each other before as well


def test_the_type_stands_behind_the_rule_and_is_read_back():
    signs = signs_of(night(flow(), **belts([(300, 330)])), Scoring(event_sources={"snore": "automatic"}))
    hypopnea = Event("hypopnea", 300.0, 30.0, rule="a rule", source="sleeplm respiration")
    apnea = Event("apnea", 500.0, 20.0, rule="another")
    typed, same = with_types([hypopnea, apnea], signs)
    assert (typed.rule, same) == ("a rule, obstructive by paradox of the belts", apnea)
    assert type_of(typed) == "obstructive" and type_of(hypopnea) == ""
    words = {"Central hypopnea": "central", "HYP-O": "obstructive", "Zentrale Hypopnoe": "central", "Hypopnea": ""}
    assert {w: type_of(replace(hypopnea, label=w)) for w in words} == words
