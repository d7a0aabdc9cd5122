"""The letters of a closed day, or of a month: one for each account that it concerns."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.instruments import load_instruments
from engine.rulebook import SUFFIXES
from gateway.customers import check_private, customers_in
from gateway.notes.account import Accounts, Security
from gateway.notes.kinds import Kind
from gateway.notes.letter import Letter, Sender
from gateway.notes.monthly import month_of
from gateway.notes.published import PublishedDay
from gateway.notes.words import words_in
from protocol.mistake import Mistake


def days_of(folder: Path, kind: Kind) -> list[PublishedDay]:
    """Return the closed days that a document of a kind tells of."""
    return month_of(folder) if kind.is_of_month else [PublishedDay(folder)]


def letters(
    days: Sequence[PublishedDay], sender: Sender, kind: Kind, wanted: Sequence[int]
) -> Iterator[Letter]:
    """Yield the letter of each account that is wanted, of all that it concerns where none is.

    Raises Mistake where an account that is wanted is not known.
    """
    told = [Accounts(day) for day in days]
    known = set().union(*(accounts.numbers() for accounts in told))
    for account in wanted:
        if account not in known:
            raise Mistake(
                f"account {account}: {days[-1].folder} knows neither money nor shares of it; name"
                " another account, or --all"
            )
    for account in sorted(set(wanted) or known):
        of_account = [accounts.of(account) for accounts in told]
        if wanted or any(map(kind.is_due, of_account)):
            yield Letter(sender, of_account)


def sender_of(
    day: PublishedDay, language: str, customers: Path | None = None, instruments: Path | None = None
) -> Sender:
    """Return who writes about a day; names come from the files that are there.

    Raises Mistake where others than its owner may open the file of customers.
    """
    words = words_in(language)
    firms = {int(row["firm"]): row["name"].decode() for row in day.rows("firms")}
    source = words["generation"].format(day.manifest.generation)
    named = customers_of(customers, day) if customers else {}
    known = securities_of(instruments) if instruments else {}
    return Sender(language, words, firms, named, known, f"{source}, SHA-256 {day.sha256}")


def customers_of(path: Path, day: PublishedDay) -> dict[int, str]:
    """Return the customers' names by account."""
    check_private(path)
    known = {
        int(number) for table in ("funds", "balances") for number in day.rows(table)["account"]
    }
    return {customer.account: customer.name for customer in customers_in(path, known)}


def securities_of(path: Path) -> dict[Security, str]:
    """Return the names of securities by market and code."""
    return {
        (SUFFIXES[instrument.symbol[7:]], instrument.symbol[:6].encode()): instrument.name
        for instrument in load_instruments(path)
    }
