"""What came of a recorded day, and whether it is what came of it then."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.events import AFTER_CALL, Trade
from bench.recording import Recording
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Phase, Reject, ReportKind


def summary(recording: Recording, reports: np.ndarray, first: int) -> Iterator[str]:
    """Yield a line for each phase, and one for each reason of a reject."""
    phases = np.array([recording.events[step.event].phase for step in recording.steps])
    kinds = recording.rows["kind"]
    sides = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == 0)]
    trade_phases = phases[sides["sequence"] - first]
    for call, after in AFTER_CALL.items():
        trade_phases[trade_phases == after] = call
    for phase in Phase:
        orders = int(((phases == phase) & (kinds == CommandKind.ENTER_ORDER)).sum())
        cancels = int(((phases == phase) & (kinds == CommandKind.CANCEL_ORDER)).sum())
        trades = sides[trade_phases == phase]
        if orders or cancels or len(trades):
            yield (
                f"{phase.name}: {orders} orders, {cancels} cancels, {len(trades)} trades, "
                f"{trades['quantity'].sum()} shares" + prices_of(trades)
            )
    rejects = reports[reports["kind"] == ReportKind.REJECTED]
    for reason, count in zip(*np.unique(rejects["reason"], return_counts=True), strict=True):
        example = rejects[rejects["reason"] == reason][0]
        event = recording.events[recording.steps[int(example["sequence"]) - first].event]
        yield f"rejected: {count} for {Reject(reason).name}, the first on line {event.line}"


def prices_of(trades: np.ndarray) -> str:
    if not len(trades):
        return ""
    low, high = format_units(trades["price"].min()), format_units(trades["price"].max())
    return f" at {low}" if low == high else f" at {low} to {high}"


def compare(trades: Sequence[Trade], expected: Sequence[Trade]) -> int:
    """Print the first difference, if any, and how many are identical; return the exit status."""
    if not any(trade.symbol for trade in expected):
        trades = [trade._replace(symbol="") for trade in trades]
    identical, first = 0, ""
    for symbol in sorted({trade.symbol for trade in [*trades, *expected]}):
        ours = [trade for trade in trades if trade.symbol == symbol]
        theirs = [trade for trade in expected if trade.symbol == symbol]
        same = [told(ours[n]) == told(theirs[n]) for n in range(min(len(ours), len(theirs)))]
        identical += sum(same)
        if not first and (not all(same) or len(ours) != len(theirs)):
            place = same.index(False) if False in same else len(same)
            first = (
                f"first difference, trade {place + 1}{symbol and f' of {symbol}'}: expected "
                f"{spell(theirs, place)}, got {spell(ours, place)}"
            )
    if first:
        print(first)
    left_over = max(0, len(trades) - len(expected))
    if left_over:
        print(f"{left_over} trades are left over")
    print(f"{identical} of {len(expected)} trades identical")
    return 0 if identical == len(expected) == len(trades) else 1


def told(trade: Trade) -> tuple[object, ...]:
    """Return what must be equal: both orders, price, quantity, aggressor, and the event."""
    return trade[2:]


def spell(trades: Sequence[Trade], place: int) -> str:
    if place >= len(trades):
        return "none"
    trade = trades[place]
    return (
        f"event {trade.event_seq}: {trade.buy_order} buys {trade.quantity} from "
        f"{trade.sell_order} at {format_units(trade.price)} ({trade.aggressor})"
    )
