"""Sleep from the hypnogram: times, latencies, shares, longest bouts, cycles, thirds."""

from sleeplm.kinds.facts.kind import AASM, FactKind, Needs
from sleeplm.kinds.stages import STAGE_KINDS, Stage
from sleeplm.units import CLOCK, COUNT, MINUTES, PERCENT

_STAGED = Needs(staging=True)
_CYCLE = (
    "A cycle is at least 15 min without R that follow sleep onset or the cycle before, then a REM period of at "
    "least 5 min (the first may be shorter); R less than 15 min apart is one period ({source})."
)
_CYCLE_SOURCE = "Feinberg & Floyd 1979, Psychophysiology 16:283"
_CYCLE_NAMES = r"sleep cycles?\b|nrem.rem cycles?|how many cycles|number of cycles"
_OF_SLEEP = (Stage.N1, Stage.N2, Stage.N3, Stage.R)
_THIRD = r"(?:first|second|middle|last|final) third|thirds"
_IN_THIRDS = {
    Stage.W: rf"(?:wake|awake).*(?:{_THIRD})|(?:{_THIRD}).*(?:wake|awake)",
    Stage.N3: rf"deep.*(?:{_THIRD})|n3.*(?:{_THIRD})|(?:{_THIRD}).*(?:deep|n3)",
    Stage.R: rf"\brem\b.*(?:{_THIRD})|(?:{_THIRD}).*\brem\b",
}


def _in(stage: Stage) -> Needs:
    return Needs(staging=True, stage=stage)


SLEEP = (
    FactKind("tst_min", "Total sleep time", MINUTES, "Total sleep time was {value}.",
             "Epochs of N1, N2, N3 and R in bed ({source}).", AASM, _STAGED),
    FactKind("se_pct", "Sleep efficiency", PERCENT, "Sleep efficiency was {value} of the time in bed.",
             "Total sleep time / time in bed ({source}).", AASM, _STAGED),
    FactKind("spt_min", "Sleep period time", MINUTES, "The sleep period lasted {value}, wake within it included.",
             "From the first to the last epoch of any sleep stage, both included (SPT).", needs=_STAGED,
             names=r"\bspt\b|sleep period time|(?<!longest )(?:long|length) (?:was|is|of) the sleep period"),
    FactKind("sme_pct", "Sleep maintenance efficiency", PERCENT,
             "Sleep maintenance efficiency was {value} of the sleep period.",
             "Total sleep time / sleep period time ({source}).", "YASA's SME", _STAGED,
             names=r"\bsme\b|(?:sleep )?maintenance efficiency"),
    FactKind("lps_min", "Latency to persistent sleep", MINUTES,
             "Persistent sleep came {value} after the start of time in bed.",
             "From the start of time in bed to the first epoch of ten minutes of sleep without an epoch of W "
             "({source}).", "Roth et al. 2007, Sleep Med Rev 11:71", _STAGED,
             names=r"\blps\b|persistent sleep"),
    FactKind("sol_min", "Sleep onset latency", MINUTES,
             "Falling asleep took {value}, to the first epoch of any sleep stage.",
             "From the start of time in bed to the first epoch of any sleep stage ({source}).", AASM, _STAGED),
    FactKind("waso_min", "Wake after sleep onset", MINUTES,
             "Wake after sleep onset was {value}, up to the end of time in bed.",
             "Epochs of W from sleep onset to the end of time in bed, the final awakening included ({source}); "
             "YASA's WASO ends at the last epoch of sleep: see wake_in_sleep_period_min.", AASM, _STAGED),
    FactKind("wake_in_sleep_period_min", "Wake between sleep onset and final awakening", MINUTES,
             "Between sleep onset and the final awakening, {value} were spent awake.",
             "Epochs of W from sleep onset to the last epoch of sleep ({source}).", "YASA's WASO", _STAGED),
    FactKind("rem_latency_min", "REM latency", MINUTES, "The first REM sleep came {value} after sleep onset.",
             "From sleep onset to the first epoch of R ({source}); of an automatic staging to the first REM period "
             "that it is sure of (mean probability .7 or more, three epochs or more in sum).", AASM, _in(Stage.R)),
    FactKind("n3_latency_min", "Latency of deep sleep", MINUTES,
             "The first deep sleep (N3) came {value} after sleep onset.",
             "From sleep onset to the first epoch of N3.", needs=_in(Stage.N3),
             names=r"latency (?:of|to) (?:n3|deep sleep|slow.wave sleep)|(?:n3|deep sleep) latency"),
    FactKind("w_min", "Wake time", MINUTES, "Time awake in bed was {value}.", "Epochs of W in bed.",
             needs=_in(Stage.W)),
    FactKind("nrem_min", "Time in NREM sleep", MINUTES, "Time in NREM sleep was {value}.",
             "Epochs of sleep in bed that are not R: N1, N2 and N3, and NREM sleep of no stated depth.",
             needs=_STAGED,
             names=r"^(?!.*(?:arousal|apn|ahi|index|per hour|heart))"
                   r".*\b(?:how (?:much|long)|time|minutes|hours|amount)\b.*\bn(?:on)?[ -]?rem\b"),
    *(FactKind(f"{s.key}_min", f"Time in {STAGE_KINDS[s].sleep}", MINUTES,
               f"Time in {STAGE_KINDS[s].sleep} was {{value}}.", f"Epochs of {s} in bed.", needs=_in(s))
      for s in _OF_SLEEP),
    *(FactKind(f"{s.key}_pct", f"Share of {STAGE_KINDS[s].sleep}", PERCENT,
               f"{STAGE_KINDS[s].sleep} was {{value}} of total sleep time.",
               f"Epochs of {s} / total sleep time ({{source}}).", AASM, _in(s), share_of=f"{s.key}_min")
      for s in _OF_SLEEP),
    FactKind("sleep_onset_clock", "Sleep onset", CLOCK,
             "Sleep began at {value}.", "Start of the first epoch of any sleep stage.", needs=_STAGED),
    FactKind("final_awakening_clock", "Final awakening", CLOCK,
             "The last sleep ended at {value}.", "End of the last epoch of sleep.", needs=_STAGED),
    FactKind("awakenings_n", "Awakenings", COUNT,
             "Awakenings between sleep onset and the final awakening: {value}.",
             "Stretches of W, of one epoch or more, between sleep onset and the last epoch of sleep; an epoch "
             "without a stage does not end one.", needs=_STAGED),
    FactKind("stage_shifts_n", "Stage shifts", COUNT,
             "Changes from one stage to another during the sleep period: {value}.",
             "Neighbouring scored epochs of different stage between sleep onset and the last epoch of sleep.",
             needs=Needs(staging=True, depth=True)),
    FactKind("longest_sleep_min", "Longest uninterrupted sleep", MINUTES,
             "The longest uninterrupted sleep lasted {value}{where}.",
             "Longest run of epochs of any sleep stage in bed; the first, where several are as long.",
             needs=_STAGED, bout_of="sleep"),
    FactKind("longest_wake_min", "Longest period awake", MINUTES,
             "The longest period awake lasted {value}{where}.",
             "Longest run of epochs of W in bed; the first, where several are as long.",
             needs=_in(Stage.W), bout_of=Stage.W),
    FactKind("longest_wake_in_sleep_min", "Longest period awake within sleep", MINUTES,
             "The longest period awake between sleep onset and the final awakening lasted {value}{where}.",
             "Longest run of epochs of W between sleep onset and the last epoch of sleep.",
             needs=_in(Stage.W), bout_of=Stage.W),
    FactKind("longest_n3_min", "Longest deep sleep", MINUTES,
             "The longest uninterrupted deep sleep (N3) lasted {value}{where}.",
             "Longest run of epochs of N3 in bed.", needs=_in(Stage.N3), bout_of=Stage.N3),
    FactKind("longest_r_min", "Longest REM sleep", MINUTES,
             "The longest uninterrupted REM sleep lasted {value}{where}.",
             "Longest run of epochs of R in bed.", needs=_in(Stage.R), bout_of=Stage.R),
    FactKind("cycles_n", "Sleep cycles", COUNT, "Complete NREM-REM cycles: {value}.", _CYCLE, _CYCLE_SOURCE,
             _STAGED, names=_CYCLE_NAMES),
    FactKind("cycle_mean_min", "Mean length of a sleep cycle", MINUTES,
             "A complete sleep cycle lasted {value} on average.",
             f"Mean length of the complete cycles. {_CYCLE}", _CYCLE_SOURCE, _STAGED, names=_CYCLE_NAMES),
    *(FactKind(f"{s.key}_{third}_third_min", f"{STAGE_KINDS[s].sleep} in the {third} third", MINUTES,
               f"{STAGE_KINDS[s].sleep} in the {third} third of the sleep period was {{value}}.",
               "Epochs of the stage in one of three equal parts of the sleep period; an epoch belongs to the part "
               "that its middle lies in.", needs=_in(s), names=names)
      for s, names in _IN_THIRDS.items()
      for third in ("first", "second", "last")),
)  # fmt: skip
