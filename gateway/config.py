"""Settings: one TOML file, decoded and checked once, before any port opens."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from engine.journal import Mode
from protocol.calendar import to_date
from protocol.mistake import Mistake
from protocol.vocabulary import Role

DEFAULTS = Path(__file__).parent / "defaults"

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ConfigError(Mistake):
    """A configuration is refused; the text names file, line, setting, reason and remedy."""


class ClockKind(StrEnum):
    """What moves the venue's time and phases."""

    SHANGHAI = "shanghai"
    ACCELERATED = "accelerated"
    OPERATOR = "operator"


class Settings(Struct, forbid_unknown_fields=True):
    """What all tables have in common: an unknown name is an error."""


class VenueSettings(Settings):
    """Where the venue listens and keeps its day; business_date 0 means today in Shanghai."""

    host: str = "127.0.0.1"
    port: Port = 7001
    data: str = "data"
    business_date: int = 0
    instruments: str = str(DEFAULTS / "instruments.csv")
    journal: Mode = Mode.SYNC
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=3600)] = 10


class ClockSettings(Settings):
    """`speed` seconds of the venue pass in one; `start` is the time of day to begin at."""

    kind: ClockKind = ClockKind.SHANGHAI
    speed: Annotated[float, Meta(gt=0, le=1_000_000)] = 1.0
    start: Annotated[str, Meta(pattern=r"^[0-2]\d:[0-5]\d:[0-5]\d$")] = "09:14:50"
    close: Annotated[str, Meta(pattern=r"^[0-2]\d:[0-5]\d:[0-5]\d$")] = "15:30:00"


class Capacity(Settings):
    """How much room the engine takes at the start; see engine/kernels/state.py."""

    orders_open: Count = 200_000
    orders_day: Count = 2_000_000
    ticks: Count = 8_000_000


class Branch(Settings):
    """An office with its trading units at the exchanges and the accounts of its customers."""

    number: Count
    name: str
    account_first: Count
    account_last: Count
    trading_unit_sse: Annotated[str, Meta(min_length=1, max_length=5)]
    trading_unit_szse: Annotated[str, Meta(min_length=1, max_length=6)]


class User(Settings):
    """Who may log in, for which branch; an operator may also change phases."""

    name: Annotated[str, Meta(min_length=1, max_length=32)]
    password: Annotated[str, Meta(min_length=8, max_length=256)]
    branch: Count
    operator: bool = False

    @property
    def role(self) -> Role:
        """What the user's sessions may ask for."""
        return Role.OPERATOR if self.operator else Role.TERMINAL


class Config(Settings):
    """The whole file."""

    branches: Annotated[list[Branch], Meta(min_length=1)]
    users: Annotated[list[User], Meta(min_length=1)]
    venue: VenueSettings = field(default_factory=VenueSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    capacity: Capacity = field(default_factory=Capacity)

    def branch_of(self, user: User) -> Branch:
        """Return the branch that a user works for."""
        return next(branch for branch in self.branches if branch.number == user.branch)


def load_config(path: Path) -> Config:
    """Return the settings in a TOML file, paths in it made relative to it; or ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    try:
        config = msgspec.toml.decode(text, type=Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}:{line_of(text, str(error))}: {error}") from None
    except msgspec.DecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"{path}:{line[1] if line else 1}: is no TOML: {error}") from None
    check(path, text, config)
    venue = msgspec.structs.replace(
        config.venue,
        data=str(path.parent / config.venue.data),
        instruments=str(path.parent / config.venue.instruments),
    )
    return msgspec.structs.replace(config, venue=venue)


def check(path: Path, text: str, config: Config) -> None:
    """Raise ConfigError where settings that fit one by one do not fit together."""
    if config.venue.business_date:
        try:
            to_date(config.venue.business_date)
        except ValueError as error:
            line = line_of(text, "$.venue.business_date")
            raise ConfigError(f"{path}:{line}: business_date: {error}; write 20261120") from None
    first_at: dict[object, int] = {}
    for index, branch in enumerate(config.branches):
        line = line_of(text, f"$.branches[{index}].number")
        if first_at.setdefault(branch.number, line) != line:
            raise ConfigError(f"{path}:{line}: branch {branch.number} is there twice")
        if branch.account_first > branch.account_last:
            raise ConfigError(f"{path}:{line}: account_first is above account_last")
    for index, user in enumerate(config.users):
        line = line_of(text, f"$.users[{index}].name")
        if first_at.setdefault(user.name, line) != line:
            raise ConfigError(f"{path}:{line}: user {user.name!r} is there twice")
        if user.branch not in first_at:
            raise ConfigError(
                f"{path}:{line}: user {user.name!r} names branch {user.branch}, which is not "
                "there; add it under [[branches]]"
            )


def line_of(text: str, error: str) -> int:
    """Return the line of the setting that a path like `$.users[1].name` in an error names.

    Where the setting itself is missing it is the line of its table, else line 1.
    """
    found = re.search(r"\$((?:\.\w+|\[\d+\]|\[\.\.\.\])*)", error)
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", found[1]) if found else []
    names = [name for name, _ in steps if name]
    wanted = next((int(index) for _, index in steps if index), 0)
    if not names:
        return 1
    if (unknown := re.search(r"unknown field `(\w+)`", error)) is not None:
        names.append(unknown[1])
    best, table, count = 1, "", -1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*(\w+)", line):
            table = header[1]
            count += table == names[0]
        if table != names[0] or (line.lstrip().startswith("[[") and count != wanted):
            continue
        if header and count in (wanted, 0):
            best = number
        elif count == wanted and len(names) > 1 and re.match(rf"\s*{names[-1]}\s*=", line):
            return number
    return best
