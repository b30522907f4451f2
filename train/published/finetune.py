"""Fine-tune a network of the published form on a corpus: what `python -m train.nano.pretrain --from` trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sleeplm.errors import ModelError
from sleeplm.network.hub import folder_of
from sleeplm.network.loading import SleepLM
from sleeplm.network.published.encoder import PublishedSleepLM
from sleeplm.network.published.folders import CHECKPOINT, DESCRIPTION, FILES, holds_published
from sleeplm.network.published.sizes import MODALITIES, SIZES
from train.corpus.shuffle_buffer import ShuffleBuffer
from train.published.dataset import PublishedDataset, SelectableNight, with_published_channels
from train.published.step import PublishedStep, PublishedValidation
from train.training import RunSettings, Training

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

MADE = "fine_tuned"  # where the weights' description says how they were made
TUNED = ", fine-tuned"


@dataclass(frozen=True)
class TuningSettings(RunSettings):
    """How a network is fine-tuned.

    Attributes
    ----------
    start : str
        SHA-256 of the weights that it begins from.
    """

    batch: int = 32
    rate: float = 1e-5
    start: str = ""


def start_of(path: str) -> PublishedSleepLM:
    """The network to begin from, by its folder or its name on the hub, with its tokenizer.

    Raises
    ------
    ModelError
        There is no such network, it is not of the published form, or it reads other signals than a corpus has.
    """
    if not holds_published(folder_of(path, FILES)):
        raise ModelError(f"{path} holds no network of the published form ({CHECKPOINT} or {DESCRIPTION})")
    model = SleepLM.from_pretrained(path)
    assert isinstance(model, PublishedSleepLM), "holds_published"
    sizes = model.network.sizes
    if (sizes.channels, sizes.samples) != (SIZES.channels, SIZES.samples) or sizes.modalities < len(MODALITIES):
        raise ModelError(
            f"{path} reads {sizes.channels} channels of {sizes.samples} samples and tells {sizes.modalities} "
            f"modalities; a corpus has {SIZES.channels} of {SIZES.samples} and {len(MODALITIES)}"
        )
    _ = model.tokenizer  # now, and not at the first batch
    return model


def tuning(
    settings: TuningSettings,
    model: PublishedSleepLM,
    nights: Sequence[SelectableNight],
    run: Path,
    writer: "SummaryWriter | None" = None,
) -> Training:
    """The training of a network's own weights on the nights of a corpus."""
    load = partial(PublishedDataset, tokenizer=model.tokenizer, prefix=model.network.sizes.prefix)
    buffer = ShuffleBuffer(with_published_channels(nights), load, settings.seed, settings.nights_at_once)
    training = Training(
        settings,
        lambda: PublishedStep(model.network.for_training()),
        lambda number: (buffer.at(number).batch(settings.batch, settings.seed, number),),
        run,
        writer,
    )
    if model.network.signal_decoder is None:
        training.accelerator.print("These weights have no reconstruction head: contrast and captions train them.")
    return training


def validation_of(model: PublishedSleepLM, people: Sequence[SelectableNight]) -> PublishedValidation | None:
    """What is measured of a network while it is tuned; None where nobody was set aside."""
    if not people:
        return None
    dataset = PublishedDataset(with_published_channels(people), model.tokenizer, model.network.sizes.prefix)
    return PublishedValidation(dataset)


def export_tuned(model: PublishedSleepLM, out: Path, about: dict) -> None:
    """Write the network where `SleepLM.from_pretrained` and `load_released` read it, with how it was made."""
    network = model.network
    network.about = {**network.about, "from": model.name, MADE: about}
    tuned = PublishedSleepLM(network, lambda: model.tokenizer, model.name.removesuffix(TUNED) + TUNED)
    tuned.save_pretrained(out)
