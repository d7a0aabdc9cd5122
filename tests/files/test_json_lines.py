"""Copies of executions: JSON that anybody parses, in one spelling."""

import json
from decimal import Decimal

import numpy as np
import pytest

from protocol.files.fault import FileFault
from protocol.files.json_lines import BLOCK_ROWS, read, write
from protocol.files.rows import FILL
from protocol.vocabulary import Market, Side

NOON = 1_772_424_000_000_000_000
"""2026-03-02 12:00 in Shanghai, 04:00 UTC."""


def make_fills(count: int) -> np.ndarray:
    """Return the two sides of `count` trades."""
    fills = np.zeros(2 * count, FILL)
    row = np.arange(2 * count)
    fills["trade_number"] = row // 2 + 1
    fills["side"] = row % 2
    fills["order_number"] = 7 * row + 1
    fills["client_seq"] = row % 5
    fills["account"] = 100 + row % 9
    fills["market"] = row // 2 % len(Market)
    fills["code"] = b"600519"
    fills["quantity"] = 100 * (row // 2 + 1)
    fills["price"] = 18_005_500
    fills["turnover"] = fills["price"].astype(np.int64) * fills["quantity"]
    fills["business_date"] = 20260302
    fills["trade_time"] = NOON + row // 2
    return fills


def lines_of(fills: np.ndarray) -> bytes:
    return b"".join(write([fills]))


def test_a_line_is_a_copy_of_an_execution_report_in_the_words_of_fix():
    assert json.loads(lines_of(make_fills(1)).splitlines()[1]) == {
        "MsgType": "8",
        "CopyMsgIndicator": "Y",
        "ExecType": "F",
        "ExecID": "1-2",
        "TrdMatchID": "1",
        "OrderID": "8",
        "ClOrdID": "1",
        "Account": "101",
        "SecurityExchange": "XSHG",
        "Symbol": "600519",
        "Side": "2",
        "LastQty": "100",
        "LastPx": "1800.5500",
        "GrossTradeAmt": "180055.00",
        "TradeDate": "20260302",
        "TransactTime": "20260302-04:00:00.000000000",
    }


def test_every_line_agrees_with_its_fill_and_no_execution_has_the_id_of_another():
    fills = make_fills(BLOCK_ROWS)
    told = [json.loads(line) for line in lines_of(fills).splitlines()]
    assert [Decimal(line["LastPx"]) * 10_000 for line in told] == fills["price"].tolist()
    assert [Decimal(line["GrossTradeAmt"]) * 10_000 for line in told] == fills["turnover"].tolist()
    assert [int(line["LastQty"]) for line in told] == fills["quantity"].tolist()
    assert len({line["ExecID"] for line in told}) == len(fills)


def test_lines_come_back_as_the_fills_they_tell(tmp_path, monkeypatch):
    monkeypatch.setattr("protocol.files.json_lines.BLOCK_BYTES", 1_000)
    fills = make_fills(50)
    (tmp_path / "executions.jsonl").write_bytes(lines_of(fills))
    blocks = list(read(tmp_path / "executions.jsonl"))
    assert len(blocks) > 10
    assert np.array_equal(np.concatenate(blocks), fills)


def test_the_widest_and_the_smallest_values_come_back(tmp_path):
    fills = make_fills(1)
    for name in ("trade_number", "client_seq", "account", "price", "quantity"):
        fills[name] = np.iinfo(np.int32).max
    fills["order_number"] = 10**12 - 1
    fills["turnover"] = (2**63 - 1) // 100 * 100
    fills["code"][1] = b""
    fills["trade_time"] = [0, 2**63 - 1 - 10**14]
    (tmp_path / "executions.jsonl").write_bytes(lines_of(fills))
    assert np.array_equal(next(read(tmp_path / "executions.jsonl")), fills)


def test_a_day_without_fills_has_no_lines(tmp_path):
    (tmp_path / "executions.jsonl").write_bytes(lines_of(make_fills(0)))
    assert list(read(tmp_path / "executions.jsonl")) == []


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b'"LastPx":"1800.5500"', b'"LastPx":"1800.55"', "it is not spelled"),
        (b'"LastPx":"1800.5500"', b'"LastPx": "1800.5500"', "it is not spelled"),
        (b'"Side":"1"', b'"Side":"3"', "it is not spelled"),
        (b'"ExecID":"2-1"', b'"ExecID":"2-2"', "it is not spelled"),
        (b'"XSHE"', b'"XNYS"', "it is not spelled"),
        (b'"LastQty":"200"', b'"LastQty":"9999999999"', "it is not spelled"),
        (b'"LastQty":"200"', b'"LastQty":"-200"', "it is not spelled"),
        (b'"LastQty":"200"', b'"LastQty":"2000000000000"', "LastQty: it is longer than 10"),
        (b',"LastQty":"200"', b"", "it has not the fields of an execution"),
        (b"20260302-04", b"20260230-04", "it is not spelled"),
        (b"}\n", b"}", "it has no end"),
    ],
)
def test_a_line_in_another_spelling_is_refused_by_its_number(tmp_path, old, new, text):
    lines = lines_of(make_fills(2)).splitlines(keepends=True)
    lines[2:] = [lines[2].replace(old, new, 1)]
    assert old not in lines[2] or old in new
    (tmp_path / "executions.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(FileFault, match=f"executions.jsonl: line 3: {text}"):
        list(read(tmp_path / "executions.jsonl"))


@pytest.mark.parametrize("block_bytes", [400, 1 << 20])
def test_an_execution_that_comes_again_is_refused(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr("protocol.files.json_lines.BLOCK_BYTES", block_bytes)
    fills = make_fills(2)
    (tmp_path / "executions.jsonl").write_bytes(lines_of(fills) + lines_of(fills[2:3]))
    with pytest.raises(FileFault, match="line 5: its ExecID comes again"):
        list(read(tmp_path / "executions.jsonl"))


def test_a_fill_that_cannot_be_told_is_refused_by_its_trade():
    fills = make_fills(2)
    fills["quantity"][3] = -1
    with pytest.raises(FileFault, match="trade 2: quantity: -1 is negative"):
        lines_of(fills)
    fills = make_fills(2)
    fills["code"][3] = b'60"519'
    assert fills["side"][3] == Side.SELL
    with pytest.raises(FileFault, match=r"trade 2: code: .* is not plain ASCII"):
        lines_of(fills)
