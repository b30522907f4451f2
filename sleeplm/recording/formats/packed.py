"""Packed files, which may be small on disk and fill any memory: their size is counted before anybody reads them."""

import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from sleeplm.errors import DamagedFileError

MAX_BYTES = 256 * 1024**2  # unpacked; MNE holds what is packed two or three times over
_CHUNK = 1024**2  # bytes unpacked at a time: all that counting needs in memory
_MAT_HEADER, _MAT_TAG = 128, 8
_MAT_COMPRESSED = 15
_HOW = {
    ".gz": "unpack it and give what was packed",
    ".set": "save it with its signals in a file of their own (.fdt)",
}


def refuse_bomb(path: Path) -> None:
    """Refuse a file of gzip, or of MATLAB's version 5, that holds more than `MAX_BYTES`; other files pass.

    The layout of MATLAB's files: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf

    Raises
    ------
    DamagedFileError
        It holds more, or it is packed in a way that cannot be undone.
    """
    suffix = path.suffix.casefold()
    if suffix not in _HOW:
        return
    held = 0
    try:
        with path.open("rb") as file:
            for n_bytes in _gzip(file) if suffix == ".gz" else _mat(file):
                held += n_bytes
                if held > MAX_BYTES:
                    raise DamagedFileError(
                        f"'{path.name}' holds more than {MAX_BYTES >> 20} MB, which are not read at once from such "
                        f"a file; {_HOW[suffix]}."
                    )
    except (OSError, zlib.error) as error:
        raise DamagedFileError(
            f"'{path.name}' cannot be unpacked; copy it or export the night again, best as EDF+."
        ) from error


def _gzip(file: BufferedReader) -> Iterator[int]:
    """Bytes that a file of gzip holds, chunk by chunk."""
    while file.peek(1):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield from _unpacked(file, unpacker, None)
        file.seek(-len(unpacker.unused_data), 1)  # where the next member begins


def _mat(file: BufferedReader) -> Iterator[int]:
    """Bytes that the elements of a MAT-file hold, chunk by chunk; nothing of a file of another kind."""
    header = file.read(_MAT_HEADER)
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    while order and len(tag := file.read(_MAT_TAG)) == _MAT_TAG:
        kind, n_bytes = struct.unpack(f"{order}II", tag)
        end = file.tell() + n_bytes
        if kind == _MAT_COMPRESSED:
            yield from _unpacked(file, zlib.decompressobj(), n_bytes)
        else:
            yield n_bytes
        file.seek(end)


def _unpacked(file: BufferedReader, unpacker: "zlib._Decompress", n_bytes: int | None) -> Iterator[int]:
    """Lengths of the chunks that come out of the next `n_bytes` of a file, or of all of it."""
    left = n_bytes
    while not unpacker.eof and (packed := file.read(_CHUNK if left is None else min(_CHUNK, left))):
        left = None if left is None else left - len(packed)
        while packed and not unpacker.eof:
            yield len(unpacker.decompress(packed, _CHUNK))
            packed = unpacker.unconsumed_tail
