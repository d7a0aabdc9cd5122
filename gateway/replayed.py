"""A day that is gone through again, from its journal."""

import sys
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.recovery import Recovery
from engine.storage.segments import read_log
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
