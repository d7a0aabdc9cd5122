"""One process at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock(folder: Path, refusal: Exception) -> int:
    """Keep other processes out of a folder until the descriptor that is returned is closed.

    Raises `refusal` where another process is in.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise (refusal if isinstance(error, BlockingIOError) else error) from None
    return handle


@contextmanager
def locked(folder: Path, refusal: Exception) -> Iterator[None]:
    """Keep other processes out of a folder meanwhile; raise `refusal` where another one is in."""
    handle = lock(folder, refusal)
    try:
        yield
    finally:
        os.close(handle)


def is_being_written(folder: Path) -> str:
    """Return why a journal is refused whose folder another process has."""
    return f"{folder}: is being written by another process; stop that one first"
