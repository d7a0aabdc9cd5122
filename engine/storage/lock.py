"""One process at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, refusal: Exception) -> Iterator[None]:
    """Keep other processes out of a folder meanwhile; raise `refusal` where another one is in."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise refusal from None
    finally:
        os.close(handle)
