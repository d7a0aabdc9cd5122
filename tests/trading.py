"""The story driver: people trade, and what becomes of it is told in sentences.

    market.alice.sells(100, at="10.00")
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]

Acts return the sentences that they cause, in order; an order that is accepted and rests is not
worth one.  Behind the market stands any venue whose `apply` takes COMMAND rows and returns
reports with the fields of REPORT.  Prices are spelled in yuan, quantities are shares, and money is
spelled like 12,345.12.

A command comes 1 ms after the one before it, and later where the market lets time pass.

In a funded market there are accounts, and after every command they are held to what the reports
have told (tests/engine/reckoning.py).
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from protocol.units import NANOSECONDS, UNITS_PER_CENT, format_units, parse_units
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    EVERYONE,
    AccountStatus,
    CancelReason,
    Currency,
    FundsEntry,
    Hold,
    HoldCause,
    Liquidity,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Role,
    SharesEntry,
    Side,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    block_trading,
    cancel,
    cancel_orders,
    cancel_own,
    capitalise,
    change_code,
    change_hold,
    change_list,
    change_phase,
    change_status,
    close_day,
    define_fees,
    edit_account,
    enter,
    fix_close,
    journal,
    lift_block,
    limit_account,
    limit_funds,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    release_order,
    replace,
    transfer_custody,
)
from tests.engine.conservation import open_quantities
from tests.engine.reckoning import Reckoning

EVERYTHING = {"features": EVERY_FEATURE, "order_types": EVERY_TYPE}
"""Rules that allow every order there is."""

A_SHARES = {
    "stamp_sell_rate": 50_000,
    "transfer_rate": 1_000,
    "handling_rate": 3_410,
    "regulatory_rate": 2_000,
}
"""Of an A share since 2023-08-28: 0.05 % stamp duty of sales, 0.001 % for the transfer; the last
two are inside the commission of a customer."""

CUSTOMER = {
    "commission_rate": 25_000,
    "commission_min": 50_000,
    "commission_min_foreign": 10_000,
    "commission_includes": 1,
}
"""0.025 % commission, at least 5.00 yuan or 1.00 of another currency, exchange fees inside."""


OF_ACCOUNTS = (
    ReportKind.ACCOUNT_CHANGED,
    ReportKind.FUNDS_MOVED,
    ReportKind.SHARES_MOVED,
    ReportKind.RATE_EXCEEDED,
)
"""Reports that are about an account and no order."""


class Applies(Protocol):
    """A venue, as far as a market cares."""

    def apply(self, commands: np.ndarray): ...


def money(text: str) -> int:
    """Return money spelled like 12,345.12 in 1/10000 of the currency unit."""
    return parse_units(text.replace(",", ""))


def spelled(units: int) -> str:
    """Return money like 12,345.12; with four decimals where it is not in whole cents."""
    decimals = 4 if units % UNITS_PER_CENT else 2
    whole, _, fraction = format_units(abs(int(units)), decimals).partition(".")
    return f"{'-' if units < 0 else ''}{int(whole):,}.{fraction}"


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

    def buys_as(self, order_type: OrderType, quantity: int, at: str = "0", **fields) -> list[str]:
        """Enter an order to buy that looks for its price; `at` protects it, 0 does not."""
        return self.buys(quantity, at, order_type=order_type, **fields)

    def sells_as(self, order_type: OrderType, quantity: int, at: str = "0", **fields) -> list[str]:
        """Enter an order to sell that looks for its price; `at` protects it, 0 does not."""
        return self.sells(quantity, at, order_type=order_type, **fields)

    def buys_stop(self, quantity: int, trigger: str, at: str = "0", **fields: int) -> list[str]:
        """Enter an order to buy once a trade is at `trigger` or above."""
        return self.buys(quantity, at, trigger_price=parse_units(trigger), **fields)

    def sells_stop(self, quantity: int, trigger: str, at: str = "0", **fields: int) -> list[str]:
        """Enter an order to sell once a trade is at `trigger` or below."""
        return self.sells(quantity, at, trigger_price=parse_units(trigger), **fields)

    def buys_at_close(self, quantity: int, at: str, **fields: int) -> list[str]:
        """Enter an order to buy at the closing price, where that is not above `at`."""
        return self.buys_as(OrderType.FIXED_PRICE, quantity, at, **fields)

    def sells_at_close(self, quantity: int, at: str, **fields: int) -> list[str]:
        """Enter an order to sell at the closing price, where that is not below `at`."""
        return self.sells_as(OrderType.FIXED_PRICE, quantity, at, **fields)

    def cancels(self, quantity: int = 0, order: int | None = None) -> list[str]:
        """Take back all or `quantity` of the order with that number, or of the latest own one."""
        return self.says(cancel(self.orders[-1] if order is None else order, quantity))

    def cancels_own(self, client_seq: int, quantity: int = 0, **fields: int) -> list[str]:
        """Take back the order that was entered with that client_seq, or `quantity` of it."""
        return self.says(cancel_own(client_seq, quantity, **fields))

    def replaces(self, quantity: int, at: str, order: int | None = None, **fields) -> list[str]:
        """Give the order with that number, or the latest own one, a new quantity and price."""
        number = self.orders[-1] if order is None else order
        return self.says(replace(number, quantity, parse_units(at), **fields))

    def cancels_all(self, **filters: int) -> list[str]:
        """Take back every order that fits the filters."""
        return self.says(cancel_orders(**filters))

    def blocks(self, **filters: int) -> list[str]:
        """Block what fits the filters."""
        return self.says(block_trading(**filters))

    def lifts(self, **filters: int) -> list[str]:
        """Lift the block of these filters."""
        return self.says(lift_block(**filters))

    def opens(self, number: int, **fields: int) -> list[str]:
        """Open an account as a customer has it; `fields` may say otherwise."""
        return self.says(open_account(number, **CUSTOMER | fields))

    def edits(self, other: "Trader", **fields: int) -> list[str]:
        """Make somebody's account what `opens` makes a new one."""
        return self.says(edit_account(other.number, **CUSTOMER | fields))

    def makes(self, other: "Trader", status: AccountStatus, **fields: int) -> list[str]:
        """Give somebody's account another status."""
        return self.says(change_status(other.number, status, **fields))

    def limits(self, other: "Trader", **fields: int) -> list[str]:
        """Limit somebody's orders."""
        return self.says(limit_account(other.number, **fields))

    def limits_spending(self, other: "Trader", spending_max: str, **fields: int) -> list[str]:
        """Limit what somebody's trading may cost today."""
        return self.says(limit_funds(other.number, money(spending_max), **fields))

    def puts_on_list(self, other: "Trader", instrument: int = 0, **fields: int) -> list[str]:
        """Put an instrument on somebody's list."""
        return self.says(change_list(other.number, instrument, **fields))

    def takes_off_list(self, other: "Trader", instrument: int = 0) -> list[str]:
        """Take an instrument off somebody's list."""
        return self.puts_on_list(other, instrument, is_listed=0)

    def capitalises(self, other: "Trader | None" = None, **fields: int) -> list[str]:
        """Have somebody's interest paid, or everybody's."""
        return self.says(capitalise(other.number if other else EVERY_ACCOUNT, **fields))

    def transfers(self, other: "Trader", amount: int = 0, **fields) -> list[str]:
        """Have somebody's shares leave for another firm, all that may go where `amount` is 0."""
        return self.says(transfer_custody(other.number, amount, **fields))

    def changes_code(self, instrument: int, to_instrument: int) -> list[str]:
        """Make all shares of an instrument shares of another one."""
        return self.says(change_code(instrument, to_instrument))

    def moves(self, entry: FundsEntry, amount: str, other: "Trader", **fields: int) -> list[str]:
        """Move somebody's money."""
        return self.says(move_funds(other.number, money(amount), entry, **fields))

    def moves_shares(
        self, entry: SharesEntry, amount: int, other: "Trader", cost: str = "0.00", **fields: int
    ) -> list[str]:
        """Move somebody's shares."""
        return self.says(move_shares(other.number, amount, entry, cost=money(cost), **fields))

    def brings(self, amount: str, **fields: int) -> list[str]:
        """Have had money already yesterday."""
        number = self.number
        return self.market.hears(
            move_funds(number, money(amount), FundsEntry.BROUGHT_FORWARD, **fields)
        )

    def brings_shares(self, amount: int, **fields: int) -> list[str]:
        """Have had shares already yesterday."""
        entry = SharesEntry.BROUGHT_FORWARD
        return self.market.hears(move_shares(self.number, amount, entry, **fields))

    @property
    def account(self):
        """What the venue says of the account."""
        return self.market.venue.account(self.number)

    def funds(self, currency: Currency = Currency.CNY):
        """Return what the venue says of the money."""
        return self.market.venue.funds(self.number, currency)

    def holding(self, instrument: int = 0):
        """Return what the venue says of the shares of an instrument, None where there are none."""
        holdings = self.market.venue.holdings(self.number)
        return next((one for one in holdings if one.instrument == instrument), None)

    @property
    def balance(self) -> str:
        """All the yuan there are."""
        return spelled(self.funds().balance)

    @property
    def held(self) -> str:
        """The yuan that orders hold."""
        return spelled(self.funds().held)

    @property
    def available(self) -> str:
        """The yuan that may be used."""
        return spelled(self.funds().available)

    @property
    def withdrawable(self) -> str:
        """The yuan that may be taken out."""
        return spelled(self.funds().withdrawable)

    @property
    def sellable(self) -> int:
        """The shares of instrument 0 that may be sold."""
        return self.market.venue.most_to_sell(self.number, 0)

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

    The fourth is the operator, who may act for everybody.  `admission` is added to the admission
    of each, such as what becomes of trades with oneself.
    """

    NAMES = ("alice", "bob", "carol")

    def __init__(self, venue: Applies, rules: dict | None = None, **admission: int) -> None:
        self.venue = venue
        self.journal: list[dict] = []
        self.reports: list = []
        self.traders: list[Trader] = []
        self.passed = 0
        self.opens()
        self.alice, self.bob, self.carol = [self.admits(name, **admission) for name in self.NAMES]
        self.dave = self.admits("dave", role=Role.OPERATOR, account_first=1, **admission)
        for number in range(2):
            self.lists(number, **rules or {})

    def opens(self) -> None:
        """Begin the day."""
        self.hears(open_day())

    def admits(self, name: str, **admission: int) -> Trader:
        """Admit one more trader."""
        trader = Trader(self, name, len(self.traders) + 1)
        self.traders.append(trader)
        self.hears(admit(trader.number, trader.number, trader.number) | admission)
        return trader

    def lists(self, number: int, **rules) -> None:
        """List one more share."""
        for command in listing(number, **rules):
            self.hears(command)

    def begins(self, phase: Phase, **fields) -> list[str]:
        """Begin a phase, for all instruments or for those that `fields` name."""
        return self.hears(change_phase(phase, **fields))

    def holds(self, hold: Hold, **fields: int) -> list[str]:
        """Hold the whole venue or the instrument that `fields` name, or let it go on."""
        return self.hears(change_hold(hold, **fields))

    def fixes_close(self, at: str, instrument: int = 0) -> list[str]:
        """Fix the closing price of an instrument."""
        return self.hears(fix_close(parse_units(at), instrument))

    def passes(self, seconds: float) -> None:
        """Let time pass before the next command."""
        self.passed += int(seconds * NANOSECONDS)

    def releases(self, order: int) -> list[str]:
        """Let the delayed order with that number arrive."""
        return self.hears(release_order(order))

    def closes(self) -> list[str]:
        """End the day."""
        return self.hears(close_day())

    def hears(self, command: dict) -> list[str]:
        """Have the venue carry out one command and tell what it reported."""
        rows = journal([command], first=len(self.journal) + 1)
        rows["time"] += self.passed
        self.journal.append(command | {"time": int(rows["time"][0])})
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
        is_buyer = first["side"] == Side.BUY
        deed, link = ("buys", "from") if is_buyer else ("sells", "to")
        if is_buyer and first["liquidity"] == Liquidity.INCOMING:
            deed = "takes"
        who, whom, price = self.name(first), self.name(second), price_of(first)
        if first["liquidity"] == Liquidity.FIXED_PRICE:
            price = f"the close of {price}"
        return f"{who} {deed} {first['quantity']} {link} {whom} at {price}"

    def tell(self, report) -> str:
        """Return the sentence for any other report."""
        if report["session"] == EVERYONE:
            return self.tell_everyone(report)
        if report["kind"] in OF_ACCOUNTS:
            return self.tell_account(report)
        who, quantity, price = self.name(report), report["quantity"], price_of(report)
        wait = f"{report['trade_number'] / 1_000:.3f} s"
        if report["kind"] == ReportKind.REJECTED:
            return f"{who} is refused: {Reject(report['reason']).name}"
        if report["kind"] == ReportKind.BLOCK_CHANGED and report["reason"]:
            return f"{who} lifts a block"
        told = {
            ReportKind.EXPIRED: f"expires with {quantity} at {price}",
            ReportKind.REPLACED: f"now has {quantity} at {price}",
            ReportKind.RELEASED: f"is released with {quantity} at {price}",
            ReportKind.ORDER_DELAYED: f"waits {wait} with {quantity} at {price}",
            ReportKind.ORDERS_CANCELED: f"hears of {quantity} orders taken back",
            ReportKind.USER_CHANGED: f"changes user {report['order_number']}",
            ReportKind.BLOCK_CHANGED: f"blocks and takes back {quantity} orders",
        }
        return f"{who} {told.get(ReportKind(report['kind'])) or self.tell_cancel(report)}"

    def tell_account(self, report) -> str:
        """Return what has become of an account, whoever asked for it."""
        number, after, reason = report["account"], int(report["order_number"]), report["reason"]
        quantity = int(report["quantity"])
        named = 0 < number <= len(self.traders)
        who = self.traders[number - 1].name if named else f"account {number}"
        if report["kind"] == ReportKind.ACCOUNT_CHANGED:
            return f"{who} is {AccountStatus(reason).name}"
        if report["kind"] == ReportKind.FUNDS_MOVED:
            currency, entry = Currency(report["side"]).name, FundsEntry(reason).name
            if number == EVERY_ACCOUNT:
                return f"{quantity} accounts get {spelled(after)} {currency} of {entry}"
            return f"{who} has {spelled(after)} {currency} after {entry}"
        if report["kind"] == ReportKind.RATE_EXCEEDED:
            return f"{who} has sent {quantity} in a second, {after} today"
        return f"{who} has {after:,} shares after {SharesEntry(reason).name}"

    def tell_everyone(self, report) -> str:
        """Return the sentence for a report that everyone gets."""
        reason, quantity = report["reason"], report["quantity"]
        if report["kind"] == ReportKind.PHASE_CHANGED:
            return f"{Phase(reason).name} begins"
        if report["kind"] == ReportKind.CLOSE_FIXED:
            return f"the close is {price_of(report)}"
        if report["kind"] == ReportKind.DAY_ENDED:
            return f"the day {quantity} ends"
        if report["kind"] == ReportKind.CODE_CHANGED:
            old, new = report["instrument"], report["order_number"]
            return f"{old} is now {new} in {quantity} holdings"
        change = f"{Hold(reason).name} begins" if reason else "the hold ends"
        return f"{change}: {HoldCause(quantity).name}"

    def tell_cancel(self, report) -> str:
        """Return what became of somebody whose order was canceled."""
        what = f"{report['quantity']} at {price_of(report)}"
        told = {
            CancelReason.IMMEDIATE_REST: f"goes without {what}",
            CancelReason.NO_PRICE: f"finds no price for {report['quantity']}",
            CancelReason.MINIMUM_NOT_MET: f"finds too little for {what}",
            CancelReason.SELF_TRADE: f"is kept from trading {what} alone",
            CancelReason.TRADING_BLOCKED: f"is blocked with {what}",
            CancelReason.OUTSIDE_CAGE: f"is outside the cage with {what}",
            CancelReason.WORSE_THAN_CLOSE: f"is worse than the close with {what}",
            CancelReason.PHASE_ENDED: f"comes too late with {what}",
            CancelReason.DISCONNECTED: f"is gone, and {what} with it",
        }
        by_request = (
            f"hears of {report['quantity']} taken back at {price_of(report)}, "
            f"{report['leaves']} left"
        )
        return told.get(CancelReason(report["reason"]), by_request)

    def name(self, report) -> str:
        """Return who a report is for."""
        return self.traders[report["session"] - 1].name if report["session"] > 0 else "the venue"


class FundedMarket(Market):
    """A market with accounts: everybody is a customer, and the shares are A shares.

    Alice has 100,000.00 yuan and bob 10,000 shares, carol and dave have plenty of both, of the
    first share only.  `account` is what all accounts are opened with besides, `day` what the day is
    opened with.
    """

    def __init__(
        self,
        venue: Applies,
        rules: dict | None = None,
        account: dict | None = None,
        day: dict | None = None,
        **admission,
    ) -> None:
        self.day = {"with_accounts": 1} | (day or {})
        self.account = CUSTOMER | (account or {})
        self.reckoning = Reckoning(venue)
        super().__init__(venue, {"settlement_days": 1} | (rules or {}), **admission)
        self.alice.brings("100,000.00")
        self.bob.brings_shares(10_000)
        for trader in (self.carol, self.dave):
            trader.brings("10,000,000.00")
            trader.brings_shares(1_000_000)

    def opens(self) -> None:
        """Begin the day with accounts, and with the fees of A shares as number 0."""
        self.hears(open_day(**self.day))
        self.hears(define_fees(0, **A_SHARES))

    def admits(self, name: str, **admission: int) -> Trader:
        """Admit one more trader, and open an account."""
        trader = super().admits(name, **admission)
        self.hears(open_account(trader.number, **self.account))
        return trader

    def hears(self, command: dict) -> list[str]:
        """Have the venue carry out one command, hold the accounts to it, tell what it reported."""
        told = len(self.reports)
        sentences = super().hears(command)
        self.reckoning.hears(command, self.reports[told:])
        return sentences


def price_of(report) -> str:
    """Return the price of a report in yuan."""
    return format_units(int(report["price"]), decimals=2)


def to_the_end(market: Market) -> Iterator[Market]:
    """Yield a market; at its end the day closes, and nothing may be lost."""
    yield market
    market.closes()
    assert open_quantities(market.reports) == {}
