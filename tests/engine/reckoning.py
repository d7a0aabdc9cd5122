"""What accounts must have and hold, reckoned from commands and reports alone, in decimal numbers.

It is asked after every command: the balance is what was moved, earned and traded; what is held is
what the open orders need; and nothing else is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from protocol.units import SCALE, UNITS_PER_CENT
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    EVERY_INSTRUMENT,
    CommandKind,
    Currency,
    FundsEntry,
    Market,
    ReportKind,
    SharesEntry,
    Side,
)

CENT = Decimal("0.01")
E8 = 10**8
DAYS_OF_YEAR = 360
"""Of interest."""

FUNDS_SIGNS = {
    FundsEntry.BROUGHT_FORWARD: 1,
    FundsEntry.DEPOSIT: 1,
    FundsEntry.WITHDRAW: -1,
    FundsEntry.TRANSFER_IN: 1,
    FundsEntry.TRANSFER_OUT: -1,
    FundsEntry.REMIT_IN: 1,
    FundsEntry.REMIT_OUT: -1,
    FundsEntry.DIVIDEND: 1,
    FundsEntry.DIVIDEND_TAX: -1,
    FundsEntry.INTEREST: 1,
    FundsEntry.INTEREST_TAX: -1,
}
SHARES_SIGNS = {
    SharesEntry.BROUGHT_FORWARD: 1,
    SharesEntry.SHARES_IN: 1,
    SharesEntry.SHARES_OUT: -1,
    SharesEntry.CUSTODY_IN: 1,
    SharesEntry.CUSTODY_OUT: -1,
    SharesEntry.BONUS: 1,
    SharesEntry.RIGHTS: 1,
    SharesEntry.CODE_CHANGE_OUT: -1,
    SharesEntry.CODE_CHANGE_IN: 1,
}
"""Whether an entry adds to all the money, or all the shares, or takes from it."""

CHANGING = (
    ReportKind.TRADED,
    ReportKind.CANCELED,
    ReportKind.EXPIRED,
    ReportKind.REPLACED,
    ReportKind.RELEASED,
)


@dataclass
class OpenOrder:
    """An order as its reports have told of it; its fills add up to `turnover`, and have cost
    `charged`."""

    account: int
    instrument: int
    side: int
    price: int
    leaves: int
    turnover: int = 0
    charged: int = 0


def fees_of(side: int, turnover: int, account: dict, listing: dict, rates: dict) -> int:
    """Return the fees of an order whose fills add up to `turnover`, each item in whole cents."""
    amount = Decimal(turnover) / SCALE
    if amount == 0:
        return 0

    def share(rate: int) -> Decimal:
        return (amount * rate / E8).quantize(CENT, ROUND_HALF_UP)

    is_foreign = listing.get("listed_currency", Currency.CNY) != Currency.CNY
    minimum = account.get("commission_min_foreign" if is_foreign else "commission_min", 0)
    stamp = "stamp_sell_rate" if side == Side.SELL else "stamp_buy_rate"
    fees = max(Decimal(minimum) / SCALE, share(account.get("commission_rate", 0)))
    fees += share(rates.get(stamp, 0)) + share(rates.get("transfer_rate", 0))
    settlement = share(rates.get("settlement_rate", 0))
    cap = Decimal(rates.get("settlement_cap", 0)) / SCALE
    fees += min(settlement, cap) if cap else settlement
    if not account.get("commission_includes", 0):
        fees += share(rates.get("handling_rate", 0)) + share(rates.get("regulatory_rate", 0))
    return int(fees * SCALE)


class Reckoning:
    """A second ledger beside a venue's own: `balances` are of money, `totals` of shares.

    `sellable` is what of these could be sold after the last command, `spent` what trading has cost,
    `earned` the interest that is not paid yet, `nightly` what a unit of money earns at the close.
    """

    def __init__(self, venue) -> None:
        self.venue = venue
        self.accounts: dict[int, dict] = {}
        self.listings: dict[int, dict] = {}
        self.rates: dict[int, dict] = {}
        self.orders: dict[int, OpenOrder] = {}
        self.balances: dict[tuple[int, int], int] = {}
        self.totals: dict[tuple[int, int], int] = {}
        self.sellable: dict[tuple[int, int], int] = {}
        self.spent: dict[tuple[int, int], int] = {}
        self.earned: dict[tuple[int, int], Fraction] = {}
        self.nightly: dict[int, Fraction] = {}

    def hears(self, command: dict, reports: Iterable) -> None:
        """Follow a command and what it caused, and assert that the venue agrees."""
        reports = list(reports)
        if not any(report["kind"] == ReportKind.REJECTED for report in reports):
            self.note(command)
            self.move(command)
        for report in reports:
            self.follow(report)
        for number in self.accounts:
            self.check_orders(number)
            self.check_funds(number)
            self.check_holdings(number)

    def note(self, command: dict) -> None:
        """Remember what fees depend on."""
        if command["kind"] in (CommandKind.OPEN_ACCOUNT, CommandKind.EDIT_ACCOUNT):
            self.accounts[command["account"]] = command
        elif command["kind"] == CommandKind.LIST_INSTRUMENT:
            self.listings[command["instrument"]] = command
        elif command["kind"] == CommandKind.DEFINE_FEES:
            self.rates[command["defined"]] = command
        elif command["kind"] == CommandKind.DEFINE_INTEREST:
            rate = Fraction(command["interest_rate"], E8) / DAYS_OF_YEAR
            self.nightly[int(command["currency"])] = rate * command["days"]
        elif command["kind"] == CommandKind.BRING_INTEREST:
            place = (command["account"], int(command["currency"]))
            lacking = Fraction(command["rest"], E8 * DAYS_OF_YEAR)
            self.earned[place] = command["accrued"] + lacking

    def move(self, command: dict) -> None:
        """Follow what moves money or shares besides trading."""
        if command["kind"] in (CommandKind.MOVE_FUNDS, CommandKind.MOVE_SHARES):
            self.enter(command)
        elif command["kind"] == CommandKind.CAPITALISE:
            self.capitalise(command)
        elif command["kind"] == CommandKind.TRANSFER_CUSTODY:
            self.transfer(command)
        elif command["kind"] == CommandKind.CHANGE_CODE:
            self.change_code(command["instrument"], command["to_instrument"])
        elif command["kind"] == CommandKind.CLOSE_DAY:
            self.accrue()

    def enter(self, command: dict) -> None:
        """Add to money or shares what an entry does to them, or its reversal."""
        if command["kind"] == CommandKind.MOVE_FUNDS:
            place = (command["account"], int(command["currency"]))
            sums, sign = self.balances, FUNDS_SIGNS.get(command["entry"], 0)
        else:
            place = (command["account"], command.get("instrument", 0))
            sums, sign = self.totals, SHARES_SIGNS.get(command["entry"], 0)
        change = -sign if command.get("reverses", 0) else sign
        sums[place] = sums.get(place, 0) + change * command["amount"]

    def accrue(self) -> None:
        """Let what is there earn its interest."""
        for place, balance in self.balances.items():
            earned = max(balance, 0) * self.nightly.get(place[1], Fraction(0))
            self.earned[place] = self.earned.get(place, Fraction(0)) + earned

    def interest(self, place: tuple[int, int]) -> int:
        """Return what the interest of an account in a currency comes to, in whole cents."""
        earned = self.earned.get(place, Fraction(0)) / UNITS_PER_CENT
        return int(earned + Fraction(1, 2)) * UNITS_PER_CENT

    def capitalise(self, command: dict) -> None:
        """Pay the interest of an account, or of all."""
        is_one = command["account"] != EVERY_ACCOUNT
        for number in [command["account"]] if is_one else self.accounts:
            place = (number, int(command["currency"]))
            paid = self.interest(place)
            if paid > 0:
                self.balances[place] = self.balances.get(place, 0) + paid
                self.earned[place] = Fraction(0)

    def transfer(self, command: dict) -> None:
        """Let shares leave: those asked for, or all of other exchanges than Shanghai."""
        asked = command["instrument"]
        for (number, instrument), most in self.sellable.items():
            is_bound = self.listings[instrument]["market"] == Market.SSE
            is_meant = asked == instrument or (asked == EVERY_INSTRUMENT and not is_bound)
            if number == command["account"] and is_meant:
                self.totals[number, instrument] -= command["amount"] or most

    def change_code(self, old: int, new: int) -> None:
        """Let all shares of an instrument be shares of another one."""
        for number in self.accounts:
            total = self.totals.pop((number, old), 0)
            self.totals[number, new] = self.totals.get((number, new), 0) + total

    def follow(self, report) -> None:
        """Follow one report."""
        kind, number = report["kind"], int(report["order_number"])
        account, instrument = int(report["account"]), int(report["instrument"])
        if kind == ReportKind.FUNDS_MOVED and account != EVERY_ACCOUNT:
            assert number == self.balances.get((account, int(report["side"])), 0)
        elif kind == ReportKind.SHARES_MOVED:
            assert number == self.totals.get((account, instrument), 0)
        elif kind == ReportKind.ACCEPTED:
            price, leaves = int(report["price"]), int(report["leaves"])
            self.orders[number] = OpenOrder(account, instrument, report["side"], price, leaves)
        elif kind in CHANGING:
            order = self.orders[number]
            if kind == ReportKind.TRADED:
                self.trade(order, int(report["price"]), int(report["quantity"]))
            else:
                order.price = int(report["price"])
            order.leaves = int(report["leaves"])

    def trade(self, order: OpenOrder, price: int, quantity: int) -> None:
        """Pay or receive a fill and its fees."""
        order.turnover += price * quantity
        charged = self.fees(order, order.turnover) - order.charged
        if order.side == Side.SELL:
            charged = min(charged, price * quantity // UNITS_PER_CENT * UNITS_PER_CENT)
        order.charged += charged
        sign = 1 if order.side == Side.BUY else -1
        of_funds = (order.account, self.currency(order.instrument))
        of_shares = (order.account, order.instrument)
        paid = sign * price * quantity + charged
        self.balances[of_funds] = self.balances.get(of_funds, 0) - paid
        self.spent[of_funds] = self.spent.get(of_funds, 0) + paid
        self.totals[of_shares] = self.totals.get(of_shares, 0) + sign * quantity

    def fees(self, order: OpenOrder, turnover: int) -> int:
        """Return the fees of an order at some turnover."""
        listing = self.listings[order.instrument]
        rates = self.rates[listing.get("fees", 0)]
        return fees_of(order.side, turnover, self.accounts[order.account], listing, rates)

    def need(self, order: OpenOrder) -> int:
        """Return what an open order to buy must hold."""
        value = order.price * order.leaves
        return value + self.fees(order, order.turnover + value) - order.charged

    def currency(self, instrument: int) -> int:
        """Return the currency in which an instrument is traded."""
        return int(self.listings[instrument].get("listed_currency", Currency.CNY))

    def open_orders(self, number: int) -> list[OpenOrder]:
        """Return the open orders of an account."""
        orders = self.orders.values()
        return [order for order in orders if order.account == number and order.leaves]

    def check_orders(self, number: int) -> None:
        """Assert that the venue knows the open orders of an account and no others."""
        count = len(self.open_orders(number))
        assert self.venue.account(number).open_orders == count
        assert len(self.venue.open_orders(number)) == count

    def check_funds(self, number: int) -> None:
        """Assert what an account has of each currency, and that its orders hold what they need."""
        for currency in Currency:
            funds = self.venue.funds(number, currency)
            needs = sum(
                self.need(order)
                for order in self.open_orders(number)
                if order.side == Side.BUY and self.currency(order.instrument) == currency
            )
            place = (number, int(currency))
            frozen = funds.frozen_day + funds.frozen_long
            free = funds.balance - funds.held - frozen
            assert funds.balance == self.balances.get(place, 0)
            assert funds.held == needs
            assert funds.spent == self.spent.get(place, 0)
            assert funds.interest == self.interest(place)
            assert funds.available == free + funds.credit
            assert funds.withdrawable == max(0, free - funds.unsettled)

    def check_holdings(self, number: int) -> None:
        """Assert what an account has of each instrument, and that its orders hold their leaves."""
        holdings = {one.instrument: one for one in self.venue.holdings(number)}
        for instrument in self.listings:
            leaves = sum(
                order.leaves
                for order in self.open_orders(number)
                if order.side == Side.SELL and order.instrument == instrument
            )
            total = self.totals.get((number, instrument), 0)
            one = holdings.get(instrument)
            if one is None:
                assert leaves == total == 0
                continue
            frozen = one.frozen_day + one.frozen_long + one.pledged
            assert (one.total, one.held) == (total, leaves)
            assert one.sellable == total - one.bought - leaves - frozen
            self.sellable[number, instrument] = one.sellable
