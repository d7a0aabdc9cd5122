"""The gateway: opens or resumes the day, listens, and stops in order.

What makes it up is built here and nowhere else; the parts know each other only through their
arguments.
"""

import asyncio
import logging
import signal
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, clear
from engine.daybook import Daybook, replay
from engine.journal import Journal, JournalError, Mode, read_journal
from engine.sequencer import Sequencer
from engine.venue import Limits, Venue
from gateway.clock import Clock, make_clock, seconds_in
from gateway.config import ClockKind, Config
from gateway.connection import Connection
from gateway.desk import Desk
from gateway.intake import Intake
from gateway.opening import Opening
from gateway.pipeline import Pipeline, open_reports
from gateway.streams import Streams
from gateway.timetable import Timetable
from protocol.calendar import business_date_at
from protocol.messages import Logout
from protocol.records import COMMAND
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, Phase

log = logging.getLogger("cuohe")

HANGING_UP_SECONDS = 0.2


class Gateway:
    """A venue that listens."""

    def __init__(self, config: Config) -> None:
        """Open the day, or take up again the one that its journal holds.

        Raises InstrumentError, JournalError, and OSError where the data folder cannot be used.
        """
        settings = config.venue
        self.config = config
        self.business_date = settings.business_date or business_date_at(
            make_clock(config.clock, 19700101).now()
        )
        self.clock: Clock = make_clock(config.clock, self.business_date)
        opening = Opening(config, self.business_date)
        self.daybook = Daybook(Path(settings.data) / str(self.business_date))
        self.daybook.folder.mkdir(parents=True, exist_ok=True)
        self.venue = Venue(limits_of(config, len(opening.symbols)))
        self.intake = Intake()
        self.streams = Streams(len(config.users) + 1)
        self.is_resumed = settings.journal is not Mode.NONE and self.daybook.journal.exists()
        past = read_journal(self.daybook.journal) if self.is_resumed else np.zeros(0, COMMAND)
        self.sequencer = Sequencer(
            self.clock.now, len(past), int(past["time"][-1]) if len(past) else 0
        )
        keeps = settings.journal is not Mode.NONE
        self.pipeline = Pipeline(
            self.venue,
            self.sequencer,
            Journal(self.daybook.journal, self.business_date, settings.journal),
            open_reports(self.daybook.reports) if keeps else None,
            self.intake,
            self.streams,
            self.close_day,
            self.fail,
        )
        if len(past):
            self.resume(past, opening.commands())
        else:
            self.open(opening.commands())
        self.desk = Desk(
            config,
            self.business_date,
            opening.symbols,
            self.venue,
            self.clock,
            self.intake,
            self.streams,
        )
        self.connections: set[Connection] = set()
        self.failure = ""

    def open(self, commands: np.ndarray) -> None:
        """Write and apply the first commands of the day."""
        self.sequencer.stamp(commands)
        self.pipeline.journal.append(commands)
        assert not len(self.venue.apply(commands)), "the opening was checked when it was read"

    def resume(self, past: np.ndarray, opening: np.ndarray) -> None:
        """Bring the venue and the report streams to where the journal ends."""
        stamped = ["sequence", "time", "checksum"]
        began = past[: len(opening)].copy()
        for field in stamped:
            began[field] = opening[field] = 0
        if began.tobytes() != opening.tobytes():
            raise JournalError(
                f"{self.daybook.journal}: was opened with other users or instruments; restore the "
                "configuration of that morning, or name another data folder"
            )
        for reports in replay(self.venue, past):
            self.pipeline.keep(reports)

    async def start(self) -> int:
        """Begin to listen; return the port."""
        self.loop = asyncio.get_running_loop()
        self.stopped = self.loop.create_future()
        self.server = await self.loop.create_server(
            lambda: Connection(self.desk, self.pipeline, self.connections),
            self.config.venue.host,
            self.config.venue.port,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.stop)
        self.loop.call_later(self.config.venue.heartbeat_seconds, self.beat)
        if self.config.clock.kind is not ClockKind.OPERATOR and self.venue.is_open:
            close = seconds_in(self.config.clock.close)
            timetable = Timetable(self.clock, self.business_date, close, self.ask)
            timetable.start(self.sequencer.time if self.is_resumed else 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def serve(self) -> None:
        """Go on until a signal or a failure, then take leave of every session."""
        await self.stopped
        self.server.close()
        for connection in list(self.connections):
            connection.session.end(Logout(self.failure or "the venue shuts down"))
        await asyncio.sleep(HANGING_UP_SECONDS)
        self.pipeline.close()

    def stop(self) -> None:
        """Stop in order: what has arrived is still done."""
        if not self.stopped.done():
            self.stopped.set_result(None)

    def fail(self, reason: str) -> None:
        """Stop because nothing more can be promised."""
        log.error("%s; the venue stops", reason)
        self.failure = reason
        self.stop()

    def ask(self, kind: CommandKind, phase: Phase) -> None:
        """Put a command of the venue itself into the next batch."""
        row = np.zeros(1, COMMAND)
        row["kind"] = kind
        if kind is CommandKind.CHANGE_PHASE:
            row["phase"] = phase
            row["instrument"] = EVERY_INSTRUMENT
        log.info("%s %s", kind.name, phase.name)
        self.intake.put(0, row.tobytes())
        self.pipeline.wake()

    def beat(self) -> None:
        """Let every connection know that a heartbeat interval has passed."""
        for connection in list(self.connections):
            connection.beat()
        self.loop.call_later(self.config.venue.heartbeat_seconds, self.beat)

    def close_day(self) -> None:
        """Write the clearing files of the day that has just ended, beside the loop."""
        if self.config.venue.journal is Mode.NONE:
            log.warning("the journal's mode is none: there are no clearing files")
            return
        self.pipeline.flush()
        self.loop.run_in_executor(None, self.write_clearing_files)

    def write_clearing_files(self) -> None:
        commands = read_journal(self.daybook.journal)
        try:
            clear(commands, self.daybook.read_reports(), self.daybook.clearing)
        except (CloseRefused, OSError) as error:
            log.error("the clearing files were not written: %s", error)
        else:
            log.info("the clearing files are in %s", self.daybook.clearing)


def limits_of(config: Config, instruments: int) -> Limits:
    """Return the room that the engine needs for a configuration."""
    return Limits(
        orders_open=config.capacity.orders_open,
        orders_day=config.capacity.orders_day,
        ticks=config.capacity.ticks,
        instruments=instruments,
        sessions=len(config.users) + 1,
    )
