"""A day that is gone through again, from its journal."""

import sys
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.storage.daybook import BATCH_ROWS, Daybook, replay
from engine.storage.journal import read_journal
from engine.venue import Venue, warm_up
from gateway.room import room_for
from protocol.mistake import Mistake
from protocol.records import REPORT


class Replayed(NamedTuple):
    """A day as its journal tells it: COMMAND and REPORT rows, and the venue behind the last."""

    commands: np.ndarray
    reports: np.ndarray
    venue: Venue


def replayed(daybook: Daybook, batch_rows: int = BATCH_ROWS) -> Replayed:
    """Replay a day's journal, however far it has come; raises Mistake where there is none."""
    if not daybook.journal.is_file():
        raise Mistake(f"{daybook.journal}: cannot be read: No such file or directory")
    warm_up(partial(print, file=sys.stderr))
    commands = read_journal(daybook.journal)
    venue = Venue(room_for(commands))
    reports = bytearray()
    for part in replay(venue, commands, batch_rows):
        reports += part.tobytes()
    return Replayed(commands, np.frombuffer(reports, REPORT), venue)
