"""Tables of lines: one spelling for each value, written and read back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.files.delimited import header, read, write
from protocol.files.fault import FileFault
from protocol.files.layouts import FILLS, Field

LINE = (
    "2026-03-02,SSE,600519,1,17,100,7,10001,BUY,1800.5500,200,360110.00,"
    "2026-03-02T09:15:01.250000000+08:00,2026-03-02T09:25:00.000000001+08:00,11,AUCTION\n"
)


def values(field: Field) -> st.SearchStrategy[int | bytes]:
    if field.type == "C":
        return st.text("SZE6019 *-", max_size=field.width).map(str.encode)
    if field.type == "D":
        return st.dates().map(lambda date: date.year * 10_000 + date.month * 100 + date.day)
    if field.type == "T":
        return st.integers(0, 2**63 - 1 - 10**14)
    return st.integers(-(10 ** (field.width - 3)), 10 ** (field.width - 2))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries({field.name: values(field) for field in FILLS.fields}),
        min_size=1,
        max_size=6,
    ),
    block_bytes=st.sampled_from([60, 200, 10_000]),
)
def test_any_line_comes_back_as_it_was_written(tmp_path_factory, rows, block_bytes):
    columns = {
        field.name: np.array([row[field.name] for row in rows], "S" if field.type == "C" else "i8")
        for field in FILLS.fields
    }
    path = tmp_path_factory.mktemp("csv") / FILLS.file
    path.write_bytes(b"".join(write(FILLS, [columns])))
    found = [
        dict(zip(block, row, strict=True))
        for block in read(path, FILLS, block_bytes)
        for row in zip(*(column.tolist() for column in block.values()), strict=True)
    ]
    assert found == rows


def faulty(path, line: str | bytes) -> str:
    """Return what the reader says of a table whose third line is `line`."""
    line = line if isinstance(line, bytes) else line.encode()
    path.write_bytes(header(FILLS) + LINE.encode() + line)
    with pytest.raises(FileFault) as fault:
        list(read(path, FILLS))
    return str(fault.value)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("1800.5500", "1800.55", "line 3: price: '1800.55' is not spelled like 1234 or 12.34"),
        ("1800.5500", "01800.5500", "line 3: price: '01800.5500' is not spelled"),
        (",200,", ",2OO,", "line 3: quantity: '2OO' is not spelled"),
        (",200,", ",,", "line 3: quantity: '' is not spelled"),
        (",200,", ",200,200,", "line 3: it has 17 fields and fills/1 has 16"),
        ("600519", "6005190", "line 3: code: it is longer than 6 characters"),
        ("2026-03-02,", "2026/03/02,", "line 3: business_date: '2026/03/02' is not spelled"),
        ("03-02T09:15", "02-30T09:15", "line 3: order_time: '2026-02-30T09:15:01.250000000"),
        ("T09:15", "T24:15", "line 3: order_time: '2026-03-02T24:15:01.250000000+08:00'"),
        ("+08:00,11", "+00:00,11", "line 3: trade_time: '2026-03-02T09:25:00.000000001+00:00'"),
        ("SSE", '"SSE"', "line 3: it holds a quote"),
        ("\n", "\r\n", "line 3: it holds a carriage return"),
        ("\n", "", "line 3: the line has no end"),
    ],
)
def test_line_spelled_in_another_way_is_refused_by_line_and_field(tmp_path, old, new, text):
    assert text in faulty(tmp_path / FILLS.file, LINE.replace(old, new, 1))


def test_bytes_that_are_not_utf_8_are_refused(tmp_path):
    line = LINE.encode().replace(b"SSE", b"\xc9\xcf")
    assert "line 3: byte C9 is not UTF-8 text" in faulty(tmp_path / FILLS.file, line)


def test_line_without_an_end_is_not_read_to_its_end(tmp_path):
    assert "line 3: the line has no end" in faulty(tmp_path / FILLS.file, "7" * 3_000_000)


def test_another_header_is_refused(tmp_path):
    path = tmp_path / FILLS.file
    path.write_bytes(b"date,code\n")
    with pytest.raises(FileFault, match=r"line 1: it does not name the fields of fills/1"):
        list(read(path, FILLS))


def test_text_that_would_need_quotes_is_not_written(tmp_path):
    row = next(read_line(tmp_path))
    with pytest.raises(FileFault, match=r"fills\.csv: line 2: code: .* without quotes"):
        list(write(FILLS, [row | {"code": np.array([b"60,519"])}]))


def read_line(tmp_path):
    path = tmp_path / FILLS.file
    path.write_bytes(header(FILLS) + LINE.encode())
    return read(path, FILLS)
