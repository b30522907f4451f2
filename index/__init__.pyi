from .by_network import index_of as index_of
from .by_network import indices_in as indices_in
from .rows import COLUMNS as COLUMNS
from .search import search_text as search_text
from .store import Hit as Hit
from .store import Index as Index
