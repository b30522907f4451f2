"""What stands for the airflow of a night: its channel, a thermal sensor beside it, or the sum of both belts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.breathing import amplitude_of
from sleeplm.scoring.usable import read_usable

MIN_SFREQ_HZ = 4.0
ANALYSIS_HZ = 8.0
BELTS = ("THX", "ABD")
THERMAL = "THERM"
_TWO_SENSORS = (
    "Apneas are scored from the thermal sensor and hypopneas from the other airflow, as the AASM manual asks; "
    "where one of them holds no breathing, both are scored from the other."
)


@dataclass(frozen=True)
class Flow:
    """What stands for the airflow of a night.

    Attributes
    ----------
    signal : ndarray or None
        ``[samples]`` at `sfreq_hz`, NaN where unusable; None where nothing can stand for it.
    sfreq_hz : float
    channels : tuple of str
        What it was read from.
    warnings : tuple of str
        Why it is not the airflow itself, or not there; which sensor is used for what, where there are two.
    thermal : ndarray or None
        A thermal sensor beside it, ``[samples]`` at `sfreq_hz`, NaN where unusable.
    """

    signal: np.ndarray | None = None
    sfreq_hz: float = 0.0
    channels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    thermal: np.ndarray | None = None


def flow_of(recording: NightSignals) -> Flow:
    """The airflow at the rate at which breathing is judged, or the sum of both belts in its place.

    The AASM manual (2.6, VIII.A) asks for apneas by an oronasal thermal sensor and hypopneas by nasal pressure, and
    names each as the alternative of the other.
    """
    channel = recording.channels.get("AF")
    why = "There is no airflow channel" if channel is None else "The airflow channel holds no breathing"
    if channel is not None and channel.sfreq_hz < MIN_SFREQ_HZ:
        why = "The airflow is sampled too slowly (under 4 Hz)"
    elif channel is not None:
        sfreq_hz = min(ANALYSIS_HZ, channel.sfreq_hz)
        signal = read_usable(recording, "AF", sfreq_hz)
        if amplitude_of(signal, sfreq_hz).usable.any():
            thermal = _thermal(recording, sfreq_hz)
            if thermal is None:
                return Flow(signal, sfreq_hz, ("AF",))
            n = min(len(signal), len(thermal))
            return Flow(signal[:n], sfreq_hz, ("AF",), (_TWO_SENSORS,), thermal[:n])
    thermal = _thermal(recording, ANALYSIS_HZ)
    if thermal is not None:
        warning = f"{why}: apneas and hypopneas are scored from the thermal sensor, which is less sure."
        return Flow(thermal, ANALYSIS_HZ, (THERMAL,), (warning,))
    belts = belts_of(recording, ANALYSIS_HZ)
    if len(belts) == len(BELTS):
        warning = (
            f"{why}: apneas and hypopneas are scored from the sum of both breathing belts, which is less sure."
        )
        return Flow(_sum_of_belts(belts, ANALYSIS_HZ), ANALYSIS_HZ, BELTS, (warning,))
    recorded = {"AF", *BELTS} & set(recording.channels)
    return Flow(warnings=(f"{why}: apneas and hypopneas are not scored.",) if recorded else ())


def _thermal(recording: NightSignals, sfreq_hz: float) -> np.ndarray | None:
    """The thermal sensor beside nasal pressure, where it is fast enough and breathes at all."""
    channel = recording.channels.get(THERMAL)
    if channel is None or channel.sfreq_hz < MIN_SFREQ_HZ:
        return None
    signal = read_usable(recording, THERMAL, sfreq_hz)
    return signal if amplitude_of(signal, sfreq_hz).usable.any() else None


def belts_of(recording: NightSignals, sfreq_hz: float) -> dict[str, np.ndarray]:
    """The belts that are fast enough and breathe at all, at a rate."""
    there = [n for n in BELTS if n in recording.channels and recording.channels[n].sfreq_hz >= MIN_SFREQ_HZ]
    belts = {name: read_usable(recording, name, sfreq_hz) for name in there}
    return {name: x for name, x in belts.items() if amplitude_of(x, sfreq_hz).usable.any()}


def _sum_of_belts(belts: Mapping[str, np.ndarray], sfreq_hz: float) -> np.ndarray:
    """Both belts by the same measure, added so that in quiet breathing they move together.

    The sum of uncalibrated belts is an alternative sensor of the AASM manual (2.6, VIII.A): what moves against each
    other in it cancels, as in an obstructed airway.
    """
    one, other = (x / np.float32(np.median(amplitude_of(x, sfreq_hz).peak_to_peak)) for x in belts.values())
    both = np.isfinite(one) & np.isfinite(other)
    together = np.dot(one[both] - one[both].mean(), other[both] - other[both].mean()) if both.any() else 1.0
    return one + other if together >= 0 else one - other
