"""Which facts there are: id, name, unit, sentence and definition of each, the same for every night.

Formulas follow the AASM Manual for the Scoring of Sleep and Associated Events (version 2.6) where it has one.
"""

from dataclasses import dataclass

from sleeplm.units import BEATS, CLOCK, COUNT, MINUTES, PER_HOUR, PERCENT


@dataclass(frozen=True)
class FactKind:
    """What is the same of a fact for every night.

    Attributes
    ----------
    id, name, unit, definition : str
        As in `Fact`.
    sentence : str
        The fact in words, with ``{value}`` where value and unit go.
    """

    id: str
    name: str
    unit: str
    sentence: str
    definition: str


AASM = "AASM Manual 2.6"
_BED = (
    f"Time in bed runs from lights off to lights on, or over all whole epochs where these are not known ({AASM})."
)
_TST = "hours of total sleep time"
_IN_SLEEP = "events that touch an epoch of sleep"

_STAGE_NAMES = {"n1": "N1 sleep", "n2": "N2 sleep", "n3": "N3 (deep) sleep", "r": "REM sleep"}


def _clock(id_, name, sentence, definition):
    return FactKind(id_, name, CLOCK, sentence, definition)


_PERIOD = (
    FactKind("recording_min", "Recording time", MINUTES,
             "The recording lasts {value}.", "Length of the signals."),
    _clock("recording_start_clock", "Start of the recording",
             "The recording began at {value}.", "From the file's header."),
    _clock("lights_off_clock", "Lights off",
             "Lights were switched off at {value}.", "As given with the recording."),
    _clock("lights_on_clock", "Lights on", "Lights were switched on at {value}.", "As given with the recording."),
    FactKind("tib_min", "Time in bed", MINUTES, "Time in bed was {value}.", _BED),
    FactKind("unscored_min", "Unscored time", MINUTES, "{value} of the time in bed have no sleep stage.",
             "Epochs in bed without a stage."),
)  # fmt: skip

_SLEEP = (
    FactKind("tst_min", "Total sleep time", MINUTES, "Total sleep time was {value}.",
             f"Epochs of N1, N2, N3 and R in bed ({AASM})."),
    FactKind("se_pct", "Sleep efficiency", PERCENT, "Sleep efficiency was {value} of the time in bed.",
             f"Total sleep time / time in bed ({AASM})."),
    FactKind("sol_min", "Sleep onset latency", MINUTES,
             "Falling asleep took {value}, to the first epoch of any sleep stage.",
             f"From the start of time in bed to the first epoch of any sleep stage ({AASM})."),
    FactKind("waso_min", "Wake after sleep onset", MINUTES,
             "Wake after sleep onset was {value}, up to the end of time in bed.",
             f"Epochs of W from sleep onset to the end of time in bed, the final awakening included ({AASM}); "
             "YASA's WASO ends at the last epoch of sleep: see wake_in_sleep_period_min."),
    FactKind("wake_in_sleep_period_min", "Wake between sleep onset and final awakening", MINUTES,
             "Between sleep onset and the final awakening, {value} were spent awake.",
             "Epochs of W from sleep onset to the last epoch of sleep (YASA's WASO)."),
    FactKind("rem_latency_min", "REM latency", MINUTES, "The first REM sleep came {value} after sleep onset.",
             f"From sleep onset to the first epoch of R ({AASM})."),
    FactKind("w_min", "Wake time", MINUTES, "Time awake in bed was {value}.", "Epochs of W in bed."),
    *(FactKind(f"{s}_min", f"Time in {_STAGE_NAMES[s]}", MINUTES, f"Time in {_STAGE_NAMES[s]} was {{value}}.",
               f"Epochs of {s.upper()} in bed.") for s in _STAGE_NAMES),
    *(FactKind(f"{s}_pct", f"Share of {_STAGE_NAMES[s]}", PERCENT,
               f"{_STAGE_NAMES[s]} was {{value}} of total sleep time.",
               f"Epochs of {s.upper()} / total sleep time ({AASM}).") for s in _STAGE_NAMES),
    _clock("sleep_onset_clock", "Sleep onset",
             "Sleep began at {value}.", "Start of the first epoch of any sleep stage."),
    _clock("final_awakening_clock", "Final awakening",
             "The last sleep ended at {value}.", "End of the last epoch of sleep."),
    FactKind("awakenings_n", "Awakenings", COUNT,
             "Awakenings between sleep onset and the final awakening: {value}.",
             "Stretches of W, of one epoch or more, between sleep onset and the last epoch of sleep."),
    FactKind("stage_shifts_n", "Stage shifts", COUNT,
             "Changes from one stage to another during the sleep period: {value}.",
             "Neighbouring scored epochs of different stage between sleep onset and the last epoch of sleep."),
    FactKind("longest_sleep_min", "Longest uninterrupted sleep", MINUTES,
             "The longest uninterrupted sleep lasted {value}{where}.",
             "Longest run of epochs of any sleep stage in bed; the first, where several are as long."),
    FactKind("longest_wake_min", "Longest period awake", MINUTES,
             "The longest period awake lasted {value}{where}.",
             "Longest run of epochs of W in bed; the first, where several are as long."),
    FactKind("longest_wake_in_sleep_min", "Longest period awake within sleep", MINUTES,
             "The longest period awake between sleep onset and the final awakening lasted {value}{where}.",
             "Longest run of epochs of W between sleep onset and the last epoch of sleep."),
    FactKind("longest_n3_min", "Longest deep sleep", MINUTES,
             "The longest uninterrupted deep sleep (N3) lasted {value}{where}.",
             "Longest run of epochs of N3 in bed."),
    FactKind("longest_r_min", "Longest REM sleep", MINUTES,
             "The longest uninterrupted REM sleep lasted {value}{where}.",
             "Longest run of epochs of R in bed."),
)  # fmt: skip

_APNEA_WORDS = {
    "apnea_obstructive": "Obstructive apneas",
    "apnea_central": "Central apneas",
    "apnea_mixed": "Mixed apneas",
    "apnea": "Apneas of no stated type",
    "hypopnea": "Hypopneas",
}
COUNTED = {**_APNEA_WORDS, "arousal": "Arousals", "desaturation": "Desaturations", "leg_movement": "Leg movements",
           "plm": "Periodic leg movements", "snore": "Snores", "bradycardia": "Bradycardias",
           "tachycardia": "Tachycardias"}  # fmt: skip


def _count(type_):
    return FactKind(f"{type_}_n", COUNTED[type_], COUNT, f"{COUNTED[type_]}: {{value}}.",
                    "Events scored in the whole recording, asleep or awake.")  # fmt: skip


_AHI_RULE = (
    "Where the source is automatic: hypopneas by the AASM 3% rule (flow down by 30% or more for 10 s, with a 3% "
    "desaturation), without arousals, which are not detected; an expert's follow the rule of their scorer."
)
_BREATHING = (
    FactKind("ahi_per_h", "Apnea-hypopnea index", PER_HOUR, "The apnea-hypopnea index was {value} of sleep.",
             f"Apneas and hypopneas ({_IN_SLEEP}) / {_TST} ({AASM}). {_AHI_RULE}"),
    FactKind("ahi_rem_per_h", "Apnea-hypopnea index in REM sleep", PER_HOUR,
             "The apnea-hypopnea index in REM sleep was {value} of REM sleep.",
             f"Apneas and hypopneas whose first epoch of sleep is R / hours of R. {_AHI_RULE}"),
    FactKind("ahi_nrem_per_h", "Apnea-hypopnea index in NREM sleep", PER_HOUR,
             "The apnea-hypopnea index in NREM sleep was {value} of NREM sleep.",
             "Apneas and hypopneas whose first epoch of sleep is N1, N2 or N3 / hours of these. "
             f"{_AHI_RULE}"),
    *(_count(t) for t in _APNEA_WORDS),
)  # fmt: skip

_OXYGEN = (
    FactKind("spo2_mean_pct", "Mean oxygen saturation", PERCENT, "Mean oxygen saturation was {value}.",
             "Mean of the valid SpO2 in bed."),
    FactKind("spo2_min_pct", "Lowest oxygen saturation", PERCENT,
             "The lowest oxygen saturation was {value}{where}.",
             "Lowest valid SpO2 in bed (median of three seconds)."),
    FactKind("t90_pct", "Time below 90% saturation (T90)", PERCENT,
             "Oxygen saturation was below 90% for {value} of the time measured.",
             "Valid SpO2 below 90% in bed / valid SpO2 in bed."),
    FactKind("odi3_per_h", "Oxygen desaturation index (3%)", PER_HOUR,
             "Falls of oxygen saturation by 3% or more: {value} of sleep.",
             f"Desaturations of at least 3% ({_IN_SLEEP}) / {_TST}."),
    FactKind("odi4_per_h", "Oxygen desaturation index (4%)", PER_HOUR,
             "Falls of oxygen saturation by 4% or more: {value} of sleep.",
             f"Desaturations of at least 4% ({_IN_SLEEP}) / {_TST}."),
    _count("desaturation"),
)  # fmt: skip

_HEART = (
    FactKind("hr_mean_bpm", "Mean heart rate", BEATS,
             "Mean heart rate was {value}.", "Mean over the valid beats in bed."),
    FactKind("hr_min_bpm", "Lowest heart rate", BEATS, "The lowest heart rate was {value}{where}.",
             "Lowest mean of an epoch in bed with at least ten valid beats."),
    FactKind("hr_max_bpm", "Highest heart rate", BEATS, "The highest heart rate was {value}{where}.",
             "Highest mean of an epoch in bed with at least ten valid beats."),
    _count("bradycardia"),
    _count("tachycardia"),
)  # fmt: skip

_BODY = (
    _count("arousal"),
    FactKind("arousal_index_per_h", "Arousal index", PER_HOUR, "The arousal index was {value} of sleep.",
             f"Arousals ({_IN_SLEEP}) / {_TST} ({AASM})."),
    _count("leg_movement"),
    _count("plm"),
    FactKind("plmi_per_h", "Periodic leg movement index", PER_HOUR,
             "The periodic leg movement index was {value} of sleep.",
             f"Periodic leg movements ({_IN_SLEEP}) / {_TST} ({AASM})."),
    _count("snore"),
    *(FactKind(f"{p}_min", f"Time {w}", MINUTES, f"Time {w} was {{value}}.",
               "Body position in bed, where it is known.")
      for p, w in {"supine": "on the back", "left": "on the left side", "right": "on the right side",
                   "prone": "on the front", "upright": "upright"}.items()),
    FactKind("supine_pct", "Share of time on the back", PERCENT,
             "Time on the back was {value} of the time in bed whose position is known.",
             "Supine / time in bed with a known body position."),
)  # fmt: skip

FACT_KINDS = {k.id: k for k in (*_PERIOD, *_SLEEP, *_BREATHING, *_OXYGEN, *_HEART, *_BODY)}
FACT_IDS = tuple(FACT_KINDS)
