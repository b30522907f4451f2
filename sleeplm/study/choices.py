"""What a user chooses for a night: channels, units, lights and rules, handed on as one."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sleeplm.errors import UsageError
from sleeplm.files import sha256
from sleeplm.recording.annotations.words import said_of

HYPOPNEAS = "hypopnea"  # whose rule can be chosen
USUAL_RULES = {HYPOPNEAS: "3%"}


@dataclass(frozen=True)
class Choices:
    """How a recording is to be read and scored.

    Attributes
    ----------
    channels : dict of str to str
        Canonical name to the label of the signal that stands for it, where the choice is not left to the reader.
    units : dict of str to str
        Canonical name to the unit that its values are in, or to the coding of positions.
    lights_s : (float or None, float or None)
        Lights off and on, in seconds from the first sample.
    rules : dict of str to str
        Type of event to the rule that it is scored by where no expert scored it: of hypopneas ``"3%"`` or ``"4%"``.
    words : dict of str to str
        Words of the lab's scorings, by their hash (`word_key`), to what they mean (`said_of`).
    split_s : float or None
        When treatment of a split night began, in seconds from the first sample.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    lights_s: tuple[float | None, float | None] = (None, None)
    rules: Mapping[str, str] = field(default_factory=lambda: dict(USUAL_RULES))
    words: Mapping[str, str] = field(default_factory=dict)
    split_s: float | None = None

    def __post_init__(self):
        if unknown := sorted(set(self.rules) - set(USUAL_RULES)):
            raise UsageError(f"there is no rule to choose for {', '.join(unknown)}; there is one for {HYPOPNEAS}")
        for name, given in (("channels", {}), ("units", {}), ("rules", USUAL_RULES)):
            object.__setattr__(self, name, {**given, **getattr(self, name)})  # a copy that nobody else holds
        object.__setattr__(self, "words", said_of(self.words))

    @property
    def hypopnea_rule(self) -> str:
        """The rule for hypopneas."""
        return self.rules[HYPOPNEAS]

    def refuse_lights_in_disorder(self) -> None:
        """UsageError where lights go off after they went on."""
        off_s, on_s = self.lights_s
        if off_s is not None and on_s is not None and off_s >= on_s:
            raise UsageError("lights off must come before lights on")

    def as_inputs(self) -> dict:
        """All of it as JSON can hold it, the same for the same choices: part of what a study's id is made of."""
        split = {} if self.split_s is None else {"split_s": float(self.split_s)}  # ids of other nights stay
        words = {"words": sorted(self.words.items())} if self.words else {}  # without any, the id is as it was
        return {
            **split,
            "overrides": sorted(self.channels.items()),
            "units": sorted(self.units.items()),
            "lights_s": [None if s is None else float(s) for s in self.lights_s],
            "hypopnea_rule": self.hypopnea_rule,
            **words,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: the same choices have the same, whatever the order in which they were made."""
        return sha256(json.dumps(self.as_inputs()).encode())

    def under(self, now: "Choices") -> "Choices":
        """What is chosen now, completed by these earlier choices of channels, units and words.

        A signal or a unit named now for a channel replaces the channel's old choice of both: an old unit says
        nothing of another signal.
        """
        same = {n for n in self.units if now.channels.get(n) in (None, self.channels.get(n))}
        units = {n: unit for n, unit in self.units.items() if n in same}
        taken = set(now.channels.values())
        channels = {n: label for n, label in self.channels.items() if label not in taken}
        words = {**self.words, **now.words}
        return replace(now, channels={**channels, **now.channels}, units={**units, **now.units}, words=words)

    def notices(self, now: "Choices") -> list[str]:
        """One sentence for each of these earlier choices that what is chosen now leaves in force."""
        merged = self.under(now)
        sentences = [
            f"{name} is '{label}', as you chose before for this montage."
            for name, label in self.channels.items()
            if name not in now.channels and merged.channels.get(name) == label
        ]
        sentences += [
            f"{name} is read in '{unit}', as you said before for this montage."
            for name, unit in self.units.items()
            if name not in now.units and merged.units.get(name) == unit
        ]
        before = Counter(meaning for word, meaning in self.words.items() if word not in now.words)
        return sentences + [
            f"{'One word' if n == 1 else f'{n} words'} of scorers {'means' if n == 1 else 'mean'} "
            f"'{meaning.replace('_', ' ')}', as you said before for this montage."
            for meaning, n in before.items()
        ]

    def with_lights(self, lights_s: Sequence[float | None]) -> "Choices":
        """The same with lights off and on at these seconds."""
        off_s, on_s = lights_s
        return replace(self, lights_s=(off_s, on_s))

    def with_split(self, split_s: float | None) -> "Choices":
        """The same with treatment that begins at this second."""
        return replace(self, split_s=split_s)


USUAL = Choices()  # nothing chosen
