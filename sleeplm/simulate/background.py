"""The continuing part of the EEG: noise whose spectrum follows stage, person and moment.

Spectra come from `eeg.json`, fitted to real epochs by `sleeplm.simulate.fitting.eeg`. The noise is made in windows
of four seconds that overlap by half, so that its spectrum may change at every one of them.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy import fft

from sleeplm.simulate.events import Course
from sleeplm.simulate.hypnogram import N1, N2, N3, R, W
from sleeplm.simulate.waves import wander
from sleeplm.units import EPOCH_S

EEG_HZ = 128
HOP_S = 2
WINDOW = 2 * HOP_S * EEG_HZ
HOPS = EPOCH_S // HOP_S  # windows an epoch
FREQS_HZ = np.fft.rfftfreq(WINDOW, 1 / EEG_HZ).astype(np.float32)
SHARED = 0.75  # of the background's variance, common to both sides
# Of the wanted power that is noise even where single waves are strong: spindles are few, and not all of sigma.
LEAST_NOISE = np.where(FREQS_HZ < 8, 0.25, 0.65).astype(np.float32)
FURTHEST = 3.0  # from the mean spectrum, in standard deviations of all directions: one person in ten is further off
# Between what a stage's power is kept, as log10 of that of N3: people of UCDDB in W, single nights in the others,
# each with a margin.
LEVELS = np.array([[-1.0, -1.05, -0.8, 0.0, -1.2], [-0.2, -0.35, -0.3, 0.0, -0.55]])
# Least part of delta in the power from 1.2 to 30 Hz: of 22 people of UCDDB one has less in N3 and none in W; the
# other stages have what lies as far below UCDDB 018 and dynamo.
LEAST_DELTA = np.array([0.18, 0.27, 0.36, 0.52, 0.27])
SLOWER = (
    0.15  # mean gain below 1 Hz in log10: people that nothing was fitted to have more there than the fitted ones
)
# What the sum of background and waves lacked beside the fitted and dynamo's medians: log10 by stage and band.
# Awake, small movements and drift are laid on what was fitted with them in it. Bands are where it lacked, not those
# of `kinds.bands`.
THETA_TO_BETA, SIGMA, DELTA, SLOW, ALL = (4.0, 18.0), (9.5, 16.0), (1.2, 3.0), (0.2, 5.0), (0.2, 50.0)
LACKED = ((None, THETA_TO_BETA, 0.05), (N2, SIGMA, 0.12), (N2, DELTA, -0.08), (W, SLOW, -0.15), (W, ALL, -0.17))
# Which stage an epoch leans to beside its own: experts' epochs of one stage hold stretches of the next.
LEANS = np.array(
    [
        [0.4, 0.6, 0, 0, 0],
        [0.25, 0, 0.45, 0, 0.3],
        [0, 0.35, 0.5, 0.15, 0],
        [0, 0, 0.7, 0.3, 0],
        [0.15, 0.5, 0.05, 0, 0.3],
    ]
)
AMOUNTS = np.array([0.15, 0.25, 0.16, 0.16, 0.15])
# How rhythms wax and wane within seconds: middle and width in Hz, standard deviation of the log amplitude. The last
# moves all frequencies together.
WAXING = ((0.9, 1.5, 0.2), (5.5, 1.6, 0.18), (9.5, 1.8, 0.34), (13.5, 2.0, 0.26), (24.0, 8.0, 0.07), (0, 1e3, 0.12))
WAXING_S = 2.5


@dataclass(frozen=True)
class Fit:
    """The numbers of `eeg.json`: common logarithms of power density at the middle of each band."""

    centres_hz: np.ndarray  # [bands]
    widths_hz: np.ndarray  # [bands]
    mean: np.ndarray  # [stages, bands]
    between: np.ndarray  # [directions, 2, bands]: W and N3
    within: np.ndarray  # [stages, directions, bands]


@cache
def fitted() -> Fit:
    """Read `eeg.json`."""
    numbers = json.loads(files("sleeplm.simulate").joinpath("eeg.json").read_text(encoding="utf-8"))
    return Fit(
        centres_hz=np.sqrt(np.prod(numbers["bands_hz"], axis=1)),
        widths_hz=np.diff(numbers["bands_hz"], axis=1)[:, 0],
        mean=np.array(numbers["mean_by_stage"]),
        between=np.array(numbers["between_people_w_n3"]),
        within=np.array(numbers["within_by_stage"]),
    )


def draw_spectra(rng: np.random.Generator, breadth: float) -> np.ndarray:
    """Spectra of one person, ``[stages, bands]``: W and N3 differ from the mean as people do, the others between.

    Beside what people were seen to differ by stands a smooth change of its own for every stage, since three of them
    were fitted to one person, and a tilt for references and electrodes. What is out of the ordinary in a person is
    so in all stages: how these differ is what makes them stages.
    """
    fit = fitted()
    scores = breadth * rng.normal(0, 1, len(fit.between))
    scores *= min(1.0, FURTHEST / float(np.linalg.norm(scores)))
    wake, deep = np.tensordot(scores, fit.between, 1)
    out = fit.mean.copy()
    muscle = fit.centres_hz > 16  # which is slack in sleep, however tense awake
    for stage, share in ((W, 1.0), (N1, 0.5), (N2, 0.2), (N3, 0.0), (R, 0.35)):
        like_wake = np.where(muscle & (stage != W), 0.3 * share, share)
        out[stage] += like_wake * wake + (1 - like_wake) * deep
    smooth = np.exp(-0.5 * ((np.arange(17)[:, None] - np.arange(17)) / 2.5) ** 2)
    smooth /= np.sqrt((smooth**2).sum(axis=0))
    sizes = np.array([0.08, 0.1, 0.1, 0.06, 0.12])
    out += sizes[:, None] * (rng.normal(0, 1, out.shape) @ smooth)
    out[W] += np.clip(rng.normal(0.12, 0.2 * breadth), -0.3, 0.8) * muscle  # tense temples
    for lacking, (low, high), log_ratio in LACKED:
        rows = slice(None) if lacking is None else slice(lacking, lacking + 1)
        out[rows] += log_ratio * ((fit.centres_hz > low) & (fit.centres_hz < high))
    tilt = np.log2(fit.centres_hz / 4)
    slow = np.exp(-((fit.centres_hz / 1.2) ** 2))
    slower = SLOWER + breadth * rng.normal(0, 0.14)
    out += breadth * rng.normal(0, 0.05) * tilt + slower * slow * np.array([0.0, 0.3, 0.7, 1, 0.5])[:, None]
    delta, faster = (
        10 ** out[:, rows] @ fit.widths_hz[rows]
        for rows in ((fit.centres_hz > 1.2) & (fit.centres_hz < 4), (fit.centres_hz > 4) & (fit.centres_hz < 30))
    )
    too_fast = np.log10(np.maximum(faster / delta * LEAST_DELTA / (1 - LEAST_DELTA), 1))
    out -= too_fast[:, None] * (fit.centres_hz > 4)
    out -= np.log10(10 ** out[N3] @ fit.widths_hz)
    level = np.log10(10**out @ fit.widths_hz)
    return out + (np.clip(level, *LEVELS) - level)[:, None]


def blend(course: Course, rng: np.random.Generator) -> np.ndarray:
    """How much of each stage an epoch holds, float32 ``[epochs, 5]``: its own most, and what is around it."""
    own = np.eye(5)[course.codes]
    near = np.stack([np.convolve(column, (0.3, 0.4, 0, 0.4, 0.3), "same") / 1.4 for column in own.T], axis=1)
    near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-6)
    drift = 0.7 * wander(len(own), 1 / EPOCH_S, 90, 1.0, rng) + 0.7 * rng.normal(0, 1, len(own))
    amounts = AMOUNTS * rng.uniform(0.4, 1.6, 5)  # how strictly stages are told apart differs by scorer
    amount = np.clip(amounts[course.codes] * np.exp(0.5 * drift), 0, 0.5)[:, None]
    return ((1 - amount) * own + amount * (0.5 * near + 0.5 * LEANS[course.codes])).astype(np.float32)


def unmixed(spectra: np.ndarray, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Spectra ``[5, bands]`` of pure stages, of which `shares` make the given ones in the mean of a stage's epochs.

    What was fitted are epochs as experts stage them, which hold some of the next stage already.
    """
    mixed = np.eye(5)
    for stage in np.unique(codes):
        mixed[stage] = shares[codes == stage].mean(axis=0)
    return np.linalg.solve(0.8 * mixed + 0.2 * np.eye(5), spectra)


def over_windows(values: np.ndarray) -> np.ndarray:
    """Values of epochs ``[epochs, ...]`` at each window, with changes of ten seconds: ``[windows, ...]``."""
    steps = np.repeat(values, HOPS, axis=0)
    padded = np.concatenate([steps[:1]] * 2 + [steps] + [steps[-1:]] * 3)
    kernel = (0.1, 0.2, 0.4, 0.2, 0.1)
    return np.asarray(sum(k * padded[i : i + len(steps) + 1] for i, k in enumerate(kernel)))


def wanted_power(course: Course, shares: np.ndarray, spectra: np.ndarray, rng) -> np.ndarray:
    """Power density wanted in each window, float32 ``[windows, frequencies]``, relative to N3 in all."""
    fit = fitted()
    own = shares @ unmixed(spectra, course.codes, shares)
    for i in range(fit.within.shape[1]):
        score = 0.8 * wander(len(own), 1 / EPOCH_S, 120, 1.0, rng) + 0.6 * rng.normal(0, 1, len(own))
        own += score[:, None] * (shares @ fit.within[:, i])
    at = np.interp(np.log(np.maximum(FREQS_HZ, 0.2)), np.log(fit.centres_hz), np.arange(17)).astype(np.float32)
    to_bins = np.maximum(0, 1 - np.abs(at - np.arange(17, dtype=np.float32)[:, None]))
    levels = over_windows(own).astype(np.float32) @ to_bins
    fall = np.clip(FREQS_HZ - 45, 0, None) * 0.012 + 2.0 * (FREQS_HZ < 0.2)
    return np.exp((levels - fall) * np.float32(np.log(10)))


def alpha_power(share: np.ndarray, height_uv: float, centre_hz: float, width_hz: float) -> np.ndarray:
    """Power density of alpha in uV**2/Hz, ``[windows, frequencies]``, from its `share` of full height by window."""
    peak = np.exp(-((FREQS_HZ - centre_hz) ** 2) / (2 * width_hz**2)) / (width_hz * np.sqrt(2 * np.pi))
    return ((share[:, None] * height_uv) ** 2 * peak).astype(np.float32)


def waxing(n_windows: int, breadth: float, rng: np.random.Generator) -> np.ndarray:
    """Factor of the background's power, ``[windows, frequencies]``, with a mean near 1: rhythms come in bursts."""
    levels = np.zeros((n_windows, len(FREQS_HZ)), dtype=np.float32)
    for centre, width, typical in WAXING:
        sd = typical * np.exp(breadth * rng.normal(0, 0.25))
        peak = np.exp(-0.5 * ((FREQS_HZ - centre) / width) ** 2)
        levels += wander(n_windows, 1 / HOP_S, WAXING_S, sd, rng)[:, None] * peak - np.float32(sd**2) * peak**2
    return np.exp(2 * levels)


def power_of(signal: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Mean power density of a signal in uV**2/Hz by stage, ``[5, frequencies]``, epochs counted by shares."""
    epochs = signal.reshape(-1, EPOCH_S * EEG_HZ)[:, : WINDOW * (EPOCH_S * EEG_HZ // WINDOW)]
    parts = epochs.reshape(len(epochs), -1, WINDOW) * np.hanning(WINDOW).astype(np.float32)
    power = (np.abs(fft.rfft(parts, axis=-1)) ** 2).mean(axis=1) * (2 / (0.375 * WINDOW * EEG_HZ))
    return (shares.T @ power) / np.maximum(shares.sum(axis=0), 1)[:, None]


def noise_of(power: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Two sides of noise ``[2, n]`` with a power density ``[windows, frequencies]``, partly common to both."""
    height = np.sqrt(power * np.float32(EEG_HZ * WINDOW / 4))
    ramp = np.sin(np.pi * (np.arange(WINDOW, dtype=np.float32) + 0.5) / WINDOW)

    def draw(weight: float) -> np.ndarray:
        white = rng.standard_normal((*power.shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
        return white * np.float32(weight)

    common = draw(np.sqrt(SHARED))
    out = np.zeros((2, (len(power) + 1) * WINDOW // 2), dtype=np.float32)
    for side in out:
        windows = fft.irfft((common + draw(np.sqrt(1 - SHARED))) * height, axis=-1) * ramp
        side[: -WINDOW // 2] += windows[:, : WINDOW // 2].ravel()
        side[WINDOW // 2 :] += windows[:, WINDOW // 2 :].ravel()
    return out[:, WINDOW // 2 : WINDOW // 2 + n]
