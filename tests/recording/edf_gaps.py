"""Turn a whole EDF+ or BDF+ file into one with gaps."""

from pathlib import Path

import edfio

ROOM = edfio.EdfAnnotation(0, None, "room for long numbers in all records")  # `with_gaps` takes it out again


def with_gaps(path: Path, starts_s, kind="EDF") -> bytes:
    """A file in records of 1 s as one whose i-th record begins at ``starts_s[i]``; later records are left out.

    The file must have `ROOM` among its annotations.
    """
    whole, size = (edfio.read_edf(path), 2) if kind == "EDF" else (edfio.read_bdf(path), 3)
    record = size * sum(s.samples_per_data_record for s in whole._signals)
    width = size * whole._signals[-1].samples_per_data_record
    data = path.read_bytes()
    head = bytearray(data[: whole.bytes_in_header_record])
    head[192:197], head[236:244] = f"{kind}+D".encode(), str(len(starts_s)).ljust(8).encode()
    records = [data[at : at + record] for at in range(len(head), len(data), record)]
    for i, start_s in enumerate(starts_s):
        block = records[i][-width:].replace(f"+0\x14{ROOM.text}\x14\0".encode(), b"")
        block = block.replace(b"+%d\x14\x14" % i, f"{start_s:+.10g}\x14\x14".encode(), 1)
        records[i] = records[i][:-width] + block.rstrip(b"\0").ljust(width, b"\0")
    return bytes(head) + b"".join(records[: len(starts_s)])
