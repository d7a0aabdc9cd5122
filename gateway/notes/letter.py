"""A letter to the holder of an account: what all kinds of documents have in common."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.notes.account import AccountDay, Row, Security, security_of
from gateway.notes.document import Column, Document, Table
from gateway.notes.spelling import date
from gateway.notes.words import Words
from protocol.vocabulary import Currency, Market

Line = Mapping[str, Any]
"""The cells of a line by the keys of their headings."""

NUMBERS = {
    *("quantity", "price", "average", "turnover", "commission", "stamp", "transfer"),
    *("other_fees", "amount", "money_after", "shares_after", "before", "bought", "sold", "fees"),
    *("other", "balance", "shares_total", "frozen", "pledged", "cost", "records", "left", "right"),
    *("difference", "fills", "handling", "regulatory", "settlement", "net"),
}
"""The headings under which numbers stand."""

OPTIONAL = ("name",)
"""Columns that are left out where no line has anything in them."""


def table_of(
    words: Words, title: str, keys: Iterable[str], lines: Sequence[Line], total: Line | None = None
) -> Table:
    """Return a table of the columns `keys`, whose headings are their words."""
    keys = [key for key in keys if key not in OPTIONAL or any(line.get(key) for line in lines)]
    columns = tuple(Column(words[key], key in NUMBERS) for key in keys)
    rows = [tuple(line.get(key, "") for key in keys) for line in lines]
    last = tuple(total.get(key, "") for key in keys) if total else None
    return Table(title, columns, rows, last)


class Sender(NamedTuple):
    """Who sends documents, and in which words.

    `firms` are names by number, `customers` by account, `securities` by market and code; `source`
    says of which clearing files they are made.
    """

    language: str
    words: Words
    firms: Mapping[int, str]
    customers: Mapping[int, str]
    securities: Mapping[Security, str]
    source: str


class Letter(NamedTuple):
    """What is known of an account, day by day, and who writes to its holder."""

    sender: Sender
    days: list[AccountDay]

    @property
    def words(self) -> Words:
        return self.sender.words

    @property
    def account(self) -> int:
        return self.days[-1].account

    def document(self, kind: str, tables: list[Table], *remarks: str) -> Document:
        """Return the letter with its tables; the last remark says of what it was made."""
        words, sender = self.words, self.sender
        first, last = (date(self.days[place].business_date) for place in (0, -1))
        firm, branch = self.days[-1].home
        named = sender.firms.get(firm, "")
        facts = (
            (words["account"], str(self.account)),
            (words["customer"], sender.customers.get(self.account, "")),
            (words["firm"], f"{firm} {named}".rstrip()),
            (words["branch"], str(branch)),
            (words["period"], first if first == last else f"{first} – {last}"),
            (words["source"], sender.source),
        )
        return Document(
            sender.language,
            self.days[-1].business_date,
            named or words["sender"],
            words[kind],
            tuple(fact for fact in facts if fact[1]),
            tuple(tables) or (Table(words[kind], (), []),),
            (*(words[remark] for remark in remarks), words["made_from"]),
        )

    def security(self, row: Row) -> dict[str, str]:
        """Return the cells that say which security a row is of."""
        market = Market(row["market"]).name
        return {
            "code": row["code"].decode(),
            "name": self.sender.securities.get(security_of(row), ""),
            "market": self.words[f"market.{market}"],
        }

    def currency(self, number: int) -> str:
        return self.words[f"currency.{Currency(number).name}"]

    def word(self, kind: str, name: str) -> str:
        """Return the word for a name of the vocabulary, the name itself where there is none."""
        return self.words.get(f"{kind}.{name}", name)
