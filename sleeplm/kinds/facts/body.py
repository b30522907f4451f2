"""Arousals, limbs, muscle tone, snoring, waves of the sleeping brain, body position."""

from sleeplm.kinds.channels import POSITION_KINDS
from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.kind import AASM, IN_SLEEP, TST, Density, FactKind, Needs, Rate, ShareOfSleep
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.units import COUNT, MINUTES, PER_HOUR, PER_MINUTE, PERCENT, RATIO

_AROUSALS = Needs(events=("arousal",), staging=True)
_POSITION = Needs("position")
_POSITIONS = {kind.name: kind.words for kind in POSITION_KINDS}

BODY = (
    count("arousal"),
    FactKind("arousal_index_per_h", "Arousal index", PER_HOUR, "The arousal index was {value} of sleep.",
             # The manual counts arousals in epochs of wake in bed as well (Wilson et al. 2022, J Clin Sleep Med
             # 18:1385).
             f"Arousals in bed, those in epochs of wake as well / {TST} ({{source}}).", f"{AASM}, V.A, note 3",
             _AROUSALS, measure=Rate(awake_too=True)),
    *(FactKind(f"arousal_{key}_per_h", f"Arousal index in {name}", PER_HOUR,
               f"The arousal index in {name} was {{value}} of {name}.",
               f"Arousals whose first epoch of sleep is of {name} / hours of it.", needs=_AROUSALS,
               measure=Rate(stages, of=name),
               names=rf"arousal index in {asked}|arousals? per hour (?:in|of) {key}")
      for key, name, stages, asked in (("nrem", "NREM sleep", NREM_STAGES, "nrem"),
                                       ("rem", "REM sleep", (Stage.R,), r"(?:stage )?r(?:em)?\b"))),
    count("leg_movement"),
    count("plm"),
    FactKind("leg_movement_per_h", "Leg movement index", PER_HOUR,
             "Leg movements, periodic ones included: {value} of sleep.",
             f"Leg movements, single and periodic, each once ({IN_SLEEP}) / {TST} ({{source}}).", AASM,
             Needs(events=("leg_movement", "plm"), staging=True), measure=Rate(),
             names=r"index of all (?:leg|limb) movements|\blmi\b"),
    FactKind("plm_arousal_per_h", "Index of periodic leg movements with arousal", PER_HOUR,
             "Periodic leg movements with an arousal: {value} of sleep.",
             "Periodic leg movements with less than .5 s between them and an arousal, whichever is first "
             f"({IN_SLEEP}) / {TST} ({{source}}).", AASM,
             Needs(events=("plm", "arousal"), staging=True),
             names=r"plm.*arousal|leg movements? with (?:an )?arousal"),
    FactKind("plmi_per_h", "Periodic leg movement index", PER_HOUR,
             "The periodic leg movement index was {value} of sleep.",
             f"Periodic leg movements ({IN_SLEEP}) / {TST} ({{source}}).", AASM,
             Needs(events=("plm",), staging=True), measure=Rate()),
    FactKind("rem_atonia_ratio", "REM atonia index", RATIO, "The REM atonia index was {value}.",
             "Share of the seconds of R whose chin EMG, less its noise, is 1 uV or less, over the share of those "
             "not between 1 and 2 uV; 1 is complete atonia, under .8 suggests REM sleep without it ({source}).",
             "Ferri et al. 2010, Sleep Med 11:947", Needs("chin", staging=True, stage=Stage.R),
             names=r"atonia|\brai\b|\brswa\b|\brbd\b"),
    count("snore"),
    FactKind("snore_pct", "Share of sleep with snoring", PERCENT, "Snoring filled {value} of total sleep time.",
             "Time of scored snoring within epochs of sleep / total sleep time.",
             needs=Needs(events=("snore",), staging=True), measure=ShareOfSleep(),
             names=r"(?:share|percent|how much|proportion).*snor|snor.*(?:percent|share)"),
    FactKind("spindle_n2_per_min", "Spindle density in N2", PER_MINUTE, "Spindle density in N2 was {value}.",
             "Spindles that begin in N2 / minutes of N2, those alone whose signal could be searched.",
             needs=Needs(events=("spindle",), staging=True, stage=Stage.N2), measure=Density(),
             names=r"spindle density|spindles per min"),
    FactKind("slow_wave_n3_per_min", "Slow-wave density in N3", PER_MINUTE, "Slow-wave density in N3 was {value}.",
             "Slow waves that begin in N3 / minutes of N3, those alone whose signal could be searched.",
             needs=Needs(events=("slow_wave",), staging=True, stage=Stage.N3), measure=Density(),
             names=r"slow.wave density|slow waves per min"),
    FactKind("rapid_eye_movement_r_per_min", "REM density", PER_MINUTE,
             "Rapid eye movements in REM sleep: {value}.",
             "Rapid eye movements that begin in R / minutes of R, those alone whose signal could be searched.",
             needs=Needs(events=("rapid_eye_movement",), staging=True, stage=Stage.R), measure=Density(),
             names=r"\brem density|eye movement density|rapid eye movements per min"),
    *(count(event) for event in ("spindle", "slow_wave", "rapid_eye_movement")),
    *(FactKind(f"{name}_min", f"Time {_POSITIONS[name]}", MINUTES, f"Time {_POSITIONS[name]} was {{value}}.",
               "Body position in bed, where it is known.", needs=_POSITION)
      for name in ("supine", "left", "right", "prone", "upright")),
    FactKind("position_changes_n", "Changes of body position", COUNT, "Changes of body position in bed: {value}.",
             "Changes between positions that are each held for 15 s or more.", needs=_POSITION,
             names=r"(?:position|posture) changes?|changes? of (?:body )?(?:position|posture)"
                   r"|turn(?:ed)? (?:over|around)"),
    FactKind("supine_pct", "Share of time on the back", PERCENT,
             "Time on the back was {value} of the time in bed whose position is known.",
             "Supine / time in bed with a known body position.", needs=_POSITION),
)  # fmt: skip
