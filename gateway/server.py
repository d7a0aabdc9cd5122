"""The gateway: opens or resumes the day, listens, and stops in order.

What makes it up is built here and nowhere else; the parts know each other only through their
arguments.
"""

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.clearing.close import clear
from engine.clearing.closed_day import load_reference
from engine.clearing.delivery import branches_by_hand, load_modes
from engine.clearing.succession import previous_manifest
from engine.listings import listed
from engine.sequencer import Sequencer
from engine.storage.daybook import Daybook, in_batches
from engine.storage.journal import Journal, Mode
from engine.storage.recovery import Recovery
from engine.storage.reports import ReportFile, count_of_reports
from engine.storage.segment import JournalError
from engine.storage.segments import NO_LOG, read_journal
from engine.storage.snapshots import Snapshots
from gateway.agenda import Agenda
from gateway.backlog import Backlog
from gateway.clock import Clock, OperatorClock, ShanghaiClock, make_clock
from gateway.closing import Closing
from gateway.config import Config, ConfigError
from gateway.connection import Connection
from gateway.credentials import Credentials
from gateway.delays import Delays
from gateway.desk import Desk
from gateway.doorkeeper import Doorkeeper
from gateway.failures import Failures
from gateway.intake import Intake
from gateway.line import LEAVING_MAX
from gateway.live_snapshots import LiveSnapshots
from gateway.observe.breaker import Breaker
from gateway.observe.watch import Watch
from gateway.opening import Opening
from gateway.passwords import KeyChecks
from gateway.pipeline import Pipeline
from gateway.progress import Progress
from gateway.reception import Reception
from gateway.secret import load_secret
from gateway.streams import Streams
from gateway.throttle import Throttle
from gateway.timetable import Halts, Timetable
from gateway.tls import venue_context
from gateway.users import Users
from gateway.vetting import Vetting
from protocol.calendar import (
    business_date_at,
    business_day_after,
    seconds_in,
    to_date,
    to_number,
)
from protocol.messages import Logout
from protocol.mistake import Mistake
from protocol.records import ROW_BYTES
from protocol.vocabulary import CommandKind, HaltRule, Refusal

log = logging.getLogger("cuohe")

OTHER_FILES = 64
"""Open files that are no connections: journal, reports, libraries, the loop's own."""

BY_ITSELF = (
    *(CommandKind.CHANGE_PHASE, CommandKind.CHANGE_HOLD, CommandKind.RELEASE_ORDER),
    *(CommandKind.OPEN_SESSION, CommandKind.CLOSE_SESSION),
    *(CommandKind.FIX_CLOSE, CommandKind.CLOSE_DAY, CommandKind.BLOCK_TRADING),
)
"""What the venue does by itself on a day that has been opened."""


class Gateway:
    """A venue that listens."""

    def __init__(self, config: Config) -> None:
        """Open the day, or take up again the one that its journal holds, and take the port.

        Nothing is written before the configuration and what is on the disk have been checked; what
        a replay tells is checked as it comes.  Raises ConfigError, SecretError, ColumnError,
        InstrumentError, OpeningError, JournalError, and OSError where the data folder cannot be
        used.
        """
        settings = config.venue
        self.config = config
        self.failure = ""
        self.is_listening = False
        self.connections: set[Connection] = set()
        self.tls = venue_context(config.tls) if config.tls else None
        self.doorkeeper = make_doorkeeper(config)
        self.business_date = settings.business_date or business_date_at(ShanghaiClock().now())
        opening = Opening(config, self.business_date)
        self.daybook = Daybook(Path(settings.data) / str(self.business_date))
        self.journal = Journal(self.daybook.journal, self.business_date, settings.journal)
        try:
            self.take_up(opening)
        except BaseException:
            self.journal.close()
            raise

    def take_up(self, opening: Opening) -> None:
        """Go on where the journal ends, or begin."""
        config, settings, past = self.config, self.config.venue, self.journal.log.commands
        if self.journal.log.torn:
            log.warning(
                "%s: its last %d bytes were never whole, and nobody was answered; dropped",
                self.daybook.journal,
                self.journal.log.torn,
            )
        keeps = settings.journal is not Mode.NONE
        if keeps and not self.journal.log.end.segment:
            check_is_new(self.daybook)
        recovery = Recovery(
            self.daybook, self.journal.log, opening.limits, log.warning, from_snapshot=keeps
        )
        since = int(past["time"][-1]) if len(past) else 0
        self.clock: Clock = make_clock(config.clock, self.business_date, since, opening.schedules)
        self.sequencer = Sequencer(self.clock.now, len(past), since)
        self.venue = recovery.venue
        self.intake = Intake()
        self.streams = Streams(len(config.users) + 1)
        throttle = Throttle(len(config.users) + 1, settings.in_flight_max, settings.rate_max)
        backlog = Backlog(settings.busy_after_ms)
        self.vetting = Vetting(self.streams, self.intake, throttle, backlog)
        self.users = Users(self.venue, self.streams, throttle)
        self.breaker = Breaker(self.venue)
        self.agenda = self.make_agenda(opening, past)
        begun, told = self.open(opening, recovery)
        claim_files(config.capacity.connections)
        self.socket = listen(settings.host, settings.port)
        self.pipeline = self.make_pipeline(recovery)
        self.go_on(recovery, begun, told)
        self.desk = Desk(
            Reception(config, self.business_date, opening.symbols, self.doorkeeper),
            self.venue,
            self.clock,
            self.intake,
            self.streams,
            self.vetting,
            self.users,
        )
        self.desk.on_open_day = self.open_day
        self.prepare: Callable[[int], Config] | None = None
        self.next_config: Config | None = None
        self.watch = self.make_watch()

    def open(self, opening: Opening, recovery: Recovery) -> tuple[np.ndarray, list[np.ndarray]]:
        """Apply those of the first commands of the day that its journal does not hold yet.

        Return them, with the REPORT rows of those that it holds, and at last their own.
        """
        commands = opening.commands()
        began = recovery.log.commands[: len(commands)]
        check_same(self.daybook.journal, began, commands[: len(began)])
        check_is_whole(self.daybook.journal, recovery.log.commands[len(commands) :][:1])
        rest = commands[len(began) :]
        if not len(rest):
            return rest, []
        told = [reports.copy() for reports in recovery.replay()]
        self.sequencer.stamp(rest)
        told.append(self.venue.apply(rest))
        opening.check_granted(told[-1])
        return rest, told

    def go_on(self, recovery: Recovery, begun: np.ndarray, told: list[np.ndarray]) -> None:
        """Let the streams have all that was told, and write down what the day begins with."""
        for reports in in_batches(recovery.kept):
            self.agenda.learn(reports, self.streams.index(reports))
        progress = Progress(len(recovery.log.commands), recovery.sequence)
        for reports in recovery.replay():
            self.pipeline.keep(reports)
            progress.reach(recovery.venue.sequence)
        self.journal.told = recovery.told
        for reports in told:
            self.pipeline.keep(reports)
        self.journal.append(begun)
        self.journal.tell(told[-1:])
        self.journal.log = NO_LOG
        self.vetting.resume(self.venue)
        self.users.resume()

    def make_agenda(self, opening: Opening, past: np.ndarray) -> Agenda:
        """Return what the venue has still to do by itself on a day with these COMMAND rows.

        Where an operator moves the clock, phases and halts are left to the operator.
        """
        listings = listed(opening.listings)
        rules = [HaltRule(rule) for rule in listings["halts"]]
        close = seconds_in(self.config.clock.close)
        timetable = Timetable(self.business_date, opening.schedules, close)
        timetable.resume(past)
        if isinstance(self.clock, OperatorClock):
            timetable.clear()
            rules = [HaltRule.NONE] * len(rules)
        return Agenda(
            self.clock,
            timetable,
            Halts(self.business_date, rules),
            Delays(),
            Closing(listings, self.streams),
            self.config.sessions_that_may(CommandKind.CHANGE_PHASE)
            | self.config.sessions_that_may(CommandKind.CLOSE_DAY),
            self.breaker,
        )

    def make_watch(self) -> Watch:
        """Return what looks at all that, and tells what should be told."""
        return Watch(
            self.config.alarms,
            [user.name for user in self.config.users],
            self.pipeline,
            self.desk.visits,
            self.breaker,
            Path(self.config.venue.data),
        )

    def make_pipeline(self, recovery: Recovery) -> Pipeline:
        """Create or open the files of the day, and return what writes them."""
        settings = self.config.venue
        snapshots = None
        if settings.journal is not Mode.NONE:
            self.daybook.begin()
            if settings.accounts:
                self.daybook.take_reference(Path(settings.accounts) / "reference")
            self.journal.begin()
            reports = ReportFile(self.daybook.reports, len(recovery.kept))
            snapshots = self.make_snapshots(recovery, reports)
            self.streams.keep_in(reports)
        return Pipeline(
            self.venue,
            self.sequencer,
            self.journal,
            snapshots,
            self.intake,
            self.streams,
            self.vetting,
            self.agenda,
            self.users,
            self.close_day,
            self.fail,
        )

    def make_snapshots(self, recovery: Recovery, reports: ReportFile) -> LiveSnapshots:
        """Return what takes snapshots; those that cannot be used count no more."""
        settings = self.config.venue
        snapshots = Snapshots(self.daybook.snapshots, settings.snapshots_kept)
        snapshots.begin()
        for path in recovery.unusable:
            snapshots.set_aside(path)
        return LiveSnapshots(
            snapshots,
            self.venue,
            self.journal,
            reports,
            recovery.sequence,
            settings.snapshot_every,
        )

    async def start(self) -> int:
        """Begin to accept connections; return the port."""
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.terminate)
        self.server = await self.loop.create_server(
            lambda: Connection(
                self.desk, self.pipeline, self.connections, self.config.capacity.connections
            ),
            sock=self.socket,
            ssl=self.tls,
            ssl_handshake_timeout=self.config.tls.handshake_seconds if self.config.tls else None,
        )
        self.loop.call_later(1, self.beat)
        if not self.venue.is_open:
            self.close_day()
        self.desk.close_all()
        self.agenda.start(self.pipeline.wake)
        self.pipeline.wake()
        self.watch.start()
        self.is_listening = True
        return int(self.socket.getsockname()[1])

    async def serve(self) -> None:
        """Go on until a signal or a failure; finish what has arrived and take leave of everyone."""
        await self.stopped.wait()
        self.server.close()
        connections = list(self.connections)
        await self.pipeline.drain(connection.transport for connection in connections)
        for connection in connections:
            connection.session.end(Logout(self.farewell()))
        for connection in connections:
            await connection.is_gone.wait()
        self.doorkeeper.key_checks.close()
        self.watch.look()
        self.pipeline.close()

    def faults(self) -> list[str]:
        """Return why nobody can trade here; nothing where they can."""
        if not self.is_listening:
            return ["the port is not open yet"]
        found = []
        if self.journal.failed:
            found.append(f"the journal is given up: {self.journal.failed}")
        if self.failure:
            found.append(f"the venue stops: {self.failure}")
        elif self.stopped.is_set():
            found.append("the venue shuts down")
        return found

    def fail(self, error: Exception) -> None:
        """Stop because nothing more can be promised."""
        if isinstance(error, OSError):
            self.failure = f"journal or reports could not be written: {error.strerror or error}"
            log.error("%s; the venue stops", self.failure)
        elif isinstance(error, MemoryError):
            self.failure = "out of memory"
            log.error("%s; the venue stops", self.failure)
        else:
            self.failure = "an error in the venue itself"
            log.error("%s; the venue stops", self.failure, exc_info=error)
        self.stopped.set()

    def open_day(self, business_date: int) -> Refusal:
        """Stop, and have another day begin, by default the next one, with the configuration as it
        is then; return why there is none to begin."""
        today = to_date(self.business_date)
        holidays = frozenset(self.config.clock.holidays)
        date = business_date or to_number(business_day_after(today, holidays))
        if self.prepare is None or date <= self.business_date:
            return Refusal.DAY_CANNOT_OPEN
        try:
            self.next_config = self.prepare(date)
        except (Mistake, ValueError) as error:
            log.error("the day %d does not open: %s", date, error)
            return Refusal.DAY_CANNOT_OPEN
        log.info("the day %d begins, as an operator asks", date)
        self.stopped.set()
        return Refusal.NOTHING

    def terminate(self) -> None:
        """Stop for good, even where another day was to begin."""
        self.next_config = None
        self.stopped.set()

    def farewell(self) -> str:
        """Return what all sessions are told when the venue stops."""
        if self.next_config is not None:
            return f"the day {self.next_config.venue.business_date} begins; log in anew"
        return self.failure or "the venue shuts down"

    def beat(self) -> None:
        """Let the sessions beat whose heartbeat interval has passed."""
        self.desk.heartbeats.pass_second()
        self.pipeline.wake()
        self.loop.call_later(1, self.beat)

    def close_day(self) -> None:
        """Write the clearing files of the day that has just ended, beside the loop."""
        if self.config.venue.journal is Mode.NONE:
            log.warning("the journal's mode is none: there are no clearing files")
            return
        self.pipeline.flush()
        self.loop.run_in_executor(None, self.write_clearing_files)

    def write_clearing_files(self) -> None:
        day = self.daybook.folder
        try:
            if by_hand := branches_by_hand(load_modes(self.daybook.reference)):
                log.warning(
                    "branches %s deliver by hand: run cuohe deliver %s and then cuohe close",
                    by_hand,
                    day,
                )
                return
            commands = read_journal(self.daybook.journal)
            previous = previous_manifest(self.daybook.folder)
            reports = self.daybook.read_reports()
            state = self.venue.state
            reference = load_reference(self.daybook.reference)
            clear(
                commands,
                reports,
                self.daybook.clearing,
                previous=previous,
                state=state,
                reference=reference,
            )
        except (Mistake, OSError) as error:
            log.error("no clearing files: %s; mend that, then run cuohe close %s", error, day)
        else:
            log.info("the clearing files are in %s", self.daybook.clearing)


def make_doorkeeper(config: Config) -> Doorkeeper:
    """Return who watches the door for the users of a configuration; raises ConfigError."""
    return Doorkeeper(
        Credentials(config.users, load_secret(Path(config.venue.secret))),
        Failures(user.name for user in config.users),
        KeyChecks(),
    )


def check_is_new(daybook: Daybook) -> None:
    """Raise JournalError where a day without a journal has told something already."""
    reports = count_of_reports(daybook.reports)
    if reports or Snapshots(daybook.snapshots).paths():
        raise JournalError(
            f"{daybook.journal}: is missing, and {daybook.folder} holds a day that had one, with "
            f"{reports} reports; restore it from a backup, or name another data folder"
        )


def check_same(journal: Path, began: np.ndarray, opening: np.ndarray) -> None:
    """Raise JournalError where a day was not opened with the commands of this opening."""
    before, now = began.copy(), opening.copy()
    for field in ("sequence", "time", "checksum"):
        before[field] = now[field] = 0
    width = (len(before), ROW_BYTES)
    differs = (before.view(np.uint8).reshape(width) != now.view(np.uint8).reshape(width)).any(1)
    if differs.any():
        place = int(np.argmax(differs))
        raise JournalError(
            f"{journal}: row {place + 1}, {CommandKind(began['kind'][place]).name}, is not what "
            "configuration, instruments and accounts say now; restore those of that morning, or "
            "name another data folder"
        )


def check_is_whole(journal: Path, behind: np.ndarray) -> None:
    """Raise JournalError where the row behind the opening, if there is one, is of an opening, too:
    then the day was begun with more."""
    if ((behind["session"] == 0) & ~np.isin(behind["kind"], BY_ITSELF)).any():
        raise JournalError(
            f"{journal}: row {behind['sequence'][0]}, {CommandKind(behind['kind'][0]).name}, is "
            "not in configuration, instruments and accounts now; restore those of that morning, or "
            "name another data folder"
        )


def listen(host: str, port: int, table: str = "venue") -> socket.socket:
    """Return a socket that listens where a table of the configuration says; raises ConfigError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            f"{table}: cannot listen on host {host!r}, port {port}: {error.strerror}; "
            "choose others, or end what uses them"
        ) from None


def claim_files(connections: int) -> None:
    """Have the system let this process open a file for each connection; raises ConfigError.

    One that is hanging up takes a file as well, and so does one that is agreeing on TLS: where the
    system allows, there are as many files for these again.
    """
    needed = connections + LEAVING_MAX + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigError(
            f"capacity: {connections} connections need {needed} open files, and the system "
            f"allows {hard}; lower connections, or raise the limit (ulimit -Hn)"
        )
    wanted = needed + connections
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
