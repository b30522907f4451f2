"""The `sleeplm` command: JSON goes to stdout alone, the rest to stderr; bad input is one sentence, status 2."""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from sleeplm import __version__
from sleeplm.errors import SleepLMError, UsageError
from sleeplm.vocabulary import FACETS, RESEARCH_USE


def main(argv: list[str] | None = None) -> None:
    """Run one command and leave with its exit status: 0, or 2 on bad input."""
    arguments = _parser().parse_args(argv)
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

    c = command("analyze", _analyze, "read, score, measure, caption and index a recording")
    c.add_argument("file", type=Path, metavar="FILE")
    _add_recording_options(c)

    c = command("ask", _ask, "ask a question about a night")
    c.add_argument("study", metavar="STUDY|FILE")
    c.add_argument("question", metavar="QUESTION")
    c.add_argument("--llm", metavar="NAME", help="a causal language model by hub name or folder")
    _add_recording_options(c)

    c = command("caption", _caption, "describe one epoch")
    c.add_argument("study", metavar="STUDY")
    c.add_argument("--epoch", type=int, required=True, metavar="N", help="from 1")
    c.add_argument("--facet", choices=FACETS)

    c = command("localize", _localize, "find where in a night a phrase holds")
    c.add_argument("study", metavar="STUDY")
    c.add_argument("phrase", metavar="PHRASE")
    c.add_argument("--top", type=_positive, default=5, metavar="K")

    c = command("search", _search, "find epochs of many nights by text or by example")
    c.add_argument("index", type=Path, metavar="INDEX")
    what = c.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", metavar="T")
    what.add_argument("--study", metavar="S")
    c.add_argument("--epoch", type=int, metavar="N", help="with --study: the epoch to resemble")
    c.add_argument("--k", type=_positive, default=10, metavar="K")
    c.add_argument("--where", metavar="EXPR", help="a condition on the rows, such as \"stage = 'N3'\"")

    c = command("index", _index, "add studies to an index, remove them, or describe it")
    c.add_argument("action", choices=("add", "remove", "info"))
    c.add_argument("index", type=Path, metavar="INDEX")
    c.add_argument("refs", nargs="*", metavar="STUDY")

    command("studies", _studies, "list the studies that are kept")
    c = command("delete", _delete, "delete a study: folder, index rows, caches", json_too=False)
    c.add_argument("study", metavar="STUDY")

    c = command("simulate", _simulate, "write a simulated night with its truth", json_too=False)
    c.add_argument("out", type=Path, metavar="OUT.edf")
    c.add_argument("--seed", type=int, default=0)
    c.add_argument("--hours", type=float, default=8.0)
    c.add_argument(
        "--profile",
        default="osa-mild",
        metavar="PROFILE",
        help="healthy-young, healthy-old, osa-mild, osa-severe, csa, plm, insomnia or rbd",
    )
    return parser


def _add_recording_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scoring", type=Path, action="append", default=[], metavar="FILE", help="may be repeated")
    parser.add_argument("--channel", action="append", default=[], metavar="CANONICAL=LABEL", help="may be repeated")
    parser.add_argument("--lights-off", metavar="HH:MM[:SS]")
    parser.add_argument("--lights-on", metavar="HH:MM[:SS]")
    parser.add_argument(
        "--name", metavar="LABEL", help="a label for people; do not use one that identifies somebody"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _print_json(value) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell_steps():
    """Progress as one line a step on stderr."""
    told = set()

    def progress(step: str, fraction: float) -> None:
        if step not in told:
            told.add(step)
            _say(f"{step} ...")

    return progress


def _add(arguments, file: Path):
    from assistant.nights import add_night

    overrides = {}
    for pair in arguments.channel:
        canonical, equals, label = pair.partition("=")
        if not equals:
            raise UsageError(f"--channel {pair!r}: write it as CANONICAL=LABEL, such as C3=EEG")
        overrides[canonical] = label
    return add_night(
        file,
        scorings=arguments.scoring,
        overrides=overrides,
        lights_off=arguments.lights_off,
        lights_on=arguments.lights_on,
        studies_dir=arguments.studies,
        label=arguments.name,
        progress=_tell_steps(),
    )


def _analyze(arguments) -> None:
    study = _add(arguments, arguments.file)
    if arguments.json:
        return _print_json(study.as_json())
    print(f"{study.label} ({study.id}), {study.n_epochs} epochs{', SIMULATED' if study.simulated else ''}")
    for name, channel in study.recording["channels"].items():
        print(f"  {name:9} {channel['label']} ({channel['sfreq_hz']:g} Hz, {channel['unit']})")
    print(f"  not recorded: {', '.join(study.recording['missing']) or 'nothing'}")
    for warning in study.warnings:
        print(f"! {warning}")
    for fact in study.facts:
        print(f"- {fact.text}")
    print(RESEARCH_USE)


def _ask(arguments) -> None:
    from assistant import Assistant
    from assistant.nights import open_index
    from sleeplm.study import open_study

    path = Path(arguments.study)
    study = _add(arguments, path) if path.is_file() else open_study(arguments.study, arguments.studies)
    assistant = Assistant.load(arguments.llm)
    *_, answer = assistant.answer(arguments.question, study, open_index(arguments.studies))
    if arguments.json:
        return _print_json(answer.as_json())
    print(answer.text)
    for c in answer.citations:
        print(f"  [{c.fact}] epochs {c.epochs[0]} to {c.epochs[1]}")
    if study.simulated:
        print("This night is simulated.")
    print(RESEARCH_USE)


def _caption(arguments) -> None:
    from sleeplm.study import open_study

    study = open_study(arguments.study, arguments.studies)
    if not 1 <= arguments.epoch <= study.n_epochs:
        raise UsageError(f"epoch {arguments.epoch} is outside the study, which has epochs 1 to {study.n_epochs}")
    captions = study.captions[arguments.epoch - 1]
    facets = {f: c for f, c in captions.items() if arguments.facet in (None, f)}
    if arguments.json:
        shown = {f: {"text": c.text, "attributes": c.attributes, "source": c.source} for f, c in facets.items()}
        return _print_json({"epoch": arguments.epoch, "facets": shown})
    if not facets:
        print("The signals that this facet needs were not recorded in this epoch.")
    for facet, caption in facets.items():
        print(f"{facet}: {caption.text}")


def _localize(arguments) -> None:
    from sleeplm.encoder import SleepLM
    from sleeplm.study import open_study
    from sleeplm.vocabulary import EPOCH_S

    study = open_study(arguments.study, arguments.studies)
    _, spans = SleepLM.from_pretrained().localize(arguments.phrase, study.patches)
    rows = [
        {"start_s": start, "end_s": end, "epoch": int(start // EPOCH_S) + 1, "score": score}
        for start, end, score in spans[: arguments.top]
    ]
    if arguments.json:
        return _print_json({"phrase": arguments.phrase, "spans": rows})
    for row in rows:
        print(f"epoch {row['epoch']}: {row['start_s']:.0f} to {row['end_s']:.0f} s, score {row['score']:.2f}")
    if not rows:
        print("Nothing in this night stands out for that phrase.")


def _search(arguments) -> None:
    from dataclasses import asdict

    from index import Index
    from sleeplm.encoder import SleepLM
    from sleeplm.study import open_study

    exclude = None
    if arguments.study is not None:
        study = open_study(arguments.study, arguments.studies)
        if arguments.epoch is None or not 1 <= arguments.epoch <= study.n_epochs:
            raise UsageError(f"--study needs --epoch, from 1 to {study.n_epochs}")
        vector, exclude = study.embeddings[arguments.epoch - 1], (study.id, arguments.epoch)
    else:
        vector = SleepLM.from_pretrained().embed_text([arguments.text])[0]
    hits = Index.open(arguments.index).search(vector, k=arguments.k, where=arguments.where, exclude=exclude)
    if arguments.json:
        return _print_json({"hits": [asdict(hit) for hit in hits]})
    for hit in hits:
        print(f"{hit.score:.3f}  {hit.study}  epoch {hit.epoch}  {hit.stage}  {hit.caption}")


def _index(arguments) -> None:
    from index import Index
    from sleeplm.study import open_study

    studies = [] if arguments.action == "remove" else [open_study(r, arguments.studies) for r in arguments.refs]
    if arguments.action != "info" and not arguments.refs:
        raise UsageError(f"index {arguments.action} needs at least one STUDY")
    if arguments.action == "add":
        index = Index.open_or_create(arguments.index, studies[0])
        for study in studies:
            index.add(study)
    else:
        index = Index.open(arguments.index)
        for ref in arguments.refs if arguments.action == "remove" else ():
            if not index.remove(ref):
                raise UsageError(f"the index in {arguments.index} holds no study {ref!r}")
    info = index.info()
    if arguments.json:
        return _print_json(info)
    for key, value in info.items():
        print(f"{key}: {value}")


def _studies(arguments) -> None:
    from sleeplm.study import list_studies

    rows = [
        {"study": s.id, "label": s.label, "epochs": s.n_epochs, "simulated": s.simulated, "folder": str(s.folder)}
        for s in list_studies(arguments.studies)
    ]
    if arguments.json:
        return _print_json(rows)
    for row in rows:
        print(f"{row['study']}  {row['label']}  {row['epochs']} epochs{'  SIMULATED' if row['simulated'] else ''}")


def _delete(arguments) -> None:
    from assistant.nights import delete_night

    for removed in delete_night(arguments.study, arguments.studies):
        print(f"removed {removed}")


def _simulate(arguments) -> None:
    from sleeplm.simulate import PROFILES, simulate_night, write_night

    if arguments.profile not in PROFILES:
        raise UsageError(f"there is no profile {arguments.profile!r}; the profiles are {', '.join(PROFILES)}")
    write_night(simulate_night(arguments.seed, arguments.hours, arguments.profile), arguments.out)
    print(f"wrote {arguments.out}: simulated, with its truth in the .hypnogram.csv and .events.csv beside it")


if __name__ == "__main__":
    main()
