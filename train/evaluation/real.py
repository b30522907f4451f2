"""Real people: two nights with an expert's stages, and wake against deep sleep in people who were not trained on.

One EEG channel each. Reported, never chosen by. The amplitude of these recordings is nominal (the scale of the
source is not known): each is measured as it is and masked, every epoch brought to one size.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from sleeplm.kinds.bands import EEG_BANDS_HZ, EEG_HZ
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.kinds.stages import STAGE_PROMPTS
from sleeplm.network.encoder import Encoder
from sleeplm.recording import open_recording
from sleeplm.recording.annotations import read_scoring
from sleeplm.recording.epochs import Epochs, cut_epochs
from sleeplm.scoring.stages import stage
from sleeplm.units import MODEL_SFREQ_HZ, SAMPLES_PER_EPOCH
from train.corpus.ucddb import NOMINAL_UV, SFREQ_HZ, STORED_SD, people_of
from train.evaluation.baselines import formula_features
from train.evaluation.embedding_cache import EvaluationContext
from train.evaluation.figures import Figure, agreement_of, counted, interval
from train.evaluation.metrics import auroc, kappa
from train.evaluation.people import ONE_EEG, together
from train.evaluation.stages import TAUGHT, by_words, few_shot_figures, kappa_figure, probed, staged_in_context

NIGHTS = {
    "ucddb018": ("ucddb018.edf", "ucddb018_stage.csv"),
    "dynamo_84min": ("dynamo_84min.edf", "dynamo_84min_stages.csv"),
}
MASKED_UV = 20.0  # root mean square that every epoch is brought to
BY_WORDS, FROM = "Real people, stages without examples", "Real people, stages from"
WAKE_OR_DEEP = "Real people, wake or deep sleep by words alone"
EPOCH_BY_EPOCH, IN_CONTEXT = "kappa by words, epoch by epoch", "kappa with the night around"
SIMULATED = "simulated people"


def masked(epochs: Epochs) -> Epochs:
    """Epochs whose EEG all has one size, so that amplitude tells nothing."""
    signals = epochs.signals.copy()
    for name in ("C3", "C4"):
        at = CHANNEL_NAMES.index(name)
        centred = signals[:, at] - signals[:, at].mean(-1, keepdims=True)
        size = np.sqrt(np.square(centred).mean(-1, keepdims=True))
        signals[:, at] = np.where(size > 0, centred * (MASKED_UV / np.maximum(size, 1e-6)), 0)
    return Epochs(signals, epochs.present)


MASKS: Mapping[str, Callable[[Epochs], Epochs]] = {"as recorded": lambda e: e, "amplitude masked": masked}


def real_figures(context: EvaluationContext, folder: Path) -> list[Figure]:
    """Every figure on real people whose recordings are in the folder."""
    nights = {name: _night(folder / "recordings", *files) for name, files in NIGHTS.items()}
    nights = {name: night for name, night in nights.items() if night is not None}
    figures = []
    for words, mask in MASKS.items() if nights else ():
        figures += _night_figures(context, nights, mask, words)
    epochs_file = folder / "eeg_epochs" / "ucddb_wake_n3_128hz.npz"
    return figures + (wake_or_deep(context.model, epochs_file) if epochs_file.is_file() else [])


def _night_figures(context: EvaluationContext, nights: Mapping, mask: Callable, words: str) -> list[Figure]:
    """Of each night by words and with what is around, then taught by simulated people and by the other person."""
    known = together(p.stages for p in context.reference)
    reference = [mask(p.with_channels(ONE_EEG)) for p in context.reference]
    of_night = {name: mask(epochs) for name, (epochs, *_) in nights.items()}
    features = together(formula_features(epochs) for epochs in reference)
    models = (context.model, context.untrained.model)
    taught = [together(model.embed_signals(epochs) for epochs in reference) for model in models]
    vectors = {name: [model.embed_signals(epochs) for model in models] for name, epochs in of_night.items()}
    figures = []
    for name, (_, truth, yasa) in nights.items():
        title, groups = f"{name}, {words}", np.zeros(len(truth), dtype=int)
        trained, blank = vectors[name]
        learned = probed(features, known, formula_features(of_night[name]))
        beside = {"YASA": yasa, "logistic regression of simulated people": learned}
        found = by_words(context.model, trained)
        figures.append(kappa_figure(BY_WORDS, title, truth, found, groups, beside, EPOCH_BY_EPOCH))
        if context.model.has_context:
            around = staged_in_context(context.model, trained)
            figures.append(kappa_figure(BY_WORDS, title, truth, around, groups, beside, IN_CONTEXT))
        teachers = {SIMULATED: (taught, known)}
        teachers |= {f"person of {other}": (vectors[other], nights[other][1]) for other in nights if other != name}
        for teacher, ((theirs, theirs_blank), stages) in teachers.items():
            for few, how in TAUGHT.items():
                figures += few_shot_figures(
                    context.model,
                    f"{FROM} {few}",
                    f"{title}, taught by {teacher}",
                    (theirs, stages),
                    (trained, truth, groups),
                    {"untrained encoder": (theirs_blank, blank)},
                    how,
                )
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


def wake_or_deep(model: Encoder, file: Path) -> list[Figure]:
    """Wake against N3 in single epochs of people, amplitude masked."""
    from scipy.signal import resample_poly

    ratio = Fraction(MODEL_SFREQ_HZ, SFREQ_HZ)
    of_score, of_delta, labels, people = [], [], [], []
    prompts = {stage: STAGE_PROMPTS[stage] for stage in ("W", "N3")}
    with np.load(file, allow_pickle=False) as held:
        others = people_of(held.files, trained=False)
        for key in held.files:
            person, label = key.rsplit("_", 1)
            if person not in others:
                continue
            eeg_uv = held[key].astype(np.float32) * (NOMINAL_UV / STORED_SD)
            eeg_uv = resample_poly(eeg_uv, ratio.numerator, ratio.denominator, axis=-1)[:, :SAMPLES_PER_EPOCH]
            near = model.zero_shot_scores(model.embed_signals(masked(one_eeg(eeg_uv))), prompts)
            of_score.append(near[:, 1] - near[:, 0])
            of_delta.append(_delta_share(eeg_uv))
            labels += [label] * len(near)
            people += [person] * len(near)
    scores, slow, deep, groups = together(of_score), together(of_delta), np.array(labels) == "N3", np.array(people)
    n = counted(len(deep), "epochs", groups)
    name = "UCDDB, amplitude masked"
    ranked = interval(agreement_of(auroc, deep, scores), groups)
    agreed = interval(agreement_of(kappa, deep.astype(int), (scores > 0).astype(int)), groups)
    return [
        Figure(WAKE_OR_DEEP, name, "AUROC", *ranked, n, {"chance": 0.5, "share of delta alone": auroc(deep, slow)}),
        Figure(WAKE_OR_DEEP, name, "kappa", *agreed, n, {"commonest stage": 0.0}),
    ]


def _delta_share(eeg_uv: np.ndarray) -> np.ndarray:
    """Share of .5 to 4 Hz in the power of .5 to 30 Hz of each epoch."""
    powers = np.square(np.abs(np.fft.rfft(eeg_uv - eeg_uv.mean(-1, keepdims=True))))
    hz = np.fft.rfftfreq(eeg_uv.shape[-1], 1 / MODEL_SFREQ_HZ)
    within = (hz >= EEG_HZ[0]) & (hz < EEG_HZ[1])
    return powers[:, within & (hz < EEG_BANDS_HZ["delta"][1])].sum(-1) / np.maximum(powers[:, within].sum(-1), 1e-9)


def one_eeg(eeg_uv: np.ndarray) -> Epochs:
    """Epochs ``[epochs, 1920]`` of C3 as a recording of that channel alone has them."""
    signals = np.zeros((len(eeg_uv), len(CHANNEL_NAMES), SAMPLES_PER_EPOCH), dtype=np.float32)
    present = np.zeros(signals.shape[:2], dtype=bool)
    at = CHANNEL_NAMES.index("C3")
    signals[:, at], present[:, at] = eeg_uv, True
    return Epochs(signals, present)
