"""One step of training: a batch to the network's losses, with the signals varied as laboratories vary."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sleeplm.kinds.channels import CANONICAL
from sleeplm.network import losses
from sleeplm.network.nano.decoder import PAD
from sleeplm.network.nano.measured import CHANNELS as NUMBERS_OF
from sleeplm.network.nano.network import SleepLMNetwork, slow_wave
from sleeplm.network.nano.preparation import ARBITRARY, PATCHES, WAVES, Prepared, breathing_here, prepare
from sleeplm.units import MODEL_SFREQ_HZ
from train.nano.batches import Batch

WEIGHTS = {
    "text_to_epoch": 1.0,
    "epoch_to_text": 1.0,
    "told_to_epoch": 2.0,
    "epoch_to_told": 2.0,
    "answer": 1.0,
    "dense": 0.4,
    "caption": 1.0,
    "bands": 0.5,
    "wave": 0.05,
}
_GAIN_SD = 0.5  # of ln(gain): electrodes, amplifiers, skulls
_FILTERED = 0.7  # share of epochs with other filters and noise
_TILT = 0.12  # of ln(amplitude) an octave
_NOISE_LN_UV = 0.0
_ARBITRARY_GAIN_SD = 1.0  # belts, flow, snore: any laboratory's unit
_HIDE_SHARE, _HIDDEN_PATCHES = 0.3, 0.25
_LENGTHS = 3  # groups of captions
_MAX_LOG_SCALE = 4.0


def varied(signals: np.ndarray, exact: np.ndarray, rng: np.random.Generator, variety: float = 1.0) -> np.ndarray:
    """Signals as another laboratory would give them: other gains, filters and noise, EEG and eyes either way up.

    Parameters
    ----------
    signals : ndarray ``[batch, 14, 1920]``
    exact : ndarray of bool ``[batch]``
        Epochs whose captions give microvolts: only arbitrary units and the ECG's polarity vary there.
    variety : float
        From 0, one laboratory, to 1, any: how far filters go, and how many epochs are filtered.
    """
    out = signals.copy()
    kinds = np.array([c.kind for c in CANONICAL])
    physical, arbitrary = np.isin(kinds, ("eeg", "eog", "emg", "ecg")), np.zeros(len(kinds), dtype=bool)
    brain = np.flatnonzero(np.isin(kinds, ("eeg", "eog")))
    arbitrary[list(WAVES)] = ARBITRARY
    shape = (len(out), len(kinds))
    gains = np.where(arbitrary, np.exp(rng.normal(0, _ARBITRARY_GAIN_SD, shape)), 1.0)
    # One gain a person and kind, a smaller one an electrode.
    shared = rng.normal(0, _GAIN_SD, (len(out), 1)) + rng.normal(0, _GAIN_SD / 3, shape)
    gains = np.where(physical & ~exact[:, None], np.exp(shared), gains)
    gains[:, kinds == "ecg"] *= rng.choice((-1, 1), (len(out), 1))
    gains[:, brain] *= np.where(exact, 1, rng.choice((-1, 1), len(out)))[:, None]
    out *= gains[..., None].astype(np.float32)
    rows = np.flatnonzero(~exact & (rng.random(len(out)) < variety * _FILTERED))
    if len(rows):
        part = np.ix_(rows, brain)
        noise_uv = np.exp(rng.normal(_NOISE_LN_UV, 0.7, (len(rows), 1, 1))) * (rng.random((len(rows), 1, 1)) < 0.5)
        there = out[part].any(-1, keepdims=True)
        noisy = filtered(out[part], rng, variety) + noise_uv * rng.normal(
            size=(len(rows), len(brain), out.shape[-1])
        )
        out[part] = np.where(there, noisy, 0)
    return out


def filtered(signals: np.ndarray, rng: np.random.Generator, variety: float = 1.0) -> np.ndarray:
    """Signals ``[rows, channels, samples]`` after other filters: tilted, bent and cut spectra, one for each row."""
    n, samples = len(signals), signals.shape[-1]
    hz = np.fft.rfftfreq(samples, 1 / MODEL_SFREQ_HZ)
    octaves = np.log2(np.maximum(hz, 0.25) / 4)  # from 4 Hz: -4 to 3
    tilt, bend = variety * rng.normal(0, _TILT, (n, 1)), variety * rng.normal(0, _TILT / 4, (n, 1))
    response = np.exp(tilt * octaves + bend * (octaves**2 - 4))
    top_hz = np.where(rng.random((n, 1)) < 0.3, rng.uniform(14, 32, (n, 1)), 64)
    bottom_hz = np.where(rng.random((n, 1)) < 0.3, rng.uniform(0.2, 0.8, (n, 1)), 0.01)
    response /= np.sqrt(1 + (hz / top_hz) ** 6) * np.sqrt(1 + (bottom_hz / np.maximum(hz, 0.01)) ** 4)
    return np.fft.irfft(np.fft.rfft(signals) * response[:, None], n=samples)


def of_channels(prepared: Prepared, present: Tensor) -> Prepared:
    """What `prepare` would give had only these channels been recorded."""
    here = present[:, WAVES, None].to(prepared.wave.dtype)
    position = next(i for i, c in enumerate(CANONICAL) if c.kind == "position")
    return replace(
        prepared,
        wave=prepared.wave * here[..., None],
        bands=prepared.bands * here[..., None],
        summary=prepared.summary * here,
        position=prepared.position * present[:, position, None, None],
        present=present,
        numbers=torch.where(present[:, NUMBERS_OF], prepared.numbers, torch.nan),
        fine=prepared.fine * here[..., None],
        breathing=prepared.breathing * breathing_here(present),
    )


class TrainingStep(nn.Module):
    """The network with its losses, as one module, so that it can be trained on any number of machines.

    Under automatic mixed precision only the network itself computes in half precision: what it is measured against,
    and the losses, stay in single precision.
    """

    weights = WEIGHTS

    def __init__(self, network: SleepLMNetwork, variety: float = 1.0, texts_only: bool = False):
        super().__init__()
        self.network, self.variety, self.texts_only = network, variety, texts_only
        if texts_only:
            network.requires_grad_(False)
            network.text.requires_grad_(True)

    def train(self, mode: bool = True) -> "TrainingStep":
        """As any module; of texts only, what reads signals stays as it computes when it is used."""
        super().train(mode)
        if self.texts_only:
            self.network.eval()
            self.network.text.train(mode)
        return self

    def forward(self, batch: Batch, seed: int, step: int) -> dict[str, Tensor]:
        """Every loss of a batch, unweighted; of texts only, those that texts have a part in."""
        rng = np.random.default_rng([seed, step, 1])
        recorded, present = self._tensor(batch.recorded), self._tensor(batch.present)
        signals = self._tensor(varied(batch.signals, batch.exact, rng, self.variety))
        with torch.autocast(signals.device.type, enabled=False):
            whole = prepare(signals, recorded)
        n = len(signals)
        hidden = (rng.random((n, PATCHES)) < _HIDDEN_PATCHES) & (rng.random((n, 1)) < _HIDE_SHARE)
        encoded = self.network.encode_prepared(of_channels(whole, present), self._tensor(hidden))
        texts = self.network.read(batch.texts, batch.true.shape[1])
        told = self.network.read(batch.told_texts, batch.told.shape[1])
        with torch.autocast(signals.device.type, enabled=False):
            of_texts = {
                **self._contrast(batch, encoded.embeddings.float(), texts.float(), told.float()),
                "answer": self._answer(batch, encoded.embeddings.float(), texts.float()),
                "dense": self._dense(batch, encoded.patches.float(), texts.float()),
            }
        if self.texts_only:
            return of_texts
        caption = self._caption(batch, encoded.tokens)
        bands, wave = self.network.reconstruct(encoded.times)
        with torch.autocast(signals.device.type, enabled=False):
            here = recorded[:, WAVES]
            return {
                **of_texts,
                "caption": caption,
                "bands": losses.reconstruction(bands.float(), whole.bands, here),
                "wave": losses.reconstruction(wave.float(), slow_wave(whole.wave), here),
            }

    def _tensor(self, array: np.ndarray) -> Tensor:
        """An array where the network is."""
        return torch.from_numpy(array).to(self.network.log_scale.device)

    def _caption(self, batch: Batch, tokens: Tensor) -> Tensor:
        """The loss of the next word, a few captions of like length at a time: little of it is padding."""
        ids, facets = self._tensor(batch.caption_ids), self._tensor(batch.caption_facets)
        memory, total = tokens[self._tensor(batch.caption_rows)], 0.0
        for rows in torch.arange(len(ids), device=ids.device).chunk(_LENGTHS):
            length = int((ids[rows] != PAD).sum(1).max())
            words = self.network.decoder(memory[rows], facets[rows], ids[rows, : length - 1])
            count = (ids[rows, 1:length] != PAD).sum()
            total = total + losses.captioning(words.float(), ids[rows, :length]) * count
        return total / (ids[:, 1:] != PAD).sum()

    def _contrast(self, batch: Batch, embeddings: Tensor, texts: Tensor, told_texts: Tensor) -> dict[str, Tensor]:
        scale = self.network.log_scale.clamp(max=_MAX_LOG_SCALE).exp()
        true, unknown = self._tensor(batch.true), self._tensor(batch.unknown)
        scores = scale * embeddings @ texts.T
        told = self._tensor(batch.told)
        told_scores = scale * embeddings @ told_texts.T
        nothing = torch.zeros_like(told)
        return {
            "text_to_epoch": losses.texts_to_epochs(scores, true, unknown),
            "epoch_to_text": losses.epochs_to_texts(scores, true, unknown),
            "told_to_epoch": losses.texts_to_epochs(told_scores, told, nothing),
            "epoch_to_told": losses.epochs_to_texts(told_scores, told, nothing),
        }

    def _answer(self, batch: Batch, embeddings: Tensor, texts: Tensor) -> Tensor:
        """Each epoch against one phrase of every answer, summed over things: of what excludes, one is true."""
        scale = self.network.log_scale.clamp(max=_MAX_LOG_SCALE).exp()
        total = embeddings.sum() * 0
        for answers, phrases in zip(batch.answers.T, batch.answer_phrases, strict=True):
            phrases = phrases[phrases >= 0]
            if len(phrases) and (answers >= 0).any():
                scores = scale * embeddings @ texts[self._tensor(phrases)].T
                total = total + cross_entropy(scores, self._tensor(answers), ignore_index=-1)
        return total

    def _dense(self, batch: Batch, patches: Tensor, texts: Tensor) -> Tensor:
        lit = self._tensor(batch.lit)
        logits = self.network.patch_logits(patches, texts[: lit.shape[-1]])
        return losses.dense(logits, lit, self._tensor(batch.lit_unknown))
