"""A recorded day as this venue's own commands, and the trades that come of it in the file's words.

The exchange's order number is the order's name in the file; here the n-th order is order n, as long
as none is rejected.  Two sessions take turns in sending, and a third, the operator, moves the
phases; or one session sends all and cancels by client_seq, so that a reject misleads no cancel.
Orders go round among the accounts of a branch.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.child import accounts_of
from bench.events import Event, Trade
from engine.instruments import Instrument
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, Liquidity, Phase, ReportKind, Side, TimeInForce

TERMINALS = 2
OPERATOR = TERMINALS + 1
BRANCH = 1
ACCOUNTS = accounts_of(BRANCH)
TURN = 64
"""Events of which a session sends its own before it is the other's turn."""

COARSE_TICK = 100


class RecordingError(Mistake):
    """A recording cannot be played; the text says why and what to do."""


class Step(NamedTuple):
    """One command and the index of the event that it comes from."""

    event: int
    kind: CommandKind
    instrument: int = 0
    phase: int = 0
    side: int = 0
    time_in_force: int = 0
    order_number: int = 0
    price: int = 0
    quantity: int = 0


class Recording:
    """Events as COMMAND rows, still without sequence; `steps` tells where each row comes from."""

    def __init__(
        self, events: Sequence[Event], name: str, previous_close: int, *, turns: bool = True
    ) -> None:
        """Make commands of events; `name` spells the instrument where they do not.

        Without `turns`, one session sends all.

        A `previous_close` of 0 becomes the middle of an instrument's prices; it only decides ties
        in SZSE's opening auction.  Raises RecordingError.
        """
        self.events = events
        self.symbols = list(dict.fromkeys(event.symbol for event in events))
        self.instruments = [
            make_instrument(place, symbol or name, self.prices_of(symbol), previous_close)
            for place, symbol in enumerate(self.symbols)
        ]
        self.order_ids: list[int] = [0]
        self.steps = self.make_steps()
        self.rows = self.make_rows()
        if not turns:
            self.send_alone()

    def prices_of(self, symbol: str) -> list[int]:
        return [event.price for event in self.events if event.symbol == symbol and event.price]

    def make_steps(self) -> list[Step]:
        steps: list[Step] = []
        places = {symbol: place for place, symbol in enumerate(self.symbols)}
        phases = [Phase.CLOSED] * len(places)
        numbers: dict[tuple[int, int], int] = {}
        for index, event in enumerate(self.events):
            place = places[event.symbol]
            if event.phase != phases[place]:
                phases[place] = event.phase
                steps.append(Step(index, CommandKind.CHANGE_PHASE, place, phase=event.phase))
            if event.action in ("NEW", "AGGRESS"):
                steps.append(entering(index, place, event))
                self.order_ids.append(event.order_id if event.action == "NEW" else -event.seq)
                numbers[place, self.order_ids[-1]] = len(self.order_ids) - 1
            elif event.action in ("CANCEL", "REDUCE"):
                number = numbers.get((place, event.order_id), 0)
                steps.append(canceling(index, event, number))
        return steps

    def make_rows(self) -> np.ndarray:
        rows = np.zeros(len(self.steps), COMMAND)
        columns = dict(zip(Step._fields, zip(*self.steps, strict=True), strict=True))
        is_phase = np.array(columns["kind"]) == CommandKind.CHANGE_PHASE
        for field in (
            "kind",
            "instrument",
            "side",
            "time_in_force",
            "order_number",
            "price",
            "quantity",
        ):
            rows[field] = columns[field]
        rows["phase"][is_phase] = np.array(columns["phase"])[is_phase]
        is_order = rows["kind"] == CommandKind.ENTER_ORDER
        rows["account"][is_order] = ACCOUNTS[0] + np.arange(is_order.sum()) % len(ACCOUNTS)
        turns = np.arange(len(rows)) // TURN % TERMINALS + 1
        rows["session"] = np.where(is_phase, OPERATOR, turns)
        rows["client_seq"] = np.arange(1, len(rows) + 1)
        return rows

    def send_alone(self) -> None:
        """Let one session send all rows but the operator's, and name orders by its client_seq."""
        rows = self.rows
        rows["session"][rows["session"] != OPERATOR] = 1
        entered = rows["client_seq"][rows["kind"] == CommandKind.ENTER_ORDER]
        cancels = (rows["kind"] == CommandKind.CANCEL_ORDER) & (rows["order_number"] > 0)
        rows["of_client_seq"][cancels] = entered[rows["order_number"][cancels] - 1]
        rows["order_number"][cancels] = 0

    @property
    def executions(self) -> list[Trade]:
        """What a file that names the resting orders that were hit says of its own trades.

        The aggressor, which the file does not name, is called by its event's `seq`, negative.
        """
        hits = [event for event in self.events if event.action == "AGGRESS"]
        return [
            Trade(
                event.symbol,
                number,
                event.seq,
                event.order_id if event.side == Side.BUY else -event.seq,
                event.order_id if event.side == Side.SELL else -event.seq,
                event.price,
                event.quantity,
                "S" if event.side == Side.BUY else "B",
            )
            for number, event in enumerate(hits, start=1)
        ]

    def trades(self, reports: np.ndarray, first_sequence: int) -> list[Trade]:
        """Return the trades in REPORT rows, in order, with the file's own numbers.

        `first_sequence` is the sequence that the first row got.
        """
        sides = reports[reports["kind"] == ReportKind.TRADED]
        sides = sides[np.lexsort((sides["side"], sides["trade_number"]))]
        return [
            self.trade_of(buy, sell, first_sequence)
            for buy, sell in zip(sides[0::2], sides[1::2], strict=True)
        ]

    def trade_of(self, buy: np.void, sell: np.void, first_sequence: int) -> Trade:
        event = self.events[self.steps[int(buy["sequence"]) - first_sequence].event]
        letters = {Liquidity.INCOMING: "B", Liquidity.RESTING: "S", Liquidity.AUCTION: "N"}
        return Trade(
            event.symbol,
            int(buy["trade_number"]),
            event.seq,
            self.order_ids[buy["order_number"]],
            self.order_ids[sell["order_number"]],
            int(buy["price"]),
            int(buy["quantity"]),
            letters[buy["liquidity"]],
        )


def entering(index: int, place: int, event: Event) -> Step:
    """Return the order that an event enters; an aggressor is the other side's, and may not rest."""
    hits = event.action == "AGGRESS"
    return Step(
        index,
        CommandKind.ENTER_ORDER,
        place,
        side=1 - event.side if hits else event.side,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL if hits else TimeInForce.DAY,
        price=event.price,
        quantity=event.quantity,
    )


def canceling(index: int, event: Event, order_number: int) -> Step:
    return Step(
        index,
        CommandKind.CANCEL_ORDER,
        order_number=order_number,
        quantity=event.quantity,
    )


def make_instrument(
    place: int, symbol: str, prices: Sequence[int], previous_close: int
) -> Instrument:
    """Return an instrument without lots and with a wide band, on the tick of its prices.

    Any name will do; one that begins with six digits keeps them, and SZ in it, or a first digit of
    0 to 3 where it names no exchange, makes it one of Shenzhen.
    """
    if not prices:
        raise RecordingError(f"{symbol}: has no order with a price; there is nothing to play")
    found = re.match(r"(\d{6})\W*_?([A-Z]{2})?", symbol)
    code = found[1] if found else f"{place:06d}"
    exchange = (found[2] if found else "SH") or ("SZ" if code[0] in "0123" else "SH")
    is_coarse = all(price % COARSE_TICK == 0 for price in prices)
    board = {"SH": "SSE_OPEN", "SZ": "SZSE_OPEN"}.get(exchange)
    if board is None:
        raise RecordingError(f"{symbol}: {exchange} is neither SH nor SZ")
    tick = COARSE_TICK if is_coarse else COARSE_TICK // 10
    middle = (min(prices) + max(prices)) // 2 // tick * tick
    return Instrument(
        f"{code}.{exchange}",
        symbol,
        board if is_coarse else f"{board}_FINE",
        previous_close or middle,
    )
