"""Heart rate, its variability by stage, and what the heart does out of the ordinary."""

from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.kind import FactKind, Needs
from sleeplm.kinds.stages import STAGE_KINDS, STAGES, Stage
from sleeplm.units import BEATS, COUNT, MILLISECONDS, PERCENT, RATIO

_MEASURED = Needs("heart")
_ELSE = "; without a usable ECG, over the seconds with a valid pulse rate of the oximeter"
_RATE = r"heart ?rate(?! variab)|pulse|bpm|\bhr\b"
_BY_STAGE = r"(?:by|each|per|every) (?:sleep )?stage"
_RATE_IN = {
    Stage.W: rf"(?:{_RATE}).*(?:awake|\bwake|{_BY_STAGE})",
    Stage.N1: rf"(?:{_RATE}).*\bn1\b",
    Stage.N2: rf"(?:{_RATE}).*(?:\bn2\b|{_BY_STAGE})",
    Stage.N3: rf"(?:{_RATE}).*(?:n3|deep sleep|{_BY_STAGE})",
    Stage.R: rf"(?:{_RATE}).*(?:\brem\b|stage r\b|{_BY_STAGE})",
}
# Asleep first: few facts fit one answer.
_RANK = {stage: rank for rank, stage in enumerate((Stage.N2, Stage.N3, Stage.R, Stage.W, Stage.N1))}
_VARIABILITY = (
    ("rmssd_{}_ms", "RMSSD", MILLISECONDS, "Root mean square of the differences of successive sinus intervals",
     r"\brmssd|heart ?rate variability|\bhrv\b"),
    ("sdnn_{}_ms", "SDNN", MILLISECONDS, "Standard deviation of the sinus intervals", r"\bsdnn"),
    ("lf_hf_{}_ratio", "LF/HF ratio", RATIO,
     "Power of the sinus intervals from .04 to .15 Hz / from .15 to .4 Hz", r"\blf.?hf\b"),
)  # fmt: skip


def _in(stage: Stage) -> Needs:
    return Needs("heart", staging=True, stage=stage)


HEART = (
    FactKind("hr_mean_bpm", "Mean heart rate", BEATS,
             "Mean heart rate was {value}.", f"Mean over the valid beats in bed{_ELSE}.", needs=_MEASURED),
    FactKind("hr_min_bpm", "Lowest heart rate", BEATS, "The lowest heart rate was {value}{where}.",
             f"Lowest mean of an epoch in bed with at least ten valid beats{_ELSE}, in epochs with at least 15.",
             needs=_MEASURED),
    FactKind("hr_max_bpm", "Highest heart rate", BEATS, "The highest heart rate was {value}{where}.",
             f"Highest mean of an epoch in bed with at least ten valid beats{_ELSE}, in epochs with at least 15.",
             needs=_MEASURED),
    *(FactKind(f"hr_{s.key}_bpm", f"Mean heart rate in {STAGE_KINDS[s].short}", BEATS,
               f"Mean heart rate in {STAGE_KINDS[s].short} was {{value}}.",
               f"Mean over the valid beats in the epochs of the stage in bed{_ELSE}.",
               needs=_in(s), names=_RATE_IN[s])
      for s in STAGES),
    *(FactKind(id_.format(s.key), f"{name} in {STAGE_KINDS[s].short}", unit,
               f"{name} in {STAGE_KINDS[s].short} was {{value}}.",
               f"{formula}; the median over stretches of five minutes of the stage, in bed, of which sinus rhythm "
               "covers 90% ({source}).", "Task Force 1996, Circulation 93:1043", _in(s), names, _RANK[s])
      for s in STAGES
      for id_, name, unit, formula, names in _VARIABILITY),
    FactKind("premature_beat_n", "Premature beats", COUNT, "Premature beats in bed: {value}.",
             "Beats after 75% of the usual interval or less that at least 90% of it follows, outside stretches of "
             "irregular rhythm; none are counted where half of the time in bed or more is irregular.",
             needs=_MEASURED,
             names=r"premature beats?|ectopic|extrasystol|\bpvcs?\b|\bpacs?\b"),
    FactKind("irregular_rhythm_pct", "Share of time with an irregular heart rhythm", PERCENT,
             "The rhythm of the heart was irregular in {value} of the time in bed.",
             "Stretches of 128 intervals whose coefficient of sample entropy is over -1.4 (within 30 ms), the root "
             "mean square of whose successive differences is over 10% of their mean, and of which 54 to 77% are "
             "turning points / time in bed of such stretches in which every beat was seen ({source}).",
             "Lake and Moorman 2011, Am J Physiol 300:H319; Dash et al. 2009, Ann Biomed Eng 37:1701", _MEASURED,
             names=r"(?:irregular|regular).*(?:heart|beat|rhythm|pulse)|(?:heart|beat|rhythm|pulse).*irregular"
                   r"|fibrillat|\ba\.?fib\b|arrh?ythm"),
    *(count(event) for event in ("bradycardia", "tachycardia", "pause")),
)  # fmt: skip
