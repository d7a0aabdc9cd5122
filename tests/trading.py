"""The story driver: people trade, and what becomes of it is told in sentences.

    market.alice.sells(100, at="10.00")
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]

Acts return the sentences that they cause, in order; an order that is accepted and rests is not
worth one.  Behind the market stands any venue whose `apply` takes COMMAND rows and returns
reports with the fields of REPORT.  Prices are spelled in yuan, quantities are shares.
"""

from typing import Protocol

import numpy as np

from protocol.units import format_units, parse_units
from protocol.vocabulary import (
    CancelReason,
    Liquidity,
    Phase,
    Reject,
    ReportKind,
    Role,
    Side,
    TimeInForce,
)
from tests.commands import (
    admit,
    cancel,
    change_phase,
    close_day,
    enter,
    journal,
    list_instrument,
    open_day,
)


class Applies(Protocol):
    """A venue, as far as a market cares."""

    def apply(self, commands: np.ndarray): ...


class Trader:
    """Someone with a session and an account of the same number."""

    def __init__(self, market: "Market", name: str, number: int) -> None:
        self.market = market
        self.name = name
        self.number = number
        self.client_seq = 0
        self.orders: list[int] = []

    def buys(self, quantity: int, at: str, **fields: int) -> list[str]:
        """Enter an order to buy; `fields` may say more, such as the instrument."""
        return self.says(enter(Side.BUY, quantity, parse_units(at), **self.own(fields)))

    def sells(self, quantity: int, at: str, **fields: int) -> list[str]:
        """Enter an order to sell; `fields` may say more, such as the instrument."""
        return self.says(enter(Side.SELL, quantity, parse_units(at), **self.own(fields)))

    def buys_at_once(self, quantity: int, at: str) -> list[str]:
        """Buy what can be bought immediately."""
        return self.buys(quantity, at, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)

    def sells_at_once(self, quantity: int, at: str) -> list[str]:
        """Sell what can be sold immediately."""
        return self.sells(quantity, at, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)

    def cancels(self, quantity: int = 0, order: int | None = None) -> list[str]:
        """Take back all or `quantity` of the order with that number, or of the latest own one."""
        return self.says(cancel(self.orders[-1] if order is None else order, quantity))

    def own(self, fields: dict[str, int]) -> dict[str, int]:
        """Return `fields` with the trader's account."""
        return {"account": self.number} | fields

    def says(self, command: dict) -> list[str]:
        """Send a command in the trader's session."""
        self.client_seq += 1
        signed = command | {"session": self.number, "client_seq": self.client_seq}
        return self.market.hears(signed)


class Market:
    """An open day with a share listed twice, at 10.00 yesterday, and four who trade it.

    The fourth is the operator, who may act for everybody.
    """

    NAMES = ("alice", "bob", "carol", "dave")

    def __init__(self, venue: Applies, rules: dict | None = None) -> None:
        self.venue = venue
        self.journal: list[dict] = []
        self.reports: list = []
        self.alice, self.bob, self.carol, self.dave = self.traders = [
            Trader(self, name, number) for number, name in enumerate(self.NAMES, start=1)
        ]
        self.hears(open_day())
        for trader in (self.alice, self.bob, self.carol):
            self.hears(admit(trader.number, trader.number, trader.number))
        self.hears(admit(self.dave.number, 1, self.dave.number, Role.OPERATOR))
        for number in range(2):
            self.hears(list_instrument(number, **rules or {}))

    def begins(self, phase: Phase, **fields: int) -> list[str]:
        """Begin a phase, for all instruments or for the one that `fields` name."""
        return self.hears(change_phase(phase, **fields))

    def closes(self) -> list[str]:
        """End the day."""
        return self.hears(close_day())

    def hears(self, command: dict) -> list[str]:
        """Have the venue carry out one command and tell what it reported."""
        rows = journal([command], first=len(self.journal) + 1)
        self.journal.append(command)
        reports = list(self.venue.apply(rows))
        self.reports += reports
        sentences = []
        coming = iter(reports)
        for report in coming:
            if report["kind"] == ReportKind.TRADED:
                sentences.append(self.tell_trade(report, next(coming)))
            elif report["kind"] == ReportKind.ACCEPTED:
                self.traders[report["session"] - 1].orders.append(int(report["order_number"]))
            else:
                sentences.append(self.tell(report))
        return sentences

    def tell_trade(self, first, second) -> str:
        """Return the sentence for the two reports of a trade."""
        deed = "takes" if first["side"] == Side.BUY else "sells"
        link = "from" if first["side"] == Side.BUY else "to"
        if first["liquidity"] == Liquidity.AUCTION:
            deed = "buys"
        who, whom = self.name(first), self.name(second)
        return f"{who} {deed} {first['quantity']} {link} {whom} at {price_of(first)}"

    def tell(self, report) -> str:
        """Return the sentence for any other report."""
        who, quantity = self.name(report), report["quantity"]
        if report["kind"] == ReportKind.PHASE_CHANGED:
            return f"{Phase(report['reason']).name} begins"
        if report["kind"] == ReportKind.DAY_ENDED:
            return f"the day {quantity} ends"
        if report["kind"] == ReportKind.REJECTED:
            return f"{who} is refused: {Reject(report['reason']).name}"
        if report["kind"] == ReportKind.EXPIRED:
            return f"{who} expires with {quantity} at {price_of(report)}"
        if report["reason"] == CancelReason.IMMEDIATE_REST:
            return f"{who} goes without {quantity} at {price_of(report)}"
        return (
            f"{who} hears of {quantity} taken back at {price_of(report)}, {report['leaves']} left"
        )

    def name(self, report) -> str:
        """Return who a report is for."""
        return self.traders[report["session"] - 1].name if report["session"] > 0 else "the venue"


def price_of(report) -> str:
    """Return the price of a report in yuan."""
    return format_units(int(report["price"]), decimals=2)
