"""Real people: two nights of one EEG channel with an expert's stages, and wake against deep sleep of 23 people.

Reported, never chosen by. The amplitude of these recordings is nominal (the scale of the source is not known): each
is measured as it is and masked, every epoch brought to one size.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from sleeplm.encoder import STAGE_PROMPTS, SleepLM
from sleeplm.epochs import Epochs, cut_epochs
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.scoring.stages import stage
from sleeplm.vocabulary import CHANNEL_NAMES, MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH, STAGES
from train.evaluation.figures import Figure, counted, interval
from train.evaluation.people import ONE_EEG, Person, together
from train.evaluation.scores import auroc, kappa
from train.evaluation.stages import few_shot_figures, kappa_figure

NIGHTS = {
    "ucddb018": ("ucddb018.edf", "ucddb018_stage.csv"),
    "dynamo_84min": ("dynamo_84min.edf", "dynamo_84min_stages.csv"),
}
MASKED_UV = 20.0  # root mean square that every epoch is brought to
_TABLE = "Real people"
_UCDDB_SFREQ_HZ, _UCDDB_SD, _UCDDB_UV = 128, 3000.0, 30.0  # stored units of a standard deviation; nominal uV


def masked(epochs: Epochs) -> Epochs:
    """Epochs whose EEG all has one size, so that amplitude tells nothing."""
    signals = epochs.signals.copy()
    for name in ("C3", "C4"):
        at = CHANNEL_NAMES.index(name)
        centred = signals[:, at] - signals[:, at].mean(-1, keepdims=True)
        size = np.sqrt(np.square(centred).mean(-1, keepdims=True))
        signals[:, at] = np.where(size > 0, centred * (MASKED_UV / np.maximum(size, 1e-6)), 0)
    return Epochs(signals, epochs.present)


def real_figures(model: SleepLM, reference: Sequence[Person], folder: Path) -> list[Figure]:
    """Every figure on real people whose recordings are in the folder."""
    nights = {name: _night(folder / "recordings", *files) for name, files in NIGHTS.items()}
    nights = {name: night for name, night in nights.items() if night is not None}
    figures = []
    if nights:
        seen, known = [p.seen(ONE_EEG) for p in reference], together(p.stages for p in reference)
        for mask, words in ((lambda e: e, "as recorded"), (masked, "amplitude masked")):
            taught = together(model.embed_signals(mask(epochs)) for epochs in seen), known
            figures += _night_figures(model, nights, mask, words, taught)
    epochs_file = folder / "eeg_epochs" / "ucddb_wake_n3_128hz.npz"
    return figures + (wake_or_deep(model, epochs_file) if epochs_file.is_file() else [])


def _night_figures(model: SleepLM, nights: Mapping, mask: Callable, words: str, taught: tuple) -> list[Figure]:
    vectors = {name: model.embed_signals(mask(epochs)) for name, (epochs, *_) in nights.items()}
    figures = []
    for name, (_, truth, yasa) in nights.items():
        title, groups = f"{name}, {words}", np.zeros(len(truth), dtype=int)
        found = np.array(model.zero_shot(vectors[name], STAGE_PROMPTS))
        figures.append(kappa_figure(_TABLE, f"{title}, by words alone", truth, found, groups, {"YASA": yasa}))
        if model.context is not None:
            around = np.array([str(s) for s in STAGES])[model.stages_in_context(vectors[name]).argmax(1)]
            label = f"{title}, with the night around"
            figures.append(kappa_figure(_TABLE, label, truth, around, groups, {"YASA": yasa}))
        asked = (vectors[name], truth, groups)
        figures += few_shot_figures(model, _TABLE, f"{title}, simulated people", taught, asked)
        for other in nights.keys() - {name}:
            learned = vectors[other], nights[other][1]
            figures += few_shot_figures(model, _TABLE, f"{title}, person of {other}", learned, asked)
    return figures


def _night(folder: Path, signals: str, stages: str) -> tuple[Epochs, np.ndarray, np.ndarray] | None:
    """Epochs, the expert's stages and YASA's."""
    if not (folder / signals).is_file():
        return None
    recording = open_recording(folder / signals)
    epochs = cut_epochs(recording)
    expert = [str(s) for s in read_scoring(folder / stages, recording).hypnogram]
    yasa = [str(s) for s in stage(recording).hypnogram]
    n = min(len(epochs), len(expert), len(yasa))
    return Epochs(epochs.signals[:n], epochs.present[:n]), np.array(expert[:n]), np.array(yasa[:n])


def wake_or_deep(model: SleepLM, file: Path) -> list[Figure]:
    """Wake against N3 in single epochs of people, amplitude masked."""
    from scipy.signal import resample_poly

    ratio = Fraction(MODEL_SFREQ_HZ, _UCDDB_SFREQ_HZ)
    scores, truth, found, groups = [], [], [], []
    prompts = {stage: STAGE_PROMPTS[stage] for stage in ("W", "N3")}
    with np.load(file, allow_pickle=False) as held:
        for key in held.files:
            person, label = key.rsplit("_", 1)
            eeg_uv = held[key].astype(np.float32) * (_UCDDB_UV / _UCDDB_SD)
            eeg_uv = resample_poly(eeg_uv, ratio.numerator, ratio.denominator, axis=-1)[:, :SAMPLES_PER_EPOCH]
            near = model.zero_shot_scores(model.embed_signals(masked(one_eeg(eeg_uv))), prompts)
            scores.append(near[:, 1] - near[:, 0])
            found.append(np.where(scores[-1] > 0, "N3", "W"))
            truth += [label] * len(near)
            groups += [person] * len(near)
    scores, found, truth, groups = np.concatenate(scores), np.concatenate(found), np.array(truth), np.array(groups)
    n, deep = counted(len(truth), "epochs", groups), truth == "N3"
    name = "UCDDB, wake or deep sleep, amplitude masked, by words alone"
    ranked = interval(lambda i: auroc(deep[i], scores[i]), groups)
    agreed = interval(lambda i: kappa(truth[i], found[i]), groups)
    return [
        Figure(_TABLE, name, "AUROC", *ranked, n, {"chance": 0.5}),
        Figure(_TABLE, name, "kappa", *agreed, n, {"commonest stage": 0.0}),
    ]


def one_eeg(eeg_uv: np.ndarray) -> Epochs:
    """Epochs ``[epochs, 1920]`` of C3 as a recording of that channel alone has them."""
    signals = np.zeros((len(eeg_uv), len(CHANNEL_NAMES), SAMPLES_PER_EPOCH), dtype=np.float32)
    present = np.zeros(signals.shape[:2], dtype=bool)
    at = CHANNEL_NAMES.index("C3")
    signals[:, at], present[:, at] = eeg_uv, True
    return Epochs(signals, present)
