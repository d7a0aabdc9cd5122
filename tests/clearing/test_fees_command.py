"""`cuohe fees`: both ledgers of a day, which tie with what the accounts have."""

from pathlib import Path

import pytest

from engine.clearing.charges import charge
from engine.venue import warm_up
from gateway.cli import main
from protocol.vocabulary import Currency, Market, Permission, Phase, Side
from tests.commands import (
    change_phase,
    close_day,
    define_fees,
    enter,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.test_close_command import day_of
from tests.trading import A_SHARES, CUSTOMER, money

BUYER, SELLER = 1, 2
ROOM = {"accounts_max": 8, "holdings_max": 16, "movements_max": 16}
B_SHARE = {
    "fees": 1,
    "market": Market.SZSE,
    "permission": Permission.B_SHARES,
    "listed_currency": Currency.HKD,
}
OPENING = [
    open_day(with_accounts=1, orders_open_max=100, orders_day_max=100, **ROOM),
    define_fees(0, **A_SHARES),
    define_fees(1, stamp_sell_rate=50_000, settlement_rate=50_000),
    *listing(0),
    *listing(1, **B_SHARE),
    *(open_account(number, **CUSTOMER) for number in (BUYER, SELLER)),
    *(move_funds(BUYER, money("1,000,000.00"), currency=one) for one in Currency),
    *(move_shares(SELLER, 10_000, instrument=number) for number in (0, 1)),
    change_phase(Phase.CONTINUOUS),
]
TRADES = [
    enter(Side.SELL, 1_000, 100_000, account=SELLER),
    enter(Side.BUY, 600, 100_000, account=BUYER),
    enter(Side.SELL, 500, 100_000, account=SELLER, instrument=1),
    enter(Side.BUY, 500, 100_000, account=BUYER, instrument=1),
]

TABLE = """\
level        market  product   currency  fills   bought     sold  commission  handling  regulatory \
 settlement  transfer  stamp  total
customer     SSE     ORDINARY  CNY           2  6000.00  6000.00       10.00      0.00        0.00 \
       0.00      0.12   3.00  13.12
customer     SZSE    B_SHARES  HKD           2  5000.00  5000.00        2.50      0.00        0.00 \
       5.00      0.00   2.50  10.00
participant  SSE     ORDINARY  CNY           2  6000.00  6000.00                  0.40        0.24 \
       0.00      0.12   3.00   3.76
participant  SZSE    B_SHARES  HKD           2  5000.00  5000.00                  0.00        0.00 \
       5.00      0.00   2.50   7.50
CNY ties: accounts -13.12, participant's income 9.36, together -3.76 from the depository
HKD ties: accounts -10.00, participant's income 2.50, together -7.50 from the depository
"""


@pytest.fixture(autouse=True, scope="module")
def warmed() -> None:
    """Let the kernels be compiled, so that no command has to say that it takes a while."""
    warm_up(lambda line: None)


@pytest.fixture
def day(tmp_path) -> Path:
    return day_of(tmp_path / "20260706", [*OPENING, *TRADES, close_day()])


def fees(*words: object) -> int:
    """Run `cuohe fees` and return its exit status."""
    return main(["fees", *map(str, words)])


def test_both_ledgers_are_told_by_market_and_product(day, capsys):
    assert fees(day) == 0
    assert capsys.readouterr().out == TABLE


def test_day_that_has_not_ended_has_ledgers_so_far(tmp_path, capsys):
    assert fees(day_of(tmp_path / "20260706", [*OPENING, *TRADES])) == 0
    assert capsys.readouterr().out == TABLE


def test_programs_get_csv_and_people_what_ties(day, capsys):
    assert fees(day, "--csv") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[:2] == [
        "level,market,product,currency,fills,bought,sold,"
        "commission,handling,regulatory,settlement,transfer,stamp,total",
        "customer,SSE,ORDINARY,CNY,2,6000.00,6000.00,10.00,0.00,0.00,0.00,0.12,3.00,13.12",
    ]
    assert told.err == "".join(TABLE.splitlines(keepends=True)[-2:])


def test_ledgers_that_do_not_tie_are_a_failure(day, capsys, monkeypatch):
    def amiss(*rows):
        charges = charge(*rows)
        charges.customer["stamp"][0] += 100
        return charges

    monkeypatch.setattr("gateway.commands.fees.charge", amiss)
    assert fees(day) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "CNY DOES NOT TIE: accounts -13.12, participant's income 9.37, together -3.76 from the"
        " depository",
        TABLE.splitlines()[-1],
    ]


def test_day_without_trades_has_empty_ledgers(tmp_path, capsys):
    assert fees(day_of(tmp_path / "20260706", [*OPENING, close_day()])) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_day_without_accounts_has_no_ledgers(tmp_path, capsys):
    day = day_of(tmp_path / "20260706", [open_day(), *listing(0), close_day()])
    assert fees(day) == 1
    assert "is a day without accounts, which charges nobody" in capsys.readouterr().err


def test_folder_without_a_journal_is_refused(tmp_path, capsys):
    assert fees(tmp_path) == 1
    assert "journal: cannot be read" in capsys.readouterr().err
