"""Ask the venue about an account: its money, shares, orders, trades and movements."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import Any

import msgspec

from engine.fees import spelled
from gateway.commands import door
from gateway.commands.arguments import account, price, symbol
from gateway.commands.filters import SIDES
from gateway.commands.table import lines_of, money
from gateway.statement import Part, make_statement
from protocol.calendar import time_of_day
from protocol.client import BlockingClient, Form
from protocol.questions import (
    Account,
    AskAccount,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
    Fill,
    Funds,
    Holding,
    Movement,
    Order,
    Row,
)
from protocol.terminal import AskRefused
from protocol.units import format_units
from protocol.vocabulary import Channel, Currency, Depository, Permission

ACTIONS = {
    "account": "what it is, what it may do and what it pays",
    "funds": "its money, by currency",
    "holdings": "its shares",
    "orders": "its open orders, or all of the day",
    "fills": "what it has traded today",
    "movements": "what has moved its money and shares today, besides trading",
    "most": "how much it could buy or sell now",
    "statement": "what it began the day with, every change, and what it has now",
}

FORMS: dict[str, Form] = {
    "account": AskAccount,
    "funds": AskFunds,
    "holdings": AskHoldings,
    "fills": AskFills,
    "movements": AskMovements,
}

Spelling = Callable[[Any], str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="|".join(ACTIONS), required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary)
        action.add_argument("account", type=account)
        if name == "orders":
            action.add_argument("--all", action="store_true", help="those that are done, too")
        if name == "most":
            action.add_argument("instrument", type=symbol, help='like "600519.SH"')
            action.add_argument("side", choices=SIDES)
            action.add_argument(
                "price", type=price, nargs="?", default=0, help="the day's limit if left out"
            )
        action.add_argument("--json", action="store_true", help="for machines: as on the wire")
        door.add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; return 1 where it was refused, or a statement does not tie."""
    try:
        with door.log_in(arguments) as client:
            rows = ask(client, arguments)
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    if arguments.json:
        print(msgspec.json.encode([fields_of(row) for row in rows]).decode())
    else:
        for line in LAYOUTS.get(arguments.action, table_of)(rows) if rows else ["none"]:
            print(line)
    return int(any(isinstance(row, Part) and not row.ties for row in rows))


def ask(client: BlockingClient, arguments: argparse.Namespace) -> list[Any]:
    """Return the rows that answer what was asked."""
    account = arguments.account
    match arguments.action:
        case "orders":
            return client.ask(AskOrders, account, not arguments.all)
        case "most":
            side = SIDES[arguments.side]
            return client.ask(AskMost, account, arguments.instrument, side, arguments.price)
        case "statement":
            forms = (AskFunds, AskHoldings, AskMovements, AskFills)
            return make_statement(*client.ask_together(account, *forms))
    return client.ask(FORMS[arguments.action], account)


def fields_of(row: Row | Part) -> dict[str, Any]:
    """Return the fields of a row by name, with numbers as they are on the wire."""
    if isinstance(row, Part):
        return row._asdict() | {"lines": [line._asdict() for line in row.lines], "ties": row.ties}
    return msgspec.structs.asdict(row)


def names_of(words: type[IntEnum]) -> Spelling:
    """Return what spells bits, 1 << word, by the names of their words."""
    return lambda bits: " ".join(word.name for word in words if bits >> word & 1)


SPELLINGS: dict[type, dict[str, Spelling]] = {
    Account: {
        "channels": names_of(Channel),
        "depositories": names_of(Depository),
        "permissions": names_of(Permission),
        "commission_rate": spelled,
        "commission_min": money,
        "commission_min_foreign": money,
        "order_value_max": money,
    },
    Funds: {name: money for name in Funds.__struct_fields__ if name != "product"},
    Holding: {"cost": money},
    Order: {"price": format_units, "time": time_of_day},
    Fill: {"price": format_units, "time": time_of_day},
}
"""How fields are told where plain numbers and names would not do."""


def cells_of(row: Row) -> dict[str, str]:
    """Return the fields of a row for people."""
    own = SPELLINGS.get(type(row), {})
    return {name: own.get(name, plain)(value) for name, value in fields_of(row).items()}


def plain(value: object) -> str:
    match value:
        case IntEnum():
            return value.name
        case bool():
            return "yes" if value else "no"
    return str(value)


def table_of(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a table with a line for each row."""
    cells = [cells_of(row) for row in rows]
    return lines_of([list(cells[0]), *(list(row.values()) for row in cells)])


def account_table(rows: list[Account]) -> Iterator[str]:
    """Yield a line for each field."""
    return lines_of(list(cells_of(rows[0]).items()))


def funds_table(rows: list[Funds]) -> Iterator[str]:
    """Yield a line for each field, with a column for each currency."""
    cells = [cells_of(row) for row in rows]
    headings = ["", *(currency.name for currency in Currency)]
    return lines_of([headings, *([name, *(row[name] for row in cells)] for name in cells[0])])


def movements_table(rows: list[Movement]) -> Iterator[str]:
    """Yield a line for each movement: of money in a currency, or of shares of an instrument."""
    table = [("sequence", "of", "entry", "amount", "cost", "grounds", "")]
    for row in rows:
        of, spell = (row.instrument, str) if row.instrument else (row.currency.name, money)
        note = "takes back" if row.is_reversal else "taken back" if row.is_reversed else ""
        cost = money(row.cost) if row.instrument else ""
        why = row.grounds.name if row.grounds else ""
        table.append((str(row.sequence), of, row.reason.name, spell(row.amount), cost, why, note))
    return lines_of(table)


def statement_table(parts: list[Part]) -> Iterator[str]:
    """Yield the lines of a statement, and for each part whether it ties."""
    for part in parts:
        table = [(part.title, "number", "shares", "money", "")]
        for what, number, shares, amount in part.lines:
            table.append((f"  {what}", str(number or ""), str(shares or ""), money(amount), ""))
        ties = "ties" if part.ties else "DOES NOT TIE"
        table.append(("  closing", "", str(part.shares or ""), money(part.money), ties))
        yield from lines_of(table)


LAYOUTS: dict[str, Callable[[list[Any]], Iterator[str]]] = {
    "account": account_table,
    "funds": funds_table,
    "movements": movements_table,
    "statement": statement_table,
}
"""How answers are told that are not tables with a line for each row."""
