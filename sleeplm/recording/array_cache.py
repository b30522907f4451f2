"""A small memory of arrays, bounded in bytes: what was asked for last is kept, what was not goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np


class RecentArrays:
    """Arrays by key; those handed out are read-only, since everybody gets the same.

    Parameters
    ----------
    limit_bytes : int
        What all kept arrays may take together; a larger one is handed out and not kept.
    """

    def __init__(self, limit_bytes: int):
        self.limit_bytes = limit_bytes
        self._kept: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of this key, made now if it is not kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        array = make()
        array.flags.writeable = False
        if array.nbytes <= self.limit_bytes:
            self._kept[key] = array
            while self.nbytes > self.limit_bytes:
                self._kept.popitem(last=False)
        return array

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return sum(array.nbytes for array in self._kept.values())
