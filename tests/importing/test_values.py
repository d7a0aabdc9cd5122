"""Every value of a column is told exactly, whatever it holds."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from gateway.importing import values
from gateway.importing.sqlite import Sqlite
from protocol.files.layouts import Field, Layout
from protocol.files.numerals import OVERFLOWN

TEXT, DATE = Field("text", "C", 8), Field("date", "D", 10)
NUMBER, AMOUNT = Field("number", "N", 10), Field("before", "N", 19, 4)
LARGEST = np.iinfo(np.int64).max
LAYOUT = Layout("some/1", "some.dbf", "gbk", (TEXT, DATE, NUMBER, AMOUNT))


@pytest.mark.parametrize(
    "words", [["", "a", "O'Neill"], ["浦发银行", "ST", ""], ["a\0b", "c"], ["\0"], [""]]
)
def test_text_is_told_as_it_is(words):
    column = np.array([word.encode("gbk") for word in words])
    assert values.texts(column, "gbk").to_pylist() == [word.rstrip("\0") for word in words]


def test_dates_that_are_blank_and_numbers_that_did_not_fit_are_null():
    assert values.dates(np.array([20260302, 0])).to_pylist() == ["2026-03-02", None]
    assert values.integers(np.array([7, OVERFLOWN, -7])).to_pylist() == [7, None, -7]


def test_decimals_are_exact():
    amounts = values.decimals(AMOUNT, np.array([LARGEST, -1, OVERFLOWN]))
    assert amounts.to_pylist() == [Decimal("922337203685477.5807"), Decimal("-0.0001"), None]


def test_what_all_rows_share_is_booked_as_what_they_do_not(tmp_path: Path):
    rows = [("O'Neill", "2026-03-02", None, -1), ("a\0b", None, 3, 4)]
    columns = {
        "text": np.array([b"O'Neill", b"a\0b"]),
        "date": np.array([20260302, 0]),
        "number": np.array([OVERFLOWN, 3]),
        "before": np.array([-1, 4]),
    }
    database = Sqlite(tmp_path / "some.db")
    database.make_tables([LAYOUT])
    database.insert(database.insertion(LAYOUT, "2026-03-01", 1, columns))
    for place in range(2):
        same = {name: column[[place, place]] for name, column in columns.items()}
        database.insert(database.insertion(LAYOUT, "2026-03-02", 1 + 2 * place, same))
    alone = {name: np.broadcast_to(column[1], 1) for name, column in columns.items()}
    database.insert(database.insertion(LAYOUT, "2026-03-03", 1, alone))
    database.commit()
    database.close()
    connection = sqlite3.connect(tmp_path / "some.db")
    found = connection.execute("SELECT * FROM some_1").fetchall()
    connection.close()
    assert [row[2:] for row in found] == [*rows, *rows[:1] * 2, *rows[1:] * 3]
    assert [row[1] for row in found] == [1, 2, 1, 2, 3, 4, 1]
