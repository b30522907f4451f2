from collections.abc import Callable
from datetime import time
from pathlib import Path

import edfio
import numpy as np
import pytest
from edf_gaps import ROOM, with_gaps


def sine(sfreq_hz: float, duration_s: float = 60.0, hz: float = 5.0, size: float = 30.0) -> np.ndarray:
    return size * np.sin(2 * np.pi * hz * np.arange(round(sfreq_hz * duration_s)) / sfreq_hz)


def edf_signal(label: str, sfreq_hz: float = 100.0, unit: str = "uV", values=None, duration_s: float = 60.0):
    values = sine(sfreq_hz, duration_s) if values is None else np.asarray(values, dtype=float)
    top = float(f"{max(1e-4, 1.01 * np.abs(values).max()):.3g}")
    return edfio.EdfSignal(
        values, sfreq_hz, label=label, physical_dimension=unit, physical_range=(-top, top),
        digital_range=(-32767, 32767),
    )  # fmt: skip


@pytest.fixture
def make_edf(tmp_path) -> Callable[..., Path]:
    """Write a small EDF with these signals: a label, or (label, sfreq_hz[, unit[, values]])."""

    def make(*signals, name="night.edf", clock=time(22, 30), additional="", annotations=None, unit_as=None) -> Path:
        made = [edf_signal(s) if isinstance(s, str) else edf_signal(*s) for s in signals]
        recording = edfio.Recording(equipment_code="X", additional=(additional,) if additional else ())
        edf = edfio.Edf(
            made, recording=recording, starttime=clock, data_record_duration=1.0, annotations=annotations
        )
        edf.write(tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def make_edf_with_gaps(make_edf, tmp_path) -> Callable[..., Path]:
    """As `make_edf`, in records of 1 s of which the i-th begins at ``starts_s[i]``; later ones are left out."""

    def make(starts_s, *signals, annotations=(), name="gaps.edf") -> Path:
        path = make_edf(*signals, annotations=[ROOM, *annotations], name=f"whole_{name}")
        (tmp_path / name).write_bytes(with_gaps(path, starts_s))
        return tmp_path / name

    return make


@pytest.fixture
def make_bdf(tmp_path) -> Callable[..., Path]:
    """Write a small BDF with one signal of 24 bits, C3-M2 at 100 Hz, and these annotations."""

    def make(values, annotations=(), name="night.bdf") -> Path:
        signal = edfio.BdfSignal(
            np.asarray(values, float), 100, label="C3-M2", physical_dimension="uV", physical_range=(-500, 500)
        )
        bdf = edfio.Bdf([signal], starttime=time(22, 0, 1), data_record_duration=1.0, annotations=list(annotations))
        bdf.write(tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def rewrite(tmp_path) -> Callable[..., Path]:
    """Copy a file with some bytes of its header replaced: ``rewrite(path, {236: b"5       "})``."""

    def write(path: Path, changes: dict[int, bytes], name: str = "changed.edf") -> Path:
        data = bytearray(path.read_bytes())
        for at, new in changes.items():
            data[at : at + len(new)] = new
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a scoring file with this content."""

    def write(content: str | bytes, name: str = "scoring.csv") -> Path:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write
