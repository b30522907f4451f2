"""Many nights: the embeddings of their epochs, and what is needed to filter and show them.

    Index.create, .add, .search        one index of what one network embedded; a search gives a `Hit` a row
    COLUMNS                            what a row holds, by which a search is filtered
    search_text                        epochs by what a text means
    indices_in, index_of               a folder with an index for each network
    index.cohort                       many nights as a data set: Parquet, card, index

Nothing is loaded before it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
