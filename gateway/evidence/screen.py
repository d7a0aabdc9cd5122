"""The evidence of one order as lines for a screen."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gateway.commands.table import lines_of, money
from gateway.evidence.checks import not_looked_at
from gateway.evidence.order import Evidence, Step
from gateway.readable import Readable, fields_of, word
from protocol.calendar import moment_of_day
from protocol.units import format_units
from protocol.vocabulary import CancelReason, CommandKind, Currency, Liquidity, ReportKind, Side

MONEY = ("balance", "held", "unsettled", "spent", "available", "withdrawable")
SHARES = ("total", "bought", "held", "sellable")


def lines(evidence: Evidence, row: np.void, readable: Readable) -> Iterator[str]:
    """Yield what came in, the checks, the book before it, and what became of it."""
    own, trace = fields_of(row), evidence.trace
    order = f"accepted as order {trace.order}" if trace.order else f"rejected: {trace.reason.name}"
    at = moment_of_day(own["time"])
    yield f"command {trace.sequence} at {at} from {evidence.sender}: {order}"
    yield f"  {readable.fields(row)}"
    yield ""
    yield from of_checks(evidence)
    yield ""
    yield f"before it: {evidence.moment}"
    yield from of_book(evidence)
    yield ""
    yield from of_steps(evidence, Side(own["side"]) if trace.order else Side.BUY, readable)


def of_checks(evidence: Evidence) -> Iterator[str]:
    """Yield a line for each check that was made, and one that names the others."""
    reason = evidence.trace.reason
    rows = [
        (made.of, "FAILED" if made.has_failed else "passed", made.inputs)
        for made in evidence.checks
    ]
    yield from lines_of([("check", "", "what it looked at"), *rows])
    behind = not_looked_at(reason)
    if behind:
        yield f"{reason.name}; not looked at: {', '.join(behind)}"


def of_book(evidence: Evidence) -> Iterator[str]:
    """Yield the best bids and asks side by side."""
    bids, asks = evidence.book
    if not bids and not asks:
        yield "  the book is empty"
        return
    table = [("  orders", "shares", "bid", "ask", "shares", "orders")]
    for place in range(max(len(bids), len(asks))):
        bid = [(f"{one.orders}", f"{one.quantity}", format_units(one.price)) for one in bids]
        ask = [(format_units(one.price), f"{one.quantity}", f"{one.orders}") for one in asks]
        table.append((*cell(bid, place), *cell(ask, place)))
    yield from lines_of(table)


def cell(levels: Sequence[tuple[str, str, str]], place: int) -> tuple[str, str, str]:
    """Return a level, blank where there is none."""
    return levels[place] if place < len(levels) else ("", "", "")


def of_steps(evidence: Evidence, side: Side, readable: Readable) -> Iterator[str]:
    """Yield the reports on the order, and under each what it changed."""
    if not evidence.steps:
        yield "nothing was held, and nothing else is told of it"
        return
    for step in evidence.steps:
        told = "; ".join(report(row, step) for row in step.reports)
        yield f"{cause(step, evidence, readable)}{told}"
        if step.after.funds is not None:
            yield f"  {changes(step, side, readable)}"
    if evidence.steps[-1].after.funds is None:
        yield "the day has no accounts: nothing is held"
    leaves = int(evidence.steps[-1].reports["leaves"][-1])
    yield f"{leaves} shares are open where the journal ends" if leaves else "nothing of it is open"


def cause(step: Step, evidence: Evidence, readable: Readable) -> str:
    """Return which command made the step, and unless it is the order's own, whose."""
    sequence, time = int(step.command["sequence"]), moment_of_day(int(step.command["time"]))
    if sequence == evidence.trace.sequence:
        return f"{sequence}  {time}  "
    kind = CommandKind(step.command["kind"]).name
    return f"{sequence}  {time}  {kind} of {readable.sender(int(step.command['session']))}: "


def report(row: np.void, step: Step) -> str:
    """Return what a report says of the order."""
    quantity, at, leaves = row["quantity"], format_units(int(row["price"])), row["leaves"]
    match row["kind"]:
        case ReportKind.TRADED:
            number = int(row["trade_number"])
            counter = f"with order {step.counters[number]}, {word(Liquidity, row['liquidity'])}"
            return f"trade {number}: {quantity} at {at} {counter}; {leaves} open"
        case ReportKind.CANCELED:
            return f"CANCELED {quantity}: {word(CancelReason, row['reason'])}; {leaves} open"
        case ReportKind.ORDER_DELAYED:
            return f"ORDER_DELAYED: waits {row['trade_number'] / 1_000:.3f} s"
    return f"{ReportKind(row['kind']).name} {quantity} at {at}"


def changes(step: Step, side: Side, readable: Readable) -> str:
    """Return what the order holds now, and what has changed in its account."""
    spell = money if side == Side.BUY else str
    held = f"holds {spell(step.after.held)}{'' if side == Side.BUY else ' shares'}"
    if change := by(step.after.held - step.before.held, spell):
        held += f" ({change})"
    symbol = readable.symbol(int(step.reports["instrument"][0]))
    of_money = differences(step.before.funds, step.after.funds, MONEY, money)
    of_shares = differences(step.before.holding, step.after.holding, SHARES, str)
    of_cost = differences(step.before.holding, step.after.holding, ("cost",), money)
    parts = (Currency(step.currency).name, of_money), (symbol, [*of_shares, *of_cost])
    told = "; ".join([held, *(f"{of} {', '.join(told)}" for of, told in parts if told)])
    beside = ", ".join(map(str, step.beside))
    return f"{told} (together with orders of the same account: {beside})" if beside else told


def by(change: int, spell: Callable[[int], str]) -> str:
    """Return by how much something has changed, nothing where it has not."""
    return f"{'+' if change > 0 else '-'}{spell(abs(change))}" if change else ""


def differences(
    before: object, after: object, names: Sequence[str], spell: Callable[[int], str]
) -> list[str]:
    """Return which of the named amounts have changed, and by how much."""
    changed = ((name, by(getattr(after, name) - getattr(before, name), spell)) for name in names)
    return [f"{name} {change}" for name, change in changed if change]
