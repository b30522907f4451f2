"""Which signal of a file stands for which canonical channel, by the table of channel names."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import CHANNEL, CHANNEL_NAMES
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage.channel_table import Candidate, candidates, normalise

# Slowest sampling at which a signal still shows what its kind is read for, in Hz: slow waves and spindles in
# an EEG (AASM asks for 200 Hz, 100 is common in archives), muscle tone, R peaks, single breaths.
MIN_SFREQ_HZ = {
    "eeg": 50, "eog": 30, "emg": 50, "ecg": 50, "effort": 1, "flow": 1, "position": 0.03, "spo2": 0.1, "snore": 10,
}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """The signal that stands for a canonical channel, and the one to subtract from it."""

    signal: Signal
    minus: Signal | None = None
    note: str | None = None
    stands_in: bool = False


def spellings(label: str) -> set[str]:
    """The normalised label, also without the modality before it and the word 'Ref' after it."""
    whole = normalise(label)
    bare = re.sub(r"^(eeg|eog|emg|ecg|ekg|poly)(?=..)", "", whole)
    found = {whole, bare}
    return found | {s[:-3] for s in found if s.endswith("ref") and len(s) > 3}


def find_channels(
    signals: Sequence[Signal], overrides: Mapping[str, str], empty: Collection[int] = ()
) -> tuple[dict[str, Match], list[str]]:
    """Find a signal for every canonical channel that the file has one for.

    Parameters
    ----------
    signals : sequence of Signal
        All signals of the file.
    overrides : mapping of str to str
        Canonical name to exact label, by the user: taken whatever the table says.
    empty : collection of int
        Identities (``id``) of signals that are passed over; they still show which montage it is.

    Returns
    -------
    matches : dict of str to Match
        In canonical order.
    warnings : list of str
        Why a signal of the right name was not taken.

    Raises
    ------
    UsageError
        An override names no canonical channel or no label of the file.
    """
    matches = {name: _override(name, label, signals) for name, label in overrides.items()}
    used = {id(m.signal) for m in matches.values()} | set(empty)
    warnings: list[str] = []
    by_spelling: dict[str, list[Signal]] = {}
    for signal in signals:
        for spelling in spellings(signal.label):
            by_spelling.setdefault(spelling, []).append(signal)
    # Stand-ins come after the channels themselves, so that none takes the signal of another.
    for stands_in in (False, True):
        for name, rows in candidates().items():
            for row in rows if name not in matches else ():
                if row.stands_in == stands_in and (match := _match(name, row, by_spelling, used, empty, warnings)):
                    matches[name] = match
                    used.add(id(match.signal))
                    break
    return {name: matches[name] for name in CHANNEL_NAMES if name in matches}, list(dict.fromkeys(warnings))


def _override(name: str, label: str, signals: Sequence[Signal]) -> Match:
    if name not in CHANNEL:
        raise UsageError(f"{name!r} is no canonical channel; these are: {', '.join(CHANNEL_NAMES)}.")
    found = next((s for s in signals if s.label == label.strip()), None)
    if found is None:
        there = ", ".join(f"'{s.label}'" for s in signals[:200])
        raise UsageError(f"The recording has no signal '{label}' to use as {name}; it has: {there}.")
    if found.problem:
        raise UsageError(f"The signal '{label}' cannot be used as {name}: it {found.problem}.")
    return Match(found, note="chosen by the user")


def _match(
    name: str,
    row: Candidate,
    by_spelling: Mapping[str, list[Signal]],
    used: set[int],
    empty: Collection[int],
    warnings: list[str],
) -> Match | None:
    """The signal that a row of the table finds; reasons why one of the right name is not taken go to `warnings`."""
    if row.needs and not any(n in by_spelling for n in row.needs):
        return None
    if any(n in by_spelling for n in row.refuses):
        return None
    for label in row.labels:
        for signal in by_spelling.get(label, ()):
            if id(signal) in used or not _usable(name, signal, warnings):
                continue
            if not row.minus:
                return Match(signal, note=row.note, stands_in=row.stands_in)
            reference = _reference(row, signal, by_spelling, empty)
            if reference is not None:
                note = f"re-referenced: '{signal.label}' minus '{reference.label}'"
                return Match(signal, reference, note=note, stands_in=row.stands_in)
    return None


def _reference(
    row: Candidate, signal: Signal, by_spelling: Mapping[str, list[Signal]], empty: Collection[int]
) -> Signal | None:
    """The first signal to subtract that is sampled as `signal` is and in the same unit."""
    for label in row.minus:
        for other in by_spelling.get(label, ()):
            alike = other.sfreq_hz == signal.sfreq_hz and other.unit == signal.unit
            if other is not signal and alike and other.problem is None and id(other) not in empty:
                return other
    return None


def _usable(name: str, signal: Signal, warnings: list[str]) -> bool:
    lowest = MIN_SFREQ_HZ[CHANNEL[name].kind]
    if signal.problem:
        warnings.append(f"'{signal.label}' {signal.problem} and was not used as {name}.")
    elif signal.unit.casefold() in ("ohm", "kohm", "ω", "kω"):
        return False  # an impedance, whatever it is called
    elif signal.sfreq_hz < lowest:
        warnings.append(
            f"'{signal.label}' is sampled at {signal.sfreq_hz:g} Hz, too slowly for {name} "
            f"(at least {lowest:g} Hz), and was not used."
        )
    else:
        return True
    return False
