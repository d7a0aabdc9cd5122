"""One tick: what is due or has arrived becomes one batch, one journal write and one engine call.

A report leaves only when its command is in the journal, as durably as the mode says.  In mode SYNC
the write of many rows runs on a thread beside the engine, and what arrives meanwhile is the next
batch.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from engine.sequencer import Sequencer
from engine.storage.journal import Journal, Mode
from engine.venue import Venue
from gateway.agenda import Agenda
from gateway.intake import Errand, Intake
from gateway.live_snapshots import LiveSnapshots
from gateway.observe.meters import Meters
from gateway.streams import Streams
from gateway.users import Users
from gateway.vetting import Vetting
from protocol.vocabulary import ReportKind

BESIDE_ROWS_MIN = 64
"""From so many rows on a synced write has a thread; with fewer the hand-over takes longer than they
do, and the one order that somebody waits for would wait twice as long as for the disk."""


class Pipeline:
    """From the intake through sequencer, journal and engine to the report streams."""

    def __init__(
        self,
        venue: Venue,
        sequencer: Sequencer,
        journal: Journal,
        snapshots: LiveSnapshots | None,
        intake: Intake,
        streams: Streams,
        vetting: Vetting,
        agenda: Agenda,
        users: Users,
        on_day_end: Callable[[], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self.venue = venue
        self.sequencer = sequencer
        self.journal = journal
        self.snapshots = snapshots
        self.intake = intake
        self.streams = streams
        self.vetting = vetting
        self.agenda = agenda
        self.users = users
        self.on_day_end = on_day_end
        self.on_failure = on_failure
        self.meters = Meters()
        self.writer = ThreadPoolExecutor(1, "journal")
        self.held_back: set[asyncio.Transport] = set()
        self.errands: list[Errand] = []
        self.untold: list[np.ndarray] = []
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self.has_failed = False
        if snapshots is not None:
            snapshots.on_failure = self.fail

    def wake(self) -> None:
        """Run a tick as soon as the loop has read what is there; once for all who ask."""
        has_work = self.intake.has_work or self.agenda.is_due
        if self.intake.waiting:
            self.meters.arrive()
        if has_work and self.is_idle.is_set() and not self.has_failed:
            self.is_idle.clear()
            asyncio.get_running_loop().call_soon(self.tick)

    def tick(self) -> None:
        """Carry out the next batch."""
        try:
            rows = self.take()
            if not self.intake.waiting:
                self.errands = self.intake.take_errands()
            if len(rows):
                self.carry_out(rows)
            else:
                self.meters.dismiss()
                self.rest()
        except Exception as error:
            self.fail(error)

    def take(self) -> np.ndarray:
        """Return what the venue does by itself, if that is due, or else what has arrived."""
        rows = self.agenda.take()
        if len(rows) or not self.intake.waiting:
            return rows
        self.vetting.backlog.note(is_behind=self.intake.is_full)
        rows = self.intake.take()
        end = self.agenda.cut(rows)
        if end < len(rows):
            self.intake.put_back(rows[end:])
        return self.vetting.passed(rows[:end])

    def carry_out(self, rows: np.ndarray) -> None:
        self.sequencer.stamp(rows)
        self.meters.take(rows)
        untold, self.untold = self.untold, []
        if self.journal.mode is Mode.SYNC and len(rows) >= BESIDE_ROWS_MIN:
            self.carry_out_beside(rows, untold)
            return
        self.meters.journal.timed(self.journal.append, rows, untold)
        for reports in self.meters.engine.timed_each(self.venue.applied(rows)):
            self.journal.tell([reports])
            self.release(reports)
        self.rest()

    def carry_out_beside(self, rows: np.ndarray, untold: list[np.ndarray]) -> None:
        """Write on a thread, beside the engine; the reports wait for both."""
        loop = asyncio.get_running_loop()
        append, apply = self.meters.journal.timed, self.meters.engine.timed
        written = loop.run_in_executor(self.writer, append, self.journal.append, rows, untold)
        written.add_done_callback(partial(self.after_write, apply(self.venue.apply, rows)))

    def after_write(self, reports: np.ndarray, write: "asyncio.Future[None]") -> None:
        try:
            write.result()
            self.untold.append(reports)
            self.release(reports)
            self.rest()
        except Exception as error:
            self.fail(error)

    def release(self, reports: np.ndarray) -> None:
        """Let the reports of commands that are in the journal go out."""
        kinds = self.keep(reports)
        self.meters.release(reports)
        if kinds & 1 << ReportKind.DAY_ENDED:
            self.on_day_end()

    def keep(self, reports: np.ndarray) -> int:
        """Give REPORT rows to their streams and the agenda; return the bits of their kinds."""
        kinds = self.streams.append(reports)
        self.agenda.learn(reports, kinds)
        self.users.learn(reports, kinds)
        return kinds

    def flush(self) -> None:
        """Let other readers of the day's file see all reports."""
        self.streams.reports.flush()

    def rest(self) -> None:
        """End a tick, and begin the next if something has arrived meanwhile."""
        for errand in self.errands:
            errand()
        self.errands.clear()
        self.take_snapshot()
        self.intake.take_turn()
        for transport in self.held_back:
            if not transport.is_closing():
                transport.resume_reading()
        self.held_back.clear()
        self.is_idle.set()
        self.wake()

    def take_snapshot(self) -> None:
        """Have a snapshot taken, if one is due; nothing is under way now."""
        if self.snapshots is not None and self.snapshots.is_due:
            self.journal.tell(self.untold)
            self.untold = []
            self.snapshots.take()

    def hold_back(self, transport: asyncio.Transport) -> None:
        """Read no more from a connection until the next tick is done."""
        if transport not in self.held_back and not transport.is_closing():
            self.held_back.add(transport)
            transport.pause_reading()

    async def drain(self, transports: Iterable[asyncio.Transport]) -> None:
        """Read no more, and wait until all that has arrived is carried out and answered."""
        for transport in transports:
            self.hold_back(transport)
        self.held_back.clear()
        while not (self.is_idle.is_set() or self.has_failed):
            await self.is_idle.wait()

    def fail(self, error: Exception) -> None:
        """Stop for good: what the disk holds is unknown, so nothing more may be promised."""
        self.has_failed = True
        self.is_idle.set()
        self.on_failure(error)

    def close(self) -> None:
        """Wait for the write that is under way, then close journal and reports.

        After a failure the journal does not say at its end what was told: a batch may lack there.
        """
        self.writer.shutdown()
        if self.snapshots is not None:
            self.snapshots.close()
        try:
            self.journal.tell(self.untold)
            if self.has_failed:
                self.journal.told = None
            self.journal.close()
            self.streams.reports.close()
        except OSError as error:
            if not self.has_failed:
                self.fail(error)
