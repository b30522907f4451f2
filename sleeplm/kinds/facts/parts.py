"""Apneas and hypopneas by part of the night, by position and stage, their ratios, and those of a split night."""

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.facts.kind import FactKind, Needs
from sleeplm.units import CLOCK, PER_HOUR, RATIO

_AHI = Needs(events=APNEAS_HYPOPNEAS, staging=True)
_BY_POSITION = Needs("position", APNEAS_HYPOPNEAS, staging=True)
_AHI_NAMES = r"(?:ahi|apnea.hypopnea|apn\w+|hypopn\w+|breathing)"
_SPLIT_NAMES = r"split.?night|(?:before|after|with|without|on|off) (?:the )?(?:cpap|pap|treatment|titration)"
PARTS = (
    ("first_half", "in the first half"),
    ("second_half", "in the second half"),
    ("first_third", "in the first third"),
    ("second_third", "in the second third"),
    ("last_third", "in the last third"),
)
PLACES = (("supine", "on the back"), ("nonsupine", "off the back"))
STAGE_GROUPS = (("rem", "REM sleep"), ("nrem", "NREM sleep"))

BREATHING_PARTS = (
    *(FactKind(f"ahi_{part}_per_h", f"Apnea-hypopnea index {words}", PER_HOUR,
               f"The apnea-hypopnea index {words} of the sleep period was {{value}} of sleep.",
               "Apneas and hypopneas whose first epoch of sleep lies in one of equal parts of the sleep period / "
               "hours of sleep in it; an epoch belongs to the part that its middle lies in.", needs=_AHI,
               names=rf"{_AHI_NAMES}.*\b(?:half|halves)\b|\b(?:half|halves)\b.*{_AHI_NAMES}" if "half" in part
               else rf"{_AHI_NAMES}.*\bthirds?\b|\bthirds?\b.*{_AHI_NAMES}")
      for part, words in PARTS),
    FactKind("ahi_worst_hour_per_h", "Apnea-hypopnea index of the worst hour", PER_HOUR,
             "The apnea-hypopnea index by hour was highest, at {value} of sleep,{where}.",
             "Apneas and hypopneas whose first epoch of sleep lies in an hour, counted from lights off / hours of "
             "sleep in it; the highest of those with 15 min of sleep or more.", needs=_AHI,
             names=rf"{_AHI_NAMES}.*(?:by|each|every) hour|(?:worst|highest) hour|hourly {_AHI_NAMES}"),
    *(FactKind(f"ahi_{place}_{group}_per_h", f"Apnea-hypopnea index {where} in {stage}", PER_HOUR,
               f"The apnea-hypopnea index {where} in {stage} was {{value}} of {stage} in that position.",
               f"Apneas and hypopneas that begin {where} and whose first epoch of sleep is {stage} / hours of "
               f"{stage} {where}.", needs=_BY_POSITION,
               names=r"(?:supine|on (?:the|his|her|their|my) back).*\b(?:n(?:on)?.?)?rem\b"
                     r"|\b(?:n(?:on)?.?)?rem\b.*(?:supine|on (?:the|his|her|their|my) back)")
      for place, where in PLACES
      for group, stage in STAGE_GROUPS),
    FactKind("ahi_position_ratio", "Supine to non-supine ratio of the apnea-hypopnea index", RATIO,
             "The apnea-hypopnea index on the back was {value} times that off the back.",
             "Apnea-hypopnea index on the back / off the back; 2 or more is positional apnea where the whole "
             "night's index is 5 or more ({source}).", "Cartwright 1984, Sleep 7:110", _BY_POSITION,
             names=r"positional|(?:supine|position).*ratio|ratio.*(?:supine|position)"),
    FactKind("ahi_rem_ratio", "REM to NREM ratio of the apnea-hypopnea index", RATIO,
             "The apnea-hypopnea index in REM sleep was {value} times that in NREM sleep.",
             "Apnea-hypopnea index in REM sleep / in NREM sleep; 2 or more is REM-predominant apnea where the "
             "whole night's index is 5 or more ({source}).", "Haba-Rubio et al. 2005, Chest 128:3350", _AHI,
             names=r"rem.?(?:predominant|related|dependent|ratio)|ratio.*\brem\b"),
    FactKind("split_clock", "Begin of treatment in a split night", CLOCK, "Treatment began at {value}.",
             "As it was given, or as an annotation of the recording says.", names=_SPLIT_NAMES),
    *(FactKind(f"ahi_{side}_split_per_h", f"Apnea-hypopnea index {words} treatment", PER_HOUR,
               f"The apnea-hypopnea index {words} treatment was {{value}} of sleep.",
               f"Apneas and hypopneas whose first epoch of sleep lies {when} the begin of treatment / hours of "
               "sleep there; an epoch belongs to the side that its middle lies in.", needs=_AHI,
               names=_SPLIT_NAMES)
      for side, words, when in (("before", "before", "before"), ("after", "on", "after"))),
)  # fmt: skip
