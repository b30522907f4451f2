"""What lies in epochs that the quality of a channel gives up changes no event and no number."""

from dataclasses import replace

import numpy as np
from fakes import FakeRecording

from sleeplm.facts import night_facts
from sleeplm.kinds.channels import CHANNEL
from sleeplm.night import Scoring
from sleeplm.recording.resample import HELD_KINDS, hold, resample
from sleeplm.scoring import score
from sleeplm.simulate import simulate_night
from sleeplm.units import EPOCH_S

RATES = {"brain": 100.0, "breath": 8.0, "slow": 1.0}  # at which detectors read: no filter spreads what is planted
LOST = (slice(25, 35), slice(70, 76))


def _rate(name):
    kind = "slow" if name in ("POS", "SPO2") else "breath" if name in ("AF", "THX", "ABD") else "brain"
    return RATES[kind]


def _at_rates(night):
    for name, (values, from_hz) in night.signals.items():
        rate, n = _rate(name), round(len(values) / from_hz * _rate(name))
        change = hold if CHANNEL[name].kind in HELD_KINDS else resample
        yield name, (np.array(change(np.asarray(values, dtype=np.float32), from_hz, rate, n)), rate)


def test_what_is_planted_in_unusable_epochs_is_seen_by_no_detector_and_no_number():
    night = simulate_night(4, 1, "osa-severe")
    clean = dict(_at_rates(night))
    quality = FakeRecording(clean).quality
    faults = quality.faults.copy()
    for lost in LOST:
        faults[lost] |= np.uint8(2)  # flat
    rng = np.random.default_rng(1)
    planted = {}
    for name, (values, rate) in clean.items():
        if name == "POS":  # an unknown position is its own mark, sample by sample
            planted[name] = values, rate
            continue
        other = values.copy()
        for lost in LOST:
            span = slice(round(lost.start * EPOCH_S * rate), round(lost.stop * EPOCH_S * rate))
            n = len(other[span])
            low, high = np.nanpercentile(values, (1, 99))
            on = np.arange(n) // int(12 * rate) % 2
            other[span] = 75.0 + 10 * on if name == "SPO2" else rng.uniform(2 * low, 2 * high, n) * on
        planted[name] = (other, rate)
    outcomes = []
    for signals in (clean, planted):
        recording = FakeRecording(signals)
        recording.quality = replace(quality, faults=faults)
        scoring = score(recording, [Scoring(night.hypnogram, "expert")])
        outcomes.append((scoring.events, [(f.id, f.value) for f in night_facts(recording, scoring)]))
    assert len(outcomes[0][0]) > 100 and {e.type for e in outcomes[0][0]} >= {"arousal", "hypopnea", "desaturation"}
    assert outcomes[0][0] == outcomes[1][0]
    assert outcomes[0][1] == outcomes[1][1]
