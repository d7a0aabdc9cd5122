"""The monthly statement: the days of a month one after another, each beginning where one ended."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from engine.clearing.succession import is_date
from gateway.notes.account import AccountDay, Row, Security, Untied, security_of
from gateway.notes.daily import FUNDS, changes, of_balance
from gateway.notes.daily import HOLDINGS as HELD
from gateway.notes.document import Document, Table
from gateway.notes.letter import Letter, table_of
from gateway.notes.published import PublishedDay
from gateway.notes.spelling import date, money
from protocol.files import manifest
from protocol.mistake import Mistake

MONEY = ("date", *FUNDS)
MOVED = ("bought", "sold", "fees", "other")


def month_of(folder: Path) -> list[PublishedDay]:
    """Return the closed days of a day's month up to it, which lie beside it under their dates.

    Raises Mistake where one is missing in the chain of their manifests.
    """
    folder = folder.resolve()
    if not is_date(folder.name):
        return [PublishedDay(folder)]
    beside = sorted(path for path in folder.parent.glob("[0-9]" * 8) if path.name < folder.name)
    closed = [path for path in beside if (path / "clearing").is_dir()]
    month = [path for path in closed if path.name[:6] == folder.name[:6]] + [folder]
    before = [path for path in closed if path not in month][-1:]
    check_chain([*before, *month])
    return [PublishedDay(path) for path in month]


def check_chain(folders: Sequence[Path]) -> None:
    found = [manifest.read(folder / "clearing") for folder in folders]
    chain = pairwise(zip(folders, found, strict=True))
    for (earlier, promised), (later, following) in chain:
        if following.previous_manifest_sha256 != manifest.digest_of(promised):
            raise Mistake(
                f"{later}: its manifest does not follow that of {earlier}: a day between them is"
                " missing, or the earlier one was closed again; put the folders of all days beside"
                " each other, and close the later one again"
            )


def monthly(letter: Letter) -> Document:
    """Return the statement of some days in a row."""
    check_balances(letter.days)
    currencies = sorted({row["currency"] for day in letter.days for row in day.funds})
    tables = [of_currency(letter, currency) for currency in currencies]
    tables.append(holdings(letter))
    tables.append(changes(letter, [row for day in letter.days for row in day.changes]))
    return letter.document("monthly", tables)


def check_balances(days: Sequence[AccountDay]) -> None:
    """Raise Untied where a day does not begin with what the one before has left."""
    for earlier, later in pairwise(days):
        left = {row["currency"]: row["balance"] for row in earlier.funds}
        begun = {row["currency"]: row["before"] for row in later.funds}
        for currency in left | begun:
            check_begun(later, "money", begun.get(currency, 0), left.get(currency, 0))
        held = {security_of(row): row["total"] for row in earlier.balances}
        before = {security_of(row): row["before"] for row in later.balances}
        for security in held | before:
            what = f"shares of {security[1].decode()}"
            check_begun(later, what, before.get(security, 0), held.get(security, 0))


def check_begun(day: AccountDay, what: str, begun: int, left: int) -> None:
    if begun != left:
        raise Untied(
            f"account {day.account}: its {what} on {day.business_date} does not begin with what the"
            " day before has left; close that day again with --next, and begin the later one with"
            " what it writes"
        )


def of_currency(letter: Letter, currency: int) -> Table:
    """Return the money of each day, and what the month has done to it."""
    told = [
        (day.business_date, row)
        for day in letter.days
        for row in day.funds
        if row["currency"] == currency
    ]
    lines = [{"date": date(day)} | {key: money(row[key]) for key in FUNDS} for day, row in told]
    sums = {key: money(sum(row[key] for _, row in told)) for key in MOVED}
    first, last = told[0][1], told[-1][1]
    total = {
        "date": letter.words["total"],
        "before": money(first["before"]),
        **sums,
        "balance": money(last["balance"]),
        "frozen": money(last["frozen"]),
    }
    title = f"{letter.words['money']} {letter.currency(currency)}"
    return table_of(letter.words, title, MONEY, lines, total)


def holdings(letter: Letter) -> Table:
    """Return of each security what there was before, what came and went, and what there is."""
    rows: dict[Security, list[Row]] = defaultdict(list)
    for day in letter.days:
        for row in day.balances:
            rows[security_of(row)].append(row)
    lines = [of_balance(letter, summed(rows[security])) for security in sorted(rows)]
    return table_of(letter.words, letter.words["holdings"], HELD, lines)


def summed(rows: Sequence[Row]) -> Row:
    """Return the row of a holding over several days."""
    moved = {key: sum(row[key] for row in rows) for key in ("bought", "sold", "other")}
    return rows[-1] | moved | {"before": rows[0]["before"]}
