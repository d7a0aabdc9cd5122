"""Snapshots of a venue that goes on meanwhile.

A child process is forked between two batches: it has the state as it was then, and writes it down;
the venue pays for the fork, and for a copy of each page that it changes until the child is done.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress

from engine.storage.journal import Journal
from engine.storage.reports import ReportFile
from engine.storage.snapshots import Snapshots
from engine.venue import Venue

log = logging.getLogger("cuohe")

STANDARD_FILES = 3
FILES_MAX = 1 << 20
NICENESS = 10
"""How far a child stands back where there are not processors enough for all."""


class LiveSnapshots:
    """Takes a snapshot whenever `every` commands have come since the last one; 0 means never."""

    def __init__(
        self,
        snapshots: Snapshots,
        venue: Venue,
        journal: Journal,
        reports: ReportFile,
        sequence: int,
        every: int,
    ) -> None:
        """Count from the command with this sequence."""
        self.snapshots = snapshots
        self.venue = venue
        self.journal = journal
        self.reports = reports
        self.sequence = sequence
        self.every = every
        self.child = 0
        self.taken = 0
        self.failed = 0
        self.taken_at = 0.0
        self.is_done = threading.Event()
        self.on_failure: Callable[[Exception], None] = log.error

    @property
    def is_due(self) -> bool:
        """Whether enough commands have come, and no snapshot is being written."""
        return 0 < self.every <= self.venue.sequence - self.sequence and not self.child

    def take(self) -> None:
        """Begin to write a snapshot; nothing may be under way, and all must be in the journal.

        What goes wrong with it is said in the log, and the venue goes on: the journal is enough.
        Raises OSError where the reports so far cannot be written, which is another matter.
        """
        self.sequence = self.venue.sequence
        self.reports.flush()
        behind = self.journal.behind()
        try:
            self.child = fork(lambda: self.snapshots.write_aside(self.venue, behind))
        except OSError as error:
            self.give_up(str(error))
        else:
            self.is_done.clear()
            segment = os.dup(self.journal.file)
            self.loop = asyncio.get_running_loop()
            self.loop.run_in_executor(None, self.finish, self.child, self.sequence, segment)

    def finish(self, child: int, sequence: int, segment: int) -> None:
        """Wait for the child, and let its snapshot count; runs on a thread of its own.

        What it stands on is on the disk first: the reports, and the journal, of which `segment` was
        the last file then; those before were synced when they ended.
        """
        try:
            _, status = os.waitpid(child, 0)
            if status:
                raise OSError(f"the process that wrote it ended with status {status}")
            self.sync_journal(segment)
            self.reports.sync()
            self.snapshots.publish(sequence)
            self.taken += 1
            self.taken_at = time.monotonic()
            log.info("snapshot behind the sequence %d", sequence)
        except OSError as error:
            self.give_up(str(error))
        finally:
            os.close(segment)
            self.child = 0
            self.is_done.set()

    def sync_journal(self, segment: int) -> None:
        """Have the journal on the disk.  Where that fails nothing more may be written to it."""
        try:
            self.snapshots.disk.sync(segment)
        except OSError as error:
            self.journal.failed = str(error)
            self.loop.call_soon_threadsafe(self.on_failure, error)
            raise

    def give_up(self, reason: str) -> None:
        self.failed += 1
        log.warning("no snapshot behind the sequence %d: %s", self.sequence, reason)

    def close(self) -> None:
        """End what is being written; the next start removes it.

        What is written already, and only has to be had on the disk, still counts.
        """
        if self.child:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            self.is_done.wait()


def fork(write: Callable[[], object]) -> int:
    """Have a child process call `write`; return its number.

    The child has nothing open but where errors go, and ends with status 0 if all went well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        gc.disable()
        os.nice(NICENESS)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.close(sys.stdout.fileno())
        os.closerange(STANDARD_FILES, FILES_MAX)
        write()
        status = 0
    except BaseException as error:
        os.write(sys.stderr.fileno(), f"snapshot: {error}\n".encode())
    finally:
        os._exit(status)
