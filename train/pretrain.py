"""Train SleepLM nano on the nights of a cohort: contrast, captioning, reconstruction.

    python -m train.simulate_corpus runs/corpus --split train --nights 24 --hours 7
    python -m train.simulate_corpus runs/corpus --split validation --nights 8 --hours 4
    python -m train.pretrain --corpus runs/corpus --out sleeplm/weights --minutes 35

A run that was cut short goes on with `--resume`; given `--steps`, it then ends in the same weights. On several
processes or machines, each with its own share of the batches and its own contrast:

    torchrun --nproc_per_node 2 -m train.pretrain --corpus runs/corpus --out runs/out --steps 2000
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import set_seed
from tokenizers import Tokenizer
from torch.nn.attention import SDPBackend, sdpa_kernel

from sleeplm.errors import SleepLMError, UsageError
from sleeplm.model import NetworkConfig, SleepLMNetwork, save_network
from sleeplm.model.files import TOKENIZER_FILE
from sleeplm.model.words import train_words
from train.batches import Material
from train.corpus import nights
from train.measures import Validation
from train.schedule import Progress, learning_rate
from train.step import WEIGHTS, TrainingStep
from train.stream import NIGHTS_AT_ONCE, Stream
from train.unseen import SilentNight

LOG_EVERY = 50
CHOICES = ("own_scale", "fine", "numbers")  # of the network's form
VALIDATION_SHARE = 3  # every third night is enough to see how a run goes
SETTINGS_FILE = "settings.json"  # of a checkpoint
WORD_ROWS = 4000  # rows that the captions' tokenizer is learned from


@dataclass(frozen=True)
class Settings:
    """How a run trains; everything that its result follows from beside the corpus.

    Attributes
    ----------
    minutes : float
        Length of the run, unless `steps` is given.
    steps : int
        Length in steps; 0: by `minutes`.
    batch, rate, weight_decay, seed
        Epochs a step, peak learning rate, AdamW's decay, seed of everything drawn.
    captions, pairs : int
        Captions and pairs of phrases embedded for the contrast, for each shelf of nights (see `train.stream`).
    nights_at_once : int
        In memory.
    variety : float
        How far signals are varied as laboratories vary (see `train.step.varied`). At 1 a small network of one EEG
        staged unusual people worse after 250 steps than without (kappa .33 against .38); longer runs may differ.
    unseen : bool
        Whether three concepts are kept out of all words (see `train.unseen`).
    precision : str
        "no", or "bf16": the network computes in bfloat16, its weights stay in single precision.
    """

    minutes: float = 35.0
    steps: int = 0
    batch: int = 128
    rate: float = 1e-3
    weight_decay: float = 0.05
    seed: int = 1
    captions: int = 8000
    pairs: int = 2000
    nights_at_once: int = NIGHTS_AT_ONCE
    variety: float = 0.3
    unseen: bool = False
    precision: str = "no"
    config: NetworkConfig = field(default_factory=NetworkConfig)


class Trainer:
    """A network, its optimizer and how far it is."""

    def __init__(self, settings: Settings, material: Material | Stream, words: Tokenizer, run: Path, writer=None):
        set_seed(settings.seed)
        self.settings, self.material, self.words, self.run, self.writer = settings, material, words, run, writer
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=settings.precision)
        self.network = SleepLMNetwork(settings.config)
        optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
        )
        self.module, self.optimizer = self.accelerator.prepare(
            TrainingStep(self.network, settings.variety), optimizer
        )
        self.progress = Progress(settings.minutes, settings.steps)
        self.accelerator.register_for_checkpointing(self.progress)

    @property
    def checkpoint(self) -> Path:
        """Folder of the state that a run resumes from."""
        return self.run / "checkpoint"

    def resume(self) -> None:
        """Go on from the last checkpoint of the run.

        Raises
        ------
        UsageError
            There is none, or it is of a run with other settings.
        """
        kept = self.checkpoint / SETTINGS_FILE
        if not kept.is_file():
            raise UsageError(f"There is no checkpoint in {self.run.name}; start the run without --resume.")
        now, then = json.loads(json.dumps(asdict(self.settings))), json.loads(kept.read_text())
        other = sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key))
        if set(other) - {"minutes"}:  # a run may be given more time
            raise UsageError(f"The checkpoint is of a run with another {', '.join(other)}; give the same.")
        self.accelerator.load_state(str(self.checkpoint))

    def save(self) -> None:
        """Keep the state of the run; a checkpoint that is cut short leaves the one before."""
        partial, old = self.run / "checkpoint.partial", self.run / "checkpoint.old"
        self.accelerator.save_state(str(partial), safe_serialization=True)
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            (partial / SETTINGS_FILE).write_text(json.dumps(asdict(self.settings)))
            shutil.rmtree(old, ignore_errors=True)
            if self.checkpoint.exists():
                self.checkpoint.rename(old)
            partial.rename(self.checkpoint)
            shutil.rmtree(old, ignore_errors=True)
        self.accelerator.wait_for_everyone()

    def step(self) -> dict[str, float]:
        """Train on one batch; its losses."""
        settings, number = self.settings, self.progress.step
        rank, many = self.accelerator.process_index, self.accelerator.num_processes
        batch = self.material.batch(
            settings.batch, self.words, settings.config.caption_length, settings.seed, number * many + rank
        )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(settings.rate, self.progress.share)
        with self._attention():
            found = self.module(batch, settings.seed, number * many + rank)
            loss = sum(WEIGHTS[name] * value for name, value in found.items())
            self.optimizer.zero_grad()
            self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.progress.advance()
        if many > 1:  # all must end, and save, at the same step
            slowest = self.accelerator.gather(
                torch.tensor([self.progress.elapsed_s], device=self.accelerator.device)
            )
            self.progress.elapsed_s = float(slowest.max())
        return {name: value.item() for name, value in found.items()}

    def _attention(self):
        """In bfloat16 on a CPU the fused attention's backward pass takes half a step, the plain one little."""
        plain = self.settings.precision == "bf16" and self.accelerator.device.type == "cpu"
        return sdpa_kernel(SDPBackend.MATH) if plain else nullcontext()

    def train(self, validation: Validation | None, validate_minutes: float = 12.0) -> None:
        """Train to the end of the run, telling how it goes."""
        self.module.train()
        recent: list[dict[str, float]] = []
        validated_s = self.progress.elapsed_s
        while not self.progress.done:
            recent.append(self.step())
            if len(recent) == LOG_EVERY:
                self._tell({name: np.mean([r[name] for r in recent]) for name in recent[0]})
                recent = []
            if self.progress.elapsed_s - validated_s > 60 * validate_minutes:
                self.save()
                self.validate(validation)
                self.progress.pause()
                validated_s = self.progress.elapsed_s
        self.save()
        self.validate(validation)

    def validate(self, validation: Validation | None) -> dict[str, float]:
        """Measure on the people set aside for choosing."""
        if validation is None or not self.accelerator.is_main_process:
            return {}
        self.network.eval()
        found = validation(self.network)
        self.network.train()
        self._tell(found)
        return found

    def _tell(self, values: dict[str, float]) -> None:
        if not self.accelerator.is_main_process:
            return
        step = self.progress.step
        print(
            f"{self.progress.share:6.1%} step {step} " + " ".join(f"{k} {v:.3f}" for k, v in values.items()),
            flush=True,
        )
        if self.writer is not None:
            for name, value in values.items():
                self.writer.add_scalar(name, value, step)


def caption_words(material: Material, vocabulary: int) -> Tokenizer:
    """A tokenizer of captions, learned from an even share of those of some nights."""
    step = max(len(material) // WORD_ROWS, 1)
    return train_words(
        (t for row in material.captions[::step] for texts in row.values() for t in texts), vocabulary
    )


def export(trainer: Trainer, out: Path, about: dict) -> None:
    """Write the network and its tokenizer where `SleepLM.from_pretrained` reads them."""
    save_network(trainer.network, out, about)
    trainer.words.save(str(out / TOKENIZER_FILE))


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
    parser.add_argument("--minutes", type=float, default=Settings.minutes)
    parser.add_argument("--steps", type=int, default=0, help="length in steps instead of minutes")
    parser.add_argument("--batch", type=int, default=Settings.batch)
    parser.add_argument("--rate", type=float, default=Settings.rate)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--captions", type=int, default=Settings.captions)
    parser.add_argument("--nights-at-once", type=int, default=Settings.nights_at_once, help="in memory")
    parser.add_argument(
        "--bf16", action="store_true", help="compute in bfloat16, where the machine is built for it"
    )
    parser.add_argument("--variety", type=float, default=Settings.variety, help="of laboratories, 0 to 1")
    parser.add_argument("--unseen", action="store_true", help="keep three concepts out of all words (train.unseen)")
    parser.add_argument("--with", dest="choices", nargs="*", default=[], choices=CHOICES, help="see NetworkConfig")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--tensorboard", action="store_true")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, validate, export."""
    parser = _parser()
    given = parser.parse_args(arguments)
    settings = Settings(
        given.minutes,
        given.steps,
        given.batch,
        given.rate,
        seed=given.seed,
        captions=given.captions,
        nights_at_once=given.nights_at_once,
        variety=given.variety,
        unseen=given.unseen,
        precision="bf16" if given.bf16 else "no",
        config=NetworkConfig(**dict.fromkeys(given.choices, True)),
    )
    try:
        people = nights(given.corpus, "train")
    except SleepLMError as error:
        parser.error(str(error))
    if not people:
        parser.error(f"no nights in {given.corpus}; simulate some with python -m train.simulate_corpus")
    heard = [SilentNight(night) for night in people] if settings.unseen else people
    stream = Stream(
        heard,
        settings.captions,
        settings.pairs,
        settings.seed,
        settings.nights_at_once,
        cache=given.run / "sentences",
    )
    with PartialState(cpu=not torch.cuda.is_available()).main_process_first():  # the others read its sentences
        words = caption_words(stream.shelf(0), settings.config.vocabulary)
    trainer = Trainer(settings, stream, words, given.run, _writer(given.run, given.tensorboard))
    if given.resume:
        trainer.resume()
    others = nights(given.corpus, "validation")
    trainer.train(Validation(others[::VALIDATION_SHARE], words) if others else None)
    about = {
        "trained_on": f"{len(people)} nights ({sum(n.simulated for n in people)} of them simulated), "
        f"{sum(n.n_epochs * len(n.views) for n in people)} views of epochs",
        "steps": trainer.progress.step,
        "minutes": round(trainer.progress.elapsed_s / 60, 1),
        "batch": settings.batch * trainer.accelerator.num_processes,
        "seed": settings.seed,
        **({"unseen": "Cheyne-Stokes breathing, sleep spindles, bradycardia"} if settings.unseen else {}),
    }
    if trainer.accelerator.is_main_process:
        export(trainer, given.out, about)
        print(json.dumps(about))


if __name__ == "__main__":
    main()
