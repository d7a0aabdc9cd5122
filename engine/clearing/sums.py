"""Sums of many rows by what they have in common."""

from collections.abc import Sequence

import numpy as np


class Groups:
    """Rows sorted into groups by a key; `keys` are those that there are, rising."""

    def __init__(self, key: np.ndarray) -> None:
        self.keys, self.of_row = np.unique(key, return_inverse=True)

    @classmethod
    def of_columns(cls, columns: Sequence[np.ndarray]) -> "Groups":
        """Group by columns together; a key has a row for each group, and the columns' values."""
        values, numbers = zip(
            *(np.unique(column, return_inverse=True) for column in columns), strict=True
        )
        sizes = [max(len(value), 1) for value in values]
        groups = cls(np.ravel_multi_index(numbers, sizes))
        places = np.unravel_index(groups.keys, sizes)
        groups.keys = np.column_stack(
            [value[place] for value, place in zip(values, places, strict=True)]
        )
        return groups

    def sum(self, amounts: np.ndarray, where: np.ndarray | bool = True) -> np.ndarray:
        """Return for each group the sum of its rows' amounts, of those `where` it holds."""
        added = np.zeros(len(self.keys), np.int64)
        np.add.at(added, self.of_row, np.where(where, amounts, 0))
        return added
