"""What each file tells of the rows of a day, and that it is read back as it was told."""

from pathlib import Path

import numpy as np
import pytest

from protocol.files import dbf, delimited
from protocol.files.fault import FileFault
from protocol.files.firms import FIRM, one_firm
from protocol.files.layouts import Columns
from protocol.files.profiles import PROFILES, ROWS, Profile, facts_of, profiles_of, rows_of
from protocol.files.rows import Movement
from protocol.units import NANOSECONDS, SCALE
from protocol.vocabulary import Currency, Liquidity, Market, Permission, Side
from tests.clearing.days import BUSINESS_DATE, MIDNIGHT

PAIRS = 40
SETTLE_DATE = 20260303

EVERY = pytest.mark.parametrize("name", PROFILES)
OF_FILLS = pytest.mark.parametrize(
    "name", [name for name, profile in PROFILES.items() if profile.fields]
)


def two_firms() -> np.ndarray:
    firms = np.zeros(2, FIRM)
    firms["firm"] = (1, 2)
    firms["name"] = ("平安证券".encode(), "海通证券".encode())
    firms["sse_participant"] = (b"SH000001", b"SH000002")
    firms["sse_money_account"] = (b"M1", b"M2")
    firms["szse_settlement_account"] = (b"000001", b"000002")
    firms["szse_reserve_account"] = (b"B001000001", b"B001000002")
    return firms


def seeded(table: str, seed: int = 7) -> np.ndarray:
    """Return rows of a table; fills in pairs, one bought and one sold."""
    random = np.random.default_rng(seed)
    count = 2 * PAIRS

    def pairs(low: int, high: int) -> np.ndarray:
        return np.repeat(random.integers(low, high, PAIRS), 2)

    choices = {
        "market": pairs(0, len(Market)),
        "product": random.choice(list(Permission), count),
        "currency": pairs(0, len(Currency)),
        "movement": random.choice(list(Movement), count),
        "side": np.tile(list(Side), PAIRS),
        "liquidity": random.choice(list(Liquidity), count),
        "trade_number": np.repeat(np.arange(PAIRS) + 1, 2),
        "price": pairs(1, 5_000) * 100,
        "quantity": pairs(1, 500) * (100 if table == "fills" else -100),
        "order_time": MIDNIGHT + 10**13 * 3 + random.integers(0, 10**13, count),
        "trade_time": MIDNIGHT + 10**13 * 4 + random.integers(0, 10**13, count),
        "code": random.choice([b"600519", b"000001", b"900901"], count),
        "trading_unit": random.choice([b"10001", b"10002"], count),
        "business_date": BUSINESS_DATE,
        "settle_date": random.choice([BUSINESS_DATE, SETTLE_DATE], count),
        "firm": random.integers(0, 3, count),
        "branch": random.integers(1, 9_999, count),
    }
    rows = np.zeros(count, ROWS[table])
    for name in rows.dtype.names or ():
        rows[name] = choices.get(name, random.integers(1, 10_000, count) * 100)
    if table == "fills":
        rows["turnover"] = rows["price"].astype(np.int64) * rows["quantity"]
    return rows


def rows_for(profile: Profile) -> np.ndarray:
    return two_firms() if profile.table == "firms" else seeded(profile.table)


def written(path: Path, profile: Profile, rows: np.ndarray) -> Columns:
    """Write the profile's file of the rows and return the columns that a reader finds there."""
    layout = profile.layout
    columns = profile.columns(profile.select(rows), two_firms())
    file = path / layout.file
    if layout.is_delimited:
        file.write_bytes(b"".join(delimited.write(layout, [columns])))
        parts = list(delimited.read(file, layout))
        return parts[0] if parts else {field.name: np.empty(0) for field in layout.fields}
    body = dbf.write(layout, BUSINESS_DATE, profile.count(rows), [columns])
    file.write_bytes(b"".join(body))
    with dbf.Table(file, layout) as table:
        return table.read(len(rows))


@EVERY
def test_what_is_written_is_read_back(tmp_path, name):
    profile = PROFILES[name]
    rows = rows_for(profile)
    found = written(tmp_path, profile, rows)
    told = profile.columns(profile.select(rows), two_firms())
    assert list(found) == [field.name for field in profile.layout.fields]
    assert profile.count(rows) == len(next(iter(found.values()))) > 0
    for field, column in found.items():
        np.testing.assert_array_equal(column, np.broadcast_to(told[field], len(column)), field)


@EVERY
def test_table_without_rows_is_a_file_without_records(tmp_path, name):
    profile = PROFILES[name]
    found = written(tmp_path, profile, rows_for(profile)[:0])
    assert {len(column) for column in found.values()} == {0}


@EVERY
def test_file_of_a_single_row_is_read_back(tmp_path, name):
    profile = PROFILES[name]
    row = profile.select(rows_for(profile))[:1]
    assert {len(column) for column in written(tmp_path, profile, row).values()} == {1}


@OF_FILLS
def test_facts_of_a_file_of_fills_are_those_of_the_fills(tmp_path, name):
    profile = PROFILES[name]
    fills = seeded("fills")
    found = profile.facts(written(tmp_path, profile, fills))
    expected = facts_of(profile.select(fills))
    if name not in ("fills/1", "fills/2"):
        expected["liquidity"] = Liquidity.NONE
    assert found.tolist() == expected.tolist()
    assert set(profile.fields.values()) <= {field.name for field in profile.layout.fields}


@pytest.mark.parametrize("name", [name for name in PROFILES if name.endswith("/1")] + ["fills/2"])
def test_rows_of_a_table_come_back_from_its_columns(tmp_path, name):
    profile = PROFILES[name]
    rows = rows_for(profile)
    back = rows_of(profile.table, written(tmp_path, profile, rows))
    for field in profile.layout.fields:
        np.testing.assert_array_equal(back[field.name], rows[field.name], field.name)


def test_columns_of_every_full_table_are_the_names_of_its_rows():
    for name in ("fills/2", "changes/1", "balances/1", "money/1", "funds/1", "firms/1"):
        profile = PROFILES[name]
        told = {field.name for field in profile.layout.fields}
        assert told == set(ROWS[profile.table].names or ()), name


def test_every_fill_is_in_one_trade_file_and_all_of_shanghai_in_the_clearing_file():
    fills = seeded("fills")
    trades = ("gh/2016", "bc1/2016", "sjsmx1/2016", "sjsmx2/2016", "nqhb/2016")
    holders = sum(PROFILES[name].holds(fills).astype(int) for name in trades)
    assert holders.tolist() == [1] * len(fills)
    assert all(PROFILES[name].count(fills) for name in trades)
    jsmx, gh, bc1 = (PROFILES[f"{name}/2016"].holds(fills) for name in ("jsmx", "gh", "bc1"))
    np.testing.assert_array_equal(jsmx, gh | bc1)


@pytest.mark.parametrize(
    ("name", "table"),
    [("zqbd", "changes"), ("zqye", "balances"), ("sjsjg", "changes"), ("sjsdz", "balances")],
)
def test_market_files_hold_the_rows_of_their_market(name, table):
    market = Market.SSE if name.startswith("zq") else Market.SZSE
    rows = PROFILES[f"{name}/2016"].select(seeded(table))
    assert set(rows["market"].tolist()) == {market}


def a_trade(market: Market, currency: Currency = Currency.CNY) -> np.ndarray:
    """Return a buy and a sell of 1,000 at 12.34 by hand, with the fees of the seller."""
    fills = np.zeros(2, ROWS["fills"])
    fills["market"], fills["currency"] = market, currency
    fills["side"] = (Side.BUY, Side.SELL)
    fills["trade_number"], fills["order_number"] = 1, (5, 6)
    fills["price"], fills["quantity"], fills["turnover"] = 123_400, 1_000, 12_340 * SCALE
    fills["business_date"], fills["settle_date"] = BUSINESS_DATE, SETTLE_DATE
    fills["account"], fills["firm"], fills["branch"] = (17, 18), (1, 2), (7, 8)
    fills["code"], fills["trading_unit"], fills["client_seq"] = b"600519", b"10001", (3, 4)
    fills["trade_time"] = MIDNIGHT + 36_000 * NANOSECONDS
    fills["transfer"] = 1_200
    fills["handling"], fills["regulatory"] = 4_200, 2_500
    fills["stamp"] = (0, 61_700)
    return fills


def told(name: str, rows: np.ndarray) -> list[dict[str, object]]:
    """Return the records of a file by field."""
    columns = PROFILES[name].columns(PROFILES[name].select(rows), two_firms())
    whole = {field: np.broadcast_to(column, len(rows)) for field, column in columns.items()}
    return [
        dict(zip(whole, row, strict=True))
        for row in zip(*(column.tolist() for column in whole.values()), strict=True)
    ]


def test_shanghai_clears_what_is_sold_as_negative_and_what_is_paid_as_negative():
    bought, sold = told("jsmx/2016", a_trade(Market.SSE))
    money = ("SL", "CJSL", "QSJE", "YHS", "JSF", "GHF", "ZGF", "SXF", "SJSF")
    assert [bought[field] for field in money] == [
        *(1_000, 1_000, -1_234_000),
        *(0, -42, -12, -25, 0, -1_234_079),
    ]
    assert [sold[field] for field in money] == [
        *(-1_000, 1_000, 1_234_000),
        *(-617, -42, -12, -25, 0, 1_233_304),
    ]
    assert sold["JG1"] == 12_340_000_000
    assert [sold[field] for field in ("JSRQ", "ZJZH", "JSHY", "BZ", "MMBZ", "GHLX", "QSBZ")] == [
        *(b"20260303", b"M2", b"SH000002", b"RMB", b"S", b"00A", b"060")
    ]


def test_shenzhen_clears_with_the_same_signs():
    bought, sold = told("sjsmx1/2016", a_trade(Market.SZSE))
    money = ("MXCJSL", "MXQSBJ", "MXYHS", "MXSFJE")
    assert [bought[field] for field in money] == [100_000, -1_234_000, 0, -1_234_079]
    assert [sold[field] for field in money] == [-100_000, 1_234_000, -617, 1_233_304]
    assert (bought["MXJSZH"], sold["MXBFZH"]) == (b"000001", b"B001000002")
    assert (bought["MXJSRQ"], bought["MXHBDH"]) == (b"20260303", b"RMB")


def test_b_shares_are_told_in_their_own_files_currency_and_accounts():
    shanghai = a_trade(Market.SSE, Currency.USD)
    bought, sold = told("bc1/2016", shanghai)
    assert (bought["INV_CODE"], bought["TOTAL_FEE"], bought["SETTLE_AMT"]) == (
        *(b"C000000017", 79, -1_234_079),
    )
    assert (sold["TOTAL_FEE"], sold["SETTLE_AMT"], sold["SETTLE_CP"]) == (696, 1_233_304, b"00002")
    assert not PROFILES["gh/2016"].count(shanghai)
    assert told("jsmx/2016", shanghai)[0]["BZ"] == b"USD"
    shenzhen = a_trade(Market.SZSE, Currency.HKD)
    assert not PROFILES["sjsmx1/2016"].count(shenzhen)
    assert told("sjsmx2/2016", shenzhen)[0]["MXHBDH"] == b"HKD"


def test_what_settles_on_the_day_itself_is_of_the_second_batch():
    fills = a_trade(Market.SZSE)
    fills["settle_date"] = BUSINESS_DATE
    assert (PROFILES["sjsmx1/2016"].count(fills), PROFILES["sjsmx2/2016"].count(fills)) == (0, 2)


def test_day_without_accounts_has_neither_firms_nor_dates_of_settlement():
    fills = a_trade(Market.SZSE)
    fills["settle_date"], fills["firm"] = 0, 0
    columns = PROFILES["sjsmx1/2016"].columns(fills, one_firm())
    assert (columns["MXJSRQ"].tolist(), columns["MXJSZH"].tolist()) == (b"", b"")
    assert [profile.layout.file for profile in profiles_of(with_fees=False)] == [
        *("fills.csv", "gh.dbf", "SJSMX1.DBF", "NQHB.DBF")
    ]


def test_frozen_and_pledged_shares_are_told_in_one():
    balance = np.zeros(1, ROWS["balances"])
    balance["total"], balance["frozen"], balance["pledged"] = 1_000, 300, 200
    (record,) = told("zqye/2016", balance)
    assert (record["YE1"], record["YE2"]) == (1_000, 500)


def test_statistics_of_shenzhen_are_what_the_firm_pays_and_gets():
    money = np.zeros(1, ROWS["money"])
    money["market"], money["firm"], money["settle_date"] = Market.SZSE, 2, SETTLE_DATE
    money["quantity_bought"], money["quantity_sold"] = 300, 1_000
    money["bought"], money["sold"], money["stamp"] = 3_000 * SCALE, 10_000 * SCALE, 5 * SCALE
    money["net"] = 6_995 * SCALE
    (record,) = told("sjstj/2016", money)
    fields = ("TJJSZH", "TJCJSL", "TJQSBJ", "TJYHS", "TJSFJE", "TJJSRQ")
    assert [record[field] for field in fields] == [
        *(b"000002", -70_000, 700_000, -500, 699_500, b"20260303")
    ]


@pytest.mark.parametrize(
    ("name", "field", "value", "text"),
    [
        ("bc1/2016", "turnover", 10**15, "bc1.dbf: record 2: TRADE_VAL: 10000000000000 "),
        ("bc1/2016", "firm", 123_456, "bc1.dbf: record 2: TRADE_CP: b'123456' is longer than 5"),
        ("bc1/2016", "price", 123_401, "bc1.dbf: trade 1: PRICE: 12.3401 has more than three"),
        ("gh/2016", "trade_number", 10**8, "gh.dbf: record 2: CJBH: 100000000 "),
        ("jsmx/2016", "trading_unit", b"100001", "jsmx.dbf: record 2: XWH1: b'100001' is longer"),
        ("jsmx/2016", "account", 10**9, "jsmx.dbf: record 2: ZQZH: b'A1000000000' is longer"),
        ("sjsmx1/2016", "branch", 10_000, "SJSMX1.DBF: record 2: MXYYB: b'10000' is longer"),
        ("nqhb/2016", "trade_number", 10**8, "NQHB.DBF: record 2: HBCJHM: b'100000000' is longer"),
    ],
)
def test_value_that_does_not_fit_is_refused_by_file_record_and_field(name, field, value, text):
    profile = PROFILES[name]
    market = {"s": Market.SZSE, "n": Market.BSE}.get(name[0], Market.SSE)
    fills = a_trade(market, Currency.USD if name == "bc1/2016" else Currency.CNY)
    fills[field][1] = value
    with pytest.raises(FileFault) as fault:
        columns = profile.columns(profile.select(fills), two_firms())
        list(dbf.write(profile.layout, BUSINESS_DATE, 2, [columns]))
    assert str(fault.value).startswith(text)
