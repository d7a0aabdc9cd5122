"""What a record must come to by itself: a field that is the sum of others, less some.

They hold in every profile that has all the fields.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from protocol.files.layouts import Columns, Layout


class Identity(NamedTuple):
    """`field` = the sum of `added` - the sum of `taken`."""

    field: str
    added: tuple[str, ...]
    taken: tuple[str, ...] = ()

    @property
    def fields(self) -> set[str]:
        """All that it speaks of."""
        return {self.field, *self.added, *self.taken}

    def holds(self, columns: Columns) -> np.ndarray:
        """Return for each row whether it holds, in units of the fields' last decimals."""
        total = sum(columns[name] for name in self.added)
        return np.asarray(columns[self.field] == total - sum(columns[name] for name in self.taken))

    def __str__(self) -> str:
        return " - ".join([" + ".join(self.added), *self.taken])


def shenzhen(prefix: str) -> Identity:
    money = ["QSBJ", "YHS", "JYJSF", "JGGF", "GHF", "JSF", "SXF", "QSYJ", "QTFY", "ZJJE"]
    return Identity(f"{prefix}SFJE", tuple(prefix + name for name in money))


IDENTITIES = (
    *map(shenzhen, ("MX", "JG", "TJ")),
    Identity("SJSF", ("QSJE", "YHS", "JSF", "GHF", "ZGF", "SXF", "QTJE1", "QTJE2", "QTJE3")),
    Identity("TOTAL_FEE", ("STAMP_DUTY", "SSE_CHARGE", "TRANSF_FEE", "CLEAR_FEE", "OTHER_FEE")),
    Identity("total", ("before", "bought", "other"), ("sold",)),
    Identity("balance", ("before", "sold", "other"), ("bought", "fees")),
    Identity(
        "net",
        ("sold",),
        ("bought", "handling", "regulatory", "settlement", "transfer", "stamp"),
    ),
)


def identities_of(layout: Layout) -> Iterator[Identity]:
    """Yield the identities of a layout."""
    names = {field.name for field in layout.fields}
    yield from (identity for identity in IDENTITIES if identity.fields <= names)
