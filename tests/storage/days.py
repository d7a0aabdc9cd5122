"""Whole days for tests, as a venue leaves them: journal, snapshots, reports and clearing files."""

from collections.abc import Iterable
from pathlib import Path

from engine.clearing.close import clear
from engine.sequencer import Sequencer
from engine.storage.daybook import Daybook
from engine.storage.disk import Disk
from engine.storage.journal import Told
from engine.storage.reports import ReportFile
from engine.storage.segments import read_journal
from engine.storage.snapshots import Snapshots
from engine.venue import Venue
from gateway.batch.ledger import NAME
from gateway.room import room_for
from protocol.records import ROW_BYTES
from tests.commands import BUSINESS_DATE, journal
from tests.storage.journals import TIME, begun

GROUP_ROWS = 4
SEGMENT_BYTES = 8 * ROW_BYTES


class Day:
    """A day under way, of which groups of commands are carried out and kept."""

    def __init__(self, folder: Path, commands: list[dict]) -> None:
        self.rows = journal(commands)
        self.daybook = Daybook(folder)
        self.daybook.begin()
        self.log = begun(self.daybook.journal, segment_bytes=SEGMENT_BYTES)
        self.log.told = Told()
        self.venue = Venue(room_for(self.rows))
        self.sequencer = Sequencer(lambda: TIME)
        self.reports = ReportFile(self.daybook.reports)
        self.snapshots = Snapshots(self.daybook.snapshots)
        self.snapshots.begin()

    def goes_on(self, count: int) -> None:
        """Carry out the next commands, group by group."""
        end = min(self.venue.sequence + count, len(self.rows))
        while self.venue.sequence < end:
            start = self.venue.sequence
            batch = self.rows[start : min(start + GROUP_ROWS, end)]
            self.sequencer.stamp(batch)
            self.log.append(batch)
            reports = self.venue.apply(batch)
            self.log.tell([reports])
            self.reports.append(reports)
        self.reports.flush()

    def takes_snapshot(self) -> Path:
        """Take a snapshot of the state, and return it."""
        self.snapshots.write_aside(self.venue, self.log.behind())
        self.snapshots.publish(self.venue.sequence)
        return self.snapshots.path_of(self.venue.sequence)

    def stops(self) -> None:
        """Stop in order."""
        self.log.close()
        self.reports.close()


def kept_day(
    folder: Path, commands: list[dict], snapshots: Iterable[int] = (), is_cleared: bool = False
) -> Daybook:
    """Play a day to its end, with snapshots behind some of its commands."""
    day = Day(folder, commands)
    for sequence in snapshots:
        day.goes_on(sequence - day.venue.sequence)
        day.takes_snapshot()
    day.goes_on(len(day.rows))
    day.stops()
    if is_cleared:
        make_clearing(day.daybook)
    return day.daybook


def make_clearing(daybook: Daybook) -> None:
    """Write the clearing files of a day."""
    clear(read_journal(daybook.journal), daybook.read_reports(), daybook.clearing)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder and below, by its path, but for the ledger of its close."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def flip(path: Path, place: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


class FailingDisk(Disk):
    """A disk that fails once, at the step with this number from 1 on."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __getattribute__(self, name: str) -> object:
        if name in vars(Disk) and not name.startswith("_") and name != "close":
            self.left -= 1
            if self.left == 0:
                raise OSError(28, "No space left on device")
        return super().__getattribute__(name)


def business_day(data: Path) -> Path:
    """Return the folder of the business date of tests."""
    return data / str(BUSINESS_DATE)
