"""Train SleepLM nano on the nights of a cohort: contrast, captioning, reconstruction.

    python -m train.corpus.simulate runs/corpus --split train --nights 24 --hours 7
    python -m train.corpus.simulate runs/corpus --split validation --nights 8 --hours 4
    python -m train.nano.pretrain --corpus runs/corpus --out sleeplm/network/nano/weights --minutes 35

A run that was cut short goes on with `--resume`; given `--steps`, it then ends in the same weights. On several
processes or machines, each with its own share of the batches and its own contrast:

    torchrun --nproc_per_node 2 -m train.nano.pretrain --corpus runs/corpus --out runs/out --steps 2000

Weights of ours go on learning from where they are, and so does a network of the published form
(`train.published.finetune`):

    python -m train.nano.pretrain --from $WEIGHTS --corpus runs/corpus --out runs/longer --minutes 35
    python -m train.nano.pretrain --from yang-ai-lab/SleepLM-Base --corpus runs/corpus --out runs/tuned

With `--texts-only` ours learn to read texts alone: what they make of signals stays, to the bit.

    python -m train.nano.pretrain --from $WEIGHTS --texts-only --corpus runs/corpus --out runs/texts --minutes 15
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from accelerate import PartialState
from tokenizers import Tokenizer

from sleeplm.errors import SleepLMError, UsageError
from sleeplm.network.hub import folder_of
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.context import FILES as CONTEXT_FILES
from sleeplm.network.nano.context import ContextNetwork, save_context
from sleeplm.network.nano.encoder import NanoSleepLM
from sleeplm.network.nano.files import FILES as NANO_FILES
from sleeplm.network.nano.files import TOKENIZER_FILE, save_network
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.network.published.folders import FILES as PUBLISHED_FILES
from sleeplm.network.published.folders import holds_published
from sleeplm.network.tensors import sha256_of_tensors
from train.corpus.held_out import CONCEPTS, NightWithoutConcepts
from train.corpus.night import Night, TrainingNight, nights
from train.corpus.shuffle_buffer import ShuffleBuffer
from train.nano.dataset import Batch, InMemoryDataset
from train.nano.step import TrainingStep
from train.nano.validation import Validation
from train.published.finetune import TuningSettings, export_tuned, start_of, tuning, validation_of
from train.training import RunSettings, Training, summary_writer

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

VALIDATION_SHARE = 3  # every third night is enough to see how a run goes
TOKENIZER_ROWS = 4000  # rows that the captions' tokenizer is learned from, at least


# Options that say how a network of our own is trained.
OWN = ("captions", "sentences", "variety", "held_out", "texts_only")


@dataclass(frozen=True)
class Settings(RunSettings):
    """How our own network is trained; everything that its result follows from beside the corpus.

    Attributes
    ----------
    captions, sentences, pairs : int
        Captions for the contrast, their different sentences, and pairs of phrases, for each fill of the shuffle
        buffer (`train.corpus.shuffle_buffer`).
    variety : float
        How far signals are augmented, 0 to 1 (`train.nano.augmentation.augment`). At 1 a small network of one EEG
        staged people out of distribution worse after 250 steps than without (kappa .33 against .38); longer
        runs may differ.
    held_out : bool
        Whether three concepts are kept out of all words (see `train.corpus.held_out`).
    texts_only : bool
        Whether only the head that reads texts learns.
    start : str
        SHA-256 of the weights that it begins from; empty: from nothing.
    """

    captions: int = 40_000
    sentences: int = 10_000
    pairs: int = 2000
    variety: float = 0.3
    held_out: bool = False
    texts_only: bool = False
    start: str = ""
    config: NetworkConfig = field(default_factory=NetworkConfig)


class Trainer(Training):
    """The training of a network of our own.

    Parameters
    ----------
    settings : Settings
    dataset_at : callable
        The data set that the batch of a step is drawn from (`ShuffleBuffer.at`).
    tokenizer : Tokenizer
        Of captions.
    run : Path
        Where the checkpoint is kept.
    writer : SummaryWriter, optional
    start : SleepLMNetwork, optional
        That goes on learning; else a new one.
    """

    network: SleepLMNetwork

    def __init__(
        self,
        settings: Settings,
        dataset_at: Callable[[int], InMemoryDataset],
        tokenizer: Tokenizer,
        run: Path,
        writer: "SummaryWriter | None" = None,
        start: SleepLMNetwork | None = None,
    ):
        self.tokenizer = tokenizer

        def drawn(number: int) -> tuple[Batch, int, int]:
            length, seed = settings.config.caption_length, settings.seed
            return dataset_at(number).batch(settings.batch, tokenizer, length, seed, number), seed, number

        super().__init__(
            settings,
            lambda: TrainingStep(start or SleepLMNetwork(settings.config), settings.variety, settings.texts_only),
            drawn,
            run,
            writer,
        )


def caption_tokenizer(dataset: InMemoryDataset, vocabulary: int) -> Tokenizer:
    """A tokenizer of captions, learned from an even share of those of some nights."""
    step = max(len(dataset) // TOKENIZER_ROWS, 1)
    return train_tokenizer(
        (t for row in dataset.templates[::step] for texts in row.values() for t in texts), vocabulary
    )


def export(trainer: Trainer, out: Path, about: dict, context: ContextNetwork | None = None) -> None:
    """Write the network, its tokenizer and its context network where `SleepLM.from_pretrained` reads them."""
    if trainer.network.about:
        about = {**about, "begun_from": trainer.network.about}
    written = save_network(trainer.network, out, about)
    trainer.tokenizer.save(str(out / TOKENIZER_FILE))
    if context is not None:
        save_context(context, out, written)


class Job(NamedTuple):
    """A training as the command asks for it, with what measures its network and what writes its weights."""

    training: Training
    validation: Callable[..., dict[str, float]] | None
    export: Callable[[Path, dict], None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--run", type=Path, default=Path("runs/pretrain"))
    parser.add_argument(
        "--from",
        dest="start",
        help="begin from weights of ours, or of the published form: a folder, or a name on the hub",
    )
    parser.add_argument("--minutes", type=float, default=Settings.minutes)
    parser.add_argument("--steps", type=int, default=0, help="length in steps instead of minutes")
    parser.add_argument(
        "--batch", type=int, help=f"epochs a step ({Settings.batch}; {TuningSettings.batch} of the published form)"
    )
    parser.add_argument(
        "--rate", type=float, help=f"highest ({Settings.rate:g}; {TuningSettings.rate:g} of the published form)"
    )
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--captions", type=int, default=Settings.captions)
    parser.add_argument("--sentences", type=int, default=Settings.sentences, help="different ones, of captions")
    parser.add_argument("--nights-at-once", type=int, default=Settings.nights_at_once, help="in memory")
    parser.add_argument(
        "--bf16", action="store_true", help="compute in bfloat16, where the machine is built for it"
    )
    parser.add_argument("--variety", type=float, default=Settings.variety, help="of laboratories, 0 to 1")
    parser.add_argument(
        "--held-out", action="store_true", help="keep three concepts out of all words (train.corpus.held_out)"
    )
    parser.add_argument("--texts-only", action="store_true", help="with --from: signals stay read as they are")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--tensorboard", action="store_true")
    return parser


def pretraining(given: argparse.Namespace, people: Sequence[Night], others: Sequence[Night]) -> Job:
    """The training of a network of our own, new or begun from weights.

    Raises
    ------
    UsageError
        Only texts are to be learned, and there are no weights that read signals.
    ModelError
        The weights to begin from cannot be read.
    """
    own = {name: getattr(given, name) for name in OWN}
    start = NanoSleepLM.from_folder(folder_of(given.start, (*NANO_FILES, *CONTEXT_FILES))) if given.start else None
    if given.texts_only and start is None:
        raise UsageError("--texts-only needs weights that read signals already; name them with --from")
    if start is not None:
        start.network.requires_grad_(True)
        own |= {"start": sha256_of_tensors(start.network.state_dict()), "config": start.network.config}
    settings = Settings(**_of_any_run(given), **own)
    trained: Sequence[TrainingNight] = people
    if settings.held_out:
        trained = [NightWithoutConcepts(night) for night in people]
    load = partial(
        InMemoryDataset,
        captions=settings.captions,
        pairs=settings.pairs,
        seed=settings.seed,
        sentences=settings.sentences,
        cache=given.run / "sentences",
    )
    buffer = ShuffleBuffer(trained, load, settings.seed, settings.nights_at_once)
    with PartialState(cpu=not torch.cuda.is_available()).main_process_first():  # the others read its sentences
        first = buffer.fill(0)
        tokenizer = start.tokenizer if start else caption_tokenizer(first, settings.config.vocabulary)
    writer = summary_writer(given.run) if given.tensorboard else None
    trainer = Trainer(settings, buffer.at, tokenizer, given.run, writer, start.network if start else None)
    # It reads embeddings, which stay the same where texts alone are learned.
    context = start.context if start and settings.texts_only else None
    validation = Validation(others, tokenizer) if others else None
    return Job(trainer, validation, partial(export, trainer, context=context))


def fine_tuning(given: argparse.Namespace, people: Sequence[Night], others: Sequence[Night]) -> Job:
    """The training of a network of the published form.

    Raises
    ------
    ModelError
        The weights to begin from cannot be read, or read other signals than a corpus has.
    """
    model = start_of(given.start)
    settings = TuningSettings(**_of_any_run(given), start=sha256_of_tensors(model.network.state_dict()))
    writer = summary_writer(given.run) if given.tensorboard else None
    training = tuning(settings, model, people, given.run, writer)
    return Job(training, validation_of(model, others), partial(export_tuned, model))


def _of_any_run(given: argparse.Namespace) -> dict:
    """What the command asks of a run; the rest is left to the settings."""
    asked = {name: getattr(given, name) for name in ("minutes", "steps", "batch", "rate", "seed", "nights_at_once")}
    asked["precision"] = "bf16" if given.bf16 else "no"
    return {name: value for name, value in asked.items() if value is not None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, validate, export."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        published = bool(given.start) and holds_published(folder_of(given.start, (*NANO_FILES, *PUBLISHED_FILES)))
        job_of = fine_tuning if published else pretraining
        if published and (other := [o for o in OWN if getattr(given, o) != parser.get_default(o)]):
            raise UsageError(
                f"--{other[0].replace('_', '-')} is of a network of our own; leave it out with the published form"
            )
        people, others = (nights(given.corpus, split) for split in ("train", "validation"))
        if not people:
            raise UsageError(f"no nights in {given.corpus}; simulate some with python -m train.corpus.simulate")
        training, validation, write = job_of(given, people, others[::VALIDATION_SHARE])
        if given.resume:
            training.resume()
    except SleepLMError as error:
        parser.error(str(error))
    training.train(validation)
    about = {
        "trained_on": f"{len(people)} nights ({sum(n.simulated for n in people)} of them simulated), "
        f"{sum(n.n_epochs * len(n.subsets) for n in people)} views of epochs",
        "steps": training.progress.step,
        "minutes": round(training.progress.elapsed_s / 60, 1),
        "batch": training.settings.batch * training.accelerator.num_processes,
        "seed": training.settings.seed,
        **({"learned": "to read texts alone"} if given.texts_only else {}),
        **({"held_out": ", ".join(CONCEPTS)} if given.held_out else {}),
    }
    if training.accelerator.is_main_process:
        write(given.out, about)
        print(json.dumps(about))


if __name__ == "__main__":
    main()
