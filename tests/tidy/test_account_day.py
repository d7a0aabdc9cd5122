"""docs/examples/account-day.md: its commands are played, every figure of its tables compared."""

import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from engine.venue import Venue
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import FundsEntry, Phase, ReportKind, Side
from tests.commands import bring_interest, define_interest
from tests.engine.agreement import naive_venue
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import A_SHARES, CUSTOMER, FundedMarket, money, price_of, spelled

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/examples/account-day.md"
CENT = Decimal("0.01")
INTEREST_RATE = 50_000
DAYS_OF_YEAR = 360
E8 = 10**8
SHARE = 2
LISTING = {
    "previous_close": 120_000,
    "lower_limit": 108_000,
    "upper_limit": 132_000,
    "settlement_days": 1,
}
ORDER = re.compile(r"(the market )?(buys|sells|replaces) ([\d,]+) at ([\d.]+)")
SHARES = re.compile(r"brings ([\d,]+) shares for ([\d,.]+)")
ENTRY = re.compile(r"([A-Z_]+) ([\d,.]+)")


def table(first_column: str) -> list[dict[str, str]]:
    """Return the rows of the table whose header begins so, by the names of its columns."""
    _, found, rest = DOCUMENT.read_text("utf-8").partition(f"\n| {first_column} |")
    assert found, f"there is no table of {first_column}"
    header, _, *lines = f"| {first_column} |{rest}".split("\n\n")[0].splitlines()
    names, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in (header, *lines)
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]


def number(text: str) -> int:
    """Return a number of shares spelled like 3,250."""
    return int(text.replace(",", ""))


def nights_of(row: dict[str, str]) -> int:
    """Return how many nights a row is about."""
    return int(row["nights"].split()[0])


def amount(text: str) -> Decimal:
    """Return money spelled like 12,345.12."""
    return Decimal(text.replace(",", ""))


class Day:
    """The day as it is played: erin is the account, dave is the market."""

    def __init__(self, venue) -> None:
        self.market = FundedMarket(venue)
        self.erin = self.market.admits("erin")
        self.market.lists(SHARE, **LISTING)
        self.market.dave.brings_shares(1_000_000, instrument=SHARE)
        self.brings_interest()
        self.market.begins(Phase.CONTINUOUS)

    def brings_interest(self) -> None:
        """Have earned what the document says, and earn one night more when the day closes."""
        row = table("nights")[0]
        product = money(row["balance"]) * nights_of(row)
        accrued, rest = divmod(product * INTEREST_RATE, DAYS_OF_YEAR * E8)
        days = product // UNITS_PER_CENT
        self.market.hears(bring_interest(self.erin.number, accrued, days, rest))
        self.market.hears(define_interest(INTEREST_RATE, 1))

    def plays(self, command: str) -> None:
        """Carry out what a step says, and see whether it is refused where the step says so."""
        deed = command.removesuffix(" is refused")
        is_refused = any("refused" in sentence for sentence in self.carries_out(deed))
        assert is_refused == (deed != command), command

    def carries_out(self, deed: str) -> list[str]:
        """Return what is told of a deed."""
        if deed == "cancels":
            return self.erin.cancels()
        if deed == "CAPITALISE":
            return self.market.dave.capitalises(self.erin)
        if deed == "the day closes":
            return self.market.closes()
        if of_shares := SHARES.fullmatch(deed):
            shares, cost = number(of_shares[1]), money(of_shares[2])
            return self.erin.brings_shares(shares, cost=cost, instrument=SHARE)
        if of_money := ENTRY.fullmatch(deed):
            return self.market.dave.moves(FundsEntry[of_money[1]], of_money[2], self.erin)
        return self.orders(deed)

    def orders(self, deed: str) -> list[str]:
        """Return what is told of an order, or of a replacement."""
        of_order = ORDER.fullmatch(deed)
        assert of_order, f"{deed} is nothing that can be done"
        who = self.market.dave if of_order[1] else self.erin
        quantity, price = number(of_order[3]), of_order[4]
        if of_order[2] == "replaces":
            return who.replaces(quantity, at=price)
        return getattr(who, of_order[2])(quantity, at=price, instrument=SHARE)

    def stands(self) -> dict[str, str]:
        """Return how the account stands, in the columns of the document."""
        erin, holding = self.erin, self.erin.holding(SHARE)
        return {
            "balance": erin.balance,
            "held": erin.held,
            "available": erin.available,
            "withdrawable": erin.withdrawable,
            "shares": f"{holding.total if holding else 0:,}",
            "sellable": f"{holding.sellable if holding else 0:,}",
        }


@pytest.fixture(params=[naive_venue, Venue], ids=["naive", "engine"])
def day(request) -> Day:
    return Day(request.param(SMALL._replace(**FUNDED)))


def play(day: Day, after: Callable[[int], None] = lambda _: None) -> None:
    """Play the steps of the document; `after` is called behind each."""
    for row in table("step"):
        day.plays(row["command"])
        after(int(row["step"]))


def test_account_stands_as_the_document_says_after_every_step(day):
    steps = table("step")
    assert [int(row["step"]) for row in steps] == list(range(1, len(steps) + 1))
    for row in steps:
        day.plays(row["command"])
        assert row | day.stands() == row


def test_rates_are_those_that_are_played():
    played = {
        "commission": (CUSTOMER["commission_rate"], CUSTOMER["commission_min"]),
        "stamp duty": (A_SHARES["stamp_sell_rate"], 0),
        "transfer fee": (A_SHARES["transfer_rate"], 0),
    }
    documented = {
        row["item"]: (int(amount(row["rate"].rstrip(" %")) * 10**6), money(row["at least"]))
        for row in table("item")
    }
    assert documented == played
    assert {row["item"] for row in table("item") if row["of"] == "sales"} == {"stamp duty"}


def test_fills_are_those_of_the_document(day):
    play(day)
    numbers = dict(zip(day.erin.orders, ("step 5", "step 8", "step 15"), strict=False))
    fills = [
        (numbers[int(one["order_number"])], f"{one['quantity']:,} at {price_of(one)}")
        for one in day.market.reports
        if one["kind"] == ReportKind.TRADED and one["session"] == day.erin.number
    ]
    assert fills == [(row["order"], row["fill"]) for row in table("order")]


def test_fees_of_each_fill_add_up_to_what_the_order_owes():
    items = table("item")
    turnover = dict.fromkeys([row["order"] for row in table("order")], Decimal(0))
    paid = dict(turnover)
    for row in table("order"):
        order = row["order"]
        quantity, price = row["fill"].split(" at ")
        turnover[order] += number(quantity) * amount(price)
        assert amount(row["turnover so far"]) == turnover[order]
        owed = {item["item"]: fee_of(item, order, turnover[order]) for item in items}
        assert {item: amount(row[item]) for item in owed} == owed
        fees = sum(owed.values())
        assert amount(row["fees so far"]) == fees
        assert amount(row["of this fill"]) == fees - paid[order]
        paid[order] = fees


def fee_of(item: dict[str, str], order: str, turnover: Decimal) -> Decimal:
    """Return one item of an order's fees, by the rates of the document."""
    if item["of"] == "sales" and side_of(order) == Side.BUY:
        return Decimal(0)
    share = turnover * amount(item["rate"].rstrip(" %")) / 100
    return max(share.quantize(CENT, ROUND_HALF_UP), amount(item["at least"]))


def side_of(order: str) -> Side:
    """Return which side an order is on, by the step that entered it."""
    (command,) = [row["command"] for row in table("step") if f"step {row['step']}" == order]
    return Side.SELL if command.startswith("sells") else Side.BUY


def test_held_money_is_what_the_rest_would_cost(day):
    held = {int(row["after step"]): row for row in table("after step")}

    def compare(step: int) -> None:
        if step not in held:
            return
        row = held.pop(step)
        (order,) = day.market.venue.open_orders(day.erin.number)
        assert (f"{order['leaves']:,}", price_of(order)) == (row["open"], row["at"])
        value = number(row["open"]) * amount(row["at"])
        fees = amount(row["fees in the end"]) - amount(row["paid so far"])
        assert value + fees == amount(row["held"])
        assert day.erin.held == row["held"]

    play(day, after=compare)
    assert not held


def test_cost_of_the_shares_is_what_was_paid_less_what_was_received(day):
    *changes, end = table("what")
    for column, read in (("shares", number), ("cost", amount)):
        assert sum(read(row[column]) for row in changes) == read(end[column])
    play(day)
    holding = day.erin.holding(SHARE)
    assert (f"{holding.total:,}", spelled(holding.cost)) == (end["shares"], end["cost"])


@pytest.mark.parametrize("row", table("nights"), ids=lambda row: row["nights"])
def test_interest_is_reckoned_as_the_document_says(row):
    yuan_days = amount(row["balance"]) * nights_of(row)
    rate = amount(row["rate"].rstrip(" %")) / 100
    earned = yuan_days * rate / DAYS_OF_YEAR
    assert rate == Decimal(INTEREST_RATE) / E8
    assert row["yuan-days"] == f"{yuan_days:,}"
    assert row["earned"] == str(earned.quantize(Decimal("0.0001"), ROUND_DOWN))
    assert row["paid as"] == str(earned.quantize(CENT, ROUND_HALF_UP))


def test_interest_is_paid_once_and_earned_anew(day):
    before, behind = table("nights")
    earned = {12: before, 21: behind}

    def compare(step: int) -> None:
        funds = day.erin.funds()
        if step == 13:
            assert (funds.product, funds.interest) == (0, 0)
        if step in earned:
            row = earned[step]
            assert funds.product == int(amount(row["yuan-days"]) / CENT)
            assert spelled(funds.interest) == row["paid as"]

    play(day, after=compare)
