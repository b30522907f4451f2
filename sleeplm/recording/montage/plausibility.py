"""Whether the values of a signal can be what its name and unit say, from a few short stretches of it."""

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from sleeplm.kinds.channels import CHANNEL
from sleeplm.recording.montage import positions, units
from sleeplm.recording.montage.questions import Question

if TYPE_CHECKING:
    from sleeplm.recording.recording import Recording

# Stretches spread evenly over the night: of each signal four and a half minutes are read, whatever its length.
STRETCH_S = 30.0
N_STRETCHES = 9
# Median standard deviation within 30 s below and above which a scale is not believed, in the canonical unit.
# EEG of sleep lies between about 5 and 100 uV; an amplitude off by a thousand (mV or V for uV) falls outside.
BELIEVED_SD = {"eeg": (0.5, 500.0), "eog": (0.5, 1000.0), "emg": (0.05, 2000.0), "ecg": (0.005, 10.0)}
# Half of a night's saturation or more lies in this range, in percent; 1 % and less is a fraction, or no finger.
BELIEVED_SPO2 = (50.0, 100.5)
BELIEVED_PULSE = (25.0, 220.0)  # bpm


def doubts(recording: "Recording", answered: Container[str] = ()) -> tuple[list[str], list[Question]]:
    """What cannot be right about the values of each channel, and what to ask about it.

    Only nine stretches of 30 s are read of each channel, spread evenly over the night. Nothing is corrected.

    Parameters
    ----------
    recording : Recording
    answered : container of str
        Channels whose unit or coding a person has named: nothing is asked about them.

    Returns
    -------
    warnings : list of str
        One sentence for each channel that is flat or whose scale cannot be right.
    questions : list of Question
        One for each channel whose unit or coding is missing or not believable, where another would be.
    """
    starts = np.linspace(0.0, max(0.0, recording.duration_s - STRETCH_S), N_STRETCHES)
    stops = np.minimum(starts + STRETCH_S, recording.duration_s)
    warnings, questions = [], []
    for name, channel in recording.channels.items():
        kind = CHANNEL[name].kind
        read = recording.as_in_file if kind == "position" else recording.read
        stretches = [read(name, start, stop) for start, stop in zip(starts, stops, strict=True)]
        finite = [f for s in stretches if (f := s[np.isfinite(s)].astype(np.float64)).size]
        doubt = _doubt(recording, name, finite)
        if doubt:
            warnings.append(f"{name} ('{channel.label}') {doubt}.")
        if name not in answered and finite and (question := _question(recording, name, finite, doubt)):
            questions.append(question)
    return warnings, questions


def _doubt(recording: "Recording", name: str, finite: list[np.ndarray]) -> str | None:
    """What is wrong with these stretches of one channel, as the end of a sentence."""
    kind, unit = CHANNEL[name].kind, CHANNEL[name].unit
    if not finite:
        return "holds no value in the stretches looked at"
    if kind == "spo2":
        return _doubt_of_spo2(np.concatenate(finite))
    if kind == "pulse":
        low, high = BELIEVED_PULSE
        seen = np.concatenate(finite)
        return None if ((seen >= low) & (seen <= high)).any() else f"holds no rate between {low:g} and {high:g} bpm"
    if kind == "position":
        coding = recording.position_coding(name)
        known = coding is None or any((positions.decode(s, coding) != positions.UNKNOWN).any() for s in finite)
        return None if known else "holds no known position"
    spread = _spread(finite)
    if spread == 0:
        return "is flat in most of the stretches looked at; nothing may have been recorded there"
    low, high = BELIEVED_SD.get(kind, (0.0, np.inf))
    if not low <= spread <= high:
        return (
            f"varies by {spread:.3g} {unit} (median standard deviation within 30 s), which is not believable; its "
            "unit or gain may be wrong, so that amplitudes are not to be trusted"
        )
    return None


def _spread(finite: list[np.ndarray]) -> float:
    return float(np.median([s.std() for s in finite]))


def _doubt_of_spo2(values: np.ndarray) -> str | None:
    outside = float(np.mean((values < 0) | (values > 100.5)))
    if outside == 1:
        return (
            "holds no value between 0 and 100 %; its scale may be another, or nothing may have been recorded there"
        )
    if np.max(values) <= 1.5:
        return "has no value over 1.5 %; it may be a fraction, or nothing may have been recorded there"
    if outside > 0.05:
        return f"lies outside 0 to 100 % for {100 * outside:.0f} % of the stretches looked at"
    return None


def _question(recording: "Recording", name: str, finite: list[np.ndarray], doubt: str | None) -> Question | None:
    """What to ask about a channel; None where all is well, or where no answer would make sense of its values."""
    channel, label = CHANNEL[name], recording.channels[name].label
    unit = recording.unit_in_file(name)
    if channel.kind == "position":
        if recording.position_coding(name) is not None:
            return None
        return _question_of_positions(recording, name, np.concatenate(finite), unit)
    if channel.kind == "pulse" or (units.factor(unit, channel) is not None and not doubt):
        return None
    choices = _believable_units(name, unit, finite)
    if not choices:
        return None
    seen = np.concatenate(finite)
    has = f"is in '{unit}'" if unit else "has no unit"
    if channel.kind == "spo2":
        values = f"its values reach {seen.max() / (units.factor(unit, channel) or 1.0):.3g}"
    else:
        values = f"its values vary by {_spread(finite) / (units.factor(unit, channel) or 1.0):.3g}"
    meanings = "; ".join(f"{choice} is {units.WORDS[choice]}" for choice in choices if choice in units.WORDS)
    text = f"{name} ('{label}') {has} by its file, and {values}: in which unit are they?"
    return Question(name, f"{text} ({meanings})" if meanings else text, choices)


def _question_of_positions(recording: "Recording", name: str, values: np.ndarray, unit: str) -> Question | None:
    """Which coding of positions it is, with that of the cohort first whose montage the file has."""
    choices = positions.possible_codings(values, unit, recording.labels)
    if not choices and len(np.unique(np.round(values, 2))) > positions.MAX_PAIRS:
        return None  # no answer would make sense of them
    known = positions.codings()
    meanings = "; ".join(f"{choice} ({known[choice].words})" for choice in choices)
    likely = positions.likely_coding(recording.labels)
    cohort = f" Its signals are those of {likely.upper()}." if likely in choices else ""
    label = recording.channels[name].label
    seen = ", ".join(f"{value:g}" for value in np.unique(np.round(values, 2))[:8])
    known_words = meanings or f"its values are {seen}"
    text = (
        f"In which coding are the positions of {name} ('{label}'): {known_words}? Until then they are not "
        f"used.{cohort} A coding of your own is said as {name}=1=supine,2=left,3=right."
    )
    return Question(name, text, choices)


def _believable_units(name: str, unit: str, finite: list[np.ndarray]) -> tuple[str, ...]:
    """The units in which these values would be believable."""
    channel = CHANNEL[name]
    now = units.factor(unit, channel) or 1.0
    if channel.kind == "spo2":
        values = np.concatenate(finite)
        worn = values[values > 0]  # what is 0 is a probe that is off, in whatever scale
        size, (low, high) = float(np.median(worn)) if worn.size else 0.0, BELIEVED_SPO2
    elif channel.kind in BELIEVED_SD:
        size, (low, high) = _spread(finite), BELIEVED_SD[channel.kind]
    else:
        return ()
    factors = ((choice, units.factor(choice, channel)) for choice in units.offered(channel, unit))
    return tuple(choice for choice, factor in factors if factor is not None and low <= size / now * factor <= high)
