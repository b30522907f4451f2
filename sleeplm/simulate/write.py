"""Write a simulated night as an EDF+ file and its truth as two CSV files."""

import csv
import datetime
from pathlib import Path

import numpy as np

from sleeplm.errors import UsageError
from sleeplm.files import written_whole
from sleeplm.kinds.channels import CHANNEL
from sleeplm.kinds.events import MICRO_EVENTS
from sleeplm.simulate.simulator import SimulatedNight

START_CLOCK = datetime.time(22, 30)
LABELS = {
    "ECG": "ECG II", "ABD": "Resp Abdomen", "THX": "Resp Thorax", "AF": "Resp Flow", "EOG_L": "EOG E1-M2",
    "EOG_R": "EOG E2-M2", "C3": "EEG C3-M2", "C4": "EEG C4-M1", "EMG_CHIN": "EMG Chin", "POS": "Position",
    "SPO2": "SpO2", "LEG_L": "EMG Left Leg", "LEG_R": "EMG Right Leg", "SNORE": "Snore",
}  # fmt: skip
PER_UV = {"uV": 1.0, "mV": 1e-3, "V": 1e-6}
MANY_EVENTS = 5000  # above it, `MICRO_EVENTS` stay out of the events file
# Full scale of channels that carry whole numbers: one digital step is a whole part of the unit.
FIXED_RANGES = {"POS": ((-1.0, 9.0), (-1, 9)), "SPO2": ((0.0, 100.0), (0, 1000))}


def _ranges(name: str, values: np.ndarray) -> tuple[tuple[float, float], tuple[int, int]]:
    """Physical and digital range: symmetric, a little over the largest value, so that nothing clips."""
    if name in FIXED_RANGES:
        return FIXED_RANGES[name]
    top = float(f"{1.05 * float(np.abs(values).max()) or 1.0:.3g}")
    return (-top, top), (-32767, 32767)


def _edf(night: SimulatedNight):
    import edfio

    signals = []
    for name, (values, sfreq_hz) in night.signals.items():
        unit = night.units.get(name, CHANNEL[name].unit)
        values = values.astype(np.float64) * PER_UV.get(unit, 1.0) if name in night.units else values
        physical, digital = _ranges(name, values)
        signals.append(
            edfio.EdfSignal(
                values.astype(np.float64),
                sfreq_hz,
                label=LABELS[name],
                transducer_type="simulated",
                physical_dimension=unit,
                physical_range=physical,
                digital_range=digital,
            )
        )
    origin = ("sleeplm", night.profile, f"seed-{night.seed}")
    return edfio.Edf(
        signals,
        patient=edfio.Patient(),
        recording=edfio.Recording(equipment_code="simulated", additional=origin),
        starttime=START_CLOCK,
        data_record_duration=1.0,
        annotations=(),
    )


def _write_csv(path: Path, header: tuple[str, ...], rows: list[tuple]) -> None:
    with written_whole(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_night(night: SimulatedNight, out_edf: str | Path, every_event: bool = False) -> None:
    """Write ``OUT.edf``, ``OUT.hypnogram.csv`` (epoch from 1, stage) and ``OUT.events.csv``.

    The EDF+ header says that the night is simulated, from which profile and seed; the patient is anonymous and
    there is no date. Each file comes whole or not at all. With more than 5000 events spindles, slow
    waves and rapid eye movements are left out of the events file, unless `every_event` is wanted.

    Raises
    ------
    UsageError
        If the name does not end in ``.edf`` or its folder does not exist.
    """
    out = Path(out_edf)
    if out.suffix.lower() != ".edf":
        raise UsageError("A simulated night is written as EDF; give a file name that ends in .edf.")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {str(out.parent)!r} to write the simulated night into.")
    events = night.events
    if len(events) > MANY_EVENTS and not every_event:
        events = tuple(e for e in events if e.type not in MICRO_EVENTS)
    stages = [(i, str(s)) for i, s in enumerate(night.hypnogram, start=1)]
    rows = [(e.type, e.start_s, e.duration_s) for e in events]
    with written_whole(out) as partial:
        _edf(night).write(partial)
    _write_csv(out.with_suffix(".hypnogram.csv"), ("epoch", "stage"), stages)
    _write_csv(out.with_suffix(".events.csv"), ("type", "start_s", "duration_s"), rows)
