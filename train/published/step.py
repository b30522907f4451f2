"""One step of fine-tuning the published network: a batch to its losses, and how it does on people set aside.

Each epoch comes with the text of one modality, which serves contrast and captioning alike, as in the published
network's own forward pass; reconstruction is asked of the pooled tokens. How much each loss counted when it was
trained is not published: contrast and captioning count as in CoCa (Yu et al. 2022).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from sleeplm.kinds.stages import STAGE_PROMPTS, STAGES
from sleeplm.network import losses
from sleeplm.network.published import PublishedNetwork
from sleeplm.network.published.encoder import PublishedSleepLM
from sleeplm.units import EPOCH_S
from train.evaluation.metrics import kappa
from train.published.dataset import PublishedBatch, PublishedDataset
from train.training import TrainedModule

WEIGHTS: Mapping[str, float] = {"text_to_epoch": 0.5, "epoch_to_text": 0.5, "caption": 2.0, "reconstruction": 1.0}
_MAX_LOG_SCALE = math.log(100)  # as CLIP has it (Radford et al. 2021)


class PublishedStep(TrainedModule):
    """The published network with its losses.

    Under automatic mixed precision the losses stay in single precision.
    """

    network: PublishedNetwork
    weights = WEIGHTS

    def __init__(self, network: PublishedNetwork):
        super().__init__()
        self.network = network

    def forward(self, batch: PublishedBatch) -> dict[str, Tensor]:
        """Every loss of a batch, unweighted; weights without a reconstruction head have none of reconstruction."""
        return self.losses_of(batch)[0]

    def losses_of(self, batch: PublishedBatch) -> tuple[dict[str, Tensor], Tensor]:
        """The losses, and the embeddings ``[batch, dim]`` of the signals."""
        network = self.network
        signals, ids = self._tensor(batch.signals), self._tensor(batch.ids)
        embeddings, tokens = network.encode(signals)
        texts, states = network.text(ids)
        prefix = network.prefix_states(self._tensor(batch.prefix))
        logits = network.text_decoder(prefix, states[:, :-1], network.text_decoder.memory(tokens))
        rebuilt = None if network.signal_decoder is None else network.signal_decoder(tokens)
        with torch.autocast(signals.device.type, enabled=False):
            scores = network.logit_scale.clamp(max=_MAX_LOG_SCALE).exp() * embeddings.float() @ texts.float().T
            true, unknown = self._tensor(batch.true), self._tensor(batch.unknown)
            found = {
                "text_to_epoch": losses.texts_to_epochs(scores, true, unknown),
                "epoch_to_text": losses.epochs_to_texts(scores, true, unknown),
                "caption": losses.captioning(logits.float(), ids),
            }
            if rebuilt is not None:
                guess, target = (x.float().unflatten(-1, (EPOCH_S, -1)) for x in (rebuilt, signals))
                found["reconstruction"] = losses.reconstruction(guess, target, self._tensor(batch.present))
        return found, embeddings

    def _tensor(self, array: np.ndarray) -> Tensor:
        """An array where the network is."""
        return torch.from_numpy(array).to(self.network.logit_scale.device)


class PublishedValidation:
    """Losses and zero-shot stages on a few batches of people set aside, always the same ones.

    Parameters
    ----------
    dataset : PublishedDataset
        Of these people.
    batches, size : int
    """

    def __init__(self, dataset: PublishedDataset, batches: int = 8, size: int = 64):
        self.tokenizer = dataset.tokenizer
        self.batches = [dataset.batch(size, 0, step) for step in range(batches)]

    @torch.inference_mode()
    def __call__(self, network: PublishedNetwork) -> dict[str, float]:
        """Measure a network."""
        step, model = PublishedStep(network), PublishedSleepLM(network, lambda: self.tokenizer, "")
        found, embeddings = zip(*(step.losses_of(batch) for batch in self.batches), strict=True)
        stages = model.zero_shot(np.concatenate([e.float().cpu().numpy() for e in embeddings]), STAGE_PROMPTS)
        pairs = _scored(self.batches, stages)
        return {
            **{f"{name}_aside": float(np.mean([one[name].item() for one in found])) for name in found[0]},
            "kappa": kappa([truth for truth, _ in pairs], [stage for _, stage in pairs]),
        }


def _scored(batches: Sequence[PublishedBatch], found: Sequence[str]) -> list[tuple[str, str]]:
    """The true and the found stage of every epoch that has a true one."""
    truth = [stage for batch in batches for stage in batch.stages]
    return [pair for pair in zip(truth, found, strict=True) if pair[0] in STAGES]
