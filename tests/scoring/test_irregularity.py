"""An irregular rhythm is told from premature beats and from a rate that breathing moves."""

import numpy as np
import pytest
from fakes import FakeRecording

from sleeplm.facts.heart import heart_findings
from sleeplm.facts.timeline import Timeline
from sleeplm.scoring.heart import rate_of
from sleeplm.scoring.irregularity import BEATS, cosen, irregular_stretches, turning_share
from sleeplm.scoring.rhythm import premature_beats

N = 6000


def _fibrillating(rng, mean_s, sd_s):
    return np.clip(rng.normal(mean_s, sd_s, N), 0.35, 2.0)


def _premature(rng, share):
    rr_s = 0.9 + 0.02 * rng.standard_normal(N)
    at = np.flatnonzero(rng.random(N - 1) < share)
    at = at[np.append(True, np.diff(at) > 1)]
    rr_s[at] *= 0.6
    rr_s[at + 1] *= 1.4
    return rr_s


def _breathing(rng, beats, depth_s):
    phase = 2 * np.pi * np.arange(N) / beats + np.cumsum(0.1 * rng.standard_normal(N))
    return 1.05 + depth_s * np.sin(phase) + 0.02 * rng.standard_normal(N)


RHYTHMS = {
    "fibrillation": (lambda rng: _fibrillating(rng, 0.75, 0.16), True),
    "slow fibrillation": (lambda rng: _fibrillating(rng, 1.0, 0.18), True),
    "fast fibrillation": (lambda rng: _fibrillating(rng, 0.6, 0.08), True),
    "skewed fibrillation": (lambda rng: 0.35 + rng.gamma(2, 0.2, N), True),
    "one in 20 premature": (lambda rng: _premature(rng, 0.05), False),
    "one in 4 premature": (lambda rng: _premature(rng, 0.25), False),
    "every second premature": (lambda rng: np.resize([0.63, 1.17], N) + 0.02 * rng.standard_normal(N), False),
    "every third premature": (lambda rng: np.resize([0.63, 1.17, 0.9], N) + 0.02 * rng.standard_normal(N), False),
    "deep slow breathing": (lambda rng: _breathing(rng, 5.2, 0.15), False),
    "very deep breathing": (lambda rng: _breathing(rng, 4.3, 0.2), False),
    "quiet sinus rhythm": (lambda rng: 0.95 + 0.03 * rng.standard_normal(N), False),
}


@pytest.mark.parametrize("name", RHYTHMS)
@pytest.mark.parametrize("seed", [0, 1])
def test_only_a_rhythm_without_order_is_irregular(name, seed):
    make, irregular = RHYTHMS[name]
    stretches, known_s = irregular_stretches(rate_of(np.cumsum(make(np.random.default_rng(seed)))))
    share = np.diff(stretches).sum() / known_s
    assert share > 0.9 if irregular else share < 0.05


def test_measures_are_those_of_their_definitions():
    rr_s = np.array([[0.8, 0.81, 0.8, 1.2, 0.8, 0.81]])
    alike = [(i, j) for i in range(5) for j in range(i + 1, 5) if abs(rr_s[0, i] - rr_s[0, j]) <= 0.03]
    followed = [(i, j) for i, j in alike if abs(rr_s[0, i + 1] - rr_s[0, j + 1]) <= 0.03]
    expected = np.log(len(alike) / len(followed)) + np.log(0.06 / rr_s.mean())
    assert cosen(rr_s)[0] == pytest.approx(expected)
    assert turning_share(rr_s)[0] == 1.0 and turning_share(np.arange(1.0, 9.0)[None])[0] == 0.0


def _found(rr_s):
    heart = rate_of(np.cumsum(rr_s))
    n_epochs = int(heart.beats_s[-1] // 30)
    night = Timeline.of(["N2"] * n_epochs, n_epochs, "expert")
    return heart, heart_findings(night, heart)


def test_no_beat_is_premature_where_the_rhythm_is_mostly_irregular():
    rng = np.random.default_rng(2)
    heart, found = _found(_fibrillating(rng, 0.75, 0.16))
    assert len(premature_beats(heart)) > 200
    assert found["irregular_rhythm_pct"].value > 95
    assert found["premature_beat_n"].value is None and "irregular" in found["premature_beat_n"].why


def test_beats_outside_an_irregular_stretch_are_counted_and_the_rest_is_said():
    rng = np.random.default_rng(3)
    rr_s = np.concatenate([_premature(rng, 0.02), _fibrillating(rng, 0.75, 0.16)[: 20 * BEATS]])
    heart, found = _found(rr_s)
    premature = found["premature_beat_n"]
    regular = len(premature_beats(rate_of(np.cumsum(rr_s[:N]))))
    assert abs(premature.value - regular) <= 20  # where a window of 128 beats straddles the change
    assert len(premature_beats(heart)) - regular > 100
    assert "irregular rhythm are left out" in premature.note
    assert 15 < found["irregular_rhythm_pct"].value < 35


def test_too_few_beats_tell_nothing_of_the_rhythm():
    _, found = _found(np.full(100, 1.0))
    assert found["irregular_rhythm_pct"].value is None and found["premature_beat_n"].value == 0
    assert FakeRecording(duration_s=60).n_epochs == 2
