"""Whether the values of a signal can be what its name and unit say, from a few short stretches of it."""

import numpy as np

from sleeplm.vocabulary import CHANNEL

STRETCH_S = 30.0
N_STRETCHES = 9
# Median standard deviation within 30 s below and above which a scale is not believed, in the canonical unit.
# EEG of sleep lies between about 5 and 100 uV; an amplitude off by a thousand (mV or V for uV) falls outside.
BELIEVED_SD = {"eeg": (0.5, 500.0), "eog": (0.5, 1000.0), "emg": (0.05, 2000.0), "ecg": (0.005, 10.0)}


def implausible(recording) -> list[str]:
    """One sentence for each channel that is flat or whose scale cannot be right.

    Only nine stretches of 30 s are read of each channel, spread evenly over the night. Nothing is corrected.
    """
    starts = np.linspace(0.0, max(0.0, recording.duration_s - STRETCH_S), N_STRETCHES)
    said = []
    for name, channel in recording.channels.items():
        stretches = [recording.read(name, s, min(s + STRETCH_S, recording.duration_s)) for s in starts]
        if doubt := _doubt(CHANNEL[name].kind, channel.unit, stretches):
            said.append(f"{name} ('{channel.label}') {doubt}.")
    return said


def _doubt(kind: str, unit: str, stretches: list[np.ndarray]) -> str | None:
    """What is wrong with these stretches of one channel, as the end of a sentence."""
    finite = [s[np.isfinite(s)].astype(np.float64) for s in stretches]
    finite = [s for s in finite if s.size]
    if not finite:
        return "holds no value in the stretches looked at"
    if kind == "spo2":
        return _doubt_of_spo2(np.concatenate(finite))
    if kind == "position":
        return "holds no known position" if all((s == -1).all() for s in finite) else None
    spread = float(np.median([s.std() for s in finite]))
    if spread == 0:
        return "is flat in most of the stretches looked at; nothing may have been recorded there"
    low, high = BELIEVED_SD.get(kind, (0.0, np.inf))
    if not low <= spread <= high:
        return (
            f"varies by {spread:.3g} {unit} (median standard deviation within 30 s), which is not believable; its "
            "unit or gain may be wrong, so that amplitudes are not to be trusted"
        )
    return None


def _doubt_of_spo2(values: np.ndarray) -> str | None:
    outside = float(np.mean((values < 0) | (values > 100.5)))
    if outside == 1:
        return "holds no value between 0 and 100 %; nothing may have been recorded there"
    if np.max(values) <= 1.5:
        return "has no value over 1.5 %; it may be a fraction, or nothing may have been recorded there"
    if outside > 0.05:
        return f"lies outside 0 to 100 % for {100 * outside:.0f} % of the stretches looked at"
    return None
