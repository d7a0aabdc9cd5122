"""A day that is gone through again is held to what it told, up to its last group."""

import numpy as np
import pytest

from engine.storage.daybook import Daybook
from engine.storage.journal import Told
from engine.storage.recovery import Recovery
from engine.storage.segments import JournalError, read_log
from engine.venue import Venue
from gateway.room import room_for
from protocol.records import REPORT
from tests.commands import cancel
from tests.storage.journals import WRITTEN, begun, stamped

ROWS = stamped([*WRITTEN, cancel(2), cancel(3)])


def begin(tmp_path, told):
    """Write groups of two commands, which are said to have told something; be killed then."""
    daybook = Daybook(tmp_path / "day")
    daybook.begin()
    log = begun(daybook.journal)
    log.told = Told()
    for start in range(0, len(ROWS), 2):
        log.append(ROWS[start : start + 2])
        log.tell([told(start)])
    read = read_log(daybook.journal)
    log.close()
    return Recovery(daybook, read, room_for(ROWS))


def test_reports_are_compared_at_the_last_group_that_knows_of_any(tmp_path):
    venue = Venue(room_for(ROWS))
    recovery = begin(tmp_path, lambda start: venue.apply(ROWS[start : start + 2]))
    assert sum(map(len, recovery.replay())) == recovery.told.reports > 0
    assert recovery.venue.digest() == venue.digest()


def test_other_reports_are_noticed_though_all_fits_one_batch(tmp_path):
    recovery = begin(tmp_path, lambda start: np.zeros(1, REPORT))
    with pytest.raises(JournalError, match="up to the sequence 4, the commands made 2 reports"):
        list(recovery.replay())
