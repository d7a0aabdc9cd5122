"""Walking a journal that may be damaged, or that somebody is writing: how far it is whole."""

from pathlib import Path
from typing import NamedTuple

from engine.storage.segments import NO_LOG, JournalError, Log, Reader

READINGS_MAX = 8


class Stretch(NamedTuple):
    """A segment that is whole: its file, the sequences of its commands, and its bytes."""

    path: Path
    first: int
    last: int
    size: int


class Walk(NamedTuple):
    """What is whole of a journal, and what ends that, if it is not the end of the journal."""

    log: Log
    stretches: list[Stretch]
    error: JournalError | None


def walk(folder: Path) -> Walk:
    """Return how far the journal in a folder is whole.

    What was being written during the first reading is whole at the next; what is damaged is told
    the same way twice.
    """
    found = walk_once(folder)
    for _ in range(READINGS_MAX):
        if found.error is None:
            break
        before, found = found, walk_once(folder)
        if str(found.error) == str(before.error):
            break
    return found


def walk_once(folder: Path) -> Walk:
    """Read the journal in a folder as far as it is whole."""
    stretches: list[Stretch] = []
    try:
        reader = Reader(folder)
    except JournalError as error:
        return Walk(NO_LOG, stretches, error)
    try:
        for path in reader.segments():
            first = stretches[-1].last + 1 if stretches else 1
            stretches.append(Stretch(path, first, reader.rows_read, reader.end.offset))
    except JournalError as error:
        return Walk(reader.log(), stretches, error)
    return Walk(reader.log(), stretches, None)
