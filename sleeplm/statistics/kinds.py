"""Which facts there are: id, name, unit, sentence and definition of each, the same for every night.

Formulas follow the AASM Manual for the Scoring of Sleep and Associated Events (version 2.6) where it has one.
"""

from dataclasses import dataclass

from sleeplm.scoring.stages import LOW_CONFIDENCE
from sleeplm.units import (
    BEATS,
    CLOCK,
    COUNT,
    MILLISECONDS,
    MINUTES,
    PER_HOUR,
    PER_MINUTE,
    PERCENT,
    RATIO,
    SECONDS,
)


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
    "Time in bed runs from lights off to lights on (the total recording time, TRT, of the AASM manual), or over "
    f"all whole epochs where these are not known ({AASM})."
)
_TST = "hours of total sleep time"
_IN_SLEEP = "events that touch an epoch of sleep"

_CYCLE = (
    "A cycle is at least 15 min without R that follow sleep onset or the cycle before, then a REM period of at "
    "least 5 min (the first may be shorter); R less than 15 min apart is one period (Feinberg & Floyd 1979, "
    "Psychophysiology 16:283)."
)
IN_STAGE = {"w": "wake", "n1": "N1", "n2": "N2", "n3": "N3", "r": "REM sleep"}
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
    FactKind("unsure_pct", "Share of epochs staged with low confidence", PERCENT,
             "{value} of the staged epochs in bed have a stage of low confidence.",
             f"Epochs in bed whose likeliest stage has a probability under {100 * LOW_CONFIDENCE:g}% / staged "
             "epochs in bed; automatic staging only."),
)  # fmt: skip

_SLEEP = (
    FactKind("tst_min", "Total sleep time", MINUTES, "Total sleep time was {value}.",
             f"Epochs of N1, N2, N3 and R in bed ({AASM})."),
    FactKind("se_pct", "Sleep efficiency", PERCENT, "Sleep efficiency was {value} of the time in bed.",
             f"Total sleep time / time in bed ({AASM})."),
    FactKind("spt_min", "Sleep period time", MINUTES, "The sleep period lasted {value}, wake within it included.",
             "From the first to the last epoch of any sleep stage, both included (SPT)."),
    FactKind("sme_pct", "Sleep maintenance efficiency", PERCENT,
             "Sleep maintenance efficiency was {value} of the sleep period.",
             "Total sleep time / sleep period time (YASA's SME)."),
    FactKind("lps_min", "Latency to persistent sleep", MINUTES,
             "Persistent sleep came {value} after the start of time in bed.",
             "From the start of time in bed to the first epoch of ten minutes of sleep without an epoch of W "
             "(Roth et al. 2007, Sleep Med Rev 11:71)."),
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
    FactKind("n3_latency_min", "Latency of deep sleep", MINUTES,
             "The first deep sleep (N3) came {value} after sleep onset.",
             "From sleep onset to the first epoch of N3."),
    FactKind("w_min", "Wake time", MINUTES, "Time awake in bed was {value}.", "Epochs of W in bed."),
    FactKind("nrem_min", "Time in NREM sleep", MINUTES, "Time in NREM sleep was {value}.",
             "Epochs of sleep in bed that are not R: N1, N2 and N3, and NREM sleep of no stated depth."),
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
             "Stretches of W, of one epoch or more, between sleep onset and the last epoch of sleep; an epoch "
             "without a stage does not end one."),
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
    FactKind("cycles_n", "Sleep cycles", COUNT, "Complete NREM-REM cycles: {value}.", _CYCLE),
    FactKind("cycle_mean_min", "Mean length of a sleep cycle", MINUTES,
             "A complete sleep cycle lasted {value} on average.",
             f"Mean length of the complete cycles. {_CYCLE}"),
    *(FactKind(f"{s}_{third}_third_min", f"{name} in the {third} third", MINUTES,
               f"{name} in the {third} third of the sleep period was {{value}}.",
               "Epochs of the stage in one of three equal parts of the sleep period; an epoch belongs to the part "
               "that its middle lies in.")
      for s, name in {"w": "Wake", "n3": "N3 (deep) sleep", "r": "REM sleep"}.items()
      for third in ("first", "second", "last")),
)  # fmt: skip

_APNEA_WORDS = {
    "apnea_obstructive": "Obstructive apneas",
    "apnea_central": "Central apneas",
    "apnea_mixed": "Mixed apneas",
    "apnea": "Apneas of no stated type",
    "hypopnea": "Hypopneas",
}
COUNTED = {**_APNEA_WORDS, "arousal": "Arousals", "desaturation": "Desaturations", "leg_movement": "Leg movements",
           "plm": "Periodic leg movements", "snore": "Episodes of snoring", "bradycardia": "Bradycardias",
           "tachycardia": "Tachycardias", "pause": "Pauses of the heart", "rera": "RERAs",
           "cheyne_stokes": "Stretches of Cheyne-Stokes breathing", "spindle": "Sleep spindles",
           "slow_wave": "Slow waves", "rapid_eye_movement": "Rapid eye movements"}  # fmt: skip


def _count(type_):
    return FactKind(f"{type_}_n", COUNTED[type_], COUNT, f"{COUNTED[type_]}: {{value}}.",
                    "Events scored in the whole recording, asleep or awake.")  # fmt: skip


_BREATHING = (
    FactKind("ahi_per_h", "Apnea-hypopnea index", PER_HOUR, "The apnea-hypopnea index was {value} of sleep.",
             f"Apneas and hypopneas ({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("ahi_rem_per_h", "Apnea-hypopnea index in REM sleep", PER_HOUR,
             "The apnea-hypopnea index in REM sleep was {value} of REM sleep.",
             "Apneas and hypopneas whose first epoch of sleep is R / hours of R."),
    FactKind("ahi_nrem_per_h", "Apnea-hypopnea index in NREM sleep", PER_HOUR,
             "The apnea-hypopnea index in NREM sleep was {value} of NREM sleep.",
             "Apneas and hypopneas whose first epoch of sleep is N1, N2 or N3 / hours of these."),
    FactKind("rdi_per_h", "Respiratory disturbance index", PER_HOUR,
             "The respiratory disturbance index was {value} of sleep.",
             f"Apneas, hypopneas and RERAs that overlap neither ({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("apnea_index_per_h", "Apnea index", PER_HOUR, "The apnea index was {value} of sleep.",
             f"Apneas of all types ({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("central_apnea_index_per_h", "Central apnea index", PER_HOUR,
             "The central apnea index was {value} of sleep.",
             f"Central apneas ({_IN_SLEEP}) / {_TST} ({AASM})."),
    *(FactKind(f"ahi_{p}_per_h", f"Apnea-hypopnea index {words}", PER_HOUR,
               f"The apnea-hypopnea index {words} was {{value}} of sleep in that position.",
               f"Apneas and hypopneas that begin {words} ({_IN_SLEEP}) / hours of sleep {words}.")
      for p, words in {"supine": "on the back", "nonsupine": "off the back"}.items()),
    FactKind("cheyne_stokes_min", "Time in Cheyne-Stokes breathing", MINUTES,
             "Cheyne-Stokes breathing lasted {value} in all.", "Duration of the scored stretches."),
    *(_count(t) for t in (*_APNEA_WORDS, "rera", "cheyne_stokes")),
)  # fmt: skip

_OXYGEN = (
    FactKind("spo2_mean_pct", "Mean oxygen saturation", PERCENT, "Mean oxygen saturation was {value}.",
             "Mean of the valid SpO2 in bed."),
    FactKind("spo2_min_pct", "Lowest oxygen saturation", PERCENT,
             "The lowest oxygen saturation was {value}{where}.",
             "Lowest mean over a second of the valid SpO2 in bed."),
    FactKind("t90_pct", "Time below 90% saturation (T90)", PERCENT,
             "Oxygen saturation was below 90% for {value} of the time measured.",
             "Valid SpO2 below 90% in bed / valid SpO2 in bed."),
    FactKind("t88_pct", "Time below 88% saturation (T88)", PERCENT,
             "Oxygen saturation was below 88% for {value} of the time measured.",
             "Valid SpO2 below 88% in bed / valid SpO2 in bed."),
    FactKind("t90_min", "Time below 90% saturation in minutes", MINUTES,
             "Oxygen saturation was below 90% for {value}.",
             "Valid SpO2 below 90% in bed, in minutes."),
    FactKind("desaturation_depth_pct", "Mean depth of desaturations", PERCENT,
             "Falls of oxygen saturation were {value} deep on average.",
             "Mean over the falls of 3% or more in bed of the highest saturation before less the lowest in each, "
             "in percentage points."),
    FactKind("desaturation_duration_s", "Mean duration of desaturations", SECONDS,
             "Falls of oxygen saturation lasted {value} on average.",
             "Mean over the falls of 3% or more in bed, from the highest saturation before to the recovery."),
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
    *(FactKind(f"hr_{key}_bpm", f"Mean heart rate in {name}", BEATS, f"Mean heart rate in {name} was {{value}}.",
               "Mean over the valid beats in the epochs of the stage in bed.")
      for key, name in IN_STAGE.items()),
    *(FactKind(id_.format(key), f"{name} in {words}", unit, f"{name} in {words} was {{value}}.",
               f"{formula}; the median over stretches of five minutes of the stage, in bed, of which sinus rhythm "
               "covers 90% (Task Force 1996, Circulation 93:1043).")
      for key, words in IN_STAGE.items()
      for id_, name, unit, formula in (
          ("rmssd_{}_ms", "RMSSD", MILLISECONDS,
           "Root mean square of the differences of successive sinus intervals"),
          ("sdnn_{}_ms", "SDNN", MILLISECONDS, "Standard deviation of the sinus intervals"),
          ("lf_hf_{}_ratio", "LF/HF ratio", RATIO,
           "Power of the sinus intervals from .04 to .15 Hz / from .15 to .4 Hz"))),
    FactKind("premature_beat_n", "Premature beats", COUNT, "Premature beats in bed: {value}.",
             "Beats after 75% of the usual interval or less that at least 90% of it follows."),
    *(_count(t) for t in ("bradycardia", "tachycardia", "pause")),
)  # fmt: skip

_BODY = (
    _count("arousal"),
    FactKind("arousal_index_per_h", "Arousal index", PER_HOUR, "The arousal index was {value} of sleep.",
             f"Arousals in bed, those in epochs of wake as well / {_TST} ({AASM}, V.A, note 3)."),
    *(FactKind(f"arousal_{key}_per_h", f"Arousal index in {name}", PER_HOUR,
               f"The arousal index in {name} was {{value}} of {name}.",
               f"Arousals whose first epoch of sleep is of {name} / hours of it.")
      for key, name in {"nrem": "NREM sleep", "rem": "REM sleep"}.items()),
    FactKind("leg_movement_n", COUNTED["leg_movement"], COUNT, "Leg movements not marked as periodic: {value}.",
             "Events scored in the whole recording that are not marked as periodic."),
    _count("plm"),
    FactKind("leg_movement_per_h", "Leg movement index", PER_HOUR,
             "Leg movements, periodic ones included: {value} of sleep.",
             f"Leg movements, single and periodic, each once ({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("plm_arousal_per_h", "Index of periodic leg movements with arousal", PER_HOUR,
             "Periodic leg movements with an arousal: {value} of sleep.",
             "Periodic leg movements with less than .5 s between them and an arousal, whichever is first "
             f"({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("plmi_per_h", "Periodic leg movement index", PER_HOUR,
             "The periodic leg movement index was {value} of sleep.",
             f"Periodic leg movements ({_IN_SLEEP}) / {_TST} ({AASM})."),
    FactKind("rem_atonia_ratio", "REM atonia index", RATIO, "The REM atonia index was {value}.",
             "Share of the seconds of R whose chin EMG, less its noise, is 1 uV or less, over the share of those "
             "not between 1 and 2 uV; 1 is complete atonia, under .8 suggests REM sleep without it (Ferri et al. "
             "2010, Sleep Med 11:947)."),
    _count("snore"),
    FactKind("snore_pct", "Share of sleep with snoring", PERCENT, "Snoring filled {value} of total sleep time.",
             "Time of scored snoring within epochs of sleep / total sleep time."),
    FactKind("spindle_n2_per_min", "Spindle density in N2", PER_MINUTE, "Spindle density in N2 was {value}.",
             "Spindles that begin in N2 / minutes of N2, those alone whose signal could be searched."),
    FactKind("slow_wave_n3_per_min", "Slow-wave density in N3", PER_MINUTE, "Slow-wave density in N3 was {value}.",
             "Slow waves that begin in N3 / minutes of N3, those alone whose signal could be searched."),
    FactKind("rapid_eye_movement_r_per_min", "REM density", PER_MINUTE,
             "Rapid eye movements in REM sleep: {value}.",
             "Rapid eye movements that begin in R / minutes of R, those alone whose signal could be searched."),
    *(_count(t) for t in ("spindle", "slow_wave", "rapid_eye_movement")),
    *(FactKind(f"{p}_min", f"Time {w}", MINUTES, f"Time {w} was {{value}}.",
               "Body position in bed, where it is known.")
      for p, w in {"supine": "on the back", "left": "on the left side", "right": "on the right side",
                   "prone": "on the front", "upright": "upright"}.items()),
    FactKind("position_changes_n", "Changes of body position", COUNT, "Changes of body position in bed: {value}.",
             "Changes between positions that are each held for 15 s or more."),
    FactKind("supine_pct", "Share of time on the back", PERCENT,
             "Time on the back was {value} of the time in bed whose position is known.",
             "Supine / time in bed with a known body position."),
)  # fmt: skip

FACT_KINDS = {k.id: k for k in (*_PERIOD, *_SLEEP, *_BREATHING, *_OXYGEN, *_HEART, *_BODY)}
FACT_IDS = tuple(FACT_KINDS)
