"""Layouts of the clearing files: profiles as data, mirrors of docs/protocol/clearing-files.md.

A profile is named after its file and the year of the specification that it follows, like
"gh/2016"; a later specification becomes another profile and never changes this one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

Columns = Mapping[str, np.ndarray]
"""The fields of many rows: an array for each field by name, or one value where all rows share it.

Text (C) is bytes in the encoding of the file.  A number (N, or P where a DBF declares it as text)
is an int64 that counts the last decimal of its field: 12.34 in a field of two decimals is 1234.  A
date (D) is an integer like 20260302, a time (T) is nanoseconds since 1970 UTC.
"""

TYPES = "CNPDT"
NUMBERS = "NP"


def row_count(columns: Columns) -> int:
    """Return of how many rows these are the columns."""
    return next(len(column) for column in columns.values() if column.ndim)


class Field(NamedTuple):
    """A column: its `name`, its `type`, one of C, N, P, D and T, and its `width` in bytes.

    `may_overflow` marks a number that other fields tell as well: where it does not fit, asterisks
    stand for it, and who reads it computes it.
    """

    name: str
    type: str
    width: int
    decimals: int = 0
    may_overflow: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in NUMBERS


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


Bytes = bytes | memoryview

Spelling = Callable[[Layout, Columns, int], Iterable[Bytes]]
"""What makes the bytes of rows, given the number of the first of them in the file."""


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
        settle_date D10  firm N10  currency C3  product C12
    """),
)

CHANGES = Layout(
    "changes/1",
    "changes.csv",
    "utf-8",
    fields("""
        business_date D10  market C4  code C6  number N10  account N10  firm N10  branch N10
        trading_unit C6  currency C3  product C12  movement C15
        quantity N18  amount N19.4  settle_date D10
    """),
)

BALANCES = Layout(
    "balances/1",
    "balances.csv",
    "utf-8",
    fields("""
        business_date D10  market C4  code C6  account N10  firm N10  branch N10
        trading_unit C6  currency C3  product C12
        before N18  bought N18  sold N18  other N18  total N18  frozen N18  pledged N18
        cost N19.4
    """),
)

MONEY = Layout(
    "money/1",
    "money.csv",
    "utf-8",
    fields("""
        business_date D10  firm N10  market C4  currency C3  settle_date D10  product C12
        fills N10  quantity_bought N18  quantity_sold N18  bought N19.4  sold N19.4
        handling N18.4  regulatory N18.4  settlement N18.4  transfer N18.4  stamp N18.4
        net N19.4
    """),
)

FUNDS = Layout(
    "funds/1",
    "funds.csv",
    "utf-8",
    fields("""
        business_date D10  account N10  firm N10  branch N10  currency C3
        before N19.4  bought N19.4  sold N19.4  fees N19.4  other N19.4
        balance N19.4  frozen N19.4
    """),
)

FIRMS = Layout(
    "firms/1",
    "firms.csv",
    "utf-8",
    fields("""
        firm N10  name C60  branches C1000  sse_participant C8  sse_money_account C25
        szse_settlement_account C6  szse_reserve_account C25
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

BC1 = Layout(
    "bc1/2016",
    "bc1.dbf",
    "gbk",
    fields("""
        SSCCRC_ID C15  SSE_ORDER C16  SSE_REF C16  INV_CODE C10  SEC_CODE C6  TRADE_DATE C8  BS C1
        PRICE N8.3  VOLUME N10  TRADE_VAL N13.2  ORDER_TIME C6  TRADE_TIME C6
        SEAT_ID C5  TRADE_CP C5  SETTLE_CP C5  CP_ORDER C16  SETTLEDATE C8
        STAMP_DUTY N12.2  SSE_CHARGE N12.2  TRANSF_FEE N12.2  CLEAR_FEE N12.2  OTHER_FEE N12.2
        TOTAL_FEE N12.2  SETTLE_AMT N13.2
    """),
)

JSMX = Layout(
    "jsmx/2016",
    "jsmx.dbf",
    "gbk",
    fields("""
        SCDM C2  JLLX C3  JYFS C3  JSFS C3  YWLX C3  QSBZ C3  GHLX C3
        JSBH C16  CJBH C16  SQBH C16  WTBH C16  JYRQ C8  QSRQ C8  JSRQ C8  QTRQ C8
        WTSJ C6  CJSJ C6  XWH1 C5  XWH2 C5  XWHY C8  JSHY C8  TGHY C8
        ZQZH C10  ZQDM1 C6  ZQDM2 C6  ZQLB C2  LTLX C1  QYLB C2  GPNF C4  MMBZ C1
        SL P16  CJSL P16  ZJZH C25  BZ C3  JG1 P17.9  JG2 P17.9
        QSJE P19.2  YHS P17.2  JSF P17.2  GHF P17.2  ZGF P17.2  SXF P17.2
        QTJE1 P19.2  QTJE2 P19.2  QTJE3 P19.2  SJSF P19.2  JGDM C4  FJSM C40
    """),
)

SJSMX1 = Layout(
    "sjsmx1/2016",
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

SJSMX2 = SJSMX1._replace(profile="sjsmx2/2016", file="SJSMX2.DBF")

NQHB = Layout(
    "nqhb/2016",
    "NQHB.DBF",
    "gbk",
    fields("""
        HBCJHM C8  HBZQDM C6  HBHTXH C22  HBZQZH C10  HBCJSL N10  HBCJJG N9.3  HBCJSL2 N10
        HBDFDY C6  HBDFZH C10  HBCJSJ C8  HBCJRQ D8  HBYWLB C2  HBCDYY C2
        HBRZRQ C1  HBPCBZ C1  HBBYBZ C1
    """),
)

ZQBD = Layout(
    "zqbd/2016",
    "zqbd.dbf",
    "gbk",
    fields("""
        SCDM C2  QSBH C8  ZQZH C10  XWH C5  ZQDM C6  ZQLB C2  LTLX C1  QYLB C2  GPNF C4
        BDSL P16  BDLX C3  BDRQ C8  SL P16  BH C20  BY C20
    """),
)

SJSJG = Layout(
    "sjsjg/2016",
    "SJSJG.DBF",
    "gbk",
    fields("""
        JGJSZH C6  JGBFZH C25  JGSJLX C2  JGYWLB C4  JGZQDM C8  JGJYDY C6  JGTGDY C6  JGZQZH C20
        JGDDBH C24  JGYYB C4  JGZXBH C16  JGYWLSH C16
        JGCJSL N15.2  JGQSSL N15.2  JGJSSL N15.2  JGCJJG N13.4  JGQSJG N18.9
        JGXYJY C1  JGPCBS C1  JGZQLB C2  JGZQZL C2  JGGFXZ C2  JGLTLX C1  JGJSFS C1  JGHBDH C3
        JGQSBJ N17.2  JGYHS N12.2  JGJYJSF N12.2  JGJGGF N12.2  JGGHF N12.2  JGJSF N12.2
        JGSXF N12.2  JGQSYJ N12.2  JGQTFY N12.2  JGZJJE N17.2  JGSFJE N18.2
        JGJSBZ C1  JGZYDH C4  JGCJRQ C8  JGQSRQ C8  JGJSRQ C8  JGFSRQ C8  JGQTRQ C8
        JGSCDM C2  JGJYFS C2  JGZQDM2 C8  JGTGDY2 C6  JGDDBH2 C16  JGFJSM C100  JGBYBZ C1
    """),
)

ZQYE = Layout(
    "zqye/2016",
    "zqye.dbf",
    "gbk",
    fields("""
        SCDM C2  QSBH C8  ZQZH C10  XWH C5  ZQDM C6  ZQLB C2  LTLX C1  QYLB C2  GPNF C4
        YE1 P16  YE2 P16  BY C12  JZRQ C8
    """),
)

SJSDZ = Layout(
    "sjsdz/2016",
    "SJSDZ.DBF",
    "gbk",
    fields("""
        DZTGDY C6  DZZQDM C8  DZZQZH C20  DZGFXZ C2  DZLTLX C1  DZZYGS N17.2  DZFSRQ C8  DZBYBZ C1
    """),
)

SJSTJ = Layout(
    "sjstj/2016",
    "SJSTJ.DBF",
    "gbk",
    tuple(
        field._replace(name="TJ" + field.name.removeprefix("JG"))
        for field in SJSJG.fields
        if field.name != "JGLTLX"
    ),
)

LAYOUTS = {
    layout.profile: layout
    for layout in (
        *(FILLS, FILLS_WITH_FEES, CHANGES, BALANCES, MONEY, FUNDS, FIRMS),
        *(GH, BC1, JSMX, SJSMX1, SJSMX2, NQHB, ZQBD, SJSJG, ZQYE, SJSDZ, SJSTJ),
    )
}
