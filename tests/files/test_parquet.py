"""Parquet files: what pyarrow and DuckDB read in them is what was written."""

import tracemalloc
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import compute
from pyarrow import parquet as arrow_parquet

from protocol.files.fault import FileFault
from protocol.files.layouts import FILLS, FILLS_WITH_FEES, GH, Columns, Layout, fields
from protocol.files.numerals import OVERFLOWN
from protocol.files.parquet import read, write

DAY = 20260302
NOON = 1_772_424_000_000_000_000
"""2026-03-02 12:00 in Shanghai, 04:00 UTC."""

WIDE = Layout(
    "wide/1", "wide.csv", "utf-8", fields("money N18.2 fine N18.9 shares N18 day D10 word C9")
)


def make_columns(count: int) -> Columns:
    row = np.arange(count)
    columns: dict[str, np.ndarray] = {
        field.name: np.zeros(count, "S1") if field.type == "C" else row
        for field in FILLS_WITH_FEES.fields
    }
    return columns | {
        "business_date": np.int64(DAY),
        "settle_date": np.int64(DAY + 1),
        "market": np.bytes_(b"SSE"),
        "code": np.array([b"600519", b"688001", b"510050"])[row % 3],
        "side": np.array([b"BUY", b"SELL"])[row % 2],
        "price": 18_005_500 + row,
        "turnover": (row - count // 2) * 12_345,
        "order_time": NOON + row,
        "trade_time": NOON + 2 * row,
    }


def save(path, layout: Layout, blocks, **metadata):
    with path.open("wb") as file:
        write(file, layout, DAY, blocks, metadata)
    return path


def make_wide(**columns) -> Columns:
    row = {"money": 0, "fine": 0, "shares": 0, "day": DAY, "word": b""}
    return {name: np.atleast_1d(np.array(value)) for name, value in (row | columns).items()}


def test_duckdb_reads_the_values_types_and_sums_that_were_written(tmp_path):
    columns = make_columns(1_001)
    path = save(tmp_path / "fills.parquet", FILLS_WITH_FEES, [columns])
    with duckdb.connect() as connection:
        table = connection.read_parquet(str(path))
        types = dict(zip(table.columns, map(str, table.types), strict=True))
        rows = table.project("business_date, code, side, price, turnover").fetchall()
        sums = table.aggregate("count(*), sum(turnover), sum(quantity)").fetchall()
        times = table.project("epoch_ns(trade_time)").fetchall()
    assert [types[name] for name in ("business_date", "code", "price", "turnover", "quantity")] == [
        "DATE", "VARCHAR", "DECIMAL(10,4)", "DECIMAL(17,2)", "BIGINT",
    ]  # fmt: skip
    assert types["trade_time"] == "TIMESTAMPTZ_NS"
    turnover = [Decimal(cents).scaleb(-2) for cents in columns["turnover"].tolist()]
    assert [row[4] for row in rows] == turnover
    assert [row[3] for row in rows] == [Decimal(p).scaleb(-4) for p in columns["price"].tolist()]
    assert {row[0] for row in rows} == {date(2026, 3, 2)}
    assert [row[1].encode() for row in rows] == columns["code"].tolist()
    assert [row[2].encode() for row in rows] == columns["side"].tolist()
    assert sums == [(1_001, sum(turnover), columns["quantity"].sum())]
    assert [time for (time,) in times] == columns["trade_time"].tolist()


def test_arrow_reads_dictionaries_decimals_dates_and_times_in_shanghai(tmp_path):
    columns = make_columns(10)
    table = arrow_parquet.read_table(save(tmp_path / "f.parquet", FILLS, [columns]))
    assert table.schema.field("code").type == pa.dictionary(pa.int32(), pa.string())
    assert table.schema.field("price").type == pa.decimal128(10, 4)
    assert table.schema.field("quantity").type == pa.int64()
    assert table.schema.field("business_date").type == pa.date32()
    assert table.schema.field("trade_time").type == pa.timestamp("ns", "Asia/Shanghai")
    assert table["trade_time"].cast(pa.int64()).to_pylist() == columns["trade_time"].tolist()
    assert table["trade_time"][0].as_py().hour == 12
    total = Decimal(int(columns["turnover"].sum())).scaleb(-2)
    assert compute.sum(table["turnover"]).as_py() == total


def test_the_metadata_tell_schema_producer_run_day_rows_and_totals(tmp_path):
    path = save(tmp_path / "f.parquet", FILLS, [make_columns(3)], run="ab12", quantity_bought=300)
    told = arrow_parquet.read_metadata(path).metadata
    assert {name: told[name] for name in told if name != b"ARROW:schema"} == {
        b"schema_version": b"fills/1",
        b"producer": b"cuohe",
        b"business_date": b"2026-03-02",
        b"rows": b"3",
        b"run": b"ab12",
        b"quantity_bought": b"300",
    }


def test_the_same_rows_make_the_same_bytes_however_they_are_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("protocol.files.parquet.GROUP_ROWS", 64)
    whole = make_columns(300)
    cut = [
        {
            name: column[start : start + 7] if column.ndim else column
            for name, column in whole.items()
        }
        for start in range(0, 300, 7)
    ]
    one = save(tmp_path / "one.parquet", FILLS, [whole])
    many = save(tmp_path / "many.parquet", FILLS, cut)
    assert one.read_bytes() == many.read_bytes()
    assert arrow_parquet.read_metadata(one).num_row_groups == 5


def test_columns_come_back_group_by_group(tmp_path, monkeypatch):
    monkeypatch.setattr("protocol.files.parquet.GROUP_ROWS", 64)
    columns = make_columns(300)
    blocks = list(read(save(tmp_path / "f.parquet", FILLS, [columns]), FILLS))
    assert max(len(block["code"]) for block in blocks) == 64
    for field in FILLS.fields:
        found = np.concatenate([block[field.name] for block in blocks])
        assert np.array_equal(found, np.broadcast_to(columns[field.name], 300)), field.name


def test_a_day_of_many_blocks_is_never_in_memory_at_once(tmp_path):
    blocks = (make_columns(20_000) for _ in range(40))
    pool, held = pa.default_memory_pool(), []

    def watched():
        for block in blocks:
            held.append(pool.bytes_allocated() + tracemalloc.get_traced_memory()[0])
            yield block

    tracemalloc.start()
    path = save(tmp_path / "f.parquet", FILLS, watched())
    tracemalloc.stop()
    assert arrow_parquet.read_metadata(path).num_rows == 800_000
    assert max(held[20:]) < 1.5 * max(held[:20])


def test_an_empty_table_has_columns_and_no_rows(tmp_path):
    for number, blocks in enumerate(([], [make_columns(0)])):
        path = save(tmp_path / f"{number}.parquet", FILLS, blocks)
        assert arrow_parquet.read_table(path).num_rows == 0
        assert arrow_parquet.read_schema(path).names == [field.name for field in FILLS.fields]
        assert list(read(path, FILLS)) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_the_widest_values_of_both_signs_come_back(tmp_path, sign):
    most = 10**17 - 1 if sign > 0 else 10**16 - 1
    wide = make_wide(
        money=sign * most, fine=sign * most, shares=sign * most, word="证券".encode(), day=0
    )
    path = save(tmp_path / "w.parquet", WIDE, [wide])
    assert next(read(path, WIDE)) == wide
    with duckdb.connect() as connection:
        (row,) = connection.read_parquet(str(path)).fetchall()
    assert row == (
        Decimal(sign * most).scaleb(-2), Decimal(sign * most).scaleb(-9), sign * most, None, "证券",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"money": 10**17}, r"wide\.csv: row 1: money: 10+ does not fit 18 characters"),
        ({"day": 20260230}, r"wide\.csv: row 1: day: 20260230 is no date"),
        ({"word": b"1234567890"}, r"wide\.csv: row 1: word: .* of at most 9 bytes"),
        ({"word": b"\xff"}, r"wide\.csv: row 1: word: .* is not UTF-8 text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_field(tmp_path, columns, text):
    with pytest.raises(FileFault, match=text):
        save(tmp_path / "w.parquet", WIDE, [make_wide(**columns)])


def test_a_number_that_may_overflow_is_null_where_it_does_and_gbk_is_told_as_unicode(tmp_path):
    columns = {
        field.name: np.zeros(2, "S1" if field.type == "C" else "i8") for field in GH.fields
    } | {"CJJE": np.array([10**12, -5]), "GDXM": np.array(["王".encode("gbk"), b""])}
    path = save(tmp_path / "gh.parquet", GH, [columns])
    table = arrow_parquet.read_table(path)
    assert table["CJJE"].to_pylist() == [None, Decimal("-0.05")]
    assert table["GDXM"].to_pylist() == ["王", ""]
    found = next(read(path, GH))
    assert found["CJJE"].tolist() == [OVERFLOWN, -5]
    assert found["GDXM"].tolist() == columns["GDXM"].tolist()


def altered(path, change):
    """Write a table of fills, as another program makes it of `change` of the venue's."""
    save(path, FILLS, [make_columns(3)])
    arrow_parquet.write_table(change(arrow_parquet.read_table(path)), path)
    return path


def with_nulls(table: pa.Table) -> pa.Table:
    return recast(table, "quantity", pa.array([1, None, 3], pa.int64()))


def recast(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t: t.drop_columns("price"), "column price: it has quantity there"),
        (lambda t: t.append_column("x", t["price"]), "column x: it has x there, fills/1 has none"),
        (
            lambda t: recast(t, "price", t["price"].cast(pa.float64())),
            r"column price: it is double, not decimal128\(10, 4\) as in fills/1",
        ),
        (with_nulls, "row 2: quantity: it is null"),
        (
            lambda t: recast(t, "quantity", pa.array([1, 2, 10**10], pa.int64())),
            "row 3: quantity: it does not fit 10 characters",
        ),
        (
            lambda t: recast(t, "code", pa.array(["6005190", "", ""])),
            "code: '6005190' is not UTF-8 text of at most 6 bytes",
        ),
    ],
)
def test_another_schema_is_refused_by_its_column(tmp_path, change, text):
    path = altered(tmp_path / "fills.parquet", change)
    with pytest.raises(FileFault, match=r"^fills\.parquet: " + text):
        list(read(path, FILLS))


def test_text_without_a_dictionary_is_read_as_well(tmp_path):
    path = altered(tmp_path / "f.parquet", lambda t: recast(t, "code", t["code"].cast(pa.string())))
    assert next(read(path, FILLS))["code"].tolist() == [b"600519", b"688001", b"510050"]


def test_another_profile_and_a_torn_file_are_refused(tmp_path):
    path = save(tmp_path / "f.parquet", FILLS, [make_columns(3)])
    with pytest.raises(FileFault, match="schema_version: it is fills/1, not fills/9"):
        list(read(path, FILLS._replace(profile="fills/9")))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileFault, match="it is no whole Parquet file"):
        list(read(path, FILLS))
