"""Real epochs for training: wake and deep sleep of half the people of UCDDB, put into a corpus.

    python -m train.corpus.ucddb runs/corpus ../shared/data/eeg_epochs/ucddb_wake_n3_128hz.npz

One central EEG of single epochs that an expert scored W or N3 (R&K stages 3 and 4), an epoch after another, so that
what came before and after one is not its night; nothing of that is stated in training. Their scale is nominal. The
other half of the people is measured on (`train.evaluation.real`), and so is ucddb018, who is in neither half.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from edfio import Edf, EdfSignal

from index.cohort.inputs import Night
from index.cohort.run import Outcome, run_cohort
from sleeplm.errors import SleepLMError
from sleeplm.study.person import Person
from sleeplm.units import EPOCH_S
from train.corpus.simulate import SECRET, SETTINGS

SFREQ_HZ = 128
NOMINAL_UV, STORED_SD = 30.0, 3000.0  # of all of a person's epochs here
STAGES = ("W", "N3")


def people_of(keys: Sequence[str], trained: bool) -> list[str]:
    """The people to train on, every second one, or those to measure on; keys are ``<person>_<stage>``."""
    everybody = sorted({key.rsplit("_", 1)[0] for key in keys})
    return everybody[0::2] if trained else everybody[1::2]


def write_people(file: Path, folder: Path) -> list[Night]:
    """An EDF and a hypnogram for each person to train on.

    Parameters
    ----------
    file : Path
        NumPy archive of int16 ``[epochs, 3840]`` by ``<person>_<stage>``.
    folder : Path
        Made where it is absent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    nights = []
    with np.load(file, allow_pickle=False) as held:
        for number, person in enumerate(people_of(held.files, trained=True), start=1):
            parts = {stage: held[f"{person}_{stage}"] for stage in STAGES if f"{person}_{stage}" in held.files}
            eeg_uv = np.concatenate([p.reshape(-1) for p in parts.values()]) * (NOMINAL_UV / STORED_SD)
            stages = [stage for stage, epochs in parts.items() for _ in range(len(epochs))]
            recording = folder / f"ucddb_{person}.edf"
            hypnogram = recording.with_suffix(".hypnogram.csv")
            hypnogram.write_text("epoch,stage\n" + "".join(f"{i},{s}\n" for i, s in enumerate(stages, start=1)))
            signal = EdfSignal(eeg_uv, SFREQ_HZ, label="EEG C3-M2", physical_dimension="uV")
            Edf([signal], data_record_duration=EPOCH_S).write(recording)
            nights.append(
                Night(number, recording.absolute(), (hypnogram.absolute(),), Person(person), split="train")
            )
    return nights


def ucddb_corpus(folder: Path, file: Path) -> Outcome:
    """Put the people to train on into a corpus; their recordings lie beside it."""
    recordings = folder.with_name(f"{folder.name}-recordings").absolute() / "ucddb"
    return run_cohort(write_people(file, recordings), folder, SETTINGS, SECRET)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write, read, caption."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the corpus")
    parser.add_argument("epochs", type=Path, help="the archive of epochs")
    given = parser.parse_args(arguments)
    try:
        outcome = ucddb_corpus(given.folder.absolute(), given.epochs)
    except (SleepLMError, OSError) as error:
        parser.error(str(error))
    for number, reason in outcome.failed:
        print(f"person {number}: {reason}")
    print(f"{outcome.made} made, {outcome.there} there before")


if __name__ == "__main__":
    main()
