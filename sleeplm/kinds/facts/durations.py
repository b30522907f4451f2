"""How long apneas and hypopneas last."""

from sleeplm.kinds.events import APNEAS, HYPOPNEAS
from sleeplm.kinds.facts.kind import FactKind, Needs
from sleeplm.units import SECONDS

LASTING = {"apnea": APNEAS, "hypopnea": HYPOPNEAS}
_OF = "Of those that touch an epoch of sleep; without stages, of those in bed."
_WORDS = {"apnea": r"apn(?:ea|oea)s?", "hypopnea": r"hypopn(?:ea|oea)s?"}


def _asked(words: str, key: str) -> str:
    """Names by which the duration of a kind of event is asked for: ``longest apnea``, ``mean apnea duration``."""
    of_all_types = r"^(?!.*\b(?:central|obstructive|mixed)\b)"
    return (
        rf"{of_all_types}.*(?:(?:{words})\b.*(?<!\w){_WORDS[key]}|{_WORDS[key]} (?:duration|length).*(?:{words}))"
    )


DURATIONS = (
    *(FactKind(f"{key}_longest_s", f"Longest {key}", SECONDS, f"The longest {key} lasted {{value}}{{where}}.",
               f"Longest {key} of any type. {_OF}", needs=Needs(events=types), names=_asked("longest", key))
      for key, types in LASTING.items()),
    *(FactKind(f"{key}_{name}_s", f"{name.capitalize()} duration of {key}s", SECONDS,
               f"The {name} duration of {key}s was {{value}}.",
               f"{name.capitalize()} of the durations of {key}s of all types. {_OF}", needs=Needs(events=types),
               names=_asked(asked, key) + (rf"|how long (?:did|were|are|do).*(?<!\w){_WORDS[key]}"
                                            if name == "mean" else ""))
      for key, types in LASTING.items()
      for name, asked in (("mean", "mean|average"), ("median", "median"))),
)  # fmt: skip
