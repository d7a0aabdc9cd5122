"""What a journal tells about one order: found by one replay of the day, seen again in a second.

The second goes to just before the order, and before each command that changed it, and there from
one step of the engine to the next: so what each trade did to money and shares is told by itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.questions import Funds, Holding, Level
from engine.storage.daybook import BATCH_ROWS
from engine.venue import REPORTS_MIN, Venue
from gateway.evidence.checks import Looked, checks_made
from gateway.evidence.moment import Moment
from gateway.readable import Readable, kind_of, without_copies
from gateway.replayed import stepwise
from gateway.room import room_for
from gateway.selection import ABOUT_ORDERS
from protocol.mistake import Mistake
from protocol.vocabulary import CommandKind, Currency, Reject, ReportKind, Side

LEVELS = 5


class Trace(NamedTuple):
    """Where a journal tells of an order: the command that entered it, its number or why it has
    none, and the sequences of the commands that have reports on it."""

    sequence: int
    order: int
    reason: Reject
    touched: list[int]


class Stand(NamedTuple):
    """What an order holds, and what its account has of the money and the shares that it is about,
    None where the day has no accounts."""

    held: int
    funds: Funds | None
    holding: Holding | None


class Step(NamedTuple):
    """What a step of a command did to an order: REPORT rows on it, the other order of each trade,
    and other orders of its account that the same step changed."""

    command: np.void
    reports: np.ndarray
    counters: dict[int, int]
    beside: list[int]
    currency: Currency
    before: Stand
    after: Stand


class Evidence(NamedTuple):
    """All about one order, as the venue was just before it and from then on."""

    trace: Trace
    moment: str
    sender: str
    checks: list[Looked]
    book: tuple[list[Level], list[Level]]
    steps: list[Step]


def sequence_of(commands: np.ndarray, session: int, client_seq: int) -> int:
    """Return the sequence of the order that a session sent so; raises Mistake."""
    is_sent = (commands["session"] == session) & (commands["client_seq"] == client_seq)
    is_sent &= commands["kind"] == CommandKind.ENTER_ORDER
    found = commands["sequence"][is_sent].tolist()
    what = f"client_seq {client_seq} of session {session}"
    if not found:
        raise Mistake(f"{what}: no order came so; list what came with --session {session}")
    if len(found) > 1:
        raise Mistake(f"{what}: came more than once; name one by --sequence: {found}")
    return int(found[0])


def check_is_order(commands: np.ndarray, sequence: int) -> None:
    """Raise Mistake where the command of a sequence does not enter an order."""
    if not 0 < sequence <= len(commands):
        raise Mistake(f"sequence {sequence}: there is none; the journal has 1 to {len(commands)}")
    row = commands[sequence - 1]
    if row["kind"] != CommandKind.ENTER_ORDER:
        raise Mistake(
            f"sequence {sequence}: is a {kind_of(row)}, which enters no order; name the order by "
            "--order"
        )


def trace_order(commands: np.ndarray, order: int = 0, sequence: int = 0) -> Trace:
    """Return where an order is told of, by its number or by its command's sequence."""
    venue = Venue(room_for(commands))
    touched: list[int] = []
    for batch, reports in stepwise(venue, commands):
        if not order and batch["sequence"][-1] >= sequence:
            answer = answer_to(reports, sequence)
            if answer["kind"] == ReportKind.REJECTED:
                return Trace(sequence, 0, Reject(answer["reason"]), [sequence])
            order = int(answer["order_number"])
        about = reports_on(reports, order)
        touched += np.unique(about["sequence"]).tolist()
        if len(about) and about["leaves"][-1] == 0:
            break
    if not touched:
        last = venue.state.venue[0]["orders"]
        raise Mistake(f"order {order}: there is none; the orders of the day so far are 1 to {last}")
    return Trace(touched[0], order, Reject.NOTHING, touched)


def answer_to(reports: np.ndarray, sequence: int) -> np.void:
    """Return the report that accepts or rejects the order of a command."""
    kinds = (ReportKind.ACCEPTED, ReportKind.REJECTED)
    answers = reports[(reports["sequence"] == sequence) & np.isin(reports["kind"], kinds)]
    return answers[0]


def reports_on(reports: np.ndarray, order: int) -> np.ndarray:
    """Return the REPORT rows on an order; none on the order 0."""
    is_meant = (reports["order_number"] == order) & (order > 0)
    return reports[is_meant & np.isin(reports["kind"], ABOUT_ORDERS)]


def gather(commands: np.ndarray, trace: Trace, readable: Readable) -> Evidence:
    """Return all about an order; the day is replayed up to the last command that touched it."""
    venue = Venue(room_for(commands))
    advance(venue, commands, trace.sequence - 1)
    moment = Moment(venue, commands[trace.sequence - 1], readable)
    checks = list(checks_made(moment, trace.reason))
    told, sender, book = moment.told(), moment.sender(), book_before(moment)
    steps: list[Step] = []
    for sequence in trace.touched if trace.order else []:
        advance(venue, commands, sequence - 1)
        steps += steps_of(venue, commands[sequence - 1 : sequence], trace.order, moment)
    return Evidence(trace, told, sender, checks, book, steps)


def advance(venue: Venue, commands: np.ndarray, sequence: int) -> None:
    """Apply the commands up to a sequence, which may be done already."""
    rows = commands[venue.sequence : sequence]
    for start in range(0, len(rows), BATCH_ROWS):
        for _ in venue.applied(rows[start : start + BATCH_ROWS]):
            pass


def book_before(moment: Moment) -> tuple[list[Level], list[Level]]:
    """Return the best bids and asks, none where there is no such instrument."""
    if not moment.is_listed:
        return [], []
    bids, asks = (moment.venue.depth(moment.index, side, LEVELS) for side in Side)
    return bids, asks


def steps_of(venue: Venue, command: np.ndarray, order: int, moment: Moment) -> Iterator[Step]:
    """Apply a command and yield the steps of it that tell something about an order."""
    before = stand(venue, order, moment)
    for reports in venue.applied(command, REPORTS_MIN):
        after = stand(venue, order, moment)
        about = without_copies(reports_on(reports, order).copy())
        if len(about):
            beside = orders_beside(reports, order, moment.order["account"])
            currency = venue.currency_of(moment.index)
            yield Step(command[0], about, counters(reports, order), beside, currency, before, after)
        before = after


def stand(venue: Venue, order: int, moment: Moment) -> Stand:
    """Return how an order and its account stand now."""
    if not venue.with_accounts:
        return Stand(0, None, None)
    account, index = moment.order["account"], moment.index
    slot = venue.state.slots[order]
    held = int(venue.state.stakes[slot]["held"]) if slot >= 0 else 0
    of_instrument = (row for row in venue.holdings(account) if row.instrument == index)
    none = Holding(index, *[0] * (len(Holding._fields) - 1))
    funds = venue.funds(account, venue.currency_of(index))
    return Stand(held, funds, next(of_instrument, none))


def counters(reports: np.ndarray, order: int) -> dict[int, int]:
    """Return the order on the other side of each trade of an order."""
    traded = reports[reports["kind"] == ReportKind.TRADED]
    others = traded[traded["order_number"] != order]
    return dict(zip(others["trade_number"].tolist(), others["order_number"].tolist(), strict=True))


def orders_beside(reports: np.ndarray, order: int, account: int) -> list[int]:
    """Return the other orders of an account that reports are on."""
    is_own = (reports["account"] == account) & np.isin(reports["kind"], ABOUT_ORDERS)
    numbers = np.unique(reports["order_number"][is_own]).tolist()
    return [number for number in numbers if number != order]
