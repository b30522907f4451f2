"""How fast a network reads and tells a night on this machine, and how large its files are."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from sleeplm.kinds.channels import FACETS
from sleeplm.network.encoder import Encoder
from sleeplm.recording.epochs import Epochs
from train.evaluation.figures import Figure

SPEED = "Speed and size"
EMBEDDED, CAPTIONED = "a night of 960 epochs embedded", "a night of 960 epochs captioned in five facets"
SIZE = "weights, context network and tokenizer on disk"
NIGHT = 960  # epochs: 8 hours


def speed_figures(model: Encoder, epochs: Epochs) -> list[Figure]:
    """Seconds to embed a night and to caption it, the encoding included in both; and MB of the files.

    Parameters
    ----------
    model : Encoder
    epochs : Epochs
        Read again and again, if they are fewer, to fill a night.
    """
    night = _as_long_as_a_night(epochs)
    model.encode(Epochs(night.signals[:64], night.present[:64]))  # the first call is slower
    where = clock_in_words()
    embedding_s = seconds(lambda: model.embed_signals(night))
    captioning_s = seconds(lambda: _caption(model, night))
    nan = float("nan")
    return [
        Figure(SPEED, EMBEDDED, "s", embedding_s, nan, nan, where),
        Figure(SPEED, CAPTIONED, "s", captioning_s, nan, nan, where),
        Figure(SPEED, SIZE, "MB", size_mb(model), nan, nan, "as `save_pretrained` writes them"),
    ]


def _as_long_as_a_night(epochs: Epochs) -> Epochs:
    again = np.resize(np.arange(len(epochs)), NIGHT)
    return Epochs(epochs.signals[again], epochs.present[again])


def _caption(model: Encoder, night: Epochs) -> None:
    encoded = model.encode(night)
    for facet in FACETS:
        model.caption_encoded(encoded, night.present, facet)


def own_time() -> bool:
    """Whether seconds are the process's own: with one thread, so that what else the machine does does not count."""
    return torch.get_num_threads() == 1


def clock_in_words() -> str:
    """What `seconds` are seconds of."""
    return "1 thread, its own time" if own_time() else f"{torch.get_num_threads()} threads"


def seconds(work: Callable[[], object]) -> float:
    """How long something takes on the processor."""
    clock = time.process_time if own_time() else time.perf_counter
    began = clock()
    work()
    return clock() - began


def size_mb(model: Encoder) -> float:
    """Size of what a user downloads."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
