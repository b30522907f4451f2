"""One step of training: a batch, its signals augmented, to the network's losses."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sleeplm.kinds.channels import CANONICAL
from sleeplm.network import losses
from sleeplm.network.nano.decoder import PAD
from sleeplm.network.nano.measured import CHANNELS as NUMBERS_OF
from sleeplm.network.nano.network import SleepLMNetwork, slow_wave
from sleeplm.network.nano.preparation import PATCHES, WAVES, Prepared, breathing_here, prepare
from train.nano.augmentation import augment
from train.nano.dataset import Batch
from train.training import TrainedModule

WEIGHTS: Mapping[str, float] = {
    "text_to_epoch": 1.0,
    "epoch_to_text": 1.0,
    "caption_to_epoch": 2.0,
    "epoch_to_caption": 2.0,
    "answer": 1.0,
    "dense": 0.4,
    "caption": 1.0,
    "bands": 0.5,
    "wave": 0.05,
}
_HIDE_SHARE, _HIDDEN_PATCHES = 0.3, 0.25  # of epochs have hidden seconds; of their seconds are hidden
_LENGTHS = 3  # groups of captions
_MAX_LOG_SCALE = 4.0  # cosines count at most e^4, 55 times


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


class TrainingStep(TrainedModule):
    """The network of our own with its losses.

    Under automatic mixed precision only the network itself computes in half precision: what it is measured against,
    and the losses, stay in single precision.
    """

    network: SleepLMNetwork
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
        signals = self._tensor(augment(batch.signals, batch.exact, rng, self.variety))
        with torch.autocast(signals.device.type, enabled=False):
            whole = prepare(signals, recorded)
        n = len(signals)
        hidden = (rng.random((n, PATCHES)) < _HIDDEN_PATCHES) & (rng.random((n, 1)) < _HIDE_SHARE)
        encoded = self.network.encode_prepared(of_channels(whole, present), self._tensor(hidden))
        texts = self.network.read(batch.texts, batch.true.shape[1])
        captions = self.network.read(batch.caption_texts, batch.caption_true.shape[1])
        with torch.autocast(signals.device.type, enabled=False):
            of_texts = {
                **self._contrast(batch, encoded.embeddings.float(), texts.float(), captions.float()),
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
        """The loss of the next token, a few captions of like length at a time: little of it is padding."""
        ids, facets = self._tensor(batch.decoded_ids), self._tensor(batch.decoded_facets)
        memory, total = tokens[self._tensor(batch.decoded_rows)], torch.zeros((), device=ids.device)
        for rows in torch.arange(len(ids), device=ids.device).chunk(_LENGTHS):
            length = int((ids[rows] != PAD).sum(1).max())
            logits = self.network.decoder(memory[rows], facets[rows], ids[rows, : length - 1])
            count = (ids[rows, 1:length] != PAD).sum()
            total = total + losses.captioning(logits.float(), ids[rows, :length]) * count
        return total / (ids[:, 1:] != PAD).sum()

    def _contrast(self, batch: Batch, embeddings: Tensor, texts: Tensor, captions: Tensor) -> dict[str, Tensor]:
        scale = self.network.log_scale.clamp(max=_MAX_LOG_SCALE).exp()
        true, unknown = self._tensor(batch.true), self._tensor(batch.unknown)
        scores = scale * embeddings @ texts.T
        caption_true = self._tensor(batch.caption_true)
        caption_scores = scale * embeddings @ captions.T
        nothing = torch.zeros_like(caption_true)
        return {
            "text_to_epoch": losses.texts_to_epochs(scores, true, unknown),
            "epoch_to_text": losses.epochs_to_texts(scores, true, unknown),
            "caption_to_epoch": losses.texts_to_epochs(caption_scores, caption_true, nothing),
            "epoch_to_caption": losses.epochs_to_texts(caption_scores, caption_true, nothing),
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
        targets = self._tensor(batch.targets)
        logits = self.network.patch_logits(patches, texts[: targets.shape[-1]])
        return losses.dense(logits, targets, self._tensor(batch.targets_unknown))
