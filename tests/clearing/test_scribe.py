"""What compiled code spells is what numpy spells, to the byte; a child writes for its parent."""

import os
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clearing import scribe, writing
from engine.clearing.beside import ChildLost, beside
from engine.clearing.close import clear, write_day
from engine.storage.disk import Disk
from protocol.files import dbf, delimited
from protocol.files.fault import FileFault
from protocol.files.layouts import FILLS_WITH_FEES, GH, JSMX, LAYOUTS, Columns, Field, Layout
from tests.clearing.days import BUSINESS_DATE, small_day

EVERY = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.profile)
REFERENCE = {True: delimited.lines_of, False: dbf.records_of}
COMPILED = {True: scribe.lines, False: scribe.records}


def of_field(field: Field, is_delimited: bool) -> st.SearchStrategy:
    if field.is_number:
        most = 10 ** (field.width - bool(field.decimals)) - 1
        beyond = 1 if field.may_overflow else 10
        return st.integers(-most // 10, most) | st.just(0) | st.just(-1) | st.just(most // beyond)
    if field.type == "D":
        return st.dates().map(lambda day: day.year * 10_000 + day.month * 100 + day.day)
    if field.type == "T":
        return st.integers(-(2**62), 2**62)
    letters = "ABz09 ._" if is_delimited else "AB09 撮合"
    text = st.text(letters, max_size=field.width // 2)
    return text.map(lambda text: text.encode("gbk").rstrip())


def columns_of(layout: Layout) -> st.SearchStrategy[Columns]:
    row = st.tuples(*(of_field(field, layout.is_delimited) for field in layout.fields))
    return st.lists(row, min_size=1, max_size=4).map(
        lambda rows: {
            field.name: np.array(column, "S" if field.type == "C" else np.int64)
            for field, column in zip(layout.fields, zip(*rows, strict=True), strict=True)
        }
    )


def spelled(layout: Layout, columns: Columns, by: dict) -> bytes | str:
    """Return the bytes of columns, or what is said against them."""
    try:
        return b"".join(bytes(part) for part in by[layout.is_delimited](layout, columns, 7))
    except FileFault as fault:
        return str(fault)


@EVERY
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_compiled_code_spells_and_refuses_what_numpy_does(layout, data):
    columns = data.draw(columns_of(layout))
    assert spelled(layout, columns, COMPILED) == spelled(layout, columns, REFERENCE)


@pytest.mark.parametrize("layout", [FILLS_WITH_FEES, JSMX, GH], ids=lambda layout: layout.profile)
@pytest.mark.parametrize("rows", [0, 1, 3, 4, 9])
def test_rows_of_many_parts_are_those_of_one(layout, rows, monkeypatch):
    monkeypatch.setattr(scribe, "PART_ROWS", 3)
    numbers = np.arange(rows, dtype=np.int64)
    columns = {
        field.name: np.array([b"x%d" % number for number in numbers], f"S{field.width}")
        if field.type == "C"
        else 20_260_301 + numbers
        if field.type == "D"
        else numbers
        for field in layout.fields
    }
    assert spelled(layout, columns, COMPILED) == spelled(layout, columns, REFERENCE)


def test_a_value_too_wide_is_named_with_its_record():
    columns = {field.name: np.array(0 if field.is_number else b"") for field in GH.fields}
    columns["CJSL"] = np.array([1, 2, 10**10])
    with pytest.raises(FileFault, match=r"gh.dbf: record 10: CJSL: 10000000000 .* does not fit 10"):
        list(scribe.records(GH, columns, 7))


def test_two_processes_write_the_files_of_one(tmp_path, monkeypatch):
    day = small_day()
    monkeypatch.setattr(writing, "LONG_ROWS", 0)
    folders = [tmp_path / "alone", tmp_path / "beside"]
    for folder in folders:
        folder.mkdir()
        is_alone = folder.name == "beside"
        written = write_day(day.commands, day.reports, folder, is_alone=is_alone)
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other and len(written.files) == len(one) - 2


def test_what_goes_wrong_in_the_child_is_told_and_no_files_appear(tmp_path, monkeypatch):
    day = small_day()
    monkeypatch.setattr(writing, "LONG_ROWS", 0)
    parent = os.getpid()

    class FullForChildren(Disk):
        def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
            if os.getpid() != parent:
                raise OSError("no space left on device")
            return super().write(file, data, offset)

    directory = tmp_path / str(BUSINESS_DATE)
    with pytest.raises(OSError, match="no space left"):
        clear(day.commands, day.reports, directory, disk=FullForChildren(), is_alone=True)
    assert not (tmp_path / str(BUSINESS_DATE)).exists()


def test_a_child_that_is_killed_is_missed():
    with (
        pytest.raises(ChildLost, match="close the day again"),
        beside(lambda: os.kill(os.getpid(), signal.SIGKILL)) as result,
    ):
        result()


def test_a_child_is_waited_for_though_its_parent_fails():
    with pytest.raises(ZeroDivisionError), beside(lambda: 1):
        raise ZeroDivisionError
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
