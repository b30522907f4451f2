"""The apnea-hypopnea index by either rule for hypopneas, side by side."""

from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.facts.kind import IN_SLEEP, FactKind, Needs
from sleeplm.units import PER_HOUR

_NEEDS = Needs("oxygen", APNEAS_HYPOPNEAS, staging=True)
_BOTH = r"(?:both|either|each|other|two|different) (?:hypopnea )?(?:rule|definition|criteri)|\b1a\b.*\b1b\b"
RULES = {
    "3%": ("ahi_3pct_per_h", "a desaturation of 3% or an arousal", "1A"),
    "4%": ("ahi_4pct_per_h", "a desaturation of 4%", "1B"),
}

AHI_BY_RULE = (
    *(FactKind(id_, f"Apnea-hypopnea index by the {rule} rule", PER_HOUR,
               f"The apnea-hypopnea index by the {rule} rule was {{value}} of sleep.",
               f"Apneas, and hypopneas with {with_} ({IN_SLEEP}) / hours of total sleep time; by our own detector, "
               "since an expert's hypopneas are of one rule ({source}).", f"AASM Manual 2.6, hypopnea rule {name}",
               _NEEDS, names=rf"(?:ahi|apn\w+|hypopn\w+).*\b{rule[0]} ?(?:%|perc)(?! of)|\bahi ?{rule[0]}\b"
                             rf"|{_BOTH}")
      for rule, (id_, with_, name) in RULES.items()),
    FactKind("ahi_between_rules_per_h", "Difference of the apnea-hypopnea index between the rules", PER_HOUR,
             "The apnea-hypopnea index differs by {value} of sleep between the rules for hypopneas{where}.",
             "Apnea-hypopnea index by the 3% rule less that by the 4% rule, of one scoring.", needs=_NEEDS,
             names=_BOTH),
)  # fmt: skip
