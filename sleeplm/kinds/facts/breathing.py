"""Breathing from scored events: counts and indices per hour of sleep."""

from sleeplm.kinds.events import APNEAS, APNEAS_HYPOPNEAS
from sleeplm.kinds.facts.counts import count
from sleeplm.kinds.facts.kind import (
    AASM,
    IN_SLEEP,
    TST,
    Duration,
    FactKind,
    Needs,
    Rate,
    RecordingRate,
    ShareOfSleep,
)
from sleeplm.kinds.stages import NREM_STAGES, Stage
from sleeplm.units import MINUTES, PER_HOUR, PERCENT

_AHI = Needs(events=APNEAS_HYPOPNEAS, staging=True)
_BY_POSITION = Needs("position", APNEAS_HYPOPNEAS, staging=True)

BREATHING = (
    FactKind("ahi_per_h", "Apnea-hypopnea index", PER_HOUR, "The apnea-hypopnea index was {value} of sleep.",
             f"Apneas and hypopneas ({IN_SLEEP}) / {TST} ({{source}}).", AASM, _AHI,
             stands_in="rei_per_h", measure=Rate()),
    FactKind("ahi_rem_per_h", "Apnea-hypopnea index in REM sleep", PER_HOUR,
             "The apnea-hypopnea index in REM sleep was {value} of REM sleep.",
             "Apneas and hypopneas whose first epoch of sleep is R / hours of R.", needs=_AHI,
             measure=Rate((Stage.R,), of="REM sleep")),
    FactKind("ahi_nrem_per_h", "Apnea-hypopnea index in NREM sleep", PER_HOUR,
             "The apnea-hypopnea index in NREM sleep was {value} of NREM sleep.",
             "Apneas and hypopneas whose first epoch of sleep is N1, N2 or N3 / hours of these.", needs=_AHI,
             measure=Rate(NREM_STAGES, of="NREM sleep")),
    FactKind("rei_per_h", "Respiratory event index", PER_HOUR,
             "The respiratory event index was {value} of recording.",
             "Apneas and hypopneas in bed / hours in bed in which they could be looked for, in a study without "
             "sleep stages ({source}).", "AASM Manual 2.6, home sleep apnea testing",
             Needs(events=APNEAS_HYPOPNEAS), measure=RecordingRate(), names=r"\brei\b|respiratory event index"),
    FactKind("rdi_per_h", "Respiratory disturbance index", PER_HOUR,
             "The respiratory disturbance index was {value} of sleep.",
             f"Apneas, hypopneas and RERAs at most half within these ({IN_SLEEP}) / {TST} ({{source}}).", AASM,
             Needs(events=(*APNEAS_HYPOPNEAS, "rera"), staging=True), measure=Rate(),
             names=r"\brdi\b|respiratory disturbance"),
    FactKind("apnea_index_per_h", "Apnea index", PER_HOUR, "The apnea index was {value} of sleep.",
             f"Apneas of all types ({IN_SLEEP}) / {TST} ({{source}}).", AASM,
             Needs(events=APNEAS, staging=True), measure=Rate(),
             names=r"(?<!obstructive )(?<!central )(?<!mixed )apnea index\b(?! in)"),
    *(FactKind(f"{kind}_apnea_index_per_h", f"{kind.capitalize()} apnea index", PER_HOUR,
               f"The {kind} apnea index was {{value}} of sleep.",
               f"{kind.capitalize()} apneas ({IN_SLEEP}) / {TST} ({{source}}).", AASM,
               Needs(events=(f"apnea_{kind}",), staging=True), measure=Rate(), names=names)
      for kind, names in (("obstructive", r"obstructive apn(?:ea|oea) index|\boai\b"),
                          ("central", r"central apn(?:ea|oea) index|\bcai\b"),
                          ("mixed", r"mixed apn(?:ea|oea) index|\bmai\b"))),
    FactKind("hypopnea_index_per_h", "Hypopnea index", PER_HOUR, "The hypopnea index was {value} of sleep.",
             f"Hypopneas ({IN_SLEEP}) / {TST} ({{source}}).", AASM, Needs(events=("hypopnea",), staging=True),
             measure=Rate(), names=r"(?<!apnea[ -])(?<!apnoea[ -])hypopn(?:ea|oea) index"),
    *(FactKind(f"ahi_{place}_per_h", f"Apnea-hypopnea index {words}", PER_HOUR,
               f"The apnea-hypopnea index {words} was {{value}} of sleep in that position.",
               f"Apneas and hypopneas that begin {words} ({IN_SLEEP}) / hours of sleep {words}.",
               needs=_BY_POSITION,
               names=r"(?:ahi|apnea.hypopnea|apneas|breathing)"
                     r".*(?:supine|on (?:the|his|her|their|my) (?:back|side)|position)")
      for place, words in {"supine": "on the back", "nonsupine": "off the back"}.items()),
    FactKind("cheyne_stokes_min", "Time in Cheyne-Stokes breathing", MINUTES,
             "Cheyne-Stokes breathing lasted {value} in all.",
             "Duration of the scored stretches; time that two of them share counts once.",
             needs=Needs(events=("cheyne_stokes",)), names=r"cheyne", measure=Duration()),
    FactKind("cheyne_stokes_pct", "Share of sleep with Cheyne-Stokes breathing", PERCENT,
             "Cheyne-Stokes breathing filled {value} of total sleep time.",
             "Time of scored stretches within epochs of sleep, each moment once / total sleep time.",
             needs=Needs(events=("cheyne_stokes",), staging=True), names=r"cheyne", measure=ShareOfSleep()),
    *(count(event) for event in (*APNEAS_HYPOPNEAS, "rera", "cheyne_stokes")),
)  # fmt: skip
