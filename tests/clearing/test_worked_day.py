"""docs/examples/close: its day is played and closed, every figure of its tables compared."""

import re
import runpy
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.cli import main
from protocol.files import manifest
from protocol.files.load import load
from tests.clearing.example import (
    DOCUMENT,
    FILES,
    HERE,
    KEPT,
    Row,
    cents,
    held,
    number,
    section,
    table,
    told,
)

ITEMS = ("commission", "handling", "regulatory", "settlement", "transfer", "stamp")


def owed(fill: Row, turnover: Fraction) -> dict[str, Fraction]:
    """Return each item of an order that has traded so much, by the document's rates alone."""
    account = {row["account"]: row for row in table("Who is there", "account")}[fill["account"]]
    rates = {row["code"]: row for row in table("Who is there", "code")}[fill["code"]]
    items = {item: cents(turnover * number(rates[item])) for item in ITEMS[1:-1]}
    least = number(account["at least" if fill["currency"] == "CNY" else "in dollars"])
    items["commission"] = max(least, cents(turnover * number(account["commission"])))
    is_sale = fill["side"] == "SELL"
    items["stamp"] = cents(turnover * number(rates["stamp, of sales"]) * is_sale)
    return items


def of_account(fill: Row, items: dict[str, Fraction]) -> Fraction:
    """Return what of the items the account owes."""
    account = {row["account"]: row for row in table("Who is there", "account")}[fill["account"]]
    includes = account["has the exchange's fees inside"] == "yes"
    return sum((items[item] for item in items if not (includes and item in ITEMS[1:3])), Fraction())


@pytest.fixture(scope="module")
def closed(tmp_path_factory) -> Path:
    """The day, played and closed."""
    data = tmp_path_factory.mktemp("data")
    runpy.run_path(str(HERE / "play.py"))["play"](data)
    day = data / "20261125"
    assert main(["close", str(day)]) == 0
    return day


def test_close_of_the_day_makes_the_files_that_the_document_explains(closed):
    made = closed / "clearing"
    assert sorted(path.name for path in made.iterdir()) == sorted(
        path.name for path in KEPT.iterdir()
    )
    for name in FILES:
        assert (made / name).read_bytes() == (KEPT / name).read_bytes(), name
    assert manifest.read(made).files == manifest.read(KEPT).files
    assert load(KEPT).is_well


@pytest.mark.parametrize("name", FILES)
def test_every_figure_of_a_file_stands_in_the_document(name):
    records = held(KEPT / name)
    assert told(name) == records
    assert records or "No records." in section(name)


def test_what_each_fill_costs_is_worked_out_from_the_rates_alone():
    fills, rows = held(KEPT / "fills.csv"), table("What each fill costs", "trade")
    turnover: dict[str, Fraction] = {}
    before: dict[str, tuple[Fraction, dict[str, Fraction]]] = {}
    for fill, row in zip(fills, rows, strict=True):
        order = fill["order_number"]
        value = number(fill["price"]) * number(fill["quantity"])
        so_far = turnover[order] = turnover.get(order, Fraction()) + value
        items = owed(fill, so_far)
        paid, passed = before.get(order, (Fraction(), dict.fromkeys(ITEMS, Fraction())))
        account = of_account(fill, items)
        before[order] = (account, items)
        names = ("trade_number", "side", "order_number", "account")
        assert [row[name] for name in ("trade", "side", "order", "account")] == [
            fill[name] for name in names
        ]
        assert number(row["turnover so far"]) == so_far
        assert {item: number(row[item]) for item in ITEMS} == items
        assert number(row["of the account so far"]) == account
        assert number(row["of this fill"]) == account - paid == number(fill["fees"])
        for item in ITEMS[1:]:
            assert number(fill[item]) == items[item] - passed[item], (fill, item)


def test_costs_of_holdings_are_worked_out_from_prices_and_fees():
    for row, balance in zip(
        table("balances.csv", "account"), held(KEPT / "balances.csv"), strict=True
    ):
        assert [row[name] for name in ("account", "code")] == [balance["account"], balance["code"]]
        bought, sold = (number(row[name]) for name in ("bought", "sold"))
        names = list(row)
        fees_bought, fees_sold = (amount_of(balance, "fees", side) for side in ("BUY", "SELL"))
        assert names[:3] == ["account", "code", "before"]
        assert bought == amount_of(balance, "turnover", "BUY")
        assert sold == amount_of(balance, "turnover", "SELL")
        assert number(row["fees of purchases"]) == fees_bought
        assert number(row["fees of sales"]) == fees_sold
        cost = number(row["before"]) + bought + fees_bought - sold + fees_sold
        assert cost == number(row["cost"]) == number(balance["cost"])


def amount_of(row: Row, name: str, side: str) -> Fraction:
    """Return the sum of a column over the fills of a row's account, security and side."""
    return sum(
        (
            number(fill[name])
            for fill in held(KEPT / "fills.csv")
            if (fill["account"], fill["code"], fill["side"]) == (row["account"], row["code"], side)
        ),
        Fraction(),
    )


def test_sums_that_are_written_out_are_right_and_the_files_own():
    money, funds = held(KEPT / "money.csv"), held(KEPT / "funds.csv")
    rows = table("money.csv", "#")
    for row in rows:
        assert summed(row["sum"]) == number(money[int(row["#"]) - 1][row["what"]]), row
    assert {int(row["#"]) for row in rows if row["what"] == "net"} == {*range(1, len(money) + 1)}
    for row, line in zip(table("funds.csv", "account"), funds, strict=True):
        assert (row["account"], row["currency"]) == (line["account"], line["currency"])
        for name in ("fees", "balance"):
            assert summed(row[name]) == number(line[name])


def summed(text: str) -> Fraction:
    """Return what a sum spelled like 1.00 + 2.00 - 0.50 = 2.50 comes to, which it must say."""
    left, _, right = text.partition(" = ")
    words = f"+ {left}".split()
    signs, amounts = words[::2], words[1::2]
    assert set(signs) <= {"+", "-"}
    total = sum(
        (number(f"{sign}{amount}") for sign, amount in zip(signs, amounts, strict=True)),
        Fraction(),
    )
    assert total == number(right or left), text
    return total


def test_products_and_sums_of_the_prose_are_right():
    prose = re.sub(r"^\|.*\n", "", DOCUMENT, flags=re.MULTILINE).replace("\n", " ")
    amount = r"-?\d[\d,]*(?:\.\d+)?(?: %)?"
    products = re.findall(rf"({amount}) x ({amount})\s+= ({amount})", prose)
    assert len(products) > 4
    for one, other, result in products:
        assert number(one) * number(other) == pytest.approx(number(result), abs=5e-5)
    sums = re.findall(rf"({amount}(?: [+-] {amount})+) = ({amount})", prose)
    assert len(sums) > 5
    for left, right in sums:
        assert cents(abs(number_of(left))) == cents(abs(number(right))), left


def number_of(text: str) -> Fraction:
    """Return what amounts with signs between them come to."""
    words = f"+ {text}".split()
    return sum(
        (
            Fraction(-1 if sign == "-" else 1) * number(value)
            for sign, value in zip(words[::2], words[1::2], strict=True)
        ),
        Fraction(),
    )
