"""What an operation costs: `python -m bench.flow [--symbols N --depth N]`; A, B and C by default.

A flow fills the books with resting orders and then keeps them as deep.  A tenth of the operations
are takers, which trade with what is there and leave nothing; the others are adds and cancels, in
such shares that as many orders come as end.

    flow   symbols     depth   adds   cancels   a taker ends        behind the middle
    A            1     1 100   55 %      35 %   2 resting orders      20 ticks
    B          500    50 000   55 %      35 %   2 resting orders      20 ticks
    C            1   400 000   48 %      42 %   half of one          300 ticks

Adds lie behind the middle of the day at exponential distances and are even from 1 to 10 lots;
takers are even from 1 to not quite twice their mean.  A cancel takes any open order.  Instruments
follow Zipf's law, sessions are even, and all chance comes from bench.dice: the same seed gives the
same rows.  They are made in portions of a hundredth of the depth, against a venue, so that a cancel
names an order that an earlier portion left open; a few come too late.  Before anything is measured
the books settle for three operations per order of depth, until takers have worn the front.

Every contender plays the same rows in batches, from the same full books.  `floor` reads each row
and writes one report, without a book; `alone` works the books, but neither checks nor reports;
`apply` is the whole engine.  What counts is the time of the processor, not of the wall, and the
contenders take turns, because a shared machine's speed changes from one second to the next.

With `--accounts N` the orders are of N accounts that hold ten instruments each (bench.accounts),
and `accounts`, the whole engine with accounts on, takes turns with the others, for which they are
mere numbers.
"""

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import NamedTuple

import numpy as np

from bench.accounts import Groups, fees_on
from bench.dice import Dice
from engine import kernels
from engine.kernels import Limits, State, Tables
from engine.phases import day_command
from engine.venue import Venue, warm_up
from protocol.calendar import to_date
from protocol.records import COMMAND, join
from protocol.vocabulary import (
    NONE,
    CommandKind,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Side,
    TimeInForce,
)

TICK = 100
LOT = 100
MIDDLE = 1_000_000
SESSIONS = 8
SIZE_MAX = 10
TAKERS = 100
"""Out of 1,000 operations."""

SETTLING = 3
"""Operations per order of depth before measuring: until takers have worn the front of the book."""

ROOM = 2
PORTION_MIN = 100
PORTION_MAX = 5_000
BATCH = 4_000
RUNS = 9
ACCOUNT_SEED = 2
BUSINESS_DATE = 20260102
T_PLUS_ONE = 1

ENDINGS = (ReportKind.TRADED, ReportKind.CANCELED)

EXPONENTIAL = (
    (0, 0), (1000, 105), (2000, 223), (3000, 357), (4000, 511), (5000, 693), (6000, 916),
    (7000, 1204), (8000, 1609), (9000, 2303), (9500, 2996), (9900, 4605), (10_000, 6908),
)  # fmt: skip
"""Quantiles out of 10,000 of the exponential distribution, in thousandths of its mean."""


UNCHANGED = {"fees", "rules", "holding_table", "movements", *Tables._fields}
"""Arenas in which no operation of a flow changes anything."""

Step = Callable[[State, np.ndarray, np.ndarray], int]

CONTENDERS: dict[str, Step] = {
    "floor": lambda state, rows, reports: kernels.floor(rows, reports),
    "alone": lambda state, rows, reports: kernels.alone(state, rows),
    "apply": lambda state, rows, reports: kernels.apply(state, rows, reports),
}


class Shape(NamedTuple):
    """What a flow is like: distances in ticks, takers in lots, both means.

    Without accounts, each session has one of its own.
    """

    symbols: int
    depth: int
    distance: int
    taker: int
    accounts: int = 0

    @property
    def weights(self) -> np.ndarray:
        """How often each instrument is traded, by Zipf's law."""
        return 1_000_000 // (np.arange(self.symbols) + 1)

    @property
    def groups(self) -> Groups:
        """Which accounts hold which instruments."""
        return Groups(self.accounts, self.weights)

    @property
    def cancels(self) -> int:
        """How many of 1,000 operations are cancels, so that as many orders come as end."""
        ended = 2 * TAKERS * self.taker // (SIZE_MAX + 1)
        return (1_000 - TAKERS - ended) // 2

    @property
    def ticks(self) -> int:
        """Prices on either side of the middle of each book."""
        return 7 * self.distance + 2


SHAPES = {
    "A": Shape(symbols=1, depth=1_100, distance=20, taker=11),
    "B": Shape(symbols=500, depth=50_000, distance=20, taker=11),
    "C": Shape(symbols=1, depth=400_000, distance=300, taker=3),
}


class Flow(NamedTuple):
    """COMMAND rows in sequence: they open the day, fill the books, and are what is measured."""

    shape: Shape
    opening: np.ndarray
    filling: np.ndarray
    rows: np.ndarray

    @property
    def orders_most(self) -> int:
        """As many orders as the rows could at most enter."""
        return len(self.filling) + len(self.rows)


def make_flow(shape: Shape, operations: int, seed: int = 1) -> Flow:
    """Return a flow of `operations` rows after the books are full and have settled."""
    settling = SETTLING * shape.depth
    maker = Maker(shape, shape.depth + settling + operations, Dice(seed))
    filling = [maker.portion(size, 0, 0) for size in portions(shape, shape.depth)]
    filling += [maker.turnover(size) for size in portions(shape, settling)]
    rows = [maker.turnover(size) for size in portions(shape, operations)]
    return Flow(shape, maker.opening, join(filling), join(rows))


def portions(shape: Shape, rows: int) -> Iterator[int]:
    """Cut a count of rows into what is made at a time."""
    size = min(max(shape.depth // 100, PORTION_MIN), PORTION_MAX)
    for begin in range(0, rows, size):
        yield min(size, rows - begin)


def limits_of(shape: Shape, orders_open: int, orders_day: int) -> Limits:
    """Return room for so many orders in the books of a shape."""
    return Limits(
        orders_open=orders_open,
        orders_day=orders_day,
        instruments=shape.symbols,
        sessions=SESSIONS + 1,
        ticks=shape.symbols * (2 * shape.ticks + 1),
    )


def opening(shape: Shape, begins: Phase = Phase.CONTINUOUS) -> np.ndarray:
    """Return the rows that open a day and begin its first phase."""
    head = np.zeros(1 + SESSIONS, COMMAND)
    head["kind"] = CommandKind.ADMIT_SESSION
    head["kind"][0] = CommandKind.OPEN_DAY
    head["business_date"][0] = BUSINESS_DATE
    head["admitted"][1:] = np.arange(SESSIONS) + 1
    head["account_last"][1:] = max(shape.accounts - 1, SESSIONS)
    rules = np.zeros(1, COMMAND)
    rules["kind"] = CommandKind.DEFINE_RULES
    rules["order_types"] = 1 << OrderType.LIMIT
    rules["tick"] = TICK
    rules["quantity_min"] = rules["quantity_step"] = LOT
    for most in ("quantity_max", "quantity_max_market", "quantity_max_fixed"):
        rules[most] = 1_000_000
    listings = np.zeros(shape.symbols, COMMAND)
    listings["kind"] = CommandKind.LIST_INSTRUMENT
    listings["instrument"] = np.arange(shape.symbols)
    listings["previous_close"] = MIDDLE
    listings["lower_limit"] = MIDDLE - shape.ticks * TICK
    listings["upper_limit"] = MIDDLE + shape.ticks * TICK
    listings["settlement_days"] = T_PLUS_ONE
    fees = fees_on(to_date(BUSINESS_DATE))
    rows = join([head, rules, fees, listings, day_command(CommandKind.CHANGE_PHASE, begins)])
    rows["sequence"] = np.arange(len(rows)) + 1
    return rows


class Maker:
    """Makes rows portion by portion, and plays them to know which orders are open."""

    def __init__(self, shape: Shape, rows: int, dice: Dice) -> None:
        self.shape = shape
        self.dice = dice
        self.venue = Venue(limits_of(shape, ROOM * shape.depth, rows))
        self.opening = opening(shape)
        self.venue.apply(self.opening)
        self.sequence = len(self.opening)
        self.open = np.zeros(0, np.int64)
        self.is_open = np.zeros(rows + 1, bool)
        self.session = np.zeros(rows + 1, np.int32)
        self.weights = np.cumsum(shape.weights)
        self.groups = shape.groups if shape.accounts else None
        self.account_dice = Dice(ACCOUNT_SEED)

    def turnover(self, size: int) -> np.ndarray:
        """Return the next rows of full books; surplus orders are canceled more often."""
        surplus = 1_000 * (len(self.open) - self.shape.depth) // self.shape.depth
        return self.portion(size, self.shape.cancels + surplus, TAKERS)

    def portion(self, size: int, cancels: int, takers: int) -> np.ndarray:
        """Return the next rows, of which so many out of 1,000 are cancels and takers."""
        turn = self.dice.below(1_000, size)
        rows = self.adds(size)
        self.make_takers(rows, turn < takers)
        self.make_cancels(rows, (takers <= turn) & (turn < takers + cancels))
        rows["sequence"] = rows["client_seq"] = self.sequence + np.arange(size) + 1
        self.sequence += size
        self.learn(self.venue.apply(rows))
        return rows

    def adds(self, size: int) -> np.ndarray:
        rows = np.zeros(size, COMMAND)
        rows["kind"] = CommandKind.ENTER_ORDER
        rows["session"] = rows["account"] = self.dice.below(SESSIONS, size) + 1
        symbol = self.dice.below(int(self.weights[-1]), size)
        rows["instrument"] = np.searchsorted(self.weights, symbol, side="right")
        if self.groups:
            rows["account"] = self.groups.pick(self.account_dice, rows["instrument"])
        rows["side"] = self.dice.below(2, size)
        rows["quantity"] = LOT * (self.dice.below(SIZE_MAX, size) + 1)
        behind = self.dice.quantiles(EXPONENTIAL, size) * self.shape.distance // 1_000 + 1
        rows["price"] = MIDDLE + np.where(rows["side"] == Side.BUY, -behind, behind) * TICK
        return rows

    def make_takers(self, rows: np.ndarray, chosen: np.ndarray) -> None:
        """Let the chosen orders trade with what is there, at any price, and rest nothing."""
        lots = self.dice.below(2 * self.shape.taker - 1, len(rows)) + 1
        limit = np.where(rows["side"] == Side.BUY, self.shape.ticks, -self.shape.ticks)
        rows["quantity"][chosen] = LOT * lots[chosen]
        rows["price"][chosen] = MIDDLE + TICK * limit[chosen]
        rows["time_in_force"][chosen] = TimeInForce.IMMEDIATE_OR_CANCEL

    def make_cancels(self, rows: np.ndarray, chosen: np.ndarray) -> None:
        """Let the chosen rows cancel open orders instead, none of them twice."""
        picks = self.dice.below(max(len(self.open), 1), np.count_nonzero(chosen))
        once = np.sort(np.unique(picks, return_index=True)[1])
        places = np.flatnonzero(chosen)[once]
        rows[places] = np.zeros(1, COMMAND)
        rows["kind"][places] = CommandKind.CANCEL_ORDER
        rows["order_number"][places] = numbers = self.open[picks[once]]
        rows["session"][places] = self.session[numbers]

    def learn(self, reports: np.ndarray) -> None:
        """Take note of which orders are open now."""
        rejected = reports["reason"][reports["kind"] == ReportKind.REJECTED]
        assert (rejected == Reject.UNKNOWN_ORDER).all(), "the books have no room for the flow"
        accepted = reports[reports["kind"] == ReportKind.ACCEPTED]
        has_ended = np.isin(reports["kind"], ENDINGS) & (reports["leaves"] == 0)
        self.session[accepted["order_number"]] = accepted["session"]
        self.is_open[accepted["order_number"]] = True
        self.is_open[reports["order_number"][has_ended]] = False
        self.open = np.concatenate([self.open, accepted["order_number"]])
        self.open = self.open[self.is_open[self.open]]


class Census(NamedTuple):
    """What a quarter of the rows does: orders open at its end, and counts per 1,000 operations."""

    open: int
    reports: int
    trades: int
    rejects: int


def census(flow: Flow) -> list[Census]:
    """Play a flow and return what each quarter of its rows does."""
    venue = full_venue(flow)
    quarters = []
    for part in np.array_split(np.arange(len(flow.rows)), 4):
        reports = venue.apply(flow.rows[part[0] : part[-1] + 1])
        per_mille = 1_000 / len(part)
        kinds = np.bincount(reports["kind"], minlength=max(ReportKind) + 1) * per_mille
        quarters.append(
            Census(
                open=open_orders(venue),
                reports=round(len(reports) * per_mille),
                trades=round(kinds[ReportKind.TRADED] / 2),
                rejects=round(kinds[ReportKind.REJECTED]),
            )
        )
    return quarters


def open_orders(venue: Venue) -> int:
    """Return how many orders are open."""
    return int(np.count_nonzero(venue.state.slots[1:] != NONE))


def is_stationary(flow: Flow, quarters: list[Census]) -> bool:
    """Say whether the books stay as deep, within 5 %, and the trades as many, within 10 %."""
    trades = [quarter.trades for quarter in quarters]
    return max(
        abs(quarter.open - flow.shape.depth) for quarter in quarters
    ) <= 0.05 * flow.shape.depth and max(trades) - min(trades) <= 0.1 * max(trades)


def full_venue(flow: Flow) -> Venue:
    """Return a venue in which the flow's books are full, and accounts are mere numbers."""
    venue = Venue(limits_of(flow.shape, ROOM * flow.shape.depth, flow.orders_most))
    feed(venue, flow.opening)
    feed(venue, flow.filling)
    return venue


def full_venue_with_accounts(flow: Flow) -> tuple[Venue, float]:
    """Return a venue in which also the flow's accounts are open, and how long they took."""
    groups = flow.shape.groups
    limits = limits_of(flow.shape, ROOM * flow.shape.depth, flow.orders_most)
    holdings = groups.accounts * groups.each
    venue = Venue(
        limits._replace(
            accounts=groups.accounts, holdings=holdings, movements=groups.accounts + holdings
        )
    )
    opening = flow.opening.copy()
    opening["with_accounts"][0] = 1
    feed(venue, opening)
    seconds = sum(feed(venue, part) for part in groups.opening())
    moved = int(venue.state.venue[0]["movements"])
    assert moved == groups.accounts + holdings, "accounts are refused their money or their shares"
    feed(venue, flow.filling)
    return venue, seconds


def feed(venue: Venue, rows: np.ndarray) -> float:
    """Apply rows behind what a venue has had, whatever their sequence; return the seconds."""
    rows = behind(venue, rows)
    begin = process_time()
    for place in range(0, len(rows), PORTION_MAX):
        for _ in venue.applied(rows[place : place + PORTION_MAX]):
            pass
    return process_time() - begin


def behind(venue: Venue, rows: np.ndarray) -> np.ndarray:
    """Return rows in the sequence behind what a venue has had."""
    rows = rows.copy()
    rows["sequence"] = venue.sequence + np.arange(len(rows)) + 1
    return rows


class Course:
    """The measured rows of a flow, to be run again and again from the same full books."""

    def __init__(self, flow: Flow, batch: int = BATCH, venue: Venue | None = None) -> None:
        venue = venue or full_venue(flow)
        self.rows = behind(venue, flow.rows)
        self.batch = batch
        self.state, self.reports = venue.state, venue.reports
        changing = (getattr(venue.state, name) for name in State._fields if name not in UNCHANGED)
        self.full = [(arena, arena.copy()) for arena in changing]

    def reset(self) -> None:
        """Fill the books as they were at the beginning."""
        for arena, full in self.full:
            arena[:] = full

    def play(self, step: Step) -> None:
        """Hand all rows to `step`, a batch at a time; it returns how many of them it did."""
        for place in range(0, len(self.rows), self.batch):
            batch = self.rows[place : place + self.batch]
            while len(batch):
                batch = batch[step(self.state, batch, self.reports) :]

    def run(self, step: Step) -> float:
        """Play from the beginning; return the nanoseconds per operation."""
        self.reset()
        begin = process_time()
        self.play(step)
        return (process_time() - begin) / len(self.rows) * 1e9


def measure(
    flow: Flow, runs: int = RUNS, batch: int = BATCH, venue: Venue | None = None
) -> dict[str, list[float]]:
    """Return by contender the ns per operation of each of `runs` interleaved runs.

    `venue` is a full one with accounts, if they take part.
    """
    course = Course(flow, batch)
    contenders = [(name, course, step) for name, step in CONTENDERS.items()]
    if venue is not None:
        contenders.append(("accounts", Course(flow, batch, venue), CONTENDERS["apply"]))
    figures: dict[str, list[float]] = {name: [] for name, _, _ in contenders}
    trades = {}
    for name, course, step in contenders:
        course.run(step)
        trades[name] = int(course.state.venue[0]["trades"])
    assert trades.get("accounts", trades["apply"]) == trades["apply"], "orders are refused"
    for _ in range(runs):
        for name, course, step in contenders:
            figures[name].append(course.run(step))
    return figures


def main() -> int:
    """Measure the flows that the command line asks for, and print what they cost."""
    arguments = parse_arguments()
    shapes = SHAPES
    accounts = arguments.accounts
    if arguments.symbols or arguments.depth or accounts:
        symbols = arguments.symbols or 1
        depth = arguments.depth or 1_100 * symbols
        shapes = {"flow": Shape(symbols, depth, arguments.distance, arguments.taker, accounts)}
    warm_up(print)
    for name, shape in shapes.items():
        flow = make_flow(shape, arguments.operations, arguments.seed)
        print(f"{name}: {describe(flow)}")
        for line in (*tell_quarters(flow), *tell_memory(flow)):
            print(f"  {line}")
        venue = None
        if accounts:
            venue, seconds = full_venue_with_accounts(flow)
            for line in tell_accounts(venue, seconds):
                print(f"  {line}")
        for line in tell_figures(measure(flow, arguments.runs, arguments.batch, venue)):
            print(f"  {line}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.flow", description="What an operation costs.")
    parser.add_argument("--symbols", type=at_least(1), help="instruments; without: A, B and C")
    parser.add_argument("--depth", type=at_least(100), help="resting orders in all")
    parser.add_argument("--accounts", type=at_least(0), default=0, help="that hold ten each")
    parser.add_argument("--distance", type=at_least(1), default=20, help="mean, in ticks")
    parser.add_argument("--taker", type=at_least(1), default=11, help="mean, in lots")
    parser.add_argument("--operations", type=at_least(1_000), default=1_000_000)
    parser.add_argument("--seed", type=at_least(0), default=1)
    parser.add_argument("--runs", type=at_least(1), default=RUNS)
    parser.add_argument("--batch", type=at_least(1), default=BATCH, help="rows per engine call")
    return parser.parse_args()


def at_least(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers that are not less."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return number


def describe(flow: Flow) -> str:
    """Say in a line what a flow is like."""
    shape = flow.shape
    return (
        f"{shape.symbols:,} instruments, {shape.depth:,} resting orders, {len(flow.rows):,} "
        f"operations, {TAKERS} of 1,000 of them takers, about {shape.cancels} cancels"
    )


def tell_quarters(flow: Flow) -> Iterator[str]:
    """Say how the quarters of a flow compare."""
    quarters = census(flow)
    for name in Census._fields:
        counts = "".join(f"{getattr(quarter, name):>11,}" for quarter in quarters)
        yield f"{name + ', by quarter':20}{counts}"
    if not is_stationary(flow, quarters):
        yield "NOT STATIONARY: the books change as the flow goes on, and so do the figures"


def tell_memory(flow: Flow) -> Iterator[str]:
    """Say what orders and instruments take."""
    state = full_venue(flow).state
    ladders = (state.instruments, state.halves, state.levels, state.words)
    taken = sum(arena.nbytes for arena in ladders) // flow.shape.symbols
    resting = state.orders.itemsize + state.displays.itemsize
    of_day = state.slots.itemsize + state.lines.itemsize
    yield (
        f"{resting} bytes per resting order and {of_day} per order of "
        f"the day; {taken:,} per instrument of {2 * flow.shape.ticks + 1:,} prices"
    )


def tell_accounts(venue: Venue, seconds: float) -> Iterator[str]:
    """Say what it took to open the accounts of a full venue, and what they take."""
    state = venue.state
    accounts, holdings = len(state.accounts), len(state.holdings)
    yield (
        f"{accounts:,} accounts with {holdings:,} holdings open in {seconds:.1f} s, "
        f"{seconds / (2 * accounts + holdings) * 1e9:.0f} ns a command"
    )
    of_accounts = (state.accounts, state.windows, state.owners, state.funds, state.accruals)
    of_account = sum(arena.nbytes for arena in of_accounts) / accounts
    of_holdings = (state.holdings, state.following, state.holding_table)
    of_holding = sum(arena.nbytes for arena in of_holdings) / holdings
    yield (
        f"{of_account:.0f} bytes per account, {of_holding:.0f} per holding, "
        f"{state.stakes.itemsize} per open order, {state.movements.itemsize} per movement"
    )


def tell_figures(figures: dict[str, list[float]]) -> Iterator[str]:
    """Say what each contender took."""
    floor = median(figures["floor"])
    yield f"{'ns per operation':20}{'median':>11}{'lowest':>11}{'to floor':>11}"
    for name, values in figures.items():
        middle = median(values)
        yield f"{name:20}{middle:11.1f}{min(values):11.1f}{middle / floor:11.1f}"
    if "accounts" in figures:
        ratio = median(figures["accounts"]) / median(figures["apply"])
        yield f"with accounts {ratio:.2f} of the time without"


if __name__ == "__main__":
    raise SystemExit(main())
