"""The delivery note: what each order, and each other movement, did to money and shares."""

from collections import defaultdict
from typing import Any

from gateway.notes.account import AccountDay, Row, money_of, security_of, sign_of, value_of
from gateway.notes.charges import charged
from gateway.notes.document import Document, Table
from gateway.notes.letter import Letter, Line, table_of
from gateway.notes.spelling import count, date, money, price, securities_account
from protocol.files.rows import Movement
from protocol.vocabulary import Side

KEYS = (
    *("settle_date", "trade_date", "code", "name", "business", "quantity", "average", "turnover"),
    *("commission", "stamp", "transfer", "other_fees", "amount", "money_after", "shares_after"),
    *("contract_number", "securities_account", "market"),
)


def delivery(letter: Letter) -> Document:
    """Return the delivery note of one day."""
    (day,) = letter.days
    shares = {security_of(row): row["before"] for row in day.balances}
    currencies = sorted({row["currency"] for row in (*day.funds, *day.fills, *day.other_changes())})
    tables = [Ledger(letter, day, currency, shares).table() for currency in currencies]
    return letter.document("delivery", tables, "average_told", "commission_told")


class Ledger:
    """Money in one currency, and the shares that are paid in it, line by line.

    `shares` are those of each security so far.
    """

    def __init__(
        self, letter: Letter, day: AccountDay, currency: int, shares: dict[Any, int]
    ) -> None:
        self.letter = letter
        self.day = day
        self.currency = currency
        self.shares = shares
        self.funds = next((row for row in day.funds if row["currency"] == currency), None)
        self.money = self.funds["before"] if self.funds else 0
        self.sums: dict[str, int] = defaultdict(int)

    def table(self) -> Table:
        """Return the lines, from what there was to what there is."""
        words = self.letter.words
        today = {"settle_date": date(self.day.business_date)}
        lines: list[Line] = [
            today | {"business": words["opening"], "money_after": money(self.money)}
        ]
        if self.funds and self.funds["other"]:
            lines.append(
                self.after(today | {"business": words["other_money"]}, self.funds["other"])
            )
        changes = [row for row in self.day.other_changes() if row["currency"] == self.currency]
        lines += [self.of_change(change) for change in changes]
        orders = self.day.orders()
        lines += [self.of_order(fills) for fills in orders if self.is_of(fills[0])]
        sums = {key: money(amount) for key, amount in self.sums.items()}
        total = {"settle_date": words["total"], "money_after": money(self.money), **sums}
        return table_of(words, self.letter.currency(self.currency), KEYS, lines, total)

    def is_of(self, row: Row) -> bool:
        return bool(row["currency"] == self.currency)

    def after(self, line: dict[str, str], amount: int) -> Line:
        """Return a line with an amount, and the balance behind it."""
        self.money += amount
        self.sums["amount"] += amount
        return line | {"amount": money(amount), "money_after": money(self.money)}

    def shares_after(self, row: Row, quantity: int) -> dict[str, str]:
        security = security_of(row)
        self.shares[security] = self.shares.get(security, 0) + quantity
        return {
            **self.letter.security(row),
            "settle_date": date(row["settle_date"]),
            "trade_date": date(row["business_date"]),
            "quantity": count(quantity),
            "shares_after": count(self.shares[security]),
            "securities_account": securities_account(row),
        }

    def of_change(self, change: Row) -> Line:
        """Return the line of a movement of shares besides trading."""
        business = self.letter.word("movement", Movement(change["movement"]).name)
        line = self.shares_after(change, change["quantity"])
        return line | {"business": business, "money_after": money(self.money)}

    def of_order(self, fills: list[Row]) -> Line:
        """Return the line of all fills of an order."""
        first = fills[0]
        quantity = sum(fill["quantity"] for fill in fills)
        value = sum(map(value_of, fills))
        line = self.shares_after(first, sign_of(first) * quantity)
        line["business"] = self.letter.word("side", Side(first["side"]).name)
        line["average"] = price((2 * value + quantity) // (2 * quantity))
        line["contract_number"] = contract_number(first)
        costs = charged(fills)
        amounts = {
            "turnover": value,
            "commission": costs.commission,
            "stamp": costs.stamp,
            "transfer": costs.transfer,
            "other_fees": costs.settlement,
        }
        for key, amount in amounts.items():
            self.sums[key] += amount
            line[key] = money(amount)
        return self.after(line, sum(map(money_of, fills)))


def contract_number(fill: Row) -> str:
    """Return the venue's number of an order and the member's."""
    return f"{fill['order_number']}/{fill['client_seq']}"
