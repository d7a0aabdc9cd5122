"""The daily statement: what an account had, what the day did to it, and what it has."""

from gateway.notes.account import Row
from gateway.notes.document import Document, Table
from gateway.notes.letter import Letter, table_of
from gateway.notes.spelling import count, date, money, securities_account
from protocol.files.rows import Movement

FUNDS = ("before", "bought", "sold", "fees", "other", "balance", "frozen")
MONEY = ("currency", *FUNDS)
SHARES = ("before", "bought", "sold", "other", "shares_total", "frozen", "pledged")
HOLDINGS = ("market", "code", "name", *SHARES, "cost", "currency", "securities_account")
CHANGES = ("trade_date", "settle_date", "market", "code", "name", "movement", "quantity", "amount")


def daily(letter: Letter) -> Document:
    """Return the statement of one day."""
    (day,) = letter.days
    words = letter.words
    tables = [
        table_of(words, words["money"], MONEY, [of_funds(letter, row) for row in day.funds]),
        table_of(
            words, words["holdings"], HOLDINGS, [of_balance(letter, row) for row in day.balances]
        ),
        changes(letter, day.changes),
    ]
    return letter.document("daily", tables)


def changes(letter: Letter, rows: list[Row]) -> Table:
    """Return all movements of shares, the money of trades without their fees beside them."""
    words = letter.words
    return table_of(words, words["changes"], CHANGES, [of_change(letter, row) for row in rows])


def of_funds(letter: Letter, row: Row) -> dict[str, str]:
    return {"currency": letter.currency(row["currency"])} | {key: money(row[key]) for key in FUNDS}


def of_balance(letter: Letter, row: Row) -> dict[str, str]:
    told = {key: count(row["total" if key == "shares_total" else key]) for key in SHARES}
    return {
        **letter.security(row),
        **told,
        "cost": money(row["cost"]),
        "currency": letter.currency(row["currency"]),
        "securities_account": securities_account(row),
    }


def of_change(letter: Letter, row: Row) -> dict[str, str]:
    return {
        **letter.security(row),
        "trade_date": date(row["business_date"]),
        "settle_date": date(row["settle_date"]),
        "movement": letter.word("movement", Movement(row["movement"]).name),
        "quantity": count(row["quantity"]),
        "amount": money(row["amount"]) if row["amount"] else "",
    }
