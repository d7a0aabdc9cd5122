"""What each profile says of a fill, and how a reader gets the facts of the trade back from it.

A fill is one order's side of one trade.  The files hold the fills in the order of their trades,
the two sides of a trade in adjacent rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from protocol.files.fault import FileFault
from protocol.files.layouts import FILLS, FILLS_WITH_FEES, GH, SJSMX, Columns, Layout
from protocol.files.moments import spell_clock
from protocol.files.numerals import OVERFLOWN, parse_zero_padded, zero_padded
from protocol.files.rows import FILL
from protocol.units import SCALE, UNITS_PER_CENT, format_units
from protocol.vocabulary import NONE, Liquidity, Market, Side

FACT = np.dtype(
    [
        ("trade_number", "<i8"),
        ("business_date", "<i8"),
        ("side", "<i8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("turnover", "<i8"),
        ("market", "<i8"),
        ("liquidity", "<i8"),
    ]
)
"""What a file tells of a fill, in the units of FILL; NONE is a value that means nothing.  Where a
profile has no liquidity, it is Liquidity.NONE."""


class Profile(NamedTuple):
    """A layout, the market whose fills it holds (None: all), and the two ways between them.

    `columns` makes a file's columns of fills, `facts` FACT rows of a file's columns, and `fields`
    names the field in which each fact stands.
    """

    layout: Layout
    market: Market | None
    columns: Callable[[np.ndarray], Columns]
    facts: Callable[[Columns], np.ndarray]
    fields: dict[str, str]

    def select(self, fills: np.ndarray) -> np.ndarray:
        """Return those of the fills that the profile holds."""
        return fills if self.market is None else fills[fills["market"] == self.market]

    def count(self, fills: np.ndarray) -> int:
        """Return how many of the fills the profile holds."""
        if self.market is None:
            return len(fills)
        return int(np.count_nonzero(fills["market"] == self.market))


def turnover_of(price: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Return price x quantity in 1/10000 yuan, rounded half up to whole cents, as int64."""
    return in_cents(price.astype(np.int64) * quantity) * UNITS_PER_CENT


def in_cents(amount: np.ndarray) -> np.ndarray:
    """Return amounts in 1/10000 yuan, rounded half up to whole cents, in cents."""
    return (amount + UNITS_PER_CENT // 2) // UNITS_PER_CENT


def shanghai_account(account: np.ndarray) -> np.ndarray:
    """Return the securities accounts in Shanghai of account numbers: A and nine digits."""
    return np.strings.add(b"A", zero_padded(account, 9))


def shenzhen_account(account: np.ndarray) -> np.ndarray:
    """Return the securities accounts in Shenzhen of account numbers: ten digits."""
    return zero_padded(account, 10)


def names(enumeration: type[Market] | type[Side] | type[Liquidity]) -> np.ndarray:
    return np.array([member.name.encode() for member in enumeration])


MARKETS, SIDES, LIQUIDITIES = names(Market), names(Side), names(Liquidity)
SIDE_LETTERS = np.array([b"B", b"S"])


def numbers_of(words: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the place of each value in `words`, NONE where it is not among them."""
    numbers = np.full(len(column), NONE, np.int64)
    for number, word in enumerate(words):
        numbers[column == word] = number
    return numbers


def fills_columns(fills: np.ndarray) -> Columns:
    """Return the columns of fills/2, which fills/1 has a part of."""
    columns = {field.name: fills[field.name] for field in FILLS_WITH_FEES.fields}
    columns["market"] = MARKETS[fills["market"]]
    columns["side"] = SIDES[fills["side"]]
    columns["liquidity"] = LIQUIDITIES[fills["liquidity"]]
    columns["turnover"] = fills["turnover"] // UNITS_PER_CENT
    return columns


def fills_of(columns: Columns) -> np.ndarray:
    """Return the FILL rows that columns of fills/1 or fills/2 hold."""
    fills = np.zeros(len(columns["trade_number"]), FILL)
    for name, column in columns.items():
        fills[name] = column if name not in WORDS else numbers_of(WORDS[name], column)
    fills["turnover"] *= UNITS_PER_CENT
    return fills


WORDS = {"market": MARKETS, "side": SIDES, "liquidity": LIQUIDITIES}


def fills_facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of fills/1 or fills/2."""
    return facts_of(fills_of(columns))


def gh_columns(fills: np.ndarray) -> Columns:
    """Return the columns of gh/2016; raise FileFault where a price has four decimals."""
    fine = np.flatnonzero(fills["price"] % 10)
    if fine.size:
        fill = fills[fine[0]]
        raise FileFault(
            f"{GH.file}: trade {fill['trade_number']}: CJJG: {format_units(int(fill['price']))}"
            " has more than three decimals; list the instrument with a tick of at least 0.001"
        )
    return {
        "GDDM": shanghai_account(fills["account"]),
        "GDXM": np.bytes_(),
        "BCRQ": zero_padded(fills["business_date"], 8),
        "CJBH": fills["trade_number"],
        "GSDM": fills["trading_unit"],
        "CJSL": fills["quantity"],
        "BCYE": np.int64(0),
        "ZQDM": fills["code"],
        "SBSJ": spell_clock(fills["order_time"]),
        "CJSJ": spell_clock(fills["trade_time"]),
        "CJJG": fills["price"] // 10,
        "CJJE": fills["turnover"] // UNITS_PER_CENT,
        "SQBH": zero_padded(fills["client_seq"], 10),
        "BS": SIDE_LETTERS[fills["side"]],
        "MJBH": np.bytes_(),
    }


def gh_facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of gh/2016; a turnover that did not fit is computed."""
    price, quantity = columns["CJJG"] * 10, columns["CJSL"]
    overflown = columns["CJJE"] == OVERFLOWN
    told = np.where(overflown, 0, columns["CJJE"]) * UNITS_PER_CENT
    return facts_of(
        {
            "trade_number": columns["CJBH"],
            "business_date": parse_zero_padded(columns["BCRQ"], 8),
            "side": numbers_of(SIDE_LETTERS, columns["BS"]),
            "price": price,
            "quantity": quantity,
            "turnover": np.where(overflown, turnover_of(price, quantity), told),
            "market": np.array(Market.SSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


HUNDREDTHS = 100
"""Quantities in Shenzhen's files have two decimals."""

SJSMX_FEES = {
    "MXYHS": "stamp",
    "MXJYJSF": "handling",
    "MXJGGF": "regulatory",
    "MXGHF": "transfer",
    "MXJSF": "settlement",
}
"""What the participant pays for a fill."""


def sjsmx_columns(fills: np.ndarray) -> Columns:
    """Return the columns of sjsmx/2016; shares bought and money received are positive."""
    date = zero_padded(fills["business_date"], 8)
    bought = np.where(fills["side"] == Side.BUY, 1, -1)
    quantity = bought * fills["quantity"].astype(np.int64) * HUNDREDTHS
    principal = -bought * (fills["turnover"] // UNITS_PER_CENT)
    price = fills["price"].astype(np.int64)
    fees = {field: -in_cents(fills[item]) for field, item in SJSMX_FEES.items()}
    told = {
        "MXSJLX": np.bytes_(b"01"),
        "MXYWLB": np.bytes_(b"JY00"),
        "MXZQDM": fills["code"],
        "MXJYDY": fills["trading_unit"],
        "MXTGDY": fills["trading_unit"],
        "MXZQZH": shenzhen_account(fills["account"]),
        "MXDDBH": zero_padded(fills["client_seq"], 10),
        "MXYYB": zero_padded(fills["branch"], 4),
        "MXZXBH": zero_padded(fills["trade_number"], 16),
        "MXYWLSH": zero_padded(fills["order_number"], 16),
        "MXCJSL": quantity,
        "MXQSSL": quantity,
        "MXCJJG": price,
        "MXQSJG": price * (10**9 // SCALE),
        "MXZQLB": np.bytes_(b"00"),
        "MXGFXZ": np.bytes_(b"00"),
        "MXJSFS": np.bytes_(b"A"),
        "MXHBDH": np.bytes_(b"RMB"),
        "MXQSBJ": principal,
        **fees,
        "MXSFJE": principal + sum(fees.values()),
        "MXCJRQ": date,
        "MXQSRQ": date,
        "MXFSRQ": date,
        "MXJYFS": np.bytes_(b"01"),
        "MXCWDH": np.bytes_(b"0000"),
    }
    silent = {"C": np.bytes_(), "N": np.int64(0)}
    return {field.name: told.get(field.name, silent[field.type]) for field in SJSMX.fields}


def sjsmx_facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of sjsmx/2016."""
    bought = np.sign(columns["MXCJSL"])
    return facts_of(
        {
            "trade_number": parse_zero_padded(columns["MXZXBH"], 16),
            "business_date": parse_zero_padded(columns["MXCJRQ"], 8),
            "side": np.select([bought > 0, bought < 0], [Side.BUY, Side.SELL], NONE),
            "price": columns["MXCJJG"],
            "quantity": np.abs(columns["MXCJSL"]) // HUNDREDTHS,
            "turnover": -bought * columns["MXQSBJ"] * UNITS_PER_CENT,
            "market": np.array(Market.SZSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


def facts_of(columns: Columns | np.ndarray) -> np.ndarray:
    """Return FACT rows of FILL rows, or of columns named like the facts."""
    facts = np.empty(len(columns["trade_number"]), FACT)
    for name in FACT.names or ():
        facts[name] = columns[name]
    return facts


NAMES_OF_FACTS = {name: name for name in FACT.names or ()}

PROFILES = {
    profile.layout.profile: profile
    for profile in (
        *(
            Profile(layout, None, fills_columns, fills_facts, NAMES_OF_FACTS)
            for layout in (FILLS, FILLS_WITH_FEES)
        ),
        Profile(
            GH,
            Market.SSE,
            gh_columns,
            gh_facts,
            {
                "trade_number": "CJBH",
                "business_date": "BCRQ",
                "side": "BS",
                "price": "CJJG",
                "quantity": "CJSL",
                "turnover": "CJJE",
            },
        ),
        Profile(
            SJSMX,
            Market.SZSE,
            sjsmx_columns,
            sjsmx_facts,
            {
                "trade_number": "MXZXBH",
                "business_date": "MXCJRQ",
                "side": "MXCJSL",
                "price": "MXCJJG",
                "quantity": "MXCJSL",
                "turnover": "MXQSBJ",
            },
        ),
    )
}
"""What a day's files may be like."""


def profiles_of(*, with_fees: bool) -> list[Profile]:
    """Return what a day's close writes, the fills of all markets first."""
    fills = FILLS_WITH_FEES if with_fees else FILLS
    return [PROFILES[layout.profile] for layout in (fills, GH, SJSMX)]
