"""A day that is gone through again, from its journal."""

import sys
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.storage.daybook import BATCH_ROWS, Daybook, in_batches
from engine.storage.recovery import Recovery
from engine.storage.segments import read_journal, read_log
from engine.venue import Venue, warm_up
from gateway.room import room_for
from protocol.records import REPORT


class Replayed(NamedTuple):
    """A day as its journal tells it: COMMAND and REPORT rows, and the venue behind the last."""

    commands: np.ndarray
    reports: np.ndarray
    venue: Venue


def replayed(daybook: Daybook, batch_rows: int = BATCH_ROWS) -> Replayed:
    """Replay a day's journal, however far it has come; raises Mistake where there is none."""
    log = read_log(daybook.journal)
    tell = partial(print, file=sys.stderr)
    warm_up(tell)
    recovery = Recovery(daybook, log, room_for(log.commands), tell, from_snapshot=False)
    reports = bytearray()
    for part in recovery.replay(batch_rows):
        reports += part.tobytes()
    return Replayed(log.commands, np.frombuffer(reports, REPORT), recovery.venue)


def commands_of(daybook: Daybook) -> np.ndarray:
    """Return the COMMAND rows of a day's journal, ready to be replayed; raises Mistake."""
    commands = read_journal(daybook.journal)
    warm_up(partial(print, file=sys.stderr))
    return commands


def stepwise(venue: Venue, commands: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Apply COMMAND rows and yield them in batches, each with all its REPORT rows."""
    for batch in in_batches(commands):
        yield batch, venue.apply(batch)
