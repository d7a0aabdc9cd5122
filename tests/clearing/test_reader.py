"""What compiled code reads is what numpy reads; what it does not, numpy refuses by its line."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.clearing import reader
from protocol.files.delimited import Lines, leave
from protocol.files.fault import FileFault
from protocol.files.faults import FirstFault
from protocol.files.layouts import Field, Layout

TEXT, DATE, TIME = Field("text", "C", 6), Field("date", "D", 10), Field("time", "T", 35)
NUMBERS = [Field("number", "N", 8, decimals) for decimals in (0, 2, 4)]
LONG = Field("long", "N", 20)
OTHER = Field("other", "C", 4)
NOON = "2026-03-02T12:00:00.000000000+08:00"

whole = st.integers(-(10**9), 10**9).map(str)
plain = st.decimals(-1000, 1000, places=2).map(str) | st.decimals(-1000, 1000, places=4).map(str)
odd = st.text("0123456789-+. eE", max_size=10)
dates = st.dates().map(str)
times = st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S.%f}000+08:00".rjust(35, "0"))


def one_off(text: str) -> st.SearchStrategy[str]:
    """Return a text with one byte of it another one."""
    places = st.tuples(st.integers(0, len(text) - 1), st.sampled_from("0139-:.T+Zx "))
    return places.map(lambda change: text[: change[0]] + change[1] + text[change[0] + 1 :])


OF_TYPE = {
    "C": st.text("ABz09 ._撮", max_size=7),
    "N": whole | plain | odd,
    "D": dates | dates.flatmap(one_off) | odd,
    "T": times | times.flatmap(one_off) | odd,
}


def read(field: Field, values: list[str], by) -> list | str:
    """Return the values of a column with another one on either side, or what is said of them."""
    layout = Layout("some/1", "some.csv", "utf-8", (OTHER, field, OTHER._replace(name="last")))
    body = "".join(f"a,{value},bc\n" for value in values).encode()
    try:
        column = Lines(layout, body, 0, FirstFault(layout), by).column(field)
    except FileFault as fault:
        return str(fault)
    return [str(column.dtype), *column.tolist()]


@pytest.mark.parametrize("field", [TEXT, *NUMBERS, LONG, DATE, TIME], ids=str)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_compiled_code_and_numpy_read_and_refuse_the_same(field, data):
    values = data.draw(st.lists(OF_TYPE[field.type], min_size=1, max_size=3))
    assert read(field, values, reader.column) == read(field, values, leave)


@settings(max_examples=300, deadline=None)
@given(times)
@example("1970-01-01T00:00:00.000000000+08:00")
@example("2000-02-29T23:59:59.999999999+08:00")
@example("2100-02-29T00:00:00.000000000+08:00")
@example("2261-12-31T23:59:59.999999999+08:00")
def test_every_time_is_the_same_moment(time):
    assert read(TIME, [NOON, time], reader.column) == read(TIME, [NOON, time], leave)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((LONG, value) for value in ("0", "-1", "9" * 18, "-" + "9" * 18, "9" * 19, str(2**63))),
        *((NUMBERS[1], value) for value in ("0.00", "-0.00", "00.00", ".00", "-.10", "1.0", "1,")),
        *((NUMBERS[0], value) for value in ("", "-", "007", "-07", "+7", "12345678", "123456789")),
        *((DATE, value) for value in ("2026-13-05", "2026-11-31", "2100-02-29", "")),
        *((DATE, value) for value in ("2026-00-01", "2026-01-00", "2026/03/02", "02026-03-02")),
        *(
            (TIME, NOON.replace(*change))
            for change in ((":00.", ":60."), ("T", " "), ("+08", "+09"))
        ),
    ],
)
def test_borders(field, value):
    assert read(field, [value], reader.column) == read(field, [value], leave)


@pytest.mark.parametrize("field", [TEXT, NUMBERS[1], DATE, TIME], ids=str)
def test_what_is_right_is_left_to_nobody(field):
    values = {"C": "ABCDEF", "N": "-12.34", "D": "2026-03-02", "T": NOON}
    body = np.frombuffer(f"{values[field.type]}\n".encode() * 3, np.uint8)
    marks = np.flatnonzero(body == ord("\n")).reshape(-1, 1)
    column = reader.column(field, body, marks, 0)
    assert column is not None and len(set(column.tolist())) == 1
