"""A run of training: steps, checkpoints and exact resume, on one machine or many; it knows no network's form."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from sleeplm.errors import UsageError
from train.corpus.shuffle_buffer import NIGHTS_AT_ONCE
from train.schedule import Progress, learning_rate

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

LOG_EVERY = 50  # steps
SETTINGS_FILE = "settings.json"  # of a checkpoint


@dataclass(frozen=True)
class RunSettings:
    """How a run trains, whatever it trains.

    Attributes
    ----------
    minutes : float
        Length of the run, unless `steps` is given.
    steps : int
        Length in steps; 0: by `minutes`.
    batch, rate, weight_decay, seed
        Epochs a step, peak learning rate, AdamW's decay, seed of everything drawn.
    nights_at_once : int
        In memory.
    precision : str
        "no", or "bf16": the network computes in bfloat16, its weights stay in single precision.
    """

    minutes: float = 35.0
    steps: int = 0
    batch: int = 128
    rate: float = 1e-3
    weight_decay: float = 0.05
    seed: int = 1
    nights_at_once: int = NIGHTS_AT_ONCE
    precision: str = "no"


class TrainedModule(nn.Module):
    """A network with its losses, as one module, so that it can be trained on any number of machines.

    Called with a batch, it gives its losses by their names, unweighted.

    Attributes
    ----------
    network : Module
    weights : mapping of str to float
        How much each loss counts.
    """

    network: nn.Module
    weights: Mapping[str, float]


class Training:
    """A network, its optimizer and how far it is.

    Parameters
    ----------
    settings : RunSettings
    made : callable
        Makes the module that is trained, once all seeds are set.
    drawn : callable
        What the module is called with, given the number of a batch, from which alone it follows.
    run : path
        Where the checkpoint is kept.
    writer : SummaryWriter, optional
        Of TensorBoard.
    """

    def __init__(
        self,
        settings: RunSettings,
        made: Callable[[], TrainedModule],
        drawn: Callable[[int], tuple],
        run: Path,
        writer: "SummaryWriter | None" = None,
    ):
        set_seed(settings.seed)
        self.settings, self.drawn, self.run, self.writer = settings, drawn, run, writer
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=settings.precision)
        step = made()
        self.network, self.weights = step.network, step.weights
        optimizer = torch.optim.AdamW(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=settings.rate,
            betas=(0.9, 0.98),
            weight_decay=settings.weight_decay,
        )
        self.module, self.optimizer = self.accelerator.prepare(step, optimizer)
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
        settings = self.checkpoint / SETTINGS_FILE
        if not settings.is_file():
            raise UsageError(f"There is no checkpoint in {self.run.name}; start the run without --resume.")
        now, then = json.loads(json.dumps(asdict(self.settings))), json.loads(settings.read_text())
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
        rank, many = self.accelerator.process_index, self.accelerator.num_processes
        drawn = self.drawn(self.progress.step * many + rank)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings.rate, self.progress.share)
        with self._attention():
            found: dict[str, Tensor] = self.module(*drawn)
            loss = sum(self.weights[name] * value for name, value in found.items())
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

    def _attention(self) -> AbstractContextManager:
        """In bfloat16 on a CPU the fused attention's backward pass takes half a step, the plain one little."""
        plain = self.settings.precision == "bf16" and self.accelerator.device.type == "cpu"
        return sdpa_kernel(SDPBackend.MATH) if plain else nullcontext()

    def train(self, validation: Callable | None, validate_minutes: float = 20.0) -> None:
        """Train to the end of the run, reporting how it goes; `validation` measures a network."""
        self.module.train()
        recent: list[dict[str, float]] = []
        validated_s = self.progress.elapsed_s
        while not self.progress.done:
            recent.append(self.step())
            if len(recent) == LOG_EVERY:
                self._report({name: float(np.mean([r[name] for r in recent])) for name in recent[0]})
                recent = []
            if self.progress.elapsed_s - validated_s > 60 * validate_minutes:
                self.save()
                self.validate(validation)
                self.progress.pause()
                validated_s = self.progress.elapsed_s
        self.save()
        self.validate(validation)

    def validate(self, validation: Callable | None) -> dict[str, float]:
        """Measure on the people set aside for choosing."""
        if validation is None or not self.accelerator.is_main_process:
            return {}
        self.module.eval()
        found = validation(self.network)
        self.module.train()
        self._report(found)
        return found

    def _report(self, values: dict[str, float]) -> None:
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


def summary_writer(run: Path) -> "SummaryWriter":
    """TensorBoard's writer into the folder of a run."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run / "tensorboard"))
