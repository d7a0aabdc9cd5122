"""Layouts of the clearing files: profiles as data, mirrors of docs/protocol/clearing-files.md.

A profile is named after its file and the year of the specification that it follows, like
"gh/2016"; a later specification becomes another profile and never changes this one.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Columns = Mapping[str, np.ndarray]
"""The fields of many rows: an array for each field by name, or one value where all rows share it.

Text (C) is bytes in the encoding of the file.  A number (N) is an int64 that counts the last
decimal of its field: 12.34 in a field of two decimals is 1234.  A date (D) is an integer like
20260302, a time (T) is nanoseconds since 1970 UTC.
"""

TYPES = "CNDT"


def row_count(columns: Columns) -> int:
    """Return of how many rows these are the columns."""
    return next(len(column) for column in columns.values() if column.ndim)


class Field(NamedTuple):
    """A column: its `name`, its `type`, one of C, N, D and T, and its `width` in bytes.

    `may_overflow` marks a number that other fields tell as well: where it does not fit, asterisks
    stand for it, and who reads it computes it.
    """

    name: str
    type: str
    width: int
    decimals: int = 0
    may_overflow: bool = False


class Layout(NamedTuple):
    """What a file is made of; its `encoding` is that of its text."""

    profile: str
    file: str
    encoding: str
    fields: tuple[Field, ...]

    @property
    def is_delimited(self) -> bool:
        """Whether it is a table of lines (CSV) and not one of fixed records (DBF)."""
        return self.file.endswith(".csv")

    def place(self, row: int) -> str:
        """Return how a person finds a row, counted from 0, in the file."""
        return f"line {row + 2}" if self.is_delimited else f"record {row + 1}"


def fields(text: str) -> tuple[Field, ...]:
    """Return the fields that `text` spells, as name and form in turn: "CJJG N8.3 BS C1".

    An asterisk behind a form says that the number may overflow.
    """
    words = text.split()
    return tuple(map(field, words[::2], words[1::2]))


def field(name: str, form: str) -> Field:
    width, _, decimals = form[1:].rstrip("*").partition(".")
    assert form[0] in TYPES, f"{name} has no type {form[0]}"
    return Field(name, form[0], int(width), int(decimals or 0), form.endswith("*"))


FILLS = Layout(
    "fills/1",
    "fills.csv",
    "utf-8",
    fields("""
        business_date D10  market C4  code C6  trade_number N10  order_number N12
        account N10  branch N10  trading_unit C6  side C4
        price N11.4  quantity N10  turnover N18.2
        order_time T35  trade_time T35  client_seq N10  liquidity C11
    """),
)

FILLS_WITH_FEES = FILLS._replace(
    profile="fills/2",
    fields=FILLS.fields
    + fields("""
        fees N18.4  handling N18.4  regulatory N18.4  settlement N18.4  transfer N18.4  stamp N18.4
    """),
)

GH = Layout(
    "gh/2016",
    "gh.dbf",
    "gbk",
    fields("""
        GDDM C10  GDXM C8  BCRQ C8  CJBH N8  GSDM C5
        CJSL N10  BCYE N10  ZQDM C6  SBSJ C6  CJSJ C6
        CJJG N8.3  CJJE N12.2*  SQBH C10  BS C1  MJBH C5
    """),
)

SJSMX = Layout(
    "sjsmx/2016",
    "SJSMX1.DBF",
    "gbk",
    fields("""
        MXJSZH C6  MXBFZH C25  MXSJLX C2  MXYWLB C4  MXZQDM C8  MXJYDY C6  MXTGDY C6  MXZQZH C20
        MXDDBH C24  MXYYB C4  MXZXBH C16  MXYWLSH C16
        MXCJSL N15.2  MXQSSL N15.2  MXCJJG N13.4  MXQSJG N18.9
        MXXYJY C1  MXPCBS C1  MXZQLB C2  MXZQZL C2  MXGFXZ C2  MXJSFS C1  MXHBDH C3
        MXQSBJ N17.2  MXYHS N12.2  MXJYJSF N12.2  MXJGGF N12.2  MXGHF N12.2  MXJSF N12.2
        MXSXF N12.2  MXQSYJ N12.2  MXQTFY N12.2  MXZJJE N17.2  MXSFJE N18.2
        MXCJRQ C8  MXQSRQ C8  MXJSRQ C8  MXFSRQ C8  MXQTRQ C8
        MXSCDM C2  MXJYFS C2  MXZQDM2 C8  MXTGDY2 C6  MXDDBH2 C16  MXCWDH C4
        MXPPHM C10  MXFJSM C30  MXBYBZ C1
    """),
)

LAYOUTS = {layout.profile: layout for layout in (FILLS, FILLS_WITH_FEES, GH, SJSMX)}
