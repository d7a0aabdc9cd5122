"""What the market files of a day say of money and of shares, added up as they lie there."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from gateway.notes.published import PublishedDay
from protocol.files.dbf import Table
from protocol.files.layouts import (
    JSMX,
    SJSDZ,
    SJSJG,
    SJSMX1,
    SJSMX2,
    SJSTJ,
    ZQBD,
    ZQYE,
    Columns,
    Layout,
)
from protocol.files.profiles.words import MONEY_CODES
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Market


class Told(NamedTuple):
    """Files of a market of which a field is added up, by a field of the currency or of the code."""

    market: Market
    layouts: tuple[Layout, ...]
    field: str
    currency: str = ""
    code: str = ""

    @property
    def names(self) -> str:
        """The names of the files."""
        return " + ".join(layout.file for layout in self.layouts)

    def money(self, day: PublishedDay, currency: Currency) -> int:
        """Return what the field comes to in a currency, in 1/10000 of it."""
        code = MONEY_CODES[currency]
        found = (
            columns[self.field][columns[self.currency] == code].sum()
            for columns in self.blocks(day)
        )
        return int(sum(found)) * UNITS_PER_CENT

    def shares(self, day: PublishedDay) -> Counter[Hashable]:
        """Return how many shares there are of each security."""
        fields = {field.name: field for layout in self.layouts for field in layout.fields}
        whole = 10 ** fields[self.field].decimals
        found: Counter[Hashable] = Counter()
        for columns in self.blocks(day):
            add(found, columns[self.code].tolist(), (columns[self.field] // whole).tolist())
        return found

    def blocks(self, day: PublishedDay) -> Iterator[Columns]:
        for layout in self.layouts:
            (entry,) = [entry for entry in day.manifest.files if entry.profile == layout.profile]
            with Table(day.path_of(entry), layout) as table:
                yield from table.blocks()


DETAILS = (
    Told(Market.SSE, (JSMX,), "SJSF", "BZ"),
    Told(Market.SZSE, (SJSMX1, SJSMX2), "MXSFJE", "MXHBDH"),
)
"""What the depositories clear, fill by fill."""

STATISTICS = Told(Market.SZSE, (SJSTJ,), "TJSFJE", "TJHBDH")

SHARES = (
    (Told(Market.SSE, (ZQYE,), "YE1", code="ZQDM"), "balances", "total"),
    (Told(Market.SZSE, (SJSDZ,), "DZZYGS", code="DZZQDM"), "balances", "total"),
    (Told(Market.SSE, (ZQBD,), "BDSL", code="ZQDM"), "changes", "quantity"),
    (Told(Market.SZSE, (SJSJG,), "JGCJSL", code="JGZQDM"), "changes", "quantity"),
)
"""What the depositories hold and have moved, beside the tables that say it of accounts."""


def add(found: Counter[Hashable], keys: list[Hashable], amounts: list[int]) -> None:
    """Add amounts to the sums of their keys."""
    for key, amount in zip(keys, amounts, strict=True):
        found[key] += amount
