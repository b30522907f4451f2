"""A cache of arrays, bounded in bytes: the least recently used go first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np


class ArrayCache:
    """Arrays by key; those handed out are read-only, since everybody gets the same.

    Parameters
    ----------
    limit_bytes : int
        What all cached arrays may take together; a larger one is handed out and not cached.
    """

    def __init__(self, limit_bytes: int):
        self.limit_bytes = limit_bytes
        self._cached: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of this key, made now if it is not cached."""
        if key in self._cached:
            self._cached.move_to_end(key)
            return self._cached[key]
        array = make()
        array.flags.writeable = False
        if array.nbytes <= self.limit_bytes:
            self._cached[key] = array
            while self.nbytes > self.limit_bytes:
                self._cached.popitem(last=False)
        return array

    @property
    def nbytes(self) -> int:
        """Bytes of all that is cached."""
        return sum(array.nbytes for array in self._cached.values())
