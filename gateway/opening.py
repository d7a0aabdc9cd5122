"""The opening of the day: the first commands of its log, made from configuration and files."""

from pathlib import Path

import numpy as np

from engine.accounts import AccountBranch, DayAccounts, load_accounts
from engine.columns import ColumnError
from engine.instruments import FIRST_LINE, InstrumentError, load_listings
from engine.interest import DayInterest, interest_of
from engine.venue import Limits
from gateway.config import Config
from protocol.calendar import to_date
from protocol.framing import FRAME_BYTES_MAX
from protocol.mistake import Mistake
from protocol.records import COMMAND, join
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    CommandKind,
    FundsEntry,
    Grounds,
    Reject,
    ReportKind,
    Schedule,
    SelfTrade,
    SharesEntry,
)

INSTRUMENTS_MAX = (FRAME_BYTES_MAX - 128) // 10
"""As many as LoginAccepted can list in one frame: ten bytes for each, and the other fields."""

FILES = {
    CommandKind.OPEN_ACCOUNT: "accounts.csv",
    CommandKind.LIMIT_ACCOUNT: "accounts.csv",
    CommandKind.CHANGE_STATUS: "accounts.csv",
    CommandKind.MOVE_FUNDS: "funds.csv",
    CommandKind.LIMIT_FUNDS: "funds.csv",
    CommandKind.BRING_INTEREST: "funds.csv",
    CommandKind.CAPITALISE: "funds.csv",
    CommandKind.MOVE_SHARES: "holdings.csv",
    CommandKind.CHANGE_LIST: "lists.csv",
    CommandKind.CHANGE_CODE: "codes.csv",
}
"""Of the folder of accounts: which of them makes which commands."""

BROUGHT = {
    CommandKind.MOVE_FUNDS: (
        FundsEntry.BROUGHT_FORWARD,
        FundsEntry.GRANT_CREDIT,
        FundsEntry.FREEZE_LONG,
    ),
    CommandKind.MOVE_SHARES: (
        SharesEntry.BROUGHT_FORWARD,
        SharesEntry.FREEZE_LONG,
        SharesEntry.PLEDGE,
    ),
}
"""What accounts bring into a day; all else that moves then is of entries.csv."""


class OpeningError(Mistake):
    """The venue refused what a day begins with; the text names file, reason and remedy."""


class Opening:
    """What the venue must know before the first order.

    These are date, sessions, rules, fees, instruments, and where there are any, accounts, with the
    interest that they bear.
    """

    def __init__(self, config: Config, business_date: int) -> None:
        """Read instruments and accounts; raises InstrumentError and ColumnError."""
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
        self.accounts = self.load_accounts()
        self.interest = self.load_interest()

    def load_accounts(self) -> DayAccounts:
        """Return the accounts of the day, none where there is no folder of them."""
        folder, capacity = Path(self.config.venue.accounts), self.config.capacity
        if not self.config.venue.accounts:
            return DayAccounts(np.zeros(0, COMMAND), 0)
        branches = [
            AccountBranch(branch.number, branch.account_first, branch.account_last)
            for branch in self.config.branches
        ]
        depositories = self.listings["depository"][self.is_listing]
        accounts = load_accounts(folder, branches, self.symbols, depositories)
        check_room(folder / "holdings.csv", "holdings", accounts.holdings, capacity.holdings)
        check_room(folder / "lists.csv", "lists", accounts.lists, capacity.lists)
        return accounts

    def load_interest(self) -> DayInterest:
        """Return the interest of the day, none where there are no accounts to bear it."""
        folder = self.config.venue.accounts
        if not folder:
            return DayInterest(np.zeros(0, COMMAND), np.zeros(0, COMMAND), 0)
        holidays = frozenset(self.config.clock.holidays)
        interest = interest_of(to_date(self.business_date), holidays, self.accounts.commands)
        movements = self.accounts.movements + interest.movements
        check_room(Path(folder), "ledger", movements, self.config.capacity.ledger)
        return interest

    @property
    def is_listing(self) -> np.ndarray:
        """Which of the listings list an instrument, and define no rules or fees."""
        return self.listings["kind"] == CommandKind.LIST_INSTRUMENT

    @property
    def symbols(self) -> list[str]:
        """The instruments by number, spelled like "600519.SH"."""
        return [instrument.symbol for instrument in self.instruments]

    @property
    def schedules(self) -> frozenset[Schedule]:
        """The schedules that any of the instruments follow."""
        return frozenset(map(Schedule, self.listings["schedule"][self.is_listing]))

    @property
    def limits(self) -> Limits:
        """The room that the engine needs for the day."""
        capacity, with_accounts = self.config.capacity, bool(self.config.venue.accounts)
        return Limits(
            orders_open=capacity.orders_open,
            orders_day=capacity.orders_day,
            ticks=capacity.ticks,
            instruments=len(self.instruments),
            sessions=len(self.config.users) + 1,
            accounts=with_accounts * capacity.accounts,
            holdings=with_accounts * capacity.holdings,
            movements=with_accounts * capacity.ledger,
            lists=with_accounts * capacity.lists,
        )

    def __len__(self) -> int:
        return sum(map(len, self.parts()))

    def parts(self) -> list[np.ndarray]:
        return [
            open_day(self.business_date, self.config),
            admissions(self.config),
            self.listings,
            self.interest.definitions,
            self.accounts.commands,
            self.interest.payments,
        ]

    def commands(self) -> np.ndarray:
        """Return the COMMAND rows, in order, still without sequence and time."""
        return join(self.parts())

    def check_granted(self, reports: np.ndarray) -> None:
        """Raise OpeningError where REPORT rows say that the venue has refused one of the rows."""
        refused = reports[reports["kind"] == ReportKind.REJECTED]
        if len(refused):
            row = self.commands()[int(refused["sequence"][0]) - 1]
            raise OpeningError(self.told(row, Reject(refused["reason"][0])))

    def told(self, row: np.void, reason: Reject) -> str:
        """Return which row was refused, by the file that it comes from, why, and what to do."""
        venue, kind = self.config.venue, CommandKind(row["kind"])
        if kind is CommandKind.LIST_INSTRUMENT:
            number = int(row["instrument"])
            return (
                f"{venue.instruments}:{number + FIRST_LINE}: {self.symbols[number]}: "
                f"capacity.ticks of {self.config.capacity.ticks} is used up; raise it in the "
                "configuration"
            )
        origin = "the configuration"
        if kind in FILES:
            account = int(row["account"])
            whose = "all accounts" if account == EVERY_ACCOUNT else f"account {account}"
            is_brought = kind not in BROUGHT or row["entry"] in BROUGHT[kind]
            name = FILES[kind] if is_brought else "entries.csv"
            origin = f"{Path(venue.accounts) / name}: {whose}"
        return f"{origin}: {kind.name} is refused: {reason.name}; correct it"


def check_room(path: Path, name: str, needed: int, room: int) -> None:
    """Raise ColumnError where the day would begin with more than there is room for."""
    if needed > room:
        raise ColumnError(
            f"{path}: capacity.{name} of {room} is too little to begin with {needed}; raise it in "
            "the configuration"
        )


def open_day(business_date: int, config: Config) -> np.ndarray:
    """Return the one row that begins a day, with the room that its orders and accounts have."""
    row = np.zeros(1, COMMAND)
    row["kind"] = CommandKind.OPEN_DAY
    row["with_accounts"] = bool(config.venue.accounts)
    row["four_eyes"] = sum(1 << Grounds[name] for name in set(config.venue.four_eyes))
    row["business_date"] = business_date
    row["orders_open_max"] = config.capacity.orders_open
    row["orders_day_max"] = config.capacity.orders_day
    if config.venue.accounts:
        row["accounts_max"] = config.capacity.accounts
        row["holdings_max"] = config.capacity.holdings
        row["movements_max"] = config.capacity.ledger
        row["lists_max"] = config.capacity.lists
    return row


def admissions(config: Config) -> np.ndarray:
    """Return a row for every user, numbered from 1 in the order of the configuration."""
    rows = np.zeros(len(config.users), COMMAND)
    for number, (row, user) in enumerate(zip(rows, config.users, strict=True), 1):
        branch = config.branch_of(user)
        row["kind"] = CommandKind.ADMIT_SESSION
        row["admitted"] = number
        row["role"] = user.acts_as
        row["self_trade"] = SelfTrade[user.self_trade.upper()]
        row["branch"] = branch.number
        row["account_first"] = branch.account_first
        row["account_last"] = branch.account_last
        row["trading_unit_sse"] = branch.trading_unit_sse.encode()
        row["trading_unit_szse"] = branch.trading_unit_szse.encode()
    return rows
