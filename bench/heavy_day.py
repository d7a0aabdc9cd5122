"""A day of as many fills as one likes, which the venue itself has traded, for a close.

Orders come in groups of six: one that rests, and five that take a fifth of it each, so that a group
makes ten fills and leaves nothing.  Half of the instruments are Shanghai's, half are Shenzhen's;
branches, of two firms, have as many accounts each, and an account holds ten instruments.  All
chance comes from bench.dice.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.accounts import HOLDINGS, Groups
from bench.dice import Dice
from engine.clearing.calendars import Calendars
from engine.clearing.closed_day import Reference
from engine.instruments import load_listings
from engine.kernels import Limits, State
from engine.phases import day_command
from engine.venue import Venue
from protocol.calendar import midnight, to_date
from protocol.files.firms import FIRM
from protocol.records import COMMAND, REPORT, join
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Depository, Phase, ReportKind, Side

BUSINESS_DATE = 20260302
SECURITIES = 400
ACCOUNTS = 8_000
BRANCHES = 4
FIRMS = 2
SEED = 7

TAKERS = 5
GROUP = 1 + TAKERS
FILLS_OF_GROUP = 2 * TAKERS
LOT = 100
LOTS_MAX = 9
"""Of what a taker takes."""

PORTION = 10_000
"""Groups that are made, and traded, at a time."""

TICK = 100
SPREAD_TICKS = 5
"""How far prices lie on either side of the previous close, within all limits and cages."""

CLOSES = (20_0000, 90_0000)
"""Previous closes, in 1/10000 yuan."""

DEPOSITORIES = 1 << Depository.SHANGHAI_A | 1 << Depository.SHENZHEN_A
BOARDS = (("SH", 600_000, "SSE_MAIN"), ("SZ", 1, "SZSE_MAIN"))
MONEY = 10**14


ASKED = (
    *("venue", "accounts", "owners", "funds", "accruals", "holdings", "holding_table"),
    *("movements", "lists", "instruments", "fees", "tallies"),
)
"""What a close asks of the last state: all that is not of orders."""

ROWS = {"commands.bin": COMMAND, "reports.bin": REPORT}


class HeavyDay(NamedTuple):
    """What a close needs: rows that are mapped from files, the last state, and the reference."""

    commands: np.ndarray
    reports: np.ndarray
    state: State
    reference: Reference


def make_day(folder: Path, fills: int) -> None:
    """Trade a day of so many fills, a multiple of FILLS_OF_GROUP, and keep it in a folder."""
    maker = Maker(folder, -(-fills // FILLS_OF_GROUP))
    with ExitStack() as stack:
        commands, reports = (stack.enter_context((folder / name).open("wb")) for name in ROWS)
        for rows in maker.rows():
            commands.write(rows.tobytes())
            for told in maker.venue.applied(rows):
                refused = told["reason"][told["kind"] == ReportKind.REJECTED]
                assert not len(refused), f"the venue refuses: {np.unique(refused)}"
                reports.write(told.tobytes())
    parts = maker.venue.parts()
    np.savez(folder / "state.npz", **{name: parts[name] for name in ASKED})


def load_day(folder: Path) -> HeavyDay:
    """Return the day that is kept in a folder."""
    venue = Venue(limits_of(orders_day=1, ticks=1))
    with np.load(folder / "state.npz") as parts:
        venue.restore(parts)
    rows = (np.memmap(folder / name, row, "c") for name, row in ROWS.items())
    return HeavyDay(*rows, venue.state, Reference(firms(), Calendars()))


def limits_of(**others: int) -> Limits:
    holdings = ACCOUNTS * HOLDINGS
    room = {
        "orders_open": 1_000,
        "instruments": SECURITIES,
        "sessions": BRANCHES + 1,
        "accounts": ACCOUNTS,
        "holdings": 2 * holdings,
        "movements": ACCOUNTS + holdings,
    }
    return Limits(**room | others)


def firms() -> np.ndarray:
    """Return FIRM rows, among which the branches are dealt out."""
    rows = np.zeros(FIRMS, FIRM)
    for place, row in enumerate(rows):
        number = place + 1
        branches = range(number, BRANCHES + 1, FIRMS)
        row["firm"] = number
        row["name"] = b"Firm %d" % number
        row["branches"] = b" ".join(b"%d" % branch for branch in branches)
        row["sse_participant"] = b"E%07d" % number
        row["sse_money_account"] = b"60010%02d" % number
        row["szse_settlement_account"] = b"B%05d" % number
        row["szse_reserve_account"] = b"B%09d" % number
    return rows


class Maker:
    """Makes the rows of the day, which are in sequence."""

    def __init__(self, folder: Path, groups: int) -> None:
        self.groups = groups
        self.dice = Dice(SEED)
        self.holders = Groups(ACCOUNTS, np.ones(SECURITIES, np.int64))
        self.listings = self.listed(folder)
        self.sequence = 0
        self.client_seq = np.zeros(BRANCHES + 1, np.int64)
        self.venue = Venue(limits_of(orders_day=GROUP * groups))

    def listed(self, folder: Path) -> np.ndarray:
        """Return the rows that list the securities, and keep them as instruments.csv."""
        lines = ["symbol,name,board,previous_close"]
        closes = CLOSES[0] + self.dice.below((CLOSES[1] - CLOSES[0]) // TICK, SECURITIES) * TICK
        for number, close in enumerate(closes.tolist()):
            suffix, first, board = BOARDS[number % len(BOARDS)]
            symbol = f"{first + number // len(BOARDS):06}.{suffix}"
            lines.append(f"{symbol},{symbol},{board},{close / 10_000:.2f}")
        path = folder / "instruments.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load_listings(path, to_date(BUSINESS_DATE))[1]

    def rows(self) -> Iterator[np.ndarray]:
        """Yield the rows of the day, some at a time."""
        yield self.in_sequence(join([self.day(), self.listings, *self.holders_opening()]))
        yield self.in_sequence(day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS))
        for start in range(0, self.groups, PORTION):
            yield self.in_sequence(self.orders(min(PORTION, self.groups - start)))
        yield self.in_sequence(day_command(CommandKind.CHANGE_PHASE, Phase.CLOSED))
        yield self.in_sequence(day_command(CommandKind.CLOSE_DAY))

    def in_sequence(self, rows: np.ndarray) -> np.ndarray:
        rows["sequence"] = self.sequence + np.arange(len(rows)) + 1
        rows["time"] = midnight(BUSINESS_DATE) + 10 * 3600 * NANOSECONDS + rows["sequence"] * 1_000
        self.sequence += len(rows)
        return rows

    def day(self) -> np.ndarray:
        """Return the rows that open the day and admit a session for each branch."""
        rows = np.zeros(1 + BRANCHES, COMMAND)
        opening, admitted = rows[0], rows[1:]
        limits = self.venue.limits
        opening["kind"] = CommandKind.OPEN_DAY
        opening["business_date"] = BUSINESS_DATE
        opening["with_accounts"] = 1
        opening["orders_open_max"], opening["orders_day_max"] = (
            limits.orders_open,
            limits.orders_day,
        )
        opening["accounts_max"], opening["holdings_max"] = limits.accounts, limits.holdings
        opening["movements_max"] = limits.movements
        branches = np.arange(1, BRANCHES + 1)
        admitted["kind"] = CommandKind.ADMIT_SESSION
        admitted["admitted"] = admitted["branch"] = branches
        admitted["account_first"] = (branches - 1) * ACCOUNTS // BRANCHES
        admitted["account_last"] = branches * ACCOUNTS // BRANCHES - 1
        admitted["trading_unit_sse"] = np.strings.add(b"1000", branches.astype("S1"))
        admitted["trading_unit_szse"] = np.strings.add(b"39000", branches.astype("S1"))
        return rows

    def holders_opening(self) -> Iterator[np.ndarray]:
        """Yield the rows that open the accounts and bring them money and shares."""
        for rows in self.holders.opening():
            if rows["kind"][0] == CommandKind.OPEN_ACCOUNT:
                rows["depositories"] = DEPOSITORIES
                rows["branch"] = 1 + rows["account"] * BRANCHES // ACCOUNTS
            elif rows["kind"][0] == CommandKind.MOVE_FUNDS:
                rows["amount"] = MONEY
            yield rows

    def orders(self, groups: int) -> np.ndarray:
        """Return the rows of so many groups, which all trade."""
        rows = np.zeros(groups * GROUP, COMMAND)
        of_group = np.repeat(np.arange(groups), GROUP)
        rests = np.arange(len(rows)) % GROUP == 0
        instrument = self.dice.below(SECURITIES, groups)
        closes = self.listings["previous_close"][
            self.listings["kind"] == CommandKind.LIST_INSTRUMENT
        ]
        ticks = self.dice.below(2 * SPREAD_TICKS + 1, groups) - SPREAD_TICKS
        price = closes[instrument] + ticks * TICK
        side = self.dice.below(len(Side), groups)
        lots = 1 + self.dice.below(LOTS_MAX, groups)
        rows["kind"] = CommandKind.ENTER_ORDER
        rows["instrument"] = instrument[of_group]
        rows["price"] = price[of_group]
        rows["side"] = np.where(rests, side[of_group], 1 - side[of_group])
        rows["quantity"] = LOT * lots[of_group] * np.where(rests, TAKERS, 1)
        rows["account"] = self.holders.pick(self.dice, rows["instrument"])
        rows["session"] = 1 + rows["account"] * BRANCHES // ACCOUNTS
        for session in range(1, BRANCHES + 1):
            its = np.flatnonzero(rows["session"] == session)
            rows["client_seq"][its] = self.client_seq[session] + np.arange(len(its)) + 1
            self.client_seq[session] += len(its)
        return rows
