"""Respiratory rate by stage, from flow and belts."""

import warnings
from collections.abc import Mapping

import numpy as np

from sleeplm.facts.events import both_sources
from sleeplm.facts.finding import Finding
from sleeplm.facts.reasons import NOT_STAGED
from sleeplm.facts.timeline import Timeline
from sleeplm.intervals import epoch_ranges
from sleeplm.kinds.channels import MODALITIES
from sleeplm.kinds.events import APNEAS_HYPOPNEAS
from sleeplm.kinds.stages import STAGE_KINDS, STAGES
from sleeplm.night import Scoring
from sleeplm.recording.protocol import NightSignals
from sleeplm.scoring.breaths import SFREQ_HZ, breaths_per_min
from sleeplm.scoring.flow import MIN_SFREQ_HZ
from sleeplm.units import EPOCH_S

LEAST_EPOCHS = 10  # as the least of a stage that any index is told of


def epoch_rates(recording: NightSignals) -> Mapping[str, np.ndarray]:
    """Breaths a minute of each epoch ``[epochs]`` by each signal of breathing; NaN where it has none."""
    rates = {}
    for name in MODALITIES["breathing"].channels:
        channel = recording.channels.get(name)
        if channel is None or channel.sfreq_hz < MIN_SFREQ_HZ or not recording.n_epochs:
            continue
        size = recording.n_epochs * EPOCH_S * SFREQ_HZ
        x = np.nan_to_num(recording.signal(name, SFREQ_HZ)[:size])
        x = np.pad(x, (0, size - len(x))).reshape(recording.n_epochs, -1)
        rates[name] = np.where(recording.quality.usable(name), breaths_per_min(x), np.nan)
    return rates


def breath_findings(night: Timeline, scoring: Scoring, rates: Mapping[str, np.ndarray]) -> dict[str, Finding]:
    """The respiratory rate of each stage.

    Parameters
    ----------
    night : Timeline
        Stages and time in bed.
    scoring : Scoring
        Epochs that its apneas and hypopneas touch are left out.
    rates : mapping of str to ndarray
        As `epoch_rates` gives them.
    """
    if not rates:
        return {}
    signals = tuple(rates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an epoch without any rate has none
        rate = np.nanmedian(np.stack(list(rates.values())), axis=0)
    for first, last in night.epochs_of(scoring.events_of(*APNEAS_HYPOPNEAS)):
        rate[first - 1 : last] = np.nan
    found = {}
    for stage in STAGES:
        kept = night.of_stage(stage) & np.isfinite(rate)
        id_ = f"breaths_{stage.key}_per_min"
        if kept.sum() >= LEAST_EPOCHS:
            source = both_sources({"measured"}, night.source)
            epochs = epoch_ranges(np.flatnonzero(kept) + 1)
            found[id_] = Finding(float(np.median(rate[kept])), signals=signals, source=source, epochs=epochs)
        else:
            short = STAGE_KINDS[stage].short
            why = f"Breathing has a clear rate in fewer than {LEAST_EPOCHS} epochs of {short}"
            why = why if night.of_stage(stage).any() else f"No {STAGE_KINDS[stage].plain} was scored"
            found[id_] = Finding(why=why if night.staged else NOT_STAGED, signals=signals)
    return found
