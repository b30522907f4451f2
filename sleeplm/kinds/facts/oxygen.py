"""Oxygen saturation and its desaturations, from the signal."""

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.kind import IN_SLEEP, TST, FactKind, Needs
from sleeplm.units import MINUTES, PER_HOUR, PERCENT, PERCENT_MINUTES_PER_HOUR, SECONDS

DROPS_PCT = (3, 4)  # of a desaturation (AASM Manual 2.6)
# Of the time below a level; oxygen at home is prescribed by 88%.
THRESHOLDS_PCT = (95, 90, 88, 85, 80)
BANDS_PCT = ((95, 100), (90, 95), (80, 90), (70, 80), (50, 70))
_MEASURED, _ASLEEP = Needs("oxygen"), Needs("oxygen", staging=True)

OXYGEN = (
    FactKind("spo2_mean_pct", "Mean oxygen saturation", PERCENT, "Mean oxygen saturation was {value}.",
             "Mean of the valid SpO2 in bed.", needs=_MEASURED),
    FactKind("spo2_min_pct", "Lowest oxygen saturation", PERCENT,
             "The lowest oxygen saturation was {value}{where}.",
             "Lowest mean over a second of the valid SpO2 in bed.", needs=_MEASURED),
    FactKind("spo2_baseline_pct", "Baseline oxygen saturation", PERCENT, "Baseline oxygen saturation was {value}.",
             "Median of the valid SpO2 in bed outside of desaturations of 3% or more.", needs=_MEASURED,
             names=r"baseline.*(?:saturation|spo2|oxygen)|(?:saturation|spo2|oxygen).*baseline"),
    FactKind("spo2_awake_pct", "Mean oxygen saturation awake", PERCENT,
             "Mean oxygen saturation awake in bed was {value}.", "Mean of the valid SpO2 in epochs of W in bed.",
             needs=_ASLEEP, names=r"(?:saturation|spo2|oxygen).*(?:awake|wake)|awake.*(?:saturation|spo2)"),
    *(FactKind(f"t{limit}_pct", f"Time below {limit}% saturation (T{limit})", PERCENT,
               f"Oxygen saturation was below {limit}% for {{value}} of the time measured.",
               f"Valid SpO2 below {limit}% in bed / valid SpO2 in bed.", needs=_MEASURED,
               names="" if limit == 90 else rf"\bt{limit}\b|(?:below|under) {limit}")
      for limit in THRESHOLDS_PCT),
    *(FactKind(f"spo2_{low}_to_{high}_pct", f"Time from {low}% to {high}% saturation", PERCENT,
               f"Oxygen saturation was from {low}% to {high}% for {{value}} of the time measured.",
               f"Valid SpO2 of {low}% or more and under {high}% in bed / valid SpO2 in bed.", needs=_MEASURED,
               names=rf"(?:between|from) {low} ?%? ?(?:and|to|-) ?{high}")
      for low, high in BANDS_PCT),
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
    FactKind("desaturation_deepest_pct", "Deepest desaturation", PERCENT,
             "The deepest fall of oxygen saturation was one of {value}{where}.",
             "Largest of the falls of 3% or more in bed, from the highest saturation before to the lowest, in "
             "percentage points.", needs=_MEASURED, rank=-1,
             names=r"(?:deepest|largest|biggest|worst) (?:desaturation|fall of)"),
    FactKind("desaturation_longest_s", "Longest desaturation", SECONDS,
             "The longest fall of oxygen saturation lasted {value}{where}.",
             "Longest of the falls of 3% or more in bed, from the highest saturation before to the recovery.",
             needs=_MEASURED, rank=-1, names=r"longest desaturation"),
    FactKind("hypoxic_burden_pct_min_per_h", "Hypoxic burden", PERCENT_MINUTES_PER_HOUR,
             "The hypoxic burden was {value}.",
             "Area between the highest SpO2 of the 100 s before the end of each apnea and hypopnea and the SpO2 in "
             "the window in which the average over all events falls and recovers / hours of sleep ({source}).",
             "Azarbarzin et al. 2019, Eur Heart J 40:1149",
             Needs("oxygen", APNEAS_HYPOPNEAS, staging=True), names=r"hypoxic burden"),
    *(FactKind(f"odi{drop}_per_h", f"Oxygen desaturation index ({drop}%)", PER_HOUR,
               f"Falls of oxygen saturation by {drop}% or more: {{value}} of sleep.",
               f"Desaturations of at least {drop}% ({IN_SLEEP}) / {TST} with a valid SpO2.", needs=_ASLEEP,
               stands_in=f"odi{drop}_recording_per_h")
      for drop in DROPS_PCT),
    *(FactKind(f"odi{drop}_recording_per_h", f"Oxygen desaturation index ({drop}%) of the recording", PER_HOUR,
               f"Falls of oxygen saturation by {drop}% or more: {{value}} of recording.",
               f"Desaturations of at least {drop}% in bed / hours in bed with a valid SpO2, in a study without "
               "sleep stages.", needs=_MEASURED)
      for drop in DROPS_PCT),
    count("desaturation"),
)  # fmt: skip
