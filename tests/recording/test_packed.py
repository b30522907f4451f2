"""Packed files that hold more than memory does are refused before MNE reads them, and honest ones are read."""

import gzip
import struct
import zlib

import mne
import numpy as np
import pytest
import scipy.io

from sleeplm.errors import DamagedFileError
from sleeplm.recording import open_recording
from sleeplm.recording.formats import packed

MEGABYTE = bytes(1 << 20)
MAT = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"


def zeros(megabytes: int) -> bytes:
    """Zeros packed by zlib."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(MEGABYTE) for _ in range(megabytes)) + packer.flush()


def element(content: bytes, kind: int) -> bytes:
    return struct.pack("<II", kind, len(content)) + content


@pytest.fixture
def raw():
    return mne.io.RawArray(np.zeros((1, 100 * 60)), mne.create_info(["C3"], 100, "eeg"), verbose="error")


def test_an_honest_packed_file_is_read(tmp_path, raw):
    raw.save(tmp_path / "night_raw.fif.gz", verbose="error")
    assert open_recording(tmp_path / "night_raw.fif.gz").n_epochs == 2
    eeg = {"nbchan": 1, "pnts": 6000, "trials": 1, "srate": 100.0, "xmin": 0.0, "xmax": 59.99, "chanlocs": [],
           "event": [], "setname": "", "data": np.zeros((1, 6000), np.float32), "icawinv": [], "icaweights": [],
           "icasphere": [], "icachansind": [], "times": [], "etc": []}  # fmt: skip
    scipy.io.savemat(tmp_path / "night.set", {"EEG": eeg}, do_compression=True)
    packed.refuse_bomb(tmp_path / "night.set")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("bomb_raw.fif.gz", lambda: gzip.compress(MEGABYTE * 3) * 90, "more than 256 MB.*unpack it"),
        ("bomb.set", lambda: MAT + element(zeros(257), 15), r"more than 256 MB.*\(\.fdt\)"),
        ("parts.set", lambda: MAT + element(zeros(129), 15) * 2, "more than 256 MB"),
        ("announced.set", lambda: MAT + struct.pack("<II", 14, 1 << 30), "more than 256 MB"),
        ("torn_raw.fif.gz", lambda: gzip.compress(MEGABYTE)[:-9] + b"torn" * 9, "cannot be unpacked"),
        ("torn.set", lambda: MAT + element(b"torn" * 9, 15), "cannot be unpacked"),
    ],
)
def test_what_fills_memory_is_refused(tmp_path, monkeypatch, name, content, sentence):
    monkeypatch.setattr(mne.io, "read_raw", lambda *_, **__: pytest.fail("MNE was asked to read it"))
    (tmp_path / name).write_bytes(content())
    assert (tmp_path / name).stat().st_size < 3 << 20
    with pytest.raises(DamagedFileError, match=sentence) as error:
        open_recording(tmp_path / name)
    assert name in str(error.value) and error.value.__str__().count(". ") == 0
