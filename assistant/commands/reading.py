"""Commands that read one study: ask, caption, localize."""

from pathlib import Path

from assistant.commands.network import chosen, is_chosen
from assistant.commands.output import print_json, print_progress
from assistant.commands.studies import analysed
from sleeplm import RESEARCH_USE
from sleeplm.errors import UsageError


def ask(arguments) -> None:
    """Answer a question about a night."""
    from assistant import Answer, Assistant
    from assistant.library import open_index

    study, encoder = _asked_about(arguments)
    assistant = Assistant.load(arguments.llm, encoder)
    *_, answer = assistant.answer(arguments.question, study, open_index(study))
    assert isinstance(answer, Answer)  # the last step
    if arguments.json:
        return print_json(answer.as_json())
    print(answer.text)
    for c in answer.citations:
        print(f"  [{c.fact}] epochs {c.epochs[0]} to {c.epochs[1]}")
    if study.simulated:
        print("This night is simulated.")
    print(RESEARCH_USE)


def _asked_about(arguments):
    """The study, and the network where the options name one or a recording wants one."""
    from sleeplm.study.study import open_study

    path = Path(arguments.study)
    if path.is_file():
        network = chosen(arguments)
        return analysed(arguments, path, network), network.encoder
    study = open_study(arguments.study, arguments.studies)
    return study, _network_of(study, arguments) if is_chosen(arguments) else None


def _network_of(study, arguments):
    """The network that the options name, which must be the one that embedded a study."""
    from sleeplm.network.encoder import refuse_other_network

    encoder = chosen(arguments).encoder
    refuse_other_network(encoder, study.model)
    return encoder


def query(arguments) -> None:
    """Answer a query of a night."""
    from sleeplm.study.study import open_study

    fact = open_study(arguments.study, arguments.studies).query(arguments.query)
    print_json(fact.as_dict()) if arguments.json else print(fact.text)


def caption(arguments) -> None:
    """Describe one epoch, or the night."""
    from sleeplm.study.study import open_study

    study = open_study(arguments.study, arguments.studies)
    if arguments.epoch is None:
        return _night(study, arguments)
    if not 1 <= arguments.epoch <= study.n_epochs:
        raise UsageError(f"epoch {arguments.epoch} is outside the study, which has epochs 1 to {study.n_epochs}")
    captions = study.captions[arguments.epoch - 1]
    facets = {f: c for f, c in captions.items() if arguments.facet in (None, f)}
    rewriting = None
    if arguments.rewrite is not None:
        facets, rewriting = _rewritten(facets, arguments.rewrite or None)
    if arguments.json:
        shown = {f: c.as_dict() for f, c in facets.items()}
        return print_json(
            {"epoch": arguments.epoch, "facets": shown, **({"rewriting": rewriting} if rewriting else {})}
        )
    if not facets:
        print("The signals that this facet needs were not recorded in this epoch.")
    for facet, caption in facets.items():
        print(f"{facet}: {caption.text}")


def _night(study, arguments) -> None:
    """Describe the night as a whole."""
    from sleeplm.captions import describe_night

    if arguments.facet is not None or arguments.rewrite is not None:
        raise UsageError("--facet and --rewrite are of one epoch; name it with --epoch")
    caption = describe_night(study.facts, study.scoring, study.person["age_years"])
    if arguments.json:
        return print_json({"night": caption.as_dict()})
    print(caption.text)


def _rewritten(facets: dict, model: str | None) -> tuple[dict, dict]:
    """Captions in a model's words where they still say all, and how many of them do, and why not."""
    from assistant.llm.pretrained import paraphraser
    from sleeplm.captions.reading.rewrite import rewrite

    (facets,), counts = rewrite([facets], paraphraser(model))
    print_progress(", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())) or "nothing to rewrite")
    return facets, dict(counts)


def localize(arguments) -> None:
    """Find where in a night a phrase holds."""
    from sleeplm.network.encoder import require_dense
    from sleeplm.study.study import open_study
    from sleeplm.units import EPOCH_S

    study = open_study(arguments.study, arguments.studies)
    _, spans = require_dense(_network_of(study, arguments)).localize(arguments.phrase, study.patches)
    rows = [
        {"start_s": start, "end_s": end, "epoch": int(start // EPOCH_S) + 1, "score": score}
        for start, end, score in spans[: arguments.top]
    ]
    if arguments.json:
        return print_json({"phrase": arguments.phrase, "spans": rows})
    for row in rows:
        print(f"epoch {row['epoch']}: {row['start_s']:.0f} to {row['end_s']:.0f} s, score {row['score']:.2f}")
    if not rows:
        print("Nothing in this night stands out for that phrase.")
