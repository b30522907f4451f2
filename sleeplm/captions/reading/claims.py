"""Captions read back to what they claim: numbers, units, events and times, and the words that state an attribute.

The reader knows the lexicon and the units, not the templates: a number belongs to the noun beside it that its unit
can belong to, a quality to the nearest noun that it can belong to, first within the same part of the sentence. So
it also reads what somebody has put in other words, as long as nouns and numbers are kept.
"""

from sleeplm.captions.reading.tokens import Token, TokenText, tokens_of
from sleeplm.captions.text.templates import Claim, distinct_claims

_EEG_QUALITIES = ("amplitude", "pattern", "artifact")
_EVENT_QUALITIES = ("from_before", "into_next", "arousal")
_MOVES = {"hr_moves": "hr", "spo2_moves": "spo2"}  # what a stretch of a rate or a saturation is called
_MOVED_UNITS = {"hr": "bpm", "spo2": "%"}
_OF_EVENT = {
    "nadir": "nadir_pct",
    "drop": "drop_pct",
    "desaturation_after": "desaturation_pct",
    "hr_rise": "hr_rise_bpm",
}
_SHARES = {
    "spo2": "spo2_mean_pct",
    "flow_lowest": "flow_lowest_pct",
    "flow": "flow_pct",
    "effort": "effort_pct",
    "confidence": "stage_confidence_pct",
    "flattened": "AF.flattened_pct",
}
_MICROVOLTS = {"chin": "chin_uv", "slow_eye": "slow_uv", "saccades": "saccadic_uv"}
_BY_UNIT = {"ms": "rmssd_ms", "Hz": "chin_median_hz", "deg": "phase_deg", "times": "snore_ratio"}


def read_back(text: str, facet: str) -> tuple[Claim, ...]:
    """What a caption claims.

    Parameters
    ----------
    text : str
        A caption of ours, or one in other words.
    facet : str
        One of `FACETS` or `SUMMARY`. All share one vocabulary: what does not belong to the facet is read too.

    Returns
    -------
    tuple of (str, value)
        Without repeats, in a fixed order: as `Caption.claims` has it. A value is a number, ``"about 60"``, a
        pair, a word or True. A number that belongs to nothing known is a claim named ``unread``.
    """
    return distinct_claims(_Reading(tokens_of(text)).claims())


class _Reading(TokenText):
    """The tokens of one text, read from left to right."""

    def __init__(self, tokens: list[Token]):
        super().__init__(tokens)
        self.found: list[Claim] = []

    def claims(self) -> list[Claim]:
        self._evidence()
        self._stages()
        self._positions()
        self._events()
        for i, token in enumerate(self.tokens):
            if i in self.used:
                continue
            if token.get("qualities"):
                self._quality(i, token)
            if token.get("range"):
                self._range(i, token)
            elif token.get("number") is not None:
                self._number(i, token)
        return self.found

    def _add(self, name: str, value: object) -> None:
        self.found.append((name, value))

    # what is read first, since its words would mean something else by themselves

    def _evidence(self) -> None:
        for i, token in enumerate(self.tokens):
            if token.get("introduces") != "evidence":
                continue
            for j in range(i, self.clause(i)[-1] + 1):
                if self.tokens[j].get("evidence"):
                    self._add("supports", self.tokens[j].get("evidence"))
                self.used.add(j)

    def _stages(self) -> None:
        waiting = None
        for i, token in enumerate(self.tokens):
            if i in self.used:
                continue
            if token.get("introduces") in ("previous_stage", "next_stage"):
                waiting = (token.get("introduces"), token.clause)
            elif token.get("stage"):
                name = waiting[0] if waiting and waiting[1] == token.clause else "stage"
                self._add(name, token.get("stage"))
                waiting = None
        stages = {v for n, v in self.found if n == "stage"}
        if len(stages) > 1:  # "non-REM sleep, stage N2" is one stage
            self.found = [c for c in self.found if c != ("stage", "NREM")]

    def _positions(self) -> None:
        there = [i for i, t in enumerate(self.tokens) if t.get("position")]
        while there:
            i = there.pop(0)
            if (
                self.before(i, "topic") == "turn"
                and there
                and self.tokens[there[0]].clause == self.tokens[i].clause
            ):
                j = there.pop(0)
                self._add("position_change", (self.tokens[i].get("position"), self.tokens[j].get("position")))
            else:
                self._add("position", self.tokens[i].get("position"))

    def _events(self) -> None:
        """How many there are of each event that is named."""
        negated = None
        for i, token in enumerate(self.tokens):
            if i in self.used:
                continue
            if token.get("joint") == "no":
                negated = token.clause
            if token.get("event"):
                n = self._how_many(i)
                if n == 0:
                    negated = token.clause
                elif n is None and negated == token.clause:
                    n = 0
                self._add(f"{token.get('event')}_n", "some" if n is None else n)
            elif token.get("topic") == "flattened" and i and self.tokens[i - 1].get("count") == 0:
                self._add("AF.flattened_pct", 0)
            elif (
                token.get("joint") not in ("no", "or")
                and token.get("punctuation") != ","
                and token.get("count") != 0
            ):
                negated = None

    def _how_many(self, i: int) -> int | None:
        before = self.tokens[i - 1] if i else Token({})
        if before.get("count") is not None:
            self.used.add(i - 1)
            return before.get("count")
        if before.get("joint") == "a":
            return 1
        if before.get("number") is not None and before.get("unit") is None:
            self.used.add(i - 1)
            return before.get("number")[0]
        bracket, inside = (*self.tokens[i + 1 : i + 3], Token({}), Token({}))[:2]
        if bracket.get("punctuation") == "(" and inside.get("number") and not inside.get("unit"):
            self.used.add(i + 2)
            return inside.get("number")[0]
        return None

    # qualities

    def _quality(self, i: int, token: Token) -> None:
        meanings = token.get("qualities")
        kinds = {kind for _, kind in meanings.values()} - {""}
        j = self.nearest(i, lambda t: any(_is(t, kind) for kind in kinds))
        for attribute, (value, kind) in meanings.items():
            if kind == "" or (j is not None and _is(self.tokens[j], kind)):
                self._state(i, attribute, value, j)
                return

    def _state(self, i: int, attribute: str, value: object, j: int | None) -> None:
        band = None if j is None else self.tokens[j].get("band")
        if attribute in _MOVES:
            return  # it belongs to the numbers between which something moves
        if attribute == "level":
            self._add(f"{self._derivation(i)}.{band}_level", value)
        elif attribute == "dominant":
            self._add(f"{self._derivation(i)}.dominant", band)
        elif attribute in _EEG_QUALITIES:
            self._add(f"{self._derivation(i)}.{attribute}", value)
        elif attribute in _EVENT_QUALITIES:
            self._add(f"{self.before(i, 'event')}.{attribute}", value)
        elif attribute == "fault":
            for channel in self._faulty(i):
                self._add(f"{channel}.fault", value)
        else:
            self._add(attribute, value)

    def _faulty(self, i: int) -> list[str]:
        """The channels that have a fault: those named since another fault was."""
        channels: list[str] = []
        for j in range(i - 1, self.clause(i)[0] - 1, -1):
            if "fault" in (self.tokens[j].get("qualities") or {}) and channels:
                break
            channels += [self.tokens[j].get("channel")] if self.tokens[j].get("channel") else []
        return channels

    def _derivation(self, i: int) -> str:
        j = self.nearest(i, lambda t: t.get("derivation"))
        return "EEG" if j is None else self.tokens[j].get("derivation")

    # numbers

    def _number(self, i: int, token: Token) -> None:
        unit = token.get("unit")
        for value in token.get("number"):
            stated = f"about {value:g}" if token.get("about") else value
            name = self._named(i, unit)
            if name and name.endswith((".bpm", ".pct")):  # a stretch that stays where it is
                stated = (stated, stated)
            self._add(*((name, stated) if name else ("unread", f"{stated} {unit}" if unit else stated)))

    def _named(self, i: int, unit: str | None) -> str | None:
        """The name of what a number with this unit measures."""
        if unit == "%":
            return self._share(i)
        if unit == "bpm":
            return self._rate(i)
        if unit == "uV":
            return self._microvolts(i)
        if unit == "/min":
            channel = self.in_atom(i, "channel")
            return f"{channel}.rate_per_min" if channel else "rate_per_min"
        if unit == "s":
            return self._time(i, self._role(i))
        return _BY_UNIT.get(unit or "")

    def _range(self, i: int, token: Token) -> None:
        unit, (low, high) = token.get("unit"), token.get("range")
        moving = self._moving(i)
        if unit == "s":
            name = self._time(i, "span")
            self._add(*((name, (low, high)) if name else ("unread", f"{low} to {high} s")))
        elif moving and unit == _MOVED_UNITS[moving[0]]:
            self._add(f"{moving[0]}_{moving[1]}.{'bpm' if unit == 'bpm' else 'pct'}", (low, high))
        elif unit in ("bpm", "%"):
            of = "hr_{}_bpm" if unit == "bpm" else "spo2_{}_pct"
            self._add(of.format("min"), low)
            self._add(of.format("max"), high)
        else:
            self._add("unread", f"{low} to {high} {unit}")

    def _extreme(self, i: int) -> str | None:
        """Whether a number is the lowest or the highest of something."""
        j = self.nearest(i, lambda t: t.get("topic") in ("lowest", "highest") and t.atom == self.tokens[i].atom)
        return None if j is None else {"lowest": "min", "highest": "max"}[self.tokens[j].get("topic")]

    def _moving(self, i: int) -> tuple[str, str] | None:
        """What moves in this atom (hr or spo2) and how, where a verb of moving stands in it."""
        words = next(
            (t.get("qualities") for t in self.atom(i) if _MOVES.keys() & (t.get("qualities") or {}).keys()), None
        )
        if words is None:
            return None
        units = {t.get("unit") for t in self.atom(i)}
        return next(
            (
                (what, words[name][0])
                for name, what in _MOVES.items()
                if _MOVED_UNITS[what] in units and name in words
            ),
            None,
        )

    def _course(self, i: int, what: str, unit: str) -> str | None:
        """The name of a number that is an extreme of a rate or saturation, or where a stretch of it leads."""
        if extreme := self._extreme(i):
            return f"{what}_{extreme}_{unit}"
        moving = self._moving(i)
        return f"{what}_{moving[1]}.{unit}" if moving and moving[0] == what else None

    def _share(self, i: int) -> str | None:
        if course := self._course(i, "spo2", "pct"):
            return course
        j = self.nearest(
            i,
            lambda t: t.get("band") or t.get("channel") or t.get("topic") in (*_SHARES, *_OF_EVENT, "variability"),
        )
        if j is None:
            return None
        of = self.tokens[j]
        if of.get("band"):
            return f"{self._derivation(i)}.{of.get('band')}_pct"
        if of.get("topic") in _OF_EVENT:
            return f"{self.before(i, 'event')}.{_OF_EVENT[of.get('topic')]}"
        if any(t.get("topic") == "variability" for t in self.atom(i)):
            return f"{self.in_atom(i, 'channel')}.variability_pct"
        return f"{of.get('channel')}.amplitude_pct" if of.get("channel") else _SHARES.get(of.get("topic"))

    def _is_in_atom(self, i: int, topic: str) -> bool:
        return any(t.get("topic") == topic for t in self.atom(i))

    def _rate(self, i: int) -> str:
        if course := self._course(i, "hr", "bpm"):
            return course
        j = self.nearest(i, lambda t: t.get("topic") in ("hr", "hr_rise"))
        if j is not None and self.tokens[j].get("topic") == "hr_rise":
            return f"{self.before(i, 'event')}.hr_rise_bpm"
        return "hr_mean_bpm"

    def _microvolts(self, i: int) -> str:
        j = self.nearest(
            i,
            lambda t: (
                t.get("topic") in _MICROVOLTS
                or t.get("derivation")
                or t.get("band")
                or t.get("channel") == "EMG_CHIN"
                or "amplitude" in (t.get("qualities") or {})
            ),
        )
        of = Token({}) if j is None else self.tokens[j]
        if of.get("channel") == "EMG_CHIN" or of.get("topic") == "chin":
            return "chin_uv"
        if of.get("topic"):
            return f"{self.in_atom(i, 'channel')}.{_MICROVOLTS[of.get('topic')]}"
        return f"{self._derivation(i)}.rms_uv"

    def _role(self, i: int) -> str:
        joint = self.tokens[i - 1].get("joint") if i else None
        return {"end": "end_s", "lasting": "duration_s"}.get(joint or "", "at")

    def _time(self, i: int, role: str) -> str | None:
        """The name of a time: of the stretch, the event or the turn that it follows, or else stands before."""
        moving = self._moving(i)
        if moving:
            return f"{moving[0]}_{moving[1]}.{role}"
        clause = self.clause(i)
        for j in (*range(i - 1, clause[0] - 1, -1), *range(i + 1, clause[-1] + 1)):
            token = self.tokens[j]
            if token.get("event") and j not in self.used:
                return f"{token.get('event')}.{role}"
            if token.get("topic") == "turn":
                return "position_change.at_s"
            if token.get("topic") == "flow_lowest":
                return "flow_lowest_s"
        return None


def _is(token: Token, kind: str) -> bool:
    """Whether a token is a noun of the kind that a quality asks for."""
    return token.get("topic") == kind or token.get(kind) is not None
