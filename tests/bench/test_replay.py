"""Recorded days, played back and compared trade by trade."""

import csv
import gzip

import pytest

from gateway.cli import main
from tests.reference import reference_path

EVENTS = """\
seq,time,phase,action,order_no,side,price,qty,price_known
1,09:15:00.020,OPEN_CALL,NEW,11,B,10.100,300,Y
2,09:15:01.000,OPEN_CALL,NEW,12,S,9.950,200,Y
3,09:16:00.000,OPEN_CALL,NEW,15,S,10.000,400,Y
4,09:17:00.000,OPEN_CALL,NEW,16,B,10.000,500,Y
5,09:25:00.000,OPEN_CALL,UNCROSS,,,,,
6,09:30:00.100,CONT,NEW,21,S,9.990,300,Y
7,09:30:00.200,CONT,NEW,22,B,9.900,100,Y
8,09:30:00.300,CONT,CANCEL,22,B,,100,
9,14:57:00.000,CLOSE_CALL,NEW,31,B,10.000,50,Y
10,15:00:00.000,CLOSE_CALL,UNCROSS,,,,,
"""

TRADES = """\
trade_no,event_seq,time,buy_order,sell_order,price,qty,aggressor
1,5,09:25:00.000,11,12,10.000,200,N
2,5,09:25:00.000,11,15,10.000,100,N
3,5,09:25:00.000,16,15,10.000,300,N
4,6,09:30:00.100,16,21,10.000,200,S
5,10,15:00:00.000,31,21,9.990,50,N
"""

PHASES = [
    "OPENING_CALL: 4 orders, 0 cancels, 3 trades, 600 shares at 10.0000",
    "CONTINUOUS: 2 orders, 1 cancels, 1 trades, 200 shares at 10.0000",
    "CLOSING_CALL: 1 orders, 0 cancels, 1 trades, 50 shares at 9.9900",
]

DAYS = {"601825_SH_20230711": 5_370, "600519_SH_20230201": 27_135}


@pytest.fixture
def replay(tmp_path, capsys):
    def replay(events, trades, *flags):
        events_path = tmp_path / "600000_SH_20230711_events.csv"
        trades_path = tmp_path / "trades.csv"
        events_path.write_text(events)
        trades_path.write_text(trades)
        status = main(["replay", str(events_path), "--expect", str(trades_path), *flags])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.replace(str(tmp_path), "")

    return replay


@pytest.mark.parametrize("flags", [(), ("--through-gateway",)])
def test_a_day_with_both_auctions_is_reproduced(replay, flags):
    assert replay(EVENTS, TRADES, *flags) == (0, [*PHASES, "5 of 5 trades identical"], "")


@pytest.mark.parametrize("flags", [(), ("--through-gateway",)])
def test_accounts_pay_and_deliver_what_is_traded(replay, flags):
    assert replay(EVENTS, TRADES, "--accounts", *flags) == (
        0,
        [
            *PHASES,
            "conserved: of 9655.2000 yuan 38.6600 went in fees and the accounts have the others, "
            "as they have all 900 shares; no order holds any",
            "5 of 5 trades identical",
        ],
        "",
    )


def test_accounts_without_money_enter_nothing(replay):
    status, lines, _ = replay(EVENTS, TRADES, "--accounts", "--means-percent", "1")
    assert status == 0
    assert "rejected: 4 for INSUFFICIENT_FUNDS, the first on line 2" in lines
    assert "rejected: 3 for INSUFFICIENT_SHARES, the first on line 3" in lines
    assert lines[-1] == "0 trades"


def test_the_first_difference_is_told(replay):
    status, lines, _ = replay(EVENTS, TRADES.replace("16,21,10.000,200", "16,21,9.990,200"))
    assert status == 1
    assert lines[3:] == [
        "first difference, trade 4: expected event 6: 16 buys 200 from 21 at 9.9900 (S), "
        "got event 6: 16 buys 200 from 21 at 10.0000 (S)",
        "4 of 5 trades identical",
    ]


def test_a_trade_too_many_is_told(replay):
    status, lines, _ = replay(EVENTS, TRADES[: TRADES.index("5,10,15")])
    assert status == 1
    assert lines[3:] == [
        "first difference, trade 5: expected none, got event 10: 31 buys 50 from 21 at 9.9900 (N)",
        "1 trades are left over",
        "4 of 4 trades identical",
    ]


def test_a_trade_too_few_is_told(replay):
    status, lines, _ = replay(EVENTS, TRADES + "6,10,15:00:00.000,31,21,9.990,50,N\n")
    assert status == 1
    assert lines[-1] == "5 of 6 trades identical"


def test_an_order_that_the_venue_rejects_is_told_with_its_line(replay):
    _, lines, _ = replay(EVENTS.replace("CANCEL,22", "CANCEL,99"), TRADES)
    assert "rejected: 1 for UNKNOWN_ORDER, the first on line 9" in lines


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("seq,time", "no,time", ":1: the header lacks seq"),
        ("NEW,12,S", "NEW,12,X", ":3: 'X' is no word of this format"),
        ("NEW,12,S", "AMEND,12,S", ":3: action 'AMEND' is not NEW, CANCEL or UNCROSS"),
        ("9.950,200", "9.95x,200", ":3: '9.95x' is not a decimal number"),
        ("9.950,200,Y", "9.950", ":3: does not have the 9 fields of line 1"),
        ("09:16:00.000", "24:16:00", ":4: time '24:16:00' is not like 09:30:00.000"),
        ("09:16:00.000", "9h16", ":4: time '9h16' is not like 09:30:00.000"),
        ("10.000,500", "10.000,5e9", ":5: invalid literal for int() with base 10: '5e9'"),
        ("10.000,500", "10.000,5000000000", ":5: qty 5000000000 is not from 1 to 2147483647"),
        ("10.000,500", "-10.000,500", ":5: price -10.000 is not above 0 and at most 214748.3647"),
    ],
)
def test_a_broken_events_file_is_refused_with_its_line(replay, before, after, told):
    status, lines, error = replay(EVENTS.replace(before, after, 1), TRADES)
    assert (status, lines) == (1, [])
    assert error == f"cuohe replay: /600000_SH_20230711_events.csv{told}\n"


def test_an_events_file_without_events_is_refused(replay):
    assert replay(EVENTS[: EVENTS.index("\n") + 1], TRADES) == (
        1,
        [],
        "cuohe replay: /600000_SH_20230711_events.csv: has no events; there is nothing to play\n",
    )


def test_a_lobster_time_beyond_the_day_is_refused_with_its_line(tmp_path, capsys):
    path = tmp_path / "hour.csv"
    path.write_text("seq,time,action,order_id,side,price,qty\n1,86400.0,NEW,1,B,10.0,100\n")
    assert main(["replay", str(path), "--format", "lobster"]) == 1
    assert capsys.readouterr().err.endswith(
        "hour.csv:2: time '86400.0' is not in seconds after midnight, like 34200.004\n"
    )


def test_a_file_that_is_not_there_or_no_gzip_is_refused(tmp_path, capsys):
    broken = tmp_path / "events.csv.gz"
    broken.write_bytes(b"not compressed")
    for path, told in ((tmp_path / "none.csv", "No such file"), (broken, "Not a gzipped file")):
        assert main(["replay", str(path)]) == 1
        assert told in capsys.readouterr().err


FLAGS = [(), ("--through-gateway",), ("--accounts",), ("--accounts", "--through-gateway")]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
@pytest.mark.parametrize("day", DAYS)
def test_every_trade_of_a_real_day_is_reproduced(day, flags, capsys):
    events = reference_path(f"sse/{day}_events.csv.gz")
    trades = reference_path(f"sse/{day}_expected_trades.csv.gz")
    assert main(["replay", str(events), "--expect", str(trades), *flags]) == 0
    assert capsys.readouterr().out.endswith(f"{DAYS[day]} of {DAYS[day]} trades identical\n")


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_two_real_days_in_one_file_are_two_instruments(tmp_path, flags, capsys):
    paths = []
    for kind in ("events", "expected_trades"):
        rows = []
        for day in DAYS:
            with gzip.open(reference_path(f"sse/{day}_{kind}.csv.gz"), "rt") as file:
                rows += [{"symbol": f"{day[:6]}.SH", **row} for row in csv.DictReader(file)]
        rows.sort(key=lambda row: row["time"])
        paths.append(tmp_path / f"{kind}.csv")
        with paths[-1].open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    assert main(["replay", str(paths[0]), "--expect", str(paths[1]), *flags]) == 0
    assert capsys.readouterr().out.endswith("32505 of 32505 trades identical\n")


@pytest.mark.parametrize("day", DAYS)
def test_accounts_with_too_little_are_refused_and_lose_nothing(day, capsys):
    events = reference_path(f"sse/{day}_events.csv.gz")
    assert main(["replay", str(events), "--accounts", "--means-percent", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for reason in ("INSUFFICIENT_FUNDS", "INSUFFICIENT_SHARES"):
        assert any(f"for {reason}, the first" in line for line in lines)
    assert lines[-2].startswith("conserved: ")
    assert 0 < int(lines[-1].removesuffix(" trades")) < DAYS[day]


def test_every_execution_of_an_hour_of_nasdaq_hits_the_order_that_was_hit(capsys):
    events = reference_path("lobster/lobster_aapl_20120621_events.csv.gz")
    assert main(["replay", str(events), "--format", "lobster"]) == 0
    assert capsys.readouterr().out.endswith("4046 of 4046 trades identical\n")
