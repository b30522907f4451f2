"""Oxygen saturation and its desaturations, from the signal."""

from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.kind import IN_SLEEP, TST, FactKind, Needs
from sleeplm.units import MINUTES, PER_HOUR, PERCENT, SECONDS

_MEASURED, _ASLEEP = Needs("oxygen"), Needs("oxygen", staging=True)

OXYGEN = (
    FactKind("spo2_mean_pct", "Mean oxygen saturation", PERCENT, "Mean oxygen saturation was {value}.",
             "Mean of the valid SpO2 in bed.", needs=_MEASURED),
    FactKind("spo2_min_pct", "Lowest oxygen saturation", PERCENT,
             "The lowest oxygen saturation was {value}{where}.",
             "Lowest mean over a second of the valid SpO2 in bed.", needs=_MEASURED),
    FactKind("t90_pct", "Time below 90% saturation (T90)", PERCENT,
             "Oxygen saturation was below 90% for {value} of the time measured.",
             "Valid SpO2 below 90% in bed / valid SpO2 in bed.", needs=_MEASURED),
    FactKind("t88_pct", "Time below 88% saturation (T88)", PERCENT,
             "Oxygen saturation was below 88% for {value} of the time measured.",
             "Valid SpO2 below 88% in bed / valid SpO2 in bed.", needs=_MEASURED,
             names=r"\bt88\b|(?:below|under) 88"),
    FactKind("t90_min", "Time below 90% saturation in minutes", MINUTES,
             "Oxygen saturation was below 90% for {value}.",
             "Valid SpO2 below 90% in bed, in minutes.", needs=_MEASURED,
             names=r"minutes (?:below|under) 90|t90 in minutes"),
    FactKind("desaturation_depth_pct", "Mean depth of desaturations", PERCENT,
             "Falls of oxygen saturation were {value} deep on average.",
             "Mean over the falls of 3% or more in bed of the highest saturation before less the lowest in each, "
             "in percentage points.", needs=_MEASURED,
             names=r"(?:depth|deep|how far).*desaturation|desaturation.*(?:depth|deep)"),
    FactKind("desaturation_duration_s", "Mean duration of desaturations", SECONDS,
             "Falls of oxygen saturation lasted {value} on average.",
             "Mean over the falls of 3% or more in bed, from the highest saturation before to the recovery.",
             needs=_MEASURED,
             names=r"(?:duration|how long|length).*desaturation|desaturation.*(?:last|duration)"),
    *(FactKind(f"odi{drop}_per_h", f"Oxygen desaturation index ({drop}%)", PER_HOUR,
               f"Falls of oxygen saturation by {drop}% or more: {{value}} of sleep.",
               f"Desaturations of at least {drop}% ({IN_SLEEP}) / {TST}.", needs=_ASLEEP)
      for drop in (3, 4)),
    count("desaturation"),
)  # fmt: skip
