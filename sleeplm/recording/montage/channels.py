"""Which signal of a file stands for which canonical channel, by the table of channel names."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sleeplm.errors import UsageError
from sleeplm.kinds.channels import BESIDE, CHANNEL, RECORDABLE_NAMES
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage import units
from sleeplm.recording.montage.channel_table import Candidate, candidates, normalise, packaged
from sleeplm.recording.montage.contacts import numbered_contacts

# Slowest sampling at which a signal still shows what its kind is read for, in Hz: slow waves and spindles in
# an EEG (AASM asks for 200 Hz, 100 is common in archives), muscle tone, R peaks, single breaths.
MIN_SFREQ_HZ = {
    "eeg": 50, "eog": 30, "emg": 50, "ecg": 50, "effort": 1, "flow": 1, "position": 0.03, "spo2": 0.1, "snore": 10,
    "pulse": 0.1,
}  # fmt: skip


_NOT_THERMAL = ("cmh2o", "pa", "hpa", "mbar", "mmhg", "l/min", "l/s", "ml/s", "lpm")  # of pressures and their flow
_VOLTAGES = ("uV", "mV")  # canonical units


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


def is_voltage(label: str) -> bool | None:
    """Whether the packaged table knows a label as that of an electrode; None where it does not know it."""
    written = spellings(label)
    kinds = [
        CHANNEL[name].unit in _VOLTAGES
        for name, rows in packaged().items()
        if any(written & {*row.labels, *row.minus} for row in rows)
    ]
    return any(kinds) if kinds else None


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
    contacts = numbered_contacts(signal.label for signal in signals)
    everything = _by_spelling(signals)
    by_spelling = _by_spelling([signal for signal in signals if signal.label not in contacts])
    # Stand-ins come after the channels themselves, so that none takes the signal of another; what is found beside
    # the canonical channels comes last, of what these left.
    beside = {channel.name for channel in BESIDE}
    for stands_in, last in ((False, False), (True, False), (False, True), (True, True)):
        for name, rows in candidates().items():
            for row in rows if name not in matches and (name in beside) == last else ():
                known = everything if row.own else by_spelling
                if row.stands_in == stands_in and (match := _match(name, row, known, used, empty, warnings)):
                    matches[name] = match
                    used.add(id(match.signal))
                    break
    if contacts:
        warnings.append(_of_contacts(contacts))
    return {name: matches[name] for name in RECORDABLE_NAMES if name in matches}, list(dict.fromkeys(warnings))


def _by_spelling(signals: Sequence[Signal]) -> dict[str, list[Signal]]:
    found: dict[str, list[Signal]] = {}
    for signal in signals:
        for spelling in spellings(signal.label):
            found.setdefault(spelling, []).append(signal)
    return found


def _of_contacts(contacts: Collection[str]) -> str:
    shown = ", ".join(f"'{label}'" for label in sorted(contacts)[:4])
    return (
        f"{len(contacts)} signals ({shown}{', ...' if len(contacts) > 4 else ''}) are numbered as contacts of a "
        "BioSemi cap, a net or depth electrodes are, so that none of them was taken for a place on the scalp or a "
        "mastoid; choose them by hand, as in C3=LABEL."
    )


def _override(name: str, label: str, signals: Sequence[Signal]) -> Match:
    if name not in CHANNEL:
        raise UsageError(f"{name!r} is no canonical channel; these are: {', '.join(RECORDABLE_NAMES)}.")
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
            reference = _reference(name, row, signal, by_spelling, empty)
            if reference is not None:
                note = f"re-referenced: '{signal.label}' minus '{reference.label}'"
                return Match(signal, reference, note=note, stands_in=row.stands_in)
    return None


def _reference(
    name: str, row: Candidate, signal: Signal, by_spelling: Mapping[str, list[Signal]], empty: Collection[int]
) -> Signal | None:
    """The first signal to subtract that is sampled as `signal` is and whose unit can be made the same."""
    for label in row.minus:
        for other in by_spelling.get(label, ()):
            alike = other.sfreq_hz == signal.sfreq_hz and units.comparable(other.unit, signal.unit, CHANNEL[name])
            if other is not signal and alike and other.problem is None and id(other) not in empty:
                return other
    return None


def _usable(name: str, signal: Signal, warnings: list[str]) -> bool:
    lowest = MIN_SFREQ_HZ[CHANNEL[name].kind]
    if signal.problem:
        warnings.append(f"'{signal.label}' {signal.problem} and was not used as {name}.")
    elif signal.unit.casefold() in ("ohm", "kohm", "ω", "kω"):
        return False  # an impedance, whatever it is called
    elif name == "THERM" and signal.unit.casefold() in _NOT_THERMAL:
        return False  # what a recorder makes of the nasal pressure
    elif signal.sfreq_hz < lowest:
        warnings.append(
            f"'{signal.label}' is sampled at {signal.sfreq_hz:g} Hz, too slowly for {name} "
            f"(at least {lowest:g} Hz), and was not used."
        )
    else:
        return True
    return False
