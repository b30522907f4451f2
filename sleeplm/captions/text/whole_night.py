"""A night in words: architecture, breathing, oxygen, heart, legs, and what stands out against published values."""

from collections.abc import Mapping, Sequence

from sleeplm import RESEARCH_USE
from sleeplm.captions.caption import Caption
from sleeplm.captions.text.norms import against_norms
from sleeplm.night import Fact, Scoring

_SOURCES = {
    None: "Sleep stages were not scored.",
    "expert": "Sleep stages were scored by an expert.",
    "yasa": "Sleep stages were scored automatically by YASA.",
    "sleepecg": "Sleep stages were estimated from the heartbeat by SleepECG.",
}
# What is told of a night, a fact's own sentence each, in this order; a fact that has no value is not told.
_ALWAYS = (
    "tib_min", "tst_min", "se_pct", "sol_min", "waso_min", "rem_latency_min", "n1_pct", "n2_pct", "n3_pct", "r_pct",
    "awakenings_n", "longest_wake_min", "cycles_n", "arousal_index_per_h",
    "ahi_per_h", "ahi_rem_per_h", "ahi_nrem_per_h", "ahi_supine_per_h", "ahi_nonsupine_per_h", "snore_pct",
    "odi3_per_h", "spo2_mean_pct", "spo2_min_pct", "t90_pct",
    "hr_mean_bpm", "hr_min_bpm", "hr_max_bpm", "hr_w_bpm", "hr_n3_bpm", "hr_r_bpm",
    "plmi_per_h", "rem_atonia_ratio", "supine_pct", "position_changes_n",
)  # fmt: skip
# These only where there is any of it, after the fact that is named with them.
_IF_ANY = {
    "ahi_per_h": ("apnea_obstructive_n", "apnea_central_n", "apnea_mixed_n", "apnea_n", "hypopnea_n", "rera_n"),
    "snore_pct": ("cheyne_stokes_min",),
    "hr_r_bpm": ("premature_beat_n", "bradycardia_n", "tachycardia_n", "pause_n"),
    "plmi_per_h": ("plm_arousal_per_h",),
}
_TWICE = 2  # supine AHI over twice the other is positional (Cartwright 1984, Sleep 7:110); so is told of REM
_CONTRASTS = (
    ("ahi_supine_per_h", "ahi_nonsupine_per_h", "on the back", "off the back", "supine_min"),
    ("ahi_rem_per_h", "ahi_nrem_per_h", "in REM sleep", "in NREM sleep", "r_min"),
)
_FEW_PER_H = 5  # under this many events an hour a ratio of two indices says little
_LEAST_MIN = 30  # nor does an index of a few minutes


def describe_night(facts: Sequence[Fact], scoring: Scoring, age_years: int | None = None) -> Caption:
    """The night in a paragraph, from the sentences of its facts.

    Parameters
    ----------
    facts : sequence of Fact
    scoring : Scoring
    age_years : int, optional
        Where it is known, the night is compared with published values of healthy sleepers of that age
        (`norms.against_norms`), and what it is for is said.

    Returns
    -------
    Caption
        ``attributes`` holds the value of each fact that is told, by its id.
    """
    by_id = {f.id: f for f in facts if f.value is not None}
    told = [by_id[i] for i in _order() if i in by_id and (i in _ALWAYS or by_id[i].value)]
    source = scoring.hypnogram_source
    opening = _SOURCES.get(source, f"Sleep stages come from {source}.")
    values = {f.id: f.value for f in told}
    compared = against_norms(values, age_years, scoring.rules)
    sentences = [opening, *(f.text for f in told), *_contrasts({f.id: f.value for f in by_id.values()}), *compared]
    return Caption(" ".join([*sentences, RESEARCH_USE] if compared else sentences), values)


def _order() -> list[str]:
    return [i for first in _ALWAYS for i in (first, *_IF_ANY.get(first, ()))]


def _contrasts(values: Mapping[str, float]) -> list[str]:
    """Where breathing events are over twice as frequent in one place as in another."""
    found = []
    for here, there, where, elsewhere, minutes in _CONTRASTS:
        long = values.get(minutes, 0) >= _LEAST_MIN and here in values and there in values
        if long and max(values[here], values[there]) >= _FEW_PER_H:
            more, less = (where, elsewhere) if values[here] > values[there] else (elsewhere, where)
            low, high = sorted((values[here], values[there]))
            if high > _TWICE * low:
                found.append(f"Apneas and hypopneas were more than twice as frequent {more} as {less}.")
    return found
