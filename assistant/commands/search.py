"""Commands over the epochs of many studies: search, index."""

from assistant.commands.network import chosen
from assistant.commands.output import print_json
from sleeplm.errors import UsageError


def search(arguments) -> None:
    """Find epochs of many nights by text or by example."""
    from dataclasses import asdict

    from index.by_network import index_of
    from index.search import search_text
    from sleeplm.study.study import open_study

    if arguments.study is not None:
        study = open_study(arguments.study, arguments.studies)
        if arguments.epoch is None or not 1 <= arguments.epoch <= study.n_epochs:
            raise UsageError(f"--study needs --epoch, from 1 to {study.n_epochs}")
        vector, itself = study.embeddings[arguments.epoch - 1], (study.id, arguments.epoch)
        index = index_of(arguments.index, study.model)
        hits = index.search(vector, k=arguments.k, where=arguments.where, exclude=itself)
    else:
        network = chosen(arguments)
        index = index_of(arguments.index, network.model)
        hits = search_text(index, network.encoder, arguments.text, arguments.k, arguments.where)
    if arguments.json:
        return print_json({"hits": [asdict(hit) for hit in hits]})
    for hit in hits:
        print(f"{hit.score:.3f}  {hit.study}  epoch {hit.epoch}  {hit.stage}  {hit.caption}")


def index(arguments) -> None:
    """Add studies to an index, remove them, or describe it."""
    from index import Index
    from index.by_network import only_index
    from sleeplm.study.study import open_study

    studies = [] if arguments.action == "remove" else [open_study(r, arguments.studies) for r in arguments.refs]
    if arguments.action != "info" and not arguments.refs:
        raise UsageError(f"index {arguments.action} needs at least one STUDY")
    if arguments.action == "add":
        index = Index.open_or_create(arguments.index, studies[0])
        for study in studies:
            index.add(study)
    else:
        index = only_index(arguments.index)
        for ref in arguments.refs if arguments.action == "remove" else ():
            if not index.remove(ref):
                raise UsageError(f"the index in {arguments.index} holds no study {ref!r}")
    info = index.info()
    if arguments.json:
        return print_json(info)
    for key, value in info.items():
        print(f"{key}: {value}")
