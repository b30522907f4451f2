"""Commands that make, list and delete studies, and that write recordings."""

from pathlib import Path

from assistant.commands.network import chosen
from assistant.commands.output import print_json, step_reporter
from sleeplm import RESEARCH_USE
from sleeplm.errors import UsageError
from sleeplm.recording.annotations.unknown import shown_word
from sleeplm.recording.formats.source import printable
from sleeplm.study.choices import HYPOPNEAS, Choices
from sleeplm.study.person import Person, in_words, of_file, person_of, read_cohort


def analysed(arguments, file: Path, network):
    """The study of a recording that a network embedded, with what the options of the command say of it."""
    from assistant.library import add_night

    return add_night(
        file,
        scorings=arguments.scoring,
        choices=choices_of(arguments),
        lights=(arguments.lights_off, arguments.lights_on),
        split=arguments.split,
        studies_dir=arguments.studies,
        label=arguments.name,
        progress=step_reporter(),
        person=_person(arguments, file),
        forget_montage=arguments.forget_montage,
        encoder=network.encoder,
    )


def choices_of(arguments) -> Choices:
    """Channels, units and rules that the options of a command name."""
    return Choices(
        pairs("--channel", arguments.channel, "CANONICAL=LABEL, such as C3=EEG"),
        pairs("--unit", arguments.unit, "CANONICAL=UNIT, such as C3=mV"),
        rules={HYPOPNEAS: arguments.hypopneas},
        words=pairs("--word", arguments.word, "WORD=MEANING, such as 'Resp Paradox=hypopnea'", at_last=True),
    )


def pairs(option: str, given: list[str], form: str, at_last: bool = False) -> dict[str, str]:
    """Options of the form ``NAME=VALUE`` as a mapping; parted at the first ``=``, or the last one."""
    pairs = {}
    for text in given:
        name, equals, value = text.rpartition("=") if at_last else text.partition("=")
        if not equals:
            raise UsageError(f"{option} {text!r}: write it as {form}")
        pairs[name] = value
    return pairs


def _person(arguments, file: Path) -> Person:
    """Whose night it is: by the options, else by the row of the cohort's table."""
    stated = person_of(arguments.person, arguments.age, arguments.sex)
    return stated if arguments.cohort is None else stated.over(of_file(read_cohort(arguments.cohort), file))


def analyze(arguments) -> None:
    """Read, score, measure, caption and index a recording."""
    from assistant.library import words_about

    study = analysed(arguments, arguments.file, chosen(arguments))
    if arguments.json:
        return print_json(study.as_json())
    print(f"{study.label} ({study.id}), {study.n_epochs} epochs{', SIMULATED' if study.simulated else ''}")
    print(f"  {_whose(study)}")
    for name, channel in study.recording["channels"].items():
        print(f"  {name:9} {channel['label']} ({channel['sfreq_hz']:g} Hz, {channel['unit']})")
    print(f"  not recorded: {', '.join(study.recording['missing']) or 'nothing'}")
    if others := study.recording.get("others"):
        print(f"  recorded, not analysed: {', '.join(other['label'] for other in others)}")
    for sentence in study.quality.summary():
        print(f"  {sentence}")
    for warning in study.warnings:
        print(f"! {warning}")
    for question in study.questions:
        choices = question.choices or ("...",)
        answers = " or ".join(f"--unit {question.channel}={choice}" for choice in choices)
        print(f"? {question.text} Analyse it again with {answers}.")
    for word in words_about(arguments.file, arguments.scoring, arguments.studies, choices_of(arguments)):
        said = word.question(study.start_clock, shown_word(word.word))
        print(f"? {said} Analyse it again with --word WORD=hypopnea, or whatever it means.")
    for fact in study.facts:
        print(f"- {fact.text}")
    print(RESEARCH_USE)


def _whose(study) -> str:
    """One line on who slept."""
    known = in_words(study.person) or "age and sex not known"
    whose = f"person {study.person['id']}" if study.person["id"] else "no person named: a person of its own"
    return f"{known}; {whose}"


def studies(arguments) -> None:
    """List the studies that are kept."""
    from sleeplm.study.study import list_studies

    rows = [
        {
            "study": s.id,
            "label": s.label,
            "person": s.person,
            "epochs": s.n_epochs,
            "simulated": s.simulated,
            "folder": str(s.folder),
        }
        for s in list_studies(arguments.studies)
    ]
    if arguments.json:
        return print_json(rows)
    for row in rows:
        print(f"{row['study']}  {row['label']}  {row['epochs']} epochs{'  SIMULATED' if row['simulated'] else ''}")


def delete(arguments) -> None:
    """Delete a study."""
    from assistant.library import delete_night

    for removed in delete_night(arguments.study, arguments.studies):
        print(f"removed {removed}")


def deidentify(arguments) -> None:
    """Write a copy of a recording that names nobody."""
    from dataclasses import asdict

    from sleeplm.recording.privacy.deidentify import deidentify

    done = deidentify(arguments.file, arguments.out, arguments.keep_age_sex)
    if arguments.json:
        return print_json(asdict(done))
    print(f"wrote {printable(str(arguments.out))}: {done.signals} signals, their samples unchanged")
    print(f"  labels with unknown words, replaced by Signal N: {done.labels_replaced}")
    print(
        f"  annotations of known words kept: {done.annotations_kept}; others left out: {done.annotations_removed}"
    )
    if done.bytes_dropped:
        print(f"  bytes after the last record, left out: {done.bytes_dropped}")
    print("The start date is removed, the time of day is kept. Signals can identify a person too: share with care.")


def simulate(arguments) -> None:
    """Write a simulated night with its truth."""
    from sleeplm.simulate import simulate_night, write_night

    night = simulate_night(arguments.seed, arguments.hours, arguments.profile, lab=arguments.lab)
    write_night(night, arguments.out)
    out = printable(str(arguments.out))
    print(f"wrote {out}: simulated, with its truth in the .hypnogram.csv and .events.csv beside it")
