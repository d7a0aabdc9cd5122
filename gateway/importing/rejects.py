"""The rejects file: every fault that an import found, one in a line."""

import csv
from collections.abc import Iterable
from pathlib import Path

from protocol.files.faults import Fault


def write(path: Path, faults: Iterable[Fault]) -> None:
    """Write faults into a CSV file under the names of their parts."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([Fault._fields, *faults])
