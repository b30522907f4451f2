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
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from accelerate import PartialState
from tokenizers import Tokenizer

from sleeplm.errors import SleepLMError, UsageError
from sleeplm.network.hub import folder_of
from sleeplm.network.loading import SleepLM
from sleeplm.network.nano.config import NetworkConfig
from sleeplm.network.nano.context import ContextNetwork, save_context
from sleeplm.network.nano.files import FILES as NANO_FILES
from sleeplm.network.nano.files import TOKENIZER_FILE, save_network
from sleeplm.network.nano.network import SleepLMNetwork
from sleeplm.network.nano.tokenizer import train_tokenizer
from sleeplm.network.published.folders import FILES as PUBLISHED_FILES
from sleeplm.network.published.folders import holds_published
from sleeplm.network.tensors import sha256_of_tensors
from train.corpus.corpus import Night, nights
from train.corpus.held_out import SilentNight
from train.corpus.stream import Stream
from train.nano.batches import Batch, InMemoryDataset
from train.nano.measures import Validation
from train.nano.step import TrainingStep
from train.published.finetune import TuningSettings, export_tuned, start_of, sum_of, tuning, validation_of
from train.training import RunSettings, Training

VALIDATION_SHARE = 3  # every third night is enough to see how a run goes
WORD_ROWS = 4000  # rows that the captions' tokenizer is learned from


# Options that say how a network of our own is trained.
OWN = ("captions", "sentences", "variety", "unseen", "texts_only")


@dataclass(frozen=True)
class Settings(RunSettings):
    """How our own network is trained; everything that its result follows from beside the corpus.

    Attributes
    ----------
    captions, sentences, pairs : int
        Captions for the contrast, their different sentences, and pairs of phrases, for each shelf of nights (see
        `train.corpus.stream`).
    variety : float
        How far signals are varied as laboratories vary (see `train.nano.step.varied`). At 1 a small network of one
        EEG staged unusual people worse after 250 steps than without (kappa .33 against .38); longer runs may
        differ.
    unseen : bool
        Whether three concepts are kept out of all words (see `train.corpus.held_out`).
    texts_only : bool
        Whether only the head that reads texts learns.
    start : str
        Sum of the weights that it begins from; empty: from nothing.
    """

    captions: int = 40_000
    sentences: int = 10_000
    pairs: int = 2000
    variety: float = 0.3
    unseen: bool = False
    texts_only: bool = False
    start: str = ""
    config: NetworkConfig = field(default_factory=NetworkConfig)


class Trainer(Training):
    """The training of a network of our own on some material, whose captions it puts into words."""

    def __init__(
        self,
        settings: Settings,
        material: InMemoryDataset | Stream,
        tokenizer: Tokenizer,
        run: Path,
        writer=None,
        start: SleepLMNetwork | None = None,
    ):
        self.tokenizer = tokenizer

        def drawn(number: int) -> tuple[Batch, int, int]:
            length, seed = settings.config.caption_length, settings.seed
            return material.batch(settings.batch, tokenizer, length, seed, number), seed, number

        super().__init__(
            settings,
            lambda: TrainingStep(start or SleepLMNetwork(settings.config), settings.variety, settings.texts_only),
            drawn,
            run,
            writer,
        )


def caption_tokenizer(material: InMemoryDataset, vocabulary: int) -> Tokenizer:
    """A tokenizer of captions, learned from an even share of those of some nights."""
    step = max(len(material) // WORD_ROWS, 1)
    return train_tokenizer(
        (t for row in material.marked[::step] for texts in row.values() for t in texts), vocabulary
    )


def export(trainer: Trainer, out: Path, about: dict, context: ContextNetwork | None = None) -> None:
    """Write the network, its tokenizer and its context network where `SleepLM.from_pretrained` reads them."""
    if trainer.network.about:
        about = {**about, "begun_from": trainer.network.about}
    written = save_network(trainer.network, out, about)
    trainer.tokenizer.save(str(out / TOKENIZER_FILE))
    if context is not None:
        save_context(context, out, written)


def _writer(run: Path, wanted: bool):
    if not wanted:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run / "tensorboard"))


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
        "--unseen", action="store_true", help="keep three concepts out of all words (train.corpus.held_out)"
    )
    parser.add_argument("--texts-only", action="store_true", help="with --from: signals stay read as they are")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--tensorboard", action="store_true")
    return parser


def pretraining(given: argparse.Namespace, people: Sequence[Night], others: Sequence[Night]) -> tuple:
    """A training of a new network as the command asks for it, its validation, and what writes its weights."""
    own = {name: getattr(given, name) for name in OWN}
    start = SleepLM.from_pretrained(given.start) if given.start else None
    if given.texts_only and start is None:
        raise UsageError("--texts-only needs weights that read signals already; name them with --from")
    if start is not None:
        start.network.requires_grad_(True)
        own |= {"start": sha256_of_tensors(start.network.state_dict()), "config": start.network.config}
    settings = Settings(**_of_any_run(given), **own)
    heard = [SilentNight(night) for night in people] if settings.unseen else people
    filled = partial(
        InMemoryDataset,
        captions=settings.captions,
        pairs=settings.pairs,
        seed=settings.seed,
        sentences=settings.sentences,
        cache=given.run / "sentences",
    )
    stream = Stream(heard, filled, settings.seed, settings.nights_at_once)
    with PartialState(cpu=not torch.cuda.is_available()).main_process_first():  # the others read its sentences
        first = stream.shelf(0)
        tokenizer = start.tokenizer if start else caption_tokenizer(first, settings.config.vocabulary)
    writer = _writer(given.run, given.tensorboard)
    trainer = Trainer(settings, stream, tokenizer, given.run, writer, start and start.network)
    context = start.context if settings.texts_only else None  # it reads embeddings, which are the same
    return trainer, Validation(others, tokenizer) if others else None, partial(export, trainer, context=context)


def fine_tuning(given: argparse.Namespace, people: Sequence[Night], others: Sequence[Night]) -> tuple:
    """The same for a network that is there already."""
    model = start_of(given.start)
    settings = TuningSettings(**_of_any_run(given), start=sum_of(model))
    training = tuning(settings, model, people, given.run, _writer(given.run, given.tensorboard))
    return training, validation_of(model, others), partial(export_tuned, model)


def _of_any_run(given: argparse.Namespace) -> dict:
    """What the command says of a run; the rest is left to the settings."""
    said = {name: getattr(given, name) for name in ("minutes", "steps", "batch", "rate", "seed", "nights_at_once")}
    said["precision"] = "bf16" if given.bf16 else "no"
    return {name: value for name, value in said.items() if value is not None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, validate, export."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        published = bool(given.start) and holds_published(folder_of(given.start, (*NANO_FILES, *PUBLISHED_FILES)))
        meant = fine_tuning if published else pretraining
        if published and (other := [o for o in OWN if getattr(given, o) != parser.get_default(o)]):
            raise UsageError(f"--{other[0]} is of a network of our own; leave it out with the published form")
        people, others = (nights(given.corpus, split) for split in ("train", "validation"))
        if not people:
            raise UsageError(f"no nights in {given.corpus}; simulate some with python -m train.corpus.simulate")
        training, validation, write = meant(given, people, others[::VALIDATION_SHARE])
        if given.resume:
            training.resume()
    except SleepLMError as error:
        parser.error(str(error))
    training.train(validation)
    about = {
        "trained_on": f"{len(people)} nights ({sum(n.simulated for n in people)} of them simulated), "
        f"{sum(n.n_epochs * len(n.views) for n in people)} views of epochs",
        "steps": training.progress.step,
        "minutes": round(training.progress.elapsed_s / 60, 1),
        "batch": training.settings.batch * training.accelerator.num_processes,
        "seed": training.settings.seed,
        **({"learned": "to read texts alone"} if given.texts_only else {}),
        **({"unseen": "Cheyne-Stokes breathing, sleep spindles, bradycardia"} if given.unseen else {}),
    }
    if training.accelerator.is_main_process:
        write(given.out, about)
        print(json.dumps(about))


if __name__ == "__main__":
    main()
