"""What the oxygen saturation does in each epoch, second by second."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np

from sleeplm.captions.features.rounding import rounded
from sleeplm.captions.features.thresholds import SPO2_CHANGE_PCT
from sleeplm.captions.features.trends import trends
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.oximetry import cleaned_by_second
from sleeplm.units import EPOCH_S

_known: WeakKeyDictionary[NightSignals, np.ndarray] = WeakKeyDictionary()
_MIN_SECONDS = 15  # half of an epoch: with less valid saturation it has none
_MEASURES: dict[str, Callable[..., np.ndarray]] = {"mean": np.nanmean, "min": np.nanmin, "max": np.nanmax}
_LEVEL_PCT = 0.5  # a stretch stays at its level within this: half of the sensor's step of 1%


def saturation(recording: NightSignals, n_epochs: int) -> np.ndarray | None:
    """Oxygen saturation in percent by second, ``[epochs, 30]``, NaN where nothing valid was measured.

    Cleaned as for the scoring of desaturations (`scoring.spo2.clean_spo2`), once a recording; None where it was
    not recorded.
    """
    if "SPO2" not in recording.channels or not n_epochs:
        return None
    if recording not in _known:
        _known[recording] = _saturation(recording, n_epochs)
    return _known[recording]


def _saturation(recording: NightSignals, n_epochs: int) -> np.ndarray:
    values = cleaned_by_second(recording)
    night = np.full(n_epochs * EPOCH_S, np.nan)
    night[: len(values)] = values[: len(night)]
    return night.reshape(n_epochs, EPOCH_S)


def oxygen_features(spo2_pct: np.ndarray) -> list[dict]:
    """Attributes of the saturation, one dict an epoch, empty where under 15 s of it are valid.

    Parameters
    ----------
    spo2_pct : ndarray ``[epochs, 30]``
        As `saturation` gives it.

    Returns
    -------
    list of dict
        ``spo2_mean_pct``, ``spo2_min_pct``, ``spo2_max_pct`` of the seconds' means; ``spo2_stretches``: list of
        ``start_s, end_s, trend, from_pct, to_pct`` (see `trends.trends`), where all of the epoch is valid.
    """
    rows: list[dict] = [{} for _ in spo2_pct]
    enough = np.flatnonzero(np.isfinite(spo2_pct).sum(axis=1) >= _MIN_SECONDS)
    if not len(enough):
        return rows
    values = spo2_pct[enough]
    measured = {name: of(values, axis=1) for name, of in _MEASURES.items()}
    stretches = trends(values, SPO2_CHANGE_PCT, _LEVEL_PCT, "pct")
    for i, e in enumerate(enough):
        rows[e] = {f"spo2_{name}_pct": rounded(of[i]) for name, of in measured.items()}
        if stretches[i]:
            rows[e]["spo2_stretches"] = stretches[i]
    return rows
