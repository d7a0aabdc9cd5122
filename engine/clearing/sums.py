"""Sums of many rows by what they have in common."""

import numpy as np


class Groups:
    """Rows sorted into groups by a key; `keys` are those that there are, rising."""

    def __init__(self, key: np.ndarray) -> None:
        self.keys, self.of_row = np.unique(key, return_inverse=True)

    def __len__(self) -> int:
        return len(self.keys)

    def sum(self, amounts: np.ndarray, where: np.ndarray | bool = True) -> np.ndarray:
        """Return for each group the sum of its rows' amounts, of those `where` it holds."""
        added = np.zeros(len(self.keys), np.int64)
        np.add.at(added, self.of_row, np.where(where, amounts, 0))
        return added

    def first(self) -> np.ndarray:
        """Return for each group the place of its first row."""
        first = np.full(len(self.keys), len(self.of_row))
        np.minimum.at(first, self.of_row, np.arange(len(self.of_row)))
        return first
