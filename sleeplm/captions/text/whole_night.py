"""A night in words: architecture, breathing, oxygen, heart, legs, and what stands out against published values."""

from collections.abc import Iterable, Mapping, Sequence

from sleeplm import RESEARCH_USE
from sleeplm.captions.caption import Caption
from sleeplm.captions.text.norms import against_norms
from sleeplm.kinds.events import RESPIRATORY, events_of_modality
from sleeplm.kinds.sources import SOURCES
from sleeplm.night import Fact, Scoring

# What a night is described by, a fact's own sentence each, in this order; a fact that has no value is left out.
_ALWAYS = (
    "tib_min", "tst_min", "se_pct", "sol_min", "waso_min", "rem_latency_min", "n1_pct", "n2_pct", "n3_pct", "r_pct",
    "awakenings_n", "longest_wake_min", "cycles_n", "arousal_index_per_h",
    "ahi_per_h", "rei_per_h", "ahi_rem_per_h", "ahi_nrem_per_h", "ahi_supine_per_h", "ahi_nonsupine_per_h",
    "snore_pct",
    "odi3_per_h", "spo2_mean_pct", "spo2_min_pct", "t90_pct",
    "hr_mean_bpm", "hr_min_bpm", "hr_max_bpm", "hr_w_bpm", "hr_n3_bpm", "hr_r_bpm",
    "plmi_per_h", "rem_atonia_ratio", "supine_pct", "position_changes_n",
)  # fmt: skip
# These only where there is any of it, after the fact that is named with them.
_IF_ANY = {
    "ahi_per_h": tuple(f"{kind}_n" for kind in RESPIRATORY),
    "snore_pct": ("cheyne_stokes_min",),
    "hr_r_bpm": ("premature_beat_n", *(f"{kind}_n" for kind in events_of_modality("heart"))),
    "plmi_per_h": ("plm_arousal_per_h",),
}
_TWICE = 2  # supine AHI over twice the other is positional (Cartwright 1984, Sleep 7:110); REM sleep likewise
_CONTRASTS = (
    ("ahi_supine_per_h", "ahi_nonsupine_per_h", "on the back", "off the back"),
    ("ahi_rem_per_h", "ahi_nrem_per_h", "in REM sleep", "in NREM sleep"),
)
_FEW_PER_H = 5  # under this many events an hour a ratio of two indices says little
_LEAST_MIN = 30  # nor does an index of fewer minutes (psgscoring asks for as many before it compares REM with NREM)


def describe_night(facts: Sequence[Fact], scoring: Scoring, age_years: int | None = None) -> Caption:
    """The night in a paragraph, from the sentences of its facts.

    Parameters
    ----------
    facts : sequence of Fact
    scoring : Scoring
    age_years : int, optional
        Where it is known, the night is compared with published values of healthy sleepers of that age
        (`norms.against_norms`), and what this is for is added.

    Returns
    -------
    Caption
        ``attributes`` holds the value of each fact that is described, by its id.
    """
    by_id = {f.id: f for f in facts if f.value is not None}
    described = [by_id[i] for i in _order() if i in by_id and (i in _ALWAYS or by_id[i].value)]
    values = {f.id: f.value for f in described}
    compared = against_norms(_numbers(described), age_years, scoring.rules)
    contrasts = _contrasts(by_id)
    sentences = [_who_staged(scoring), *(f.text for f in described), *contrasts, *compared]
    return Caption(" ".join([*sentences, RESEARCH_USE] if compared else sentences), values)


def _numbers(facts: Iterable[Fact]) -> dict[str, float]:
    return {fact.id: fact.value for fact in facts if isinstance(fact.value, int | float)}


def _who_staged(scoring: Scoring) -> str:
    source = scoring.hypnogram_source
    if source is None:
        return "Sleep stages were not scored."
    known = SOURCES.get(source)
    return known.staging_sentence if known and known.staging_sentence else f"Sleep stages come from {source}."


def _order() -> list[str]:
    return [i for first in _ALWAYS for i in (first, *_IF_ANY.get(first, ()))]


def _contrasts(facts: Mapping[str, Fact]) -> list[str]:
    """Where breathing events are over twice as frequent in one place as in another."""
    found = []
    long = [f for f in facts.values() if f.basis is not None and f.basis.searched_min >= _LEAST_MIN]
    values = _numbers(long)
    for here, there, where, elsewhere in _CONTRASTS:
        if here in values and there in values and max(values[here], values[there]) >= _FEW_PER_H:
            more, less = (where, elsewhere) if values[here] > values[there] else (elsewhere, where)
            low, high = sorted((values[here], values[there]))
            if high > _TWICE * low:
                found.append(f"Apneas and hypopneas were more than twice as frequent {more} as {less}.")
    return found
