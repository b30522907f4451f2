"""The command that makes a data set of many nights."""

import sys
from pathlib import Path

from assistant.commands.output import print_json, print_progress
from assistant.commands.studies import choices_of
from sleeplm import RESEARCH_USE
from sleeplm.errors import UsageError


def cohort(arguments) -> None:
    """Read, score, caption and embed many nights, and keep them as Parquet."""
    from index.cohort.inputs import find_nights

    nights = find_nights(arguments.files, arguments.table, arguments.scoring)
    if arguments.list:
        return _list(nights, arguments.json)
    if arguments.out is None:
        raise UsageError("--out is missing: the folder that the data set is written to")
    if arguments.index is not None and arguments.no_embeddings:
        raise UsageError("--index needs embeddings; leave --no-embeddings out")
    outcome, indexed = _made(arguments, nights)
    card = arguments.out / "README.md"
    if arguments.json:
        failed = [{"night": number, "reason": reason} for number, reason in outcome.failed]
        numbers = {"nights": outcome.nights, "made": outcome.made, "there_before": outcome.there}
        cost = {"seconds": _means(outcome.seconds), "core_s": round(outcome.core_s, 1), "peak_mb": outcome.peak_mb}
        return print_json({**numbers, "indexed": indexed, "failed": failed, "card": str(card), "cost": cost})
    for number, reason in outcome.failed:
        print(f"! night {number}: {reason}")
    made = f"{outcome.made} made, {outcome.there} there before, {len(outcome.failed)} failed"
    print(f"{outcome.nights} nights: {made}")
    if outcome.failed:
        print("  --list prints the file of each number")
    if indexed is not None:
        print(f"  {indexed} nights added to the index {arguments.index}")
    print(f"  the card of the data set: {card}")
    print(RESEARCH_USE)


def _means(seconds: list[dict]) -> dict:
    """Seconds of a night by step, on average over the nights that were made."""
    return {
        step: round(sum(s[step] for s in seconds) / len(seconds), 2) for step in (seconds[0] if seconds else ())
    }


def _made(arguments, nights):
    from index.cohort.indexed import add_cohort
    from index.cohort.run import run_cohort
    from sleeplm.study.folder import key_of, studies_folder

    out, studies = arguments.out.expanduser().absolute(), studies_folder(arguments.studies)
    where = (arguments.scheduler, arguments.workers)
    with _Bar() as report:
        outcome = run_cohort(nights, out, _settings(arguments), key_of(studies), studies, *where, report)
    if outcome.made + outcome.there == 0:
        shown = "; ".join(f"night {number}: {reason}" for number, reason in outcome.failed[:5])
        raise UsageError(f"none of the {outcome.nights} nights can be used ({shown})")
    return outcome, add_cohort(out, arguments.index) if arguments.index is not None else None


def _settings(arguments):
    from index.cohort.folder import Settings
    from sleeplm import __version__

    weights = _where(arguments.encoder)
    return Settings(
        package=__version__,
        model=None if arguments.no_embeddings else _model(weights, arguments.bf16),
        weights=weights,
        signals=arguments.signals,
        seed=arguments.seed,
        choices=choices_of(arguments),
        bf16=arguments.bf16,
    )


def _where(encoder: str | None) -> str | None:
    """A folder as every worker finds it; a name on the hub as it is."""
    folder = Path(encoder or "").expanduser()
    return str(folder.absolute()) if encoder and folder.exists() else encoder


def _model(weights: str | None, bf16: bool) -> dict:
    from sleeplm.network.encoder import model_of
    from sleeplm.network.loading import load_encoder

    return model_of(load_encoder(weights, bf16))


def _list(nights, as_json: bool) -> None:
    """The number of each file, for the user alone: nothing else says them together."""
    from sleeplm.recording.formats.source import printable

    rows = [{"night": n.number, "file": str(n.path), "scorings": [str(s) for s in n.scorings]} for n in nights]
    if as_json:
        return print_json(rows)
    for row in rows:
        beside = f"  with {len(row['scorings'])} scoring files" if row["scorings"] else ""
        print(f"night {row['night']}: {printable(row['file'])}{beside}")


class _Bar:
    """A bar on a terminal; elsewhere a line as each step begins and ends."""

    def __enter__(self):
        self._bar = None
        return self._report

    def __exit__(self, *error):
        if self._bar is not None:
            self._bar.close()

    def _report(self, step: str, done: int, of: int) -> None:
        from tqdm import tqdm

        if not sys.stderr.isatty():
            if done in (0, of):
                print_progress(f"{step}: {done} of {of} nights")
            return
        if done == 0:
            self.__exit__()
            self._bar = tqdm(total=of, desc=step, unit="night", file=sys.stderr)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
