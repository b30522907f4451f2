"""Opening a published ``.pt`` file: a zip of a pickle and raw tensors, from anywhere, hostile until read."""

import pickletools
import zipfile
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor

from sleeplm.errors import ModelError
from sleeplm.files import open_regular

PREFIX = "module."  # of a network that was trained on several GPUs
MOST_BYTES, MOST_TENSORS, MOST_PICKLE_BYTES = 8 << 30, 4096, 8 << 20
_SPARE_BYTES = 1 << 20  # a few tensors may be stored once and named twice
_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
# All that a pickle of tensors needs. torch's own list is longer, and holds what can ask for any amount of memory.
_GLOBALS = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Bool")),
}


def read_checkpoint(file: Path) -> dict[str, Tensor]:
    """The tensors of a published checkpoint, by their names without ``module.``.

    Parameters
    ----------
    file : path
        A dictionary with a ``state_dict``, as `torch.save` writes it.

    Returns
    -------
    dict of str to Tensor
        As they are stored, mapped from the file: nothing is copied yet.

    Raises
    ------
    ModelError
        One sentence: the file is missing, no such zip, asks for classes that weights do not need, or its tensors
        are not plain, whole and of a size that the file has bytes for.
    """
    size = _check_zip(file)
    try:
        content = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # the unpickler raises whatever its input makes of it
        raise ModelError(f"{file.name} is not a checkpoint that can be read safely") from error
    state = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state or not all(isinstance(key, str) for key in state):
        raise ModelError(f"{file.name} holds no state_dict of named tensors")
    if len(state) > MOST_TENSORS:
        raise ModelError(f"{file.name} holds {len(state)} tensors, more than {MOST_TENSORS}")
    for key, value in state.items():
        _check_tensor(key, value)
    if sum(value.nbytes for value in state.values()) > size + _SPARE_BYTES:
        raise ModelError(f"the tensors of {file.name} share their numbers, and claim more bytes than the file has")
    names = Counter(key.removeprefix(PREFIX) for key in state)
    for key, times in names.items():
        if times > 1:
            raise ModelError(f"{file.name} names the tensor {key!r} twice, with and without {PREFIX!r}")
    return {key.removeprefix(PREFIX): value for key, value in state.items()}


def _check_zip(file: Path) -> int:
    """Refuse what is no zip of plain, uncompressed members with one small and harmless pickle; the file's size."""
    try:
        with open_regular(file) as opened:
            size = opened.seek(0, 2)
            if size > MOST_BYTES:
                raise ModelError(f"{file.name} is larger than {MOST_BYTES >> 30} GB")
            with zipfile.ZipFile(opened) as archive:
                members = archive.infolist()
                if len(members) > 2 * MOST_TENSORS or any(m.compress_type != zipfile.ZIP_STORED for m in members):
                    raise ModelError(f"{file.name} is not a zip as torch.save writes it: it is packed or too long")
                pickles = [m for m in members if m.filename.endswith(".pkl")]
                if len(pickles) != 1 or pickles[0].file_size > min(MOST_PICKLE_BYTES, size):
                    raise ModelError(f"{file.name} does not hold one pickle of a few megabytes")
                _check_pickle(file.name, archive.read(pickles[0]))
    except (OSError, ValueError) as error:
        raise ModelError(f"the checkpoint {file.name} cannot be opened") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{file.name} is not a zip as torch.save writes it") from error
    return size


def _check_pickle(name: str, content: bytes) -> None:
    try:
        for code, argument, _ in pickletools.genops(content):
            if code.name in ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4") or (
                code.name == "GLOBAL" and argument not in _GLOBALS
            ):
                raise ModelError(f"{name} is not weights alone: its pickle asks for other classes")
    except (ValueError, IndexError) as error:
        raise ModelError(f"{name} holds a damaged pickle") from error


def _check_tensor(key: str, value: object) -> None:
    if not isinstance(value, Tensor) or value.layout != torch.strided or value.device.type != "cpu":
        raise ModelError(f"{key!r} is not a plain tensor")
    if value.dtype not in _TYPES:
        raise ModelError(f"the tensor {key!r} holds {value.dtype}, not floating-point numbers")
    if not value.is_contiguous():
        raise ModelError(f"the tensor {key!r} does not lie in one piece")
