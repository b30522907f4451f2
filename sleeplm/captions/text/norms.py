"""Where a night stands against published values of healthy sleepers of its age, each with its source.

The values lie in `norms.json`; only those are in it that could be read in the publication itself. They describe
groups of healthy people and say nothing of what is healthy for one.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sleeplm.captions.features.rounding import printed
from sleeplm.captions.text.templates import capitalized, listed

_FILE = Path(__file__).with_name("norms.json")
_WHOLE_NIGHT_MIN = 360  # a shorter time in bed is no night to compare


@lru_cache(maxsize=1)
def published() -> dict:
    """The file of norms: ``sources`` by key, and ``norms``, each of one fact and one span of ages."""
    return json.loads(_FILE.read_text(encoding="utf-8"))


def against_norms(values: Mapping[str, float], age_years: int | None, rules: Mapping[str, str]) -> list[str]:
    """What stands out against published values, in sentences, and what does not in one more.

    Parameters
    ----------
    values : mapping of str to number
        Facts of the night that exist, by id.
    age_years : int or None
        None: nothing is compared.
    rules : mapping of str to str
        As `Scoring.rules`: an index is compared only with one by the same rule.

    Returns
    -------
    list of str
        Empty where no published value fits the age and the night.
    """
    if age_years is None:
        return []
    outside, inside = [], []
    for norm in published()["norms"]:
        if norm["fact"] in values and _fits(norm, values, age_years, rules):
            sentence = _stands_out(norm, values[norm["fact"]])
            if sentence:
                outside.append(sentence)
            else:
                inside.append(norm["name"])
    if inside:
        verb = "was" if len(inside) == 1 else "were"
        within = f"{capitalized(listed(inside))} {verb} within published values"
        outside.append(f"{within} of healthy sleepers of this age.")
    return outside


def _fits(norm: dict, values: Mapping[str, float], age_years: int, rules: Mapping[str, str]) -> bool:
    first, last = norm["ages"]
    if not first <= age_years <= last:
        return False
    if norm.get("whole_night") and values.get("tib_min", 0) < _WHOLE_NIGHT_MIN:
        return False
    return "rule" not in norm or norm["rule"] in rules.get("hypopnea", "")


def _stands_out(norm: dict, value: float) -> str | None:
    """A sentence where a value lies outside what was published; None where it does not."""
    source = published()["sources"][norm["source"]]
    of = f"{source['people']}, {source['cited_as']}"
    unit = norm["unit"]
    if "percentile_90" in norm:
        if value <= norm["percentile_90"]:
            return None
        shown = f"the published 90th percentile ({printed(norm['percentile_90'])}{unit}; {of})"
        return f"{capitalized(norm['name'])} was above {shown}."
    if norm["low"] <= value <= norm["high"]:
        return None
    side = "below" if value < norm["low"] else "above"
    span = f"{printed(norm['low'])} to {printed(norm['high'])}{unit}, median {printed(norm['median'])}"
    ages = f"aged {norm['ages'][0]} to {norm['ages'][1]}"
    return f"{capitalized(norm['name'])} was {side} the published range of healthy sleepers {ages} ({span}; {of})."
