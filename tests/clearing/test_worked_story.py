"""docs/examples/close: who is there and what happens are what the venue is given and does."""

import re
from csv import DictReader
from datetime import date
from decimal import Decimal
from fractions import Fraction

from engine.fees import RATE_DECIMALS, fees_in_force, load_fee_rules
from engine.rulebook import load_board_rules, rule_in_force
from tests.clearing.example import HERE, KEPT, Row, held, number, table

DAY = date(2026, 11, 25)
RATES = {
    "handling": "handling_rate",
    "regulatory": "regulatory_rate",
    "settlement": "settlement_rate",
    "transfer": "transfer_rate",
    "stamp, of sales": "stamp_sell_rate",
}
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")


def given(name: str) -> list[Row]:
    """Return the rows of a file that the day is played from."""
    with (HERE / name).open(encoding="utf-8") as file:
        return list(DictReader(file))


def test_accounts_are_told_as_they_are_opened():
    firms = {
        branch: firm["firm"]
        for firm in given("reference/firms.csv")
        for branch in firm["branches"].split()
    }
    assert table("Who is there", "account") == [
        {
            "account": row["account"],
            "branch": row["branch"],
            "firm": firms[row["branch"]],
            "commission": f"{(Decimal(row['commission_rate']) * 100).normalize():f} %",
            "at least": row["commission_min"],
            "in dollars": row["commission_min_foreign"],
            "has the exchange's fees inside": "yes" if row["commission_includes"] == "1" else "no",
        }
        for row in given("accounts/accounts.csv")
    ]


def test_rates_are_told_as_they_are_in_force_on_the_day():
    boards, rules = load_board_rules(), load_fee_rules()
    listed = {row["symbol"][:6]: row["board"] for row in given("instruments.csv")}
    rows = table("Who is there", "code")
    assert [row["code"] for row in rows] == [*listed]
    for row in rows:
        board = rule_in_force(boards, listed[row["code"]], DAY)
        fees = fees_in_force(rules, board.fees, DAY)
        told = {rate: number(row[name]) * 10**RATE_DECIMALS for name, rate in RATES.items()}
        assert told == {rate: getattr(fees, rate) for rate in RATES.values()}
        assert fees.stamp_buy_rate == fees.settlement_cap == 0


def test_dates_of_settlement_are_told_as_they_stand_in_the_files():
    for row in table("Who is there", "code"):
        for name, column in (("fills.csv", "money settles"), ("changes.csv", "shares settle")):
            dates = {
                line["settle_date"] for line in held(KEPT / name) if line["code"] == row["code"]
            }
            assert dates == {row[column]}


class Request:
    """A line of orders.txt; an order has a number, and so has the cancel of one."""

    def __init__(self, line: str, earlier: list["Request"]) -> None:
        clock, self.user, self.verb, *self.words = line.split()
        self.minute = clock[:5]
        self.number = sum(one.verb == "enter" for one in earlier) + 1
        if self.verb == "cancel":
            mine = [one for one in earlier if one.user == self.user]
            cancelled = mine[int(self.words[0]) - 1]
            self.number, self.words = cancelled.number, cancelled.words[:1]

    def figures(self) -> set[Fraction]:
        """Return the account, code, quantity, price or amount of it, and the order's number."""
        words = [word.partition(".S")[0] for word in self.words]
        told = {number(word) for word in words if FIGURE.fullmatch(word)}
        return told | ({number(str(self.number))} if self.verb in ("enter", "cancel") else set())


def requests() -> list[Request]:
    """Return what is asked for in orders.txt, in turn."""
    made: list[Request] = []
    for line in (HERE / "orders.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            made.append(Request(line, made))
    return made


def of_trade(trade: str) -> tuple[str, set[Fraction]]:
    """Return the minute of a trade, and the figures of its fills and of the orders behind them."""
    fills = [fill for fill in held(KEPT / "fills.csv") if fill["trade_number"] == trade]
    names = ("trade_number", "order_number", "account", "code", "quantity", "price")
    figures = {number(fill[name]) for fill in fills for name in names}
    for one in requests():
        if one.verb == "enter" and str(one.number) in {fill["order_number"] for fill in fills}:
            figures |= one.figures()
    assert len(fills) == 2
    return fills[0]["trade_time"][11:16], figures


def test_every_figure_of_what_happens_is_of_an_order_or_of_its_trade():
    trades = []
    for row in table("What happens", "time"):
        known = {
            figure for one in requests() if one.minute == row["time"] for figure in one.figures()
        }
        for trade in re.findall(r"^trade (\d+)", row["what"]):
            minute, figures = of_trade(trade)
            assert minute == row["time"]
            known |= figures
            trades.append(trade)
        told = {number(figure) for figure in FIGURE.findall(row["what"])}
        assert told and told <= known, row
    assert trades == sorted({fill["trade_number"] for fill in held(KEPT / "fills.csv")}, key=int)


def test_every_request_of_the_day_is_told_or_is_the_other_side_of_a_trade():
    minutes = {row["time"] for row in table("What happens", "time")}
    traded = {int(fill["order_number"]) for fill in held(KEPT / "fills.csv")}
    untold = [one for one in requests() if one.minute not in minutes]
    assert all(one.verb == "enter" and one.number in traded for one in untold)
