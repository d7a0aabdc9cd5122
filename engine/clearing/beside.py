"""Work that a child process does beside its parent, with all that the parent has in memory."""

import os
import pickle
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from protocol.mistake import Mistake

Result = TypeVar("Result")


class ChildLost(Mistake):
    """The child ended before it was done."""


@contextmanager
def beside(work: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Have a forked child do the work; what is yielded waits for its result, or raises its error.

    The process must have one thread that does anything.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os.close(reader)
        report(work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        try:
            yield lambda: result_of(told.read())
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.waitpid(child, 0)


def report(work: Callable[[], object], writer: int) -> None:
    """Do the work in the child, say what came of it, and end, whatever happens."""
    try:
        try:
            result, error = work(), None
        except BaseException as raised:
            result, error = None, raised
        with os.fdopen(writer, "wb") as file:
            pickle.dump((result, error), file)
    finally:
        os._exit(0)


def result_of(told: bytes) -> Result:
    if not told:
        raise ChildLost(
            "a child process that wrote files was ended from outside; close the day again"
        )
    result, error = pickle.loads(told)
    if error is not None:
        raise error
    return result
