"""Fit the simulator to real scored nights; the result is `fitted.json`.

    python -m sleeplm.simulate.fitting.fit SCORINGS_FOLDER

The folder holds the scorings of DOD-H and DOD-O (``dod/``), BOAS (``boas_128.csv``), CinC 2018
(``cinc2018_994_nights_stages_arousals.json.gz``), UCDDB (``ucddb_epochs_events.csv``) and the MIT-BIH
polysomnographic records (``slpdb/``). Only fitted numbers leave it, never a night. Stages and arousals are fitted
to every second night; the others are left for `benchmarks.simulator` to compare with.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sleeplm.simulate.fitting.events import fit_arousals, fit_heart, fit_respiratory
from sleeplm.simulate.fitting.scored_nights import (
    BOAS,
    CINC,
    UCDDB,
    RealNight,
    read_beats,
    read_respiratory,
    read_stages,
)
from sleeplm.simulate.fitting.stages import count_chain, fit_age, fit_people
from sleeplm.simulate.population import HABITS

HERE = Path(__file__).parents[1]  # beside what reads it


def halves(nights: list[RealNight]) -> tuple[list[RealNight], list[RealNight]]:
    """Nights to fit to, and nights to compare with: every second one of each source."""
    return nights[::2], nights[1::2]


def fit(folder: Path) -> dict:
    """All that `fitted.json` holds, with where each part is from."""
    own, _ = halves(read_stages(folder))
    chain, people = fit_people(count_chain(own), own)
    stages_of = f"expert hypnograms, every second night of dod/ (scorer 1), {BOAS} (consensus) and {CINC}"
    return {
        "chain": {"source": stages_of, "nights": len(own), **_plain(asdict(chain))},
        "people": {"source": stages_of, "nights": len(own), "habits": HABITS, **_plain(asdict(people))},
        "age": {"source": f"{BOAS}, all nights that tell age and sex", **fit_age(read_stages(folder))},
        "arousals": {"source": f"{CINC}, those of the nights above", **fit_arousals(own)},
        "respiratory": {"source": UCDDB, **fit_respiratory(read_respiratory(folder))},
        "heart": {"source": "slpdb/, normal beats", **fit_heart(read_beats(folder))},
    }


def _plain(arrays: dict[str, np.ndarray]) -> dict:
    return {name: a.tolist() for name, a in arrays.items()}


def _rounded(value, digits: int = 4):
    """The same numbers with as many digits as they deserve."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {k: _rounded(v, digits) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v, digits) for v in value]
    return value


def main() -> None:
    """Fit and write `fitted.json` beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    result = _rounded(fit(parser.parse_args().folder))
    parts = (f"{json.dumps(name)}: {json.dumps(part)}" for name, part in result.items())
    (HERE / "fitted.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"fitted on {result['chain']['nights']} nights")


if __name__ == "__main__":
    main()
