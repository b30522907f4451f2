"""Stretches of a recording in which nothing was recorded."""

from collections.abc import Sequence

import numpy as np

from sleeplm.units import EPOCH_S

Gaps = Sequence[tuple[float, float]]  # first and last second of each, in order, none overlapping


def mostly_gap(gaps: Gaps, n_epochs: int) -> np.ndarray:
    """Epochs of which more than half lies in gaps, bool ``[n_epochs]``."""
    if not gaps:
        return np.zeros(n_epochs, dtype=bool)
    starts_s, stops_s = np.array(gaps, dtype=float).T
    edges_s = EPOCH_S * np.arange(n_epochs + 1, dtype=float)
    # Seconds of gap before each edge: it grows by one a second within gaps, and stands still outside.
    knots_s = np.column_stack([starts_s, stops_s]).ravel()
    lengths_s = np.cumsum(stops_s - starts_s)
    total_s = np.column_stack([lengths_s - (stops_s - starts_s), lengths_s]).ravel()
    return np.diff(np.interp(edges_s, knots_s, total_s)) > EPOCH_S / 2


def gap_warnings(gaps: Gaps, duration_s: float) -> list[str]:
    """How much is missing, as a list of one sentence; empty where nothing is."""
    if not gaps:
        return []
    lost_s = sum(stop_s - start_s for start_s, stop_s in gaps)
    count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
    return [
        f"The recording has {count}: {_time(lost_s)} of {_time(duration_s)} ({100 * lost_s / duration_s:.0f} %) "
        "were not recorded; epochs of which more than half is missing are not scored."
    ]


def _time(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"
