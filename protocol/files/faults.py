"""What is wrong in a file, record by record: not the first thing only, but all of it up to a limit.

A record in which something was found already is spared further checks: what it says is not known.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from protocol.files.fault import FileFault
from protocol.files.layouts import Layout

FAULTS_MAX = 1_000
"""How many faults of one file are told; those beyond are counted."""


class Fault(NamedTuple):
    """What is wrong where; without a `place` it is of the whole file, without a `field` of all."""

    file: str
    place: str
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(filter(None, self[1:]))


class Faults:
    """Collects what is wrong in the file of a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.found: list[Fault] = []
        self.count = 0
        self.rows: set[int] = set()

    def add(self, row: int, field: str, reason: str) -> None:
        """Take a fault of a row, counted from 0."""
        self.count += 1
        self.rows.add(row)
        if len(self.found) < FAULTS_MAX:
            self.found.append(Fault(self.layout.file, self.layout.place(row), field, reason))

    def add_file(self, reason: str) -> None:
        """Take a fault of the file as a whole."""
        self.count += 1
        self.found.append(Fault(self.layout.file, "", "", reason))

    def expect(
        self, right: np.ndarray, first: int, field: str, reason: Callable[[int], str]
    ) -> None:
        """Take a fault for each row of a block that is not `right`; its first is row `first`.

        `reason` tells what is wrong with the nth row of the block.
        """
        if right.all():
            return
        wrong = [row for row in np.flatnonzero(~right).tolist() if first + row not in self.rows]
        for row in wrong[:FAULTS_MAX]:
            self.add(first + row, field, reason(row))
        self.count += len(wrong[FAULTS_MAX:])
        self.rows.update(first + row for row in wrong[FAULTS_MAX:])

    def summary(self) -> str:
        """Return the first fault, and how many there are besides."""
        more = f"; and {self.count - 1} more" if self.count > 1 else ""
        return f"{self.found[0]}{more}"


class FirstFault(Faults):
    """Raises FileFault for the first fault, where nobody collects them."""

    def add(self, row: int, field: str, reason: str) -> None:
        """Raise FileFault."""
        raise FileFault(f"{self.layout.file}: {self.layout.place(row)}: {field}: {reason}")
