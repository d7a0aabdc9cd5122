"""`cuohe journal`: what came in on a day and what came of it, in lines, in CSV, and one order's."""

import csv
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from engine.venue import Venue, warm_up
from gateway.cli import main
from gateway.commands.journal import choose, write_lines
from gateway.evidence.checks import CHECKS, not_looked_at
from gateway.readable import FORMS, Readable, form_of, letters
from gateway.room import room_for
from gateway.selection import Wanted
from protocol.records import COMMAND
from protocol.vocabulary import (
    CommandKind,
    OrderType,
    Phase,
    RateAction,
    Reject,
    ReportKind,
    Role,
    Side,
)
from tests.commands import (
    admit,
    block_trading,
    cancel,
    cancel_own,
    change_phase,
    change_status,
    close_day,
    close_session,
    define_fees,
    enter,
    journal,
    limit_account,
    limit_funds,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    open_session,
    replace,
    transfer_custody,
)
from tests.engine.replaying import LIMITS
from tests.engine.test_close_command import day_of
from tests.engine.test_determinism import FROZEN, write_journal
from tests.tidy.test_docs import ROOT, table_of
from tests.trading import A_SHARES, CUSTOMER, money

ALICE, BOB, OLIVIA = 1, 2, 3
ROOM = {"accounts_max": 8, "holdings_max": 16, "movements_max": 16}
UNITS = {"trading_unit_sse": b"20001", "trading_unit_szse": b"390001"}
CAGED = {"cage_bp": 200, "cage_ticks": 10}
PEOPLE = [
    admit(ALICE, 1, 1, branch=7, **UNITS),
    admit(BOB, 2, 3, branch=8, **UNITS),
    admit(OLIVIA, 1, 9, Role.OPERATOR, branch=7, **UNITS),
]
OPENING = [
    open_day(with_accounts=1, orders_open_max=100, orders_day_max=100, **ROOM),
    *PEOPLE,
    define_fees(0, **A_SHARES),
    *listing(0, **CAGED),
    *listing(1, **CAGED),
    *(open_account(number, **CUSTOMER) for number in (1, 2)),
    move_funds(1, money("1,000,000.00")),
    move_shares(2, 10_000),
    change_phase(Phase.CONTINUOUS),
]
FIRST = len(OPENING) + 1
"""The sequence of the first command behind the opening."""


def by(session: int, client_seq: int, command: dict) -> dict:
    """Return a command as a session sends it, for the account of its own number."""
    account = {} if "account" in command else {"account": session}
    is_order = command["kind"] == CommandKind.ENTER_ORDER
    return command | {"session": session, "client_seq": client_seq} | (account if is_order else {})


TRADES = [
    by(BOB, 1, enter(Side.SELL, 300, 100_000)),
    by(BOB, 2, enter(Side.SELL, 400, 100_100)),
    by(ALICE, 1, enter(Side.BUY, 1_000, 100_100)),
    by(ALICE, 2, cancel(3, 100)),
    by(ALICE, 3, enter(Side.BUY, 100_000, 100_000)),
    by(ALICE, 4, enter(Side.BUY, 100, 100_000, instrument=1)),
    by(BOB, 3, cancel_own(2)),
    by(BOB, 4, replace(3, 100, 100_000)),
]

EVIDENCE = """\
command 17 at 00:00:04.000000000 from session 1, TERMINAL of branch 7: accepted as order 3
  client_seq=1 side=BUY order_type=LIMIT time_in_force=DAY instrument=600000.SH channel=COUNTER \
account=1 price=10.0100 quantity=1000

check                what it looked at
form         passed  the fields above, each within its bounds
session      passed  session 1 is a TERMINAL
client_seq   passed  1, last one was 0
day          passed  is open
instrument   passed  600000.SH, number 0 of 2
rights       passed  account 1; session 1 may act for 1 to 1
account      passed  account 1 is open
rate         passed  request 1 of at most 300 in its second, 1 of at most 20000 today; beyond: ALARM
status       passed  NORMAL
channel      passed  COUNTER; the account has all
board        passed  needs SHANGHAI_A, ORDINARY; has all, all
blocks       passed  blocked: none
phase        passed  CONTINUOUS takes orders, handling MATCHES; the order is DAY
quantity     passed  1000, at most 1000000
lots         passed  from 100 on in steps of 100
price        passed  10.0100 on ticks of 0.0100, 9.0000 to 11.0000
cage         passed  reference 10.0000, at most 10.2000
open orders  passed  0 (no limit) open before it
funds        passed  needs 10015.10 CNY, free 1000000.00 = balance 1000000.00
holdings     passed  1 of 16 in use
orders       passed  2 of 100 today, 2 of 100 open

before it: 600000.SH in CONTINUOUS, previous close 10.0000
  orders  shares  bid      ask  shares  orders
                       10.0000     300       1
                       10.0100     400       1

17  00:00:04.000000000  ACCEPTED 1000 at 10.0100
  holds 10015.10 (+10015.10); CNY held +10015.10, available -10015.10, withdrawable -10015.10
17  00:00:04.000000000  trade 1: 300 at 10.0000 with order 1, INCOMING; 700 open
  holds 7007.07 (-3008.03); CNY balance -3005.03, held -3008.03, spent +3005.03, available +3.00, \
withdrawable +3.00; 600000.SH total +300, sellable +300, cost +3005.03
17  00:00:04.000000000  trade 2: 400 at 10.0100 with order 2, INCOMING; 300 open
  holds 3003.03 (-4004.04); CNY balance -4004.04, held -4004.04, spent +4004.04; \
600000.SH total +400, sellable +400, cost +4004.04
18  00:00:04.000000000  CANCEL_ORDER of session 1 of branch 7: CANCELED 100: REQUESTED; 200 open
  holds 2002.02 (-1001.01); CNY held -1001.01, available +1001.01, withdrawable +1001.01
23  00:00:05.000000000  CLOSE_DAY of the venue: EXPIRED 200 at 10.0100
  holds 0.00 (-2002.02); CNY held -3007.03, available +3007.03, withdrawable +3007.03 \
(together with orders of the same account: 4)
nothing of it is open
"""


@pytest.fixture(autouse=True, scope="module")
def warmed() -> None:
    """Let the kernels be compiled, so that no command has to say that it takes a while."""
    warm_up(lambda line: None)


@pytest.fixture
def day(tmp_path) -> Path:
    return day_of(tmp_path / "20260706", [*OPENING, *TRADES, close_day()])


def tell(capsys, *words: object) -> str:
    """Run `cuohe journal`, which shall succeed, and return what it prints."""
    assert main(["journal", *map(str, words)]) == 0
    return capsys.readouterr().out


def sequences(capsys, *words: object) -> list[int]:
    """Return the sequences of the commands that fit."""
    return [int(line.split()[0]) for line in tell(capsys, *words).splitlines()]


def mistake(capsys, *words: object) -> str:
    """Run `cuohe journal`, which shall fail, and return the line that it says why."""
    assert main(["journal", *map(str, words)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def frozen_day(folder: Path, rows: np.ndarray) -> Path:
    """Write the journal of a random day into `folder` and return the folder."""
    folder.mkdir()
    write_journal(folder / "journal", rows, 16)
    return folder


def failed(told: str) -> list[str]:
    """Return the checks that failed."""
    return [line.partition("FAILED")[0].strip() for line in told.splitlines() if " FAILED" in line]


def test_every_command_is_a_line_with_what_came_of_it(day, capsys):
    lines = tell(capsys, day).splitlines()
    assert len(lines) == FIRST + len(TRADES)
    assert lines[FIRST - 2 : FIRST + 5] == [
        "14  00:00:03.000000000  the venue: CHANGE_PHASE phase=CONTINUOUS instrument=all -> "
        "CONTINUOUS begins",
        "15  00:00:03.000000000  session 2 of branch 8: ENTER_ORDER client_seq=1 side=SELL "
        "order_type=LIMIT time_in_force=DAY instrument=600000.SH channel=COUNTER account=2 "
        "price=10.0000 quantity=300 -> accepted as order 1",
        "16  00:00:03.000000000  session 2 of branch 8: ENTER_ORDER client_seq=2 side=SELL "
        "order_type=LIMIT time_in_force=DAY instrument=600000.SH channel=COUNTER account=2 "
        "price=10.0100 quantity=400 -> accepted as order 2",
        "17  00:00:04.000000000  session 1 of branch 7: ENTER_ORDER client_seq=1 side=BUY "
        "order_type=LIMIT time_in_force=DAY instrument=600000.SH channel=COUNTER account=1 "
        "price=10.0100 quantity=1000 -> accepted as order 3; trade 1: 300 at 10.0000 of orders 3 "
        "and 1; trade 2: 400 at 10.0100 of orders 3 and 2",
        "18  00:00:04.000000000  session 1 of branch 7: CANCEL_ORDER client_seq=2 order_number=3 "
        "quantity=100 -> canceled 100 of order 3: REQUESTED",
        "19  00:00:04.000000000  session 1 of branch 7: ENTER_ORDER client_seq=3 side=BUY "
        "order_type=LIMIT time_in_force=DAY instrument=600000.SH channel=COUNTER account=1 "
        "price=10.0000 quantity=100000 -> rejected: INSUFFICIENT_FUNDS",
        "20  00:00:04.000000000  session 1 of branch 7: ENTER_ORDER client_seq=4 side=BUY "
        "order_type=LIMIT time_in_force=DAY instrument=600001.SH channel=COUNTER account=1 "
        "price=10.0000 quantity=100 -> accepted as order 4",
    ]
    assert lines[-1].endswith(
        "the venue: CLOSE_DAY -> expired 200 of order 3; expired 100 of order 4; "
        "the day 20260706 has ended"
    )


def test_orders_that_go_with_their_session_are_told_with_its_end(tmp_path, capsys):
    commands = [
        open_session(BOB, cancels_on_disconnect=1),
        by(BOB, 1, enter(Side.SELL, 300, 100_000)),
        close_session(BOB),
    ]
    day = day_of(tmp_path / "20260706", [*OPENING, *commands])
    came, _, went = (line.split("  ")[-1] for line in tell(capsys, day).splitlines()[-3:])
    assert came == "the venue: OPEN_SESSION cancels_on_disconnect=yes admitted=2 -> no report"
    assert went == "the venue: CLOSE_SESSION admitted=2 -> canceled 300 of order 1: DISCONNECTED"


def test_a_text_with_control_characters_makes_up_no_line(tmp_path, capsys):
    forged = by(BOB, 1, transfer_custody(2, to_unit=b"a\r\n\x1b\xe4"))
    day = day_of(tmp_path / "20260706", [*OPENING, forged])
    *_, line = tell(capsys, day).split("\n")[:-1]
    assert r" to_unit=a\r\n\x1b\xe4 account=2 -> rejected: " in line


@pytest.mark.parametrize(
    ("words", "fitting"),
    [
        ("--account 1", [10, 12, 17, 18, 19, 20, 22, 23]),
        ("--account 2", [11, 13, 15, 16, 17, 21]),
        ("--order 1", [15, 17]),
        ("--order 3", [17, 18, 22, 23]),
        ("--order 2", [16, 17, 21]),
        ("--instrument 600001.SH", [9, 14, 20, 23]),
        ("--session 2", [15, 16, 21, 22]),
        ("--session 1 --client-seq 2", [18]),
        ("--sequence 19", [19]),
        ("--kind CANCEL_ORDER", [18, 21]),
        ("--from 00:00:04 --to 00:00:05", [17, 18, 19, 20]),
        ("--from 00:00:03.000000001 --to 00:00:05", [17, 18, 19, 20]),
        ("--account 1 --kind ENTER_ORDER --instrument 600000.SH --from 00:00:04", [17, 19]),
    ],
)
def test_what_fits_every_filter_is_told(day, capsys, words, fitting):
    assert sequences(capsys, day, *words.split()) == fitting


def test_filter_that_fits_nothing_says_so(day, capsys):
    assert main(["journal", str(day), "--order", "1", "--session", "1", "--kind", "CLOSE_DAY"]) == 0
    assert capsys.readouterr() == ("", "none of 23 commands fits\n")


@pytest.mark.parametrize("name", FROZEN)
def test_every_kind_of_command_is_told_and_comes_back_from_csv(tmp_path, capsys, monkeypatch, name):
    monkeypatch.setattr("gateway.commands.journal.room_for", lambda commands: LIMITS)
    rows = FROZEN[name]()[0]
    day = frozen_day(tmp_path / "day", rows)
    lines = tell(capsys, day).splitlines()
    kinds = {line.split(": ")[1].split()[0] for line in lines}
    assert len(lines) == len(rows)
    assert kinds == {kind_named(int(kind)) for kind in np.unique(rows["kind"])}
    table = list(csv.DictReader(io.StringIO(tell(capsys, day, "--csv"))))
    assert len(table) == len(rows)
    for row, told in zip(rows, table, strict=True):
        own = row.view(FORMS.get(int(row["kind"]), form_of("")))
        assert [as_told(own[field]) for field in own.dtype.names] == [
            told[field] for field in own.dtype.names
        ]
        others = set(told) & set(COMMAND.names) - set(own.dtype.names)
        assert {told[field] for field in others} <= {""}


def kind_named(kind: int) -> str:
    return CommandKind(kind).name if kind in set(CommandKind) else str(kind)


def as_told(value) -> str:
    return letters(value) if isinstance(value, bytes) else str(value)


def test_both_frozen_days_have_every_kind():
    kinds = {int(kind) for make in FROZEN.values() for kind in make()[0]["kind"]}
    assert kinds >= set(CommandKind)


def test_programs_get_numbers_and_what_was_answered(day, capsys):
    rows = list(csv.DictReader(io.StringIO(tell(capsys, day, "--csv", "--account", "1"))))
    answers = {int(row["sequence"]): (row["accepted"], row["rejected"]) for row in rows}
    assert answers[17] == ("3", "")
    assert answers[19] == ("", "INSUFFICIENT_FUNDS")
    (order,) = [row for row in rows if row["sequence"] == "17"]
    assert (order["symbol"], order["price"], order["quantity"]) == ("600000.SH", "100100", "1000")
    assert order["reports"] == "5"


def test_csv_of_nothing_is_a_header(day, capsys):
    assert main(["journal", str(day), "--csv", "--session", "9"]) == 0
    told = capsys.readouterr()
    assert (len(told.out.splitlines()), told.err) == (1, "none of 23 commands fits\n")


@pytest.mark.parametrize(
    "name", ["--order 3", "--sequence 17", "--session 1 --client-seq 1"], ids=str.split
)
def test_evidence_of_an_order_that_traded_was_reduced_and_expired(day, capsys, name):
    assert tell(capsys, day, "--evidence", *name.split()) == EVIDENCE


def test_evidence_of_a_sell_tells_the_shares_and_who_bought_them(day, capsys):
    lines = tell(capsys, day, "--evidence", "--order", 1).splitlines()
    assert (
        "lots         passed  from 100 on in steps of 100; a rest of 10000 may be sold whole"
        in lines
    )
    assert "shares       passed  needs 300, free 10000 = total 10000" in lines
    assert lines[-5:] == [
        "15  00:00:03.000000000  ACCEPTED 300 at 10.0000",
        "  holds 300 shares (+300); 600000.SH held +300, sellable -300",
        "17  00:00:04.000000000  ENTER_ORDER of session 1 of branch 7: trade 1: 300 at 10.0000 "
        "with order 3, RESTING; 0 open",
        "  holds 0 shares (-300); CNY balance +2993.47, unsettled +2993.47, spent -2993.47, "
        "available +2993.47; 600000.SH total -300, held -300, cost -2993.47",
        "nothing of it is open",
    ]


def test_evidence_of_a_refused_order_ends_at_the_check_that_failed(day, capsys):
    lines = tell(capsys, day, "--evidence", "--session", 1, "--client-seq", 3).splitlines()
    assert lines[0].endswith("from session 1, TERMINAL of branch 7: rejected: INSUFFICIENT_FUNDS")
    made = [line for line in lines if " FAILED " in line or "not looked at" in line]
    assert made == [
        "funds        FAILED  needs 1000260.00 CNY, free 990988.91 = balance 992990.93 - held "
        "2002.02",
        "INSUFFICIENT_FUNDS; not looked at: holdings, orders",
    ]
    assert lines[-1] == "nothing was held, and nothing else is told of it"
    assert "       1     200  10.0100" in lines


REFUSED = {
    Reject.UNKNOWN_INSTRUMENT: (enter(Side.BUY, 100, 100_000, instrument=9), "unknown 9, number 9"),
    Reject.ACCOUNT_NOT_ADMITTED: (enter(Side.BUY, 100, 100_000, account=2), "may act for 1 to 1"),
    Reject.QUANTITY_NOT_IN_LOTS: (enter(Side.BUY, 150, 100_000), "from 100 on in steps of 100"),
    Reject.PRICE_NOT_ON_TICK: (enter(Side.BUY, 100, 100_050), "10.0050 on ticks of 0.0100"),
    Reject.PRICE_OUTSIDE_LIMITS: (enter(Side.BUY, 100, 120_000), "9.0000 to 11.0000"),
    Reject.PRICE_OUTSIDE_CAGE: (
        enter(Side.BUY, 100, 103_000),
        "reference 10.0000, at most 10.2000",
    ),
    Reject.FEATURE_NOT_ALLOWED: (
        enter(Side.BUY, 100, 100_000, display_quantity=100),
        "asks for display_quantity; allowed are MINIMUM_QUANTITY+POST_ONLY",
    ),
    Reject.ORDER_TYPE_NOT_ALLOWED: (
        enter(Side.BUY, 100, 100_000, order_type=OrderType.ALL_OR_CANCEL),
        "ALL_OR_CANCEL; allowed are LIMIT",
    ),
    Reject.MALFORMED: (enter(7, 100, 100_000), "the fields above"),
    Reject.SPENDING_TOO_LARGE: (
        enter(Side.BUY, 200, 100_000, instrument=1),
        "2005.02, after 0.00 spent and 0.00 held; at most 2000.00",
    ),
}


@pytest.mark.parametrize("reason", REFUSED, ids=lambda reason: reason.name)
def test_each_refusal_names_its_check_and_what_was_there(tmp_path, capsys, reason):
    order, inputs = REFUSED[reason]
    limits = [limit_funds(1, money("2,000.00"))]
    day = day_of(tmp_path / "20260706", [*OPENING, *limits, by(ALICE, 1, order)])
    told = tell(capsys, day, "--evidence", "--sequence", FIRST + 1)
    assert told.splitlines()[0].endswith(f"rejected: {reason.name}")
    (check,) = [check for check in CHECKS if reason in check.reasons]
    assert failed(told) == [check.of]
    assert inputs in told
    behind = not_looked_at(reason)
    assert f"{reason.name}; not looked at: {', '.join(behind)}" in told


def test_what_an_operator_set_is_told_as_it_was_at_that_moment(tmp_path, capsys):
    limits = limit_account(
        1, rate_max=2, rate_action=RateAction.REFUSE, order_value_max=money("5,000.00"),
        collar_bp=100, duplicate_ms=1_000, open_orders_max=4,
    )  # fmt: skip
    first = by(ALICE, 1, enter(Side.BUY, 100, 100_000))
    refused = [
        by(ALICE, 2, enter(Side.BUY, 100, 100_000)),
        by(ALICE, 3, enter(Side.BUY, 100, 99_000)),
        by(OLIVIA, 1, change_status(1)),
        by(BOB, 1, enter(Side.SELL, 100, 100_000)),
        by(OLIVIA, 2, block_trading(account=2)),
        by(BOB, 2, enter(Side.SELL, 100, 100_000)),
    ]
    day = day_of(tmp_path / "20260706", [*OPENING, limits, limit_funds(1, 0), first, *refused])
    told = [tell(capsys, day, "--evidence", "--sequence", FIRST + place) for place in (2, 3, 4, 8)]
    assert "open orders  passed  0 of at most 4 open before it" in told[0]
    assert "order value  passed  1000.00, at most 5000.00" in told[0]
    assert "collar       passed  10.0000; at most 1.00 % above previous close 10.0000" in told[0]
    assert "duplicate    passed  not again within 1000 ms; its first order" in told[0]
    assert failed(told[1]) == ["duplicate"]
    assert "0 ms before it: BUY 100 600000.SH at 10.0000" in told[1]
    assert failed(told[2]) == ["rate"]
    assert "request 3 of at most 2 in its second" in told[2]
    assert "rejected: RATE_EXCEEDED, try again in 1.040 s" in tell(capsys, day)
    assert failed(told[3]) == ["blocks"]
    assert "blocked: account 2" in told[3]


def test_on_a_day_without_accounts_nothing_is_held(tmp_path, capsys):
    opening = [open_day(), *PEOPLE, *listing(0), change_phase(Phase.CONTINUOUS)]
    trades = [
        by(ALICE, 1, enter(Side.BUY, 100, 100_000)),
        by(BOB, 1, enter(Side.SELL, 300, 100_000)),
        by(OLIVIA, 1, cancel(2)),
    ]
    day = day_of(tmp_path / "20260706", [*opening, *trades])
    lines = tell(capsys, day, "--evidence", "--order", 2).splitlines()
    assert "       1     100  10.0000" in lines
    assert not [line for line in lines if line.startswith(("account", "funds", "shares", "rate"))]
    assert lines[-5:] == [
        "9  00:00:02.000000000  ACCEPTED 300 at 10.0000",
        "9  00:00:02.000000000  trade 1: 100 at 10.0000 with order 1, INCOMING; 200 open",
        "10  00:00:02.000000000  CANCEL_ORDER of session 3 of branch 7: CANCELED 200: REQUESTED; "
        "0 open",
        "the day has no accounts: nothing is held",
        "nothing of it is open",
    ]


def test_the_book_before_an_order_has_five_levels_of_each_side(tmp_path, capsys):
    opening = [open_day(), *PEOPLE, *listing(0), change_phase(Phase.CONTINUOUS)]
    bids = [
        by(ALICE, 1 + n, enter(Side.BUY, 100 + 100 * n, 99_900 - 100 * (n // 2))) for n in range(12)
    ]
    asks = [by(BOB, 1, enter(Side.SELL, 500, 100_200))]
    day = day_of(
        tmp_path / "20260706", [*opening, *bids, *asks, by(ALICE, 99, enter(0, 100, 95_000))]
    )
    told = tell(capsys, day, "--evidence", "--session", ALICE, "--client-seq", 99)
    assert told.partition("before it: ")[2].splitlines()[1:7] == [
        "  orders  shares     bid      ask  shares  orders",
        "       2     300  9.9900  10.0200     500       1",
        "       2     700  9.9800",
        "       2    1100  9.9700",
        "       2    1500  9.9600",
        "       2    1900  9.9500",
    ]
    assert told.endswith("100 shares are open where the journal ends\n")


@pytest.mark.parametrize("name", FROZEN)
def test_every_reason_of_a_random_day_fails_the_check_of_its_name(
    tmp_path, capsys, monkeypatch, name
):
    monkeypatch.setattr("gateway.evidence.order.room_for", lambda commands: LIMITS)
    rows = FROZEN[name]()[0]
    day = frozen_day(tmp_path / "day", rows)
    reports = Venue(LIMITS).apply(rows)
    is_order = rows["kind"][reports["sequence"] - 1] == CommandKind.ENTER_ORDER
    refused = reports[is_order & (reports["kind"] == ReportKind.REJECTED)]
    reasons, first = np.unique(refused["reason"], return_index=True)
    assert len(reasons) > 8
    for reason, sequence in zip(reasons, refused["sequence"][first], strict=True):
        told = tell(capsys, day, "--evidence", "--sequence", sequence)
        assert failed(told) == [check.of for check in CHECKS if reason in check.reasons]
    for number in range(1, 60, 2):
        told = tell(capsys, day, "--evidence", "--order", number)
        assert failed(told) == []
        if told.endswith("nothing of it is open\n") and name == "accounts":
            assert told.splitlines()[-2].startswith(("  holds 0.00", "  holds 0 shares"))


def test_checks_of_an_order_are_those_of_the_market_rules():
    rows = dict(table_of(ROOT / "docs/market-rules.md", "command", "checks"))
    stated = f"{rows['every one']}, {rows['an order']}".split(", ")
    assert [reason.name for check in CHECKS for reason in check.reasons] == stated


def test_mistakes_name_the_thing_and_the_remedy(day, tmp_path, capsys):
    told = mistake(capsys, day, "--order", 77)
    assert told == "cuohe journal: order 77: there is none; the orders of the day so far are 1 to 4"
    assert mistake(capsys, day, "--order", 77, "--evidence") == told
    told = mistake(capsys, day, "--instrument", "600519.SH")
    assert (
        "600519.SH: is not listed on this day; its 2 instruments are 600000.SH, 600001.SH" in told
    )
    told = mistake(capsys, day, "--sequence", 18, "--evidence")
    assert "sequence 18: is a CANCEL_ORDER, which enters no order; name the order by" in told
    told = mistake(capsys, day, "--sequence", 99, "--evidence")
    assert "sequence 99: there is none; the journal has 1 to 23" in told
    told = mistake(capsys, day, "--session", 1, "--client-seq", 2, "--evidence")
    assert "client_seq 2 of session 1: no order came so" in told
    assert "name it by --order, --sequence, or" in mistake(capsys, day, "--evidence")
    assert "cannot be read" in mistake(capsys, tmp_path)


def test_request_that_came_twice_is_named_by_its_sequence(tmp_path, capsys):
    again = by(ALICE, 1, enter(Side.BUY, 100, 100_000))
    day = day_of(tmp_path / "20260706", [*OPENING, again, again])
    told = mistake(capsys, day, "--session", 1, "--client-seq", 1, "--evidence")
    assert told.endswith(f"came more than once; name one by --sequence: [{FIRST}, {FIRST + 1}]")
    assert failed(tell(capsys, day, "--evidence", "--sequence", FIRST + 1)) == ["client_seq"]


@pytest.mark.parametrize("time", ["9:30", "24:00:00", "09:30:00.1234567890", "noon"])
def test_time_that_is_none_is_refused(day, capsys, time):
    with pytest.raises(SystemExit, match="2"):
        main(["journal", str(day), "--from", time])
    assert f"'{time}' is no time of day, as 09:30:00 or 09:30:00.125" in capsys.readouterr().err


def test_day_without_a_command_is_refused(tmp_path, capsys):
    day = day_of(tmp_path / "20260706", [])
    assert "its journal holds no command yet; serve the day first" in mistake(capsys, day)


@pytest.mark.parametrize("commands", [20_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_long_day_is_told_in_little_memory(monkeypatch, commands):
    opening = journal([open_day(), *PEOPLE, *listing(0), change_phase(Phase.CONTINUOUS)])
    rows = np.zeros(commands, COMMAND)
    rows[:] = journal([enter(Side.BUY, 100, 100_000)])
    rows["side"] = np.arange(commands) % 2
    rows[: len(opening)] = opening
    rows["sequence"] = np.arange(1, commands + 1)
    venue, readable = Venue(room_for(rows)), Readable(rows)
    monkeypatch.setattr("builtins.print", lambda line: None)
    tracemalloc.start()
    try:
        assert write_lines(choose(rows, venue, Wanted()), commands, readable) == commands
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 << 20


def test_a_delay_that_an_order_cannot_bear_is_named(tmp_path, capsys):
    limits = limit_account(1, rate_max=1, rate_action=RateAction.DELAY)
    orders = [
        by(ALICE, 1, enter(Side.BUY, 100, 100_000)),
        by(ALICE, 2, enter(Side.BUY, 100, 100_000)),
        by(ALICE, 3, enter(Side.BUY, 1_000, 100_000, trigger_price=100_100)),
    ]
    day = day_of(tmp_path / "20260706", [*OPENING, limits, *orders])
    told = tell(capsys, day, "--evidence", "--sequence", FIRST + 3)
    assert failed(told) == ["rate"]
    assert "request 2 of at most 1 in its second" in told
    assert "beyond: DELAY, its orders wait, this one cannot" in told
