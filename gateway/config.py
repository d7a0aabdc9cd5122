"""Settings: one TOML file, decoded and checked once, before any port opens."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from engine.permissions import Right, reach_of
from engine.phases import TIMETABLE
from engine.storage.journal import Mode
from gateway.verifier import VerifierError, parse_verifier
from protocol.bounds import INTEREST_DAYS_MAX
from protocol.calendar import business_day_after, business_day_before, seconds_in, to_date
from protocol.mistake import Mistake
from protocol.vocabulary import Reach, Role

DEFAULTS = Path(__file__).parent / "defaults"

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]
Room = Annotated[int, Meta(ge=1, le=100_000_000)]
RoleName = Literal["terminal", "counter", "observer", "auditor", "risk", "operator"]
GroundsName = Literal[
    "NONE",
    "CUSTOMER_REQUEST",
    "COURT_ORDER",
    "LOSS_REPORT",
    "RISK_CONTROL",
    "INHERITANCE",
    "CORRECTION",
]
SelfTradeName = Literal["allowed", "cancels_resting", "cancels_incoming", "cancels_both"]
HeartbeatSeconds = Annotated[int, Meta(ge=1, le=3600)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")]

YEARS = range(1990, 2101)
"""In which a business day or a holiday may be."""


class ConfigError(Mistake):
    """A configuration is refused; the text names file, line, setting, reason and remedy."""


class ClockKind(StrEnum):
    """What moves the venue's time and phases."""

    SHANGHAI = "shanghai"
    ACCELERATED = "accelerated"
    OPERATOR = "operator"


class LogForm(StrEnum):
    """How the log is written: a line for people, or a JSON object for machines."""

    CONSOLE = "console"
    JSON = "json"


class Settings(Struct, forbid_unknown_fields=True):
    """What all tables have in common: an unknown name is an error."""


Placed = TypeVar("Placed", bound=Settings)


class VenueSettings(Settings):
    """Where the venue listens and keeps its day; business_date 0 means today in Shanghai.

    Without a folder of accounts, an account is a mere number that may trade anything.  What moves
    money or shares on the grounds in `four_eyes` is asked for by two people.
    """

    host: str = "127.0.0.1"
    port: Port = 7001
    data: str = "data"
    business_date: int = 0
    instruments: str = str(DEFAULTS / "instruments.csv")
    accounts: str = ""
    journal: Mode = Mode.SYNC
    snapshot_every: Annotated[int, Meta(ge=0)] = 1_000_000
    snapshots_kept: Annotated[int, Meta(ge=1, le=1_000)] = 3
    heartbeat_seconds: HeartbeatSeconds = 10
    heartbeat_seconds_min: HeartbeatSeconds = 1
    heartbeat_seconds_max: HeartbeatSeconds = 60
    in_flight_max: Count = 65_536
    rate_max: Annotated[int, Meta(ge=0)] = 0
    busy_after_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 0
    secret: str = "venue.secret"
    four_eyes: list[GroundsName] = field(default_factory=lambda: ["CORRECTION"])

    def agreed_heartbeat(self, wanted: int) -> int:
        """Return the interval of a session whose client wants this one, 0 for the venue's."""
        wanted = wanted or self.heartbeat_seconds
        return min(max(wanted, self.heartbeat_seconds_min), self.heartbeat_seconds_max)

    def agreed_in_flight(self, wanted: int) -> int:
        """Return how many requests of a session may be unanswered, if its client wants so many."""
        return min(wanted, self.in_flight_max) if wanted > 0 else self.in_flight_max


class TlsSettings(Settings):
    """The venue's certificate and key; with `client_ca`, clients need one that it has signed."""

    certificate: str
    key: str
    client_ca: str = ""
    handshake_seconds: Annotated[int, Meta(ge=1, le=60)] = 5


class QuotesSettings(Settings):
    """Where market data is served, by a process of its own."""

    host: str = "127.0.0.1"
    port: Port = 7002


class ClockSettings(Settings):
    """`speed` seconds of the venue pass in one; `start` is the time of day to begin at.

    `holidays` are the days besides weekends on which the market is closed.
    """

    kind: ClockKind = ClockKind.SHANGHAI
    speed: Annotated[float, Meta(gt=0, le=1_000_000)] = 1.0
    start: TimeOfDay = "09:14:50"
    close: TimeOfDay = "15:30:00"
    holidays: list[date] = field(default_factory=list)


class Capacity(Settings):
    """How much there is room for; what the engine has, it takes at the start."""

    connections: Annotated[int, Meta(ge=1, le=100_000)] = 1_000

    orders_open: Room = 200_000
    orders_day: Room = 2_000_000
    ticks: Room = 8_000_000

    accounts: Room = 100_000
    holdings: Room = 1_000_000
    ledger: Room = 1_000_000
    lists: Room = 65_536


class ObserveSettings(Settings):
    """Where metrics and health are to be had, if anywhere, and how the log is written.

    A loop that has not turned for `stuck_seconds` is taken for stuck.
    """

    host: str = "127.0.0.1"
    port: Port = 0
    log: LogForm = LogForm.CONSOLE
    stuck_seconds: Annotated[float, Meta(gt=0, le=3600)] = 5.0


class AlarmSettings(Settings):
    """Beyond what an alarm is raised; 0 means never.

    Rates are requests in a second.  The exchanges watch accounts from 300 on: 240 is four fifths.
    """

    order_rate: Limit = 240
    cancel_rate: Limit = 240
    runaway_account: Limit = 3_000
    runaway_session: Limit = 100_000
    runaway_blocks: bool = False
    unanswered_seconds: Seconds = 1.0
    journal_seconds: Seconds = 1.0
    clock_back_seconds: Seconds = 1.0
    disk_free_mb: Limit = 1_024
    clear_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 10.0


class Branch(Settings):
    """An office with its trading units at the exchanges and the accounts of its customers."""

    number: Count
    name: str
    account_first: Count
    account_last: Count
    trading_unit_sse: Annotated[str, Meta(pattern="^[0-9A-Z]{1,5}$")]
    trading_unit_szse: Annotated[str, Meta(pattern="^[0-9A-Z]{1,6}$")]


class User(Settings):
    """Who may log in, for which branch, and in which role: docs/protocol/permissions.md.

    `verifier` is what a password is checked with; without one nobody logs in as this user.
    `self_trade` is what is done where an order of the user meets another one of its account.
    """

    name: Annotated[str, Meta(min_length=1, max_length=32)]
    verifier: str
    branch: Count
    role: RoleName = "terminal"
    self_trade: SelfTradeName = "allowed"

    def reach_of(self, right: Right) -> Reach:
        """Return for whom the user's sessions may ask for something."""
        return reach_of(self.acts_as, right)

    @property
    def acts_as(self) -> Role:
        """The role of the user's sessions."""
        return Role[self.role.upper()]


class Config(Settings):
    """The whole file."""

    branches: Annotated[list[Branch], Meta(min_length=1)]
    users: Annotated[list[User], Meta(min_length=1)]
    venue: VenueSettings = field(default_factory=VenueSettings)
    quotes: QuotesSettings = field(default_factory=QuotesSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    capacity: Capacity = field(default_factory=Capacity)
    tls: TlsSettings | None = None
    observe: ObserveSettings = field(default_factory=ObserveSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)

    def branch_of(self, user: User) -> Branch:
        """Return the branch that a user works for."""
        return next(branch for branch in self.branches if branch.number == user.branch)

    def sessions_that_may(self, right: Right) -> Set[int]:
        """Return the numbers of the sessions that may ask for something at all."""
        users = enumerate(self.users, start=1)
        return {number for number, user in users if user.reach_of(right) is not Reach.NOBODY}


def load_config(path: Path) -> Config:
    """Return the settings in a TOML file, paths in it made relative to it; or ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason}") from None
    try:
        config = msgspec.toml.decode(text, type=Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}:{line_of(text, place_in(str(error)))}: {error}") from None
    except msgspec.DecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = found[1] if found else len(text.splitlines())
        raise ConfigError(f"{path}:{line}: is no TOML: {error}") from None
    for place, reason in misfits(config):
        raise ConfigError(f"{path}:{line_of(text, place)}: {reason}")
    return msgspec.structs.replace(
        config,
        venue=beside(path, config.venue, "data", "instruments", "accounts", "secret"),
        tls=config.tls and beside(path, config.tls, "certificate", "key", "client_ca"),
    )


def beside(path: Path, settings: Placed, *names: str) -> Placed:
    """Return settings with those of these names that are paths made relative to a file."""
    given = {name: getattr(settings, name) for name in names}
    paths = {name: str(path.parent / place) for name, place in given.items() if place}
    return msgspec.structs.replace(settings, **paths)


def misfits(config: Config) -> Iterator[tuple[str, str]]:
    """Yield place and reason of settings that are good one by one, but not together."""
    if config.venue.business_date:
        try:
            if to_date(config.venue.business_date).year not in YEARS:
                raise ValueError("is of no year from 1990 to 2100")
        except ValueError as error:
            yield "$.venue.business_date", f"business_date: {error}; write it like 20261120"
    if config.venue.agreed_heartbeat(0) != config.venue.heartbeat_seconds:
        yield (
            "$.venue.heartbeat_seconds",
            f"heartbeat_seconds is {config.venue.heartbeat_seconds}, and not from "
            "heartbeat_seconds_min to heartbeat_seconds_max; change one of them",
        )
    yield from misfits_of_holidays(frozenset(config.clock.holidays))
    if seconds_in(config.clock.close) < TIMETABLE[-1].second:
        yield "$.clock.close", "close must not be before 15:30:00, when the last phase begins"
    yield from misfits_of_branches(config.branches)
    yield from misfits_of_users(config.users, {branch.number for branch in config.branches})
    if config.venue.accounts:
        yield from misfits_of_accounts(config.branches, config.capacity.accounts)


def misfits_of_holidays(holidays: Set[date]) -> Iterator[tuple[str, str]]:
    for day in sorted(holidays):
        if day.year not in YEARS:
            yield "$.clock.holidays", f"holidays: {day} is of no year from 1990 to 2100; correct it"
            return
        before, after = business_day_before(day, holidays), business_day_after(day, holidays)
        if (after - before).days > INTEREST_DAYS_MAX:
            yield (
                "$.clock.holidays",
                f"holidays: {before} and {after} are business days next to each other, and more "
                f"than {INTEREST_DAYS_MAX} days apart; name fewer",
            )


def misfits_of_branches(branches: Sequence[Branch]) -> Iterator[tuple[str, str]]:
    for index, branch in enumerate(branches):
        place = f"$.branches[{index}]"
        if branch.account_first > branch.account_last:
            yield f"{place}.account_first", "account_first is above account_last"
        for other in branches[:index]:
            if other.number == branch.number:
                yield f"{place}.number", f"branch {branch.number} is there twice"
            first = max(branch.account_first, other.account_first)
            if first <= min(branch.account_last, other.account_last):
                yield (
                    f"{place}.account_first",
                    f"account {first} belongs to branch {other.number} already",
                )


def misfits_of_users(users: Sequence[User], branches: Set[int]) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for index, user in enumerate(users):
        place = f"$.users[{index}]"
        if user.name in names:
            yield f"{place}.name", f"user {user.name!r} is there twice"
        names.add(user.name)
        if user.verifier:
            yield from misfits_of_verifier(user, f"{place}.verifier")
        if user.branch not in branches:
            yield (
                f"{place}.branch",
                f"user {user.name!r} names branch {user.branch}, which is not there; "
                "add it under [[branches]]",
            )


def misfits_of_verifier(user: User, place: str) -> Iterator[tuple[str, str]]:
    try:
        parse_verifier(user.verifier)
    except VerifierError as error:
        yield place, f"the verifier of {user.name!r}: {error}"


def misfits_of_accounts(branches: Sequence[Branch], room: int) -> Iterator[tuple[str, str]]:
    for index, branch in enumerate(branches):
        if branch.account_last >= room:
            yield (
                f"$.branches[{index}].account_last",
                f"account {branch.account_last} needs capacity.accounts of "
                f"{branch.account_last + 1} at least, which is {room}; raise it",
            )


def place_in(error: str) -> str:
    """Return the path that an error of msgspec names, like `$.users[1].name`."""
    found = re.search(r"`(\$.*?)`$", error)
    unknown = re.search(r"unknown field `(\w+)`", error)
    return (found[1] if found else "$") + (f".{unknown[1]}" if unknown else "")


def line_of(text: str, place: str) -> int:
    """Return the line of a place like `$.users[1].name`: of the setting, or else of its table."""
    lines = {"$": 1}
    tables: Counter[str] = Counter()
    table = "$"
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[(\[?)\s*(\w+)", line):
            index = f"[{tables[header[2]]}]" if header[1] else ""
            tables[header[2]] += 1
            table = f"$.{header[2]}{index}"
            lines[table] = number
        elif setting := re.match(r"\s*(\w+)\s*=", line):
            lines[f"{table}.{setting[1]}"] = number
    while place not in lines:
        place = place[: max(place.rfind("."), place.rfind("["))]
    return lines[place]
