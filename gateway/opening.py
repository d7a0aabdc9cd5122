"""The opening of the day: the first commands of its log, made from configuration and files."""

from pathlib import Path

import numpy as np

from engine.instruments import InstrumentError, load_listings
from engine.venue import Limits
from gateway.config import Config
from protocol.calendar import to_date
from protocol.framing import FRAME_BYTES_MAX
from protocol.records import COMMAND, join
from protocol.vocabulary import CommandKind, Schedule, SelfTrade

INSTRUMENTS_MAX = (FRAME_BYTES_MAX - 128) // 10
"""As many as LoginAccepted can list in one frame: ten bytes for each, and the other fields."""


class Opening:
    """What the venue must know before the first order: date, sessions, rules, instruments."""

    def __init__(self, config: Config, business_date: int) -> None:
        """Read the instruments; raises InstrumentError."""
        self.config = config
        self.business_date = business_date
        self.instruments, self.listings = load_listings(
            Path(config.venue.instruments), to_date(business_date)
        )
        if len(self.instruments) > INSTRUMENTS_MAX:
            raise InstrumentError(
                f"{config.venue.instruments}: lists {len(self.instruments)} instruments; at most "
                f"{INSTRUMENTS_MAX} are allowed, so that a login can be answered in one frame"
            )

    @property
    def symbols(self) -> list[str]:
        """The instruments by number, spelled like "600519.SH"."""
        return [instrument.symbol for instrument in self.instruments]

    @property
    def schedules(self) -> frozenset[Schedule]:
        """The schedules that any of the instruments follow."""
        is_listing = self.listings["kind"] == CommandKind.LIST_INSTRUMENT
        return frozenset(map(Schedule, self.listings["schedule"][is_listing]))

    @property
    def limits(self) -> Limits:
        """The room that the engine needs for the day."""
        capacity = self.config.capacity
        return Limits(
            orders_open=capacity.orders_open,
            orders_day=capacity.orders_day,
            ticks=capacity.ticks,
            instruments=len(self.instruments),
            sessions=len(self.config.users) + 1,
        )

    def __len__(self) -> int:
        return 1 + len(self.config.users) + len(self.listings)

    def commands(self) -> np.ndarray:
        """Return the COMMAND rows, in order, still without sequence and time."""
        return join(
            [open_day(self.business_date, self.config), admissions(self.config), self.listings]
        )


def open_day(business_date: int, config: Config) -> np.ndarray:
    """Return the one row that begins a day, with the room that its orders have."""
    row = np.zeros(1, COMMAND)
    row["kind"] = CommandKind.OPEN_DAY
    row["business_date"] = business_date
    row["orders_open_max"] = config.capacity.orders_open
    row["orders_day_max"] = config.capacity.orders_day
    return row


def admissions(config: Config) -> np.ndarray:
    """Return a row for every user, numbered from 1 in the order of the configuration."""
    rows = np.zeros(len(config.users), COMMAND)
    for number, (row, user) in enumerate(zip(rows, config.users, strict=True), 1):
        branch = config.branch_of(user)
        row["kind"] = CommandKind.ADMIT_SESSION
        row["admitted"] = number
        row["role"] = user.role
        row["self_trade"] = SelfTrade[user.self_trade.upper()]
        row["branch"] = branch.number
        row["account_first"] = branch.account_first
        row["account_last"] = branch.account_last
        row["trading_unit_sse"] = branch.trading_unit_sse.encode()
        row["trading_unit_szse"] = branch.trading_unit_szse.encode()
    return rows
