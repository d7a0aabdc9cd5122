"""The contract note: each order that was traded, with every one of its fills."""

from gateway.notes.account import Row, money_of, value_of
from gateway.notes.charges import charged
from gateway.notes.delivery import contract_number
from gateway.notes.document import Document, Table
from gateway.notes.letter import Letter, table_of
from gateway.notes.spelling import count, date, money, price
from protocol.calendar import moment_of_day
from protocol.vocabulary import Side

KEYS = ("trade_number", "time", "quantity", "price", "turnover", "fees", "amount", "settle_date")


def contract(letter: Letter) -> Document:
    """Return the contract note of one day: a table for each order."""
    (day,) = letter.days
    tables = [of_order(letter, fills) for fills in day.orders()]
    return letter.document("contract", tables, "commission_told")


def of_order(letter: Letter, fills: list[Row]) -> Table:
    first, words = fills[0], letter.words
    security = letter.security(first)
    title = (
        words["order"].format(contract_number(first)),
        letter.word("side", Side(first["side"]).name),
        *(security[key] for key in ("code", "name", "market")),
        letter.currency(first["currency"]),
    )
    costs = {item: money(units) for item, units in charged(fills)._asdict().items()}
    total = {
        "trade_number": words["total"],
        "quantity": count(sum(fill["quantity"] for fill in fills)),
        "turnover": money(sum(map(value_of, fills))),
        "fees": money(sum(fill["fees"] for fill in fills)),
        "amount": money(sum(map(money_of, fills))),
    }
    lines = [of_fill(fill) for fill in fills]
    table = table_of(words, "  ".join(filter(None, title)), KEYS, lines, total)
    return table._replace(note=words["fees_in_order"].format(**costs))


def of_fill(fill: Row) -> dict[str, str]:
    return {
        "trade_number": str(fill["trade_number"]),
        "time": moment_of_day(fill["trade_time"])[:12],
        "quantity": count(fill["quantity"]),
        "price": price(fill["price"]),
        "turnover": money(value_of(fill)),
        "fees": money(fill["fees"]),
        "amount": money(money_of(fill)),
        "settle_date": date(fill["settle_date"]),
    }
