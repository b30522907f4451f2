"""The `sleeplm` command: JSON goes to stdout alone, the rest to stderr; bad input is one sentence, status 2."""

import argparse
import io
import logging
import os
import sys
from pathlib import Path

from assistant.commands import cohort, reading, search
from assistant.commands import studies as nights
from assistant.commands.network import add_network_options
from sleeplm import RESEARCH_USE, __version__
from sleeplm.errors import SleepLMError
from sleeplm.kinds.channels import FACETS, SUMMARY


def main(argv: list[str] | None = None) -> None:
    """Run one command and leave with its exit status: 0, or 2 on bad input."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may hold bytes that are no text
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        arguments.run(arguments)
    except SleepLMError as error:
        print(f"sleeplm: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sleeplm", description=f"Ask about a sleep study. {RESEARCH_USE}")
    parser.add_argument("--version", action="version", version=f"sleeplm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, words: str, json_too: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(run=run)
        sub.add_argument("--studies", type=Path, metavar="DIR", help="where studies are kept (SLEEPLM_STUDIES)")
        if json_too:
            sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    _add_commands_of_a_night(command)
    _add_commands_of_many_nights(command)
    _add_commands_of_files(command)
    return parser


def _add_commands_of_a_night(command) -> None:
    c = command("analyze", nights.analyze, "read, score, measure, caption and index a recording")
    c.add_argument("file", type=Path, metavar="FILE")
    _add_recording_options(c)

    c = command("ask", reading.ask, "ask a question about a night")
    c.add_argument("study", metavar="STUDY|FILE")
    c.add_argument("question", metavar="QUESTION")
    c.add_argument("--llm", metavar="NAME", help="a causal language model by hub name or folder")
    _add_recording_options(c)

    c = command("query", reading.query, "measure something in a part of a night")
    c.add_argument("study", metavar="STUDY")
    c.add_argument("query", metavar="QUERY", help='such as "per_hour(apnea, hypopnea) in stage R"')

    c = command("caption", reading.caption, "describe one epoch, or without --epoch the night")
    c.add_argument("study", metavar="STUDY")
    c.add_argument("--epoch", type=int, metavar="N", help="from 1")
    c.add_argument("--facet", choices=(*FACETS, SUMMARY))
    c.add_argument(
        "--rewrite",
        nargs="?",
        const="",
        metavar="MODEL",
        help="in a language model's words where they still say all: the packaged one's, or by name or folder",
    )

    c = command("localize", reading.localize, "find where in a night a phrase holds")
    c.add_argument("study", metavar="STUDY")
    c.add_argument("phrase", metavar="PHRASE")
    c.add_argument("--top", type=_positive, default=5, metavar="K")
    add_network_options(c)


def _add_commands_of_many_nights(command) -> None:
    c = command("search", search.search, "find epochs of many nights by text or by example")
    c.add_argument("index", type=Path, metavar="INDEX")
    what = c.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", metavar="T")
    what.add_argument("--study", metavar="S")
    c.add_argument("--epoch", type=int, metavar="N", help="with --study: the epoch to resemble")
    c.add_argument("--k", type=_positive, default=10, metavar="K")
    c.add_argument("--where", metavar="EXPR", help="a condition on the rows, such as \"stage = 'N3'\"")
    add_network_options(c)

    c = command("index", search.index, "add studies to an index, remove them, or describe it")
    c.add_argument("action", choices=("add", "remove", "info"))
    c.add_argument("index", type=Path, metavar="INDEX")
    c.add_argument("refs", nargs="*", metavar="STUDY")

    _add_cohort_options(command("cohort", cohort.cohort, "make a data set of many nights: Parquet, card, index"))

    command("studies", nights.studies, "list the studies that are kept")
    c = command("delete", nights.delete, "delete a study: folder, index rows, caches", json_too=False)
    c.add_argument("study", metavar="STUDY")


def _add_commands_of_files(command) -> None:
    c = command("deidentify", nights.deidentify, "write a copy of an EDF or BDF file that names nobody")
    c.add_argument("file", type=Path, metavar="FILE")
    c.add_argument("out", type=Path, metavar="OUT.edf")
    c.add_argument("--keep-age-sex", action="store_true", help="keep age in whole years (90 for all above) and sex")

    c = command("simulate", nights.simulate, "write a simulated night with its truth", json_too=False)
    c.add_argument("out", type=Path, metavar="OUT.edf")
    c.add_argument("--seed", type=int, default=0)
    c.add_argument("--hours", type=float, default=8.0)
    c.add_argument(
        "--profile",
        default="osa-mild",
        metavar="PROFILE",
        help="healthy-young, healthy-old, osa-mild, osa-severe, csa, plm, insomnia, rbd, or any (drawn at random)",
    )
    c.add_argument("--lab", choices=("clean", "varied"), default="clean", help="varied: any lab's rates and faults")


def _add_recording_options(parser: argparse.ArgumentParser) -> None:
    add_network_options(parser)
    parser.add_argument("--scoring", type=Path, action="append", default=[], metavar="FILE", help="may be repeated")
    _add_choices(parser)
    parser.add_argument(
        "--forget-montage",
        action="store_true",
        help="drop the channels and units that were chosen before for files with these signals",
    )
    parser.add_argument("--lights-off", metavar="HH:MM[:SS]")
    parser.add_argument("--lights-on", metavar="HH:MM[:SS]")
    parser.add_argument("--split", metavar="HH:MM[:SS]", help="when treatment of a split night began")
    parser.add_argument(
        "--name", metavar="LABEL", help="a label for people; do not use one that identifies somebody"
    )
    parser.add_argument("--person", metavar="KEY", help="whose night it is; only a keyed hash of it is kept")
    parser.add_argument("--age", metavar="N", help="age in years; 90 and more is kept as 90+")
    parser.add_argument("--sex", metavar="F|M")
    parser.add_argument(
        "--cohort", type=Path, metavar="PEOPLE.csv", help="a table with the columns file, person, age, sex"
    )


def _add_cohort_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILES", help="recordings, folders of them, patterns")
    parser.add_argument("--out", type=Path, metavar="DIR", help="of the data set; a run cut short goes on")
    parser.add_argument("--index", type=Path, metavar="INDEX", help="add the nights to this index for `search`")
    parser.add_argument(
        "--table",
        type=Path,
        metavar="TABLE.csv",
        help="a table with the column file and any of scoring (paths apart by |), person, age, sex, lights_off, "
        "lights_on, split",
    )
    parser.add_argument(
        "--scoring",
        action="append",
        default=[],
        metavar="PATTERN",
        help="where a file's scoring lies, seen from its folder, such as {stem}.csv; may be repeated",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, such as tcp://head:8786")
    where.add_argument("--workers", type=_positive, metavar="N", help="processes on this machine")
    parser.add_argument("--signals", action="store_true", help="keep the epochs' signals too, for training")
    parser.add_argument("--seed", type=int, default=0, help="of the captions' phrasing")
    add_network_options(parser)
    parser.add_argument("--no-embeddings", action="store_true", help="captions alone, without the network")
    parser.add_argument("--list", action="store_true", help="print the number and file of each night, and stop")
    _add_choices(parser)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", action="append", default=[], metavar="CANONICAL=LABEL", help="may be repeated")
    parser.add_argument("--unit", action="append", default=[], metavar="CANONICAL=UNIT", help="may be repeated")
    parser.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD=MEANING",
        help="what a word of a scoring means: a stage, a type of event, lights_off, lights_on or ignore; may be "
        "repeated",
    )
    parser.add_argument(
        "--hypopneas",
        choices=("3%", "4%"),
        default="3%",
        help="AASM rule where no expert scored: 3%% desaturation or arousal, or 4%% desaturation",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    main()
