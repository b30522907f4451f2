"""Channels found among the signals in which something was recorded: an empty one gives way to the next best."""

from collections.abc import Mapping, Sequence

import numpy as np

from sleeplm.kinds.channels import CHANNEL, RECORDABLE_NAMES
from sleeplm.recording.formats.source import Signal
from sleeplm.recording.montage.channels import Match, find_channels
from sleeplm.recording.montage.plausibility import BELIEVED_PULSE, BELIEVED_SPO2, N_STRETCHES, STRETCH_S

_ROUNDS = 3  # a file of ten thousand empty signals is not searched to its end
_MAX_SWING_BPM = 20.0  # of a rate within a second; what swings more is the pulse wave itself
_MAY_REST = ("position", "snore")  # one value all night is a finding


def find_active_channels(
    signals: Sequence[Signal], overrides: Mapping[str, str], duration_s: float
) -> tuple[dict[str, Match], list[str]]:
    """As `find_channels`, but a signal that holds nothing is only taken where nothing else stands for the channel.

    Nine stretches of 30 s are read of each signal that would be taken. What the user chose is taken as it is.

    Returns
    -------
    matches : dict of str to Match
        In canonical order.
    warnings : list of str
        Also which signal was left for another.
    """
    first, warnings = find_channels(signals, overrides)
    matches = first
    empty: set[int] = set()  # identities of signals, as the two sets below
    passed_over: set[int] = set()
    looked_at: set[int] = set()
    for _ in range(_ROUNDS):
        for name, match in matches.items():
            for signal in (match.signal, match.minus):
                if name not in overrides and signal is not None and id(signal) not in looked_at:
                    looked_at.add(id(signal))
                    if _is_empty(signal, CHANNEL[name].kind, duration_s):
                        empty.add(id(signal))
        if not empty - passed_over:
            break
        passed_over = set(empty)
        matches, warnings = find_channels(signals, overrides, empty)
    used = {id(match.signal) for match in matches.values()}
    kept = {n: m for n, m in first.items() if id(m.signal) not in used}
    if "PULSE" in kept and id(kept["PULSE"].signal) in empty:
        del kept["PULSE"]  # it is no rate at all
    matches = kept | matches
    return {n: matches[n] for n in RECORDABLE_NAMES if n in matches}, warnings + _replacements(first, matches)


def _is_empty(signal: Signal, kind: str, duration_s: float) -> bool:
    """Whether every stretch looked at is one value, or none; of a saturation, one that no blood has.

    A pulse rate is empty where it holds no rate, or swings as the pulse wave does, which may have the same name.
    """
    if kind in _MAY_REST:
        return False
    starts = np.linspace(0.0, max(0.0, duration_s - STRETCH_S), N_STRETCHES)
    if kind == "pulse":
        stretches = [signal.read(start, min(start + STRETCH_S, duration_s)) for start in starts]
        return not any(_is_rate(values, signal.sfreq_hz) for values in stretches)
    known = []
    for start in starts:
        values = signal.read(start, min(start + STRETCH_S, duration_s))
        known.append(values[np.isfinite(values)])
        if known[-1].size and np.ptp(known[-1]) > 0:
            return False
    values = np.concatenate(known)
    low, high = BELIEVED_SPO2
    return kind != "spo2" or not ((values >= low) & (values <= high)).any()


def _is_rate(values: np.ndarray, sfreq_hz: float) -> bool:
    """Whether a stretch holds a pulse rate: most of what is measured lies where rates do, and changes slowly."""
    low, high = BELIEVED_PULSE
    worn = values[np.isfinite(values) & (values > 0)]
    if not worn.size or np.mean((worn >= low) & (worn <= high)) < 0.5:
        return False
    per_second = int(sfreq_hz)
    if per_second < 2:
        return True
    seconds = values[: len(values) // per_second * per_second].reshape(-1, per_second)
    swings = np.ptp(seconds[np.isfinite(seconds).all(axis=1)], axis=1)
    return not swings.size or float(np.median(swings)) <= _MAX_SWING_BPM


def _replacements(first: Mapping[str, Match], matches: Mapping[str, Match]) -> list[str]:
    """One sentence for each channel for which another signal was taken than its name alone would have it."""
    sentences = []
    for name, match in matches.items():
        old = first.get(name)
        if old is None or (match.signal is old.signal and match.minus is old.minus):
            continue
        left = old.minus if match.signal is old.signal and old.minus is not None else old.signal
        sentences.append(f"{name} is '{match.signal.label}', since nothing was recorded in '{left.label}'.")
    return sentences
