"""Fit arousals, respiratory events and the heart to real nights: rates, durations, distances."""

import numpy as np

from sleeplm.kinds.stages import STAGES
from sleeplm.simulate.fitting.measures import TRAIN_S, rates_by_stage
from sleeplm.simulate.fitting.scored_nights import Beats, RealNight
from sleeplm.simulate.population import N1, N2, N3, R, W
from sleeplm.units import EPOCH_S

SLEEP = (N1, N2, N3, R)
GROUPS = {"hypopnea": "hypopnea", "apnea_obstructive": "apnea", "apnea_mixed": "apnea", "apnea_central": "central"}
MIN_EPOCHS = 4  # of a stage in a record of MIT-BIH


def _over_poisson(rates: np.ndarray, hours: np.ndarray) -> tuple[float, float]:
    """Mean of the rates, and shape of the gamma distribution of people's true rates.

    What a night shows varies by chance too: its variance ``rate / hours`` is taken off (method of moments).
    """
    mean = float(np.mean(rates))
    between = np.var(rates) - np.mean(mean / hours)
    return mean, float(mean**2 / between)


def fit_arousals(nights: list[RealNight]) -> dict:
    """Rate of the arousals that end no apnoea or hypopnoea, its spread, and where in sleep they come."""
    marked = [n for n in nights if n.arousals is not None]
    hours = np.array([np.sum(n.codes > W) * EPOCH_S / 3600 for n in marked])
    measured = [rates_by_stage(n.codes, n.arousals or (), "arousals") for n in marked]
    mean, shape = _over_poisson(np.array([m["arousals per hour of sleep"] for m in measured]), hours)
    counts, epochs = np.zeros(5), np.zeros(5)
    lighter, others = np.zeros(2), np.zeros(2)  # arousals, epochs
    for night in marked:
        own = np.zeros(len(night.codes))
        at = (np.asarray(night.arousals) // EPOCH_S).astype(int)
        np.add.at(own, at[(at >= 0) & (at < len(own))], 1)
        for s in SLEEP:
            counts[s] += own[night.codes == s].sum()
            epochs[s] += np.sum(night.codes == s)
        deep = np.isin(night.codes[:-1], (N2, N3, R))
        falls = deep & np.isin(night.codes[1:], (W, N1))
        lighter += own[:-1][falls].sum(), falls.sum()
        others += own[:-1][deep & ~falls].sum(), (deep & ~falls).sum()
    overall = counts.sum() / epochs.sum()
    return {
        "nights": len(marked),
        "per_hour": mean,
        "gamma_shape": shape,
        "by_stage": {str(STAGES[s]): float(counts[s] / epochs[s] / overall) for s in SLEEP},
        "before_n1_or_w": float((lighter[0] / lighter[1]) / (others[0] / others[1])),
    }


def fit_respiratory(nights: list[RealNight]) -> dict:
    """Rate of apnoeas and hypopnoeas by stage, their durations by type, and the pauses between them."""
    rates, pauses = [], []
    by_stage: dict[int, list] = {s: [] for s in SLEEP}
    logs: dict[str, list[np.ndarray]] = {"hypopnea": [], "apnea": [], "central": []}
    for night in nights:
        asleep = [e for e in night.respiratory or () if _stage_of(night, e[1]) > W]
        m = rates_by_stage(night.codes, [start for _, start, _ in asleep], "events")
        rates.append(m["events per hour of sleep"])
        for s in SLEEP:
            by_stage[s].append(m[f"events per hour of {STAGES[s]}"] / rates[-1])
        ends = np.array([start + duration for _, start, duration in asleep])
        between = np.array([start for _, start, _ in asleep])[1:] - ends[:-1]
        pauses.append(between[(between > 0) & (between < TRAIN_S)])
        for group, own in logs.items():
            durations = [d for kind, _, d in asleep if GROUPS[kind] == group]
            if len(durations) >= 5:
                own.append(np.log(durations))
    return {
        "nights": len(nights),
        "events": sum(len(n.respiratory or ()) for n in nights),
        "per_hour_log_mean": float(np.mean(np.log(rates))),
        "per_hour_log_sd": float(np.std(np.log(rates))),
        "by_stage": {str(STAGES[s]): float(np.nanmedian(by_stage[s])) for s in SLEEP},
        "by_stage_log_sd": {str(STAGES[s]): float(np.nanstd(np.log(np.maximum(by_stage[s], 0.1)))) for s in SLEEP},
        "durations": {
            group: {
                "people": len(own),
                "median_s": float(np.exp(np.mean([x.mean() for x in own]))),
                "log_sd_between": _between(own),
                "log_sd_within": float(np.mean([x.std() for x in own])),
            }
            for group, own in logs.items()
        },
        "pause_s_quantiles_5_25_50_75_95": np.percentile(np.concatenate(pauses), [5, 25, 50, 75, 95]).tolist(),
    }


def _between(people: list[np.ndarray]) -> float:
    """Standard deviation of people's true means: that of their sample means, less what chance adds to it."""
    chance = np.mean([x.var() / len(x) for x in people])
    return float(np.sqrt(max(np.var([x.mean() for x in people]) - chance, 0.0)))


def _stage_of(night: RealNight, second: float) -> int:
    epoch = int(second // EPOCH_S)
    return int(night.codes[epoch]) if 0 <= epoch < len(night.codes) else -1


def fit_heart(records: list[Beats]) -> dict:
    """Mean heart rate and RMSSD by stage: mean and spread among records of the logarithm, and ratio to N2."""
    out: dict = {"records": len(records), "by_stage": {}}
    of: dict[int, dict] = {s: {} for s in range(len(STAGES))}
    for b in records:
        for s, epochs in b.rr_s.items():
            if len(epochs) >= MIN_EPOCHS:
                good = [x[(x > 0.4) & (x < 2.0)] for x in epochs if len(x) > 10]
                rmssd = [np.sqrt(np.mean(np.diff(x) ** 2)) * 1000 for x in good if len(x) > 10]
                of[s][b.record] = np.log([60 / np.mean(np.concatenate(good)), np.median(rmssd)])
    for s, own in of.items():
        values = np.array(list(own.values()))
        ratio = np.array([own[r] - of[N2][r] for r in own if r in of[N2]])
        out["by_stage"][str(STAGES[s])] = {
            "records": len(own),
            "bpm": float(np.exp(values[:, 0].mean())),
            "bpm_log_sd": float(values[:, 0].std()),
            "rmssd_ms": float(np.exp(values[:, 1].mean())),
            "rmssd_log_sd": float(values[:, 1].std()),
            "bpm_ratio_to_n2": float(np.exp(ratio[:, 0].mean())),
            "rmssd_ratio_to_n2": float(np.exp(ratio[:, 1].mean())),
        }
    return out
