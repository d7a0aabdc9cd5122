"""Closed days of a small venue, each beginning with what the one before has left.

Account 1 pays a commission in which the exchange's fees are included, account 3 pays them beside
it; both pay 0.025 %, 5 yuan at least.  A share of Shanghai and one of Shenzhen are traded.
"""

import csv
from pathlib import Path

import numpy as np

from engine.clearing.close import clear
from engine.clearing.closed_day import load_reference
from engine.clearing.succession import previous_manifest
from engine.venue import Venue
from protocol.vocabulary import FundsEntry, Phase, SharesEntry, Side
from tests.commands import (
    SZSE_RULES,
    admit,
    change_phase,
    close_day,
    define_fees,
    enter,
    journal,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.conftest import FUNDED, SMALL

CODES = ("600000", "000001")
RATES = {
    "handling_rate": 3_410,
    "regulatory_rate": 2_000,
    "transfer_rate": 1_000,
    "stamp_sell_rate": 50_000,
}
TERMS = {"commission_rate": 25_000, "commission_min": 50_000}
FIRMS = (
    "firm,name,branches,sse_participant,sse_money_account,szse_settlement_account,"
    "szse_reserve_account\n"
    "1,东方证券,7,E0000001,EM,ES,ER\n2,南方证券,8,S0000001,SM,SS,SR\n"
)
FIRST, SECOND, THIRD = 20260706, 20260707, 20260708
BEGUN = [
    move_funds(1, 10**9, FundsEntry.BROUGHT_FORWARD),
    move_shares(3, 10_000, SharesEntry.BROUGHT_FORWARD),
    move_shares(3, 500, SharesEntry.BROUGHT_FORWARD, instrument=1),
]
TRADES = [
    *[(Side.SELL, 300, 100_000, 3, 0), (Side.SELL, 700, 100_100, 3, 0)],
    *[(Side.BUY, 1_000, 100_100, 1, 0), (Side.BUY, 500, 99_900, 1, 1)],
    (Side.SELL, 500, 99_900, 3, 1),
]
"""Account 1 takes two orders with one, and buys the other share too."""


def opening(business_date: int) -> list[dict]:
    return [
        open_day(business_date=business_date, with_accounts=1),
        admit(1, 1, 2, branch=7, trading_unit_sse=b"20001", trading_unit_szse=b"390001"),
        admit(2, 3, 4, branch=8, trading_unit_sse=b"20002", trading_unit_szse=b"390002"),
        define_fees(0, **RATES),
        *listing(0),
        *listing(1, code=CODES[1].encode(), **SZSE_RULES),
        open_account(1, branch=7, **TERMS),
        open_account(3, branch=8, **TERMS, commission_includes=0),
    ]


def entered(trades: list[tuple[int, int, int, int, int]]) -> list[dict]:
    """Return orders of side, quantity, price, account and instrument."""
    return [
        enter(
            side,
            quantity,
            price,
            session=(account + 1) // 2,
            account=account,
            instrument=instrument,
            client_seq=number,
        )
        for number, (side, quantity, price, account, instrument) in enumerate(trades, start=1)
    ]


def rows_in(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "clearing" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def brought_forward(folder: Path) -> list[dict]:
    """Return what a closed day leaves, as the next one begins with it."""
    money = [
        move_funds(
            int(row["account"]),
            int(row["balance"].replace(".", "")),
            FundsEntry.BROUGHT_FORWARD,
        )
        for row in rows_in(folder, "funds")
    ]
    shares = [
        move_shares(
            int(row["account"]),
            int(row["total"]),
            SharesEntry.BROUGHT_FORWARD,
            instrument=CODES.index(row["code"]),
        )
        for row in rows_in(folder, "balances")
        if row["total"] != "0"
    ]
    return money + shares


def commands_of(business_date: int, begun: list[dict], happens: list[dict]) -> np.ndarray:
    acts = [*opening(business_date), *begun, change_phase(Phase.CONTINUOUS), *happens, close_day()]
    return journal(acts)


def close(folder: Path, begun: list[dict], happens: list[dict]) -> Path:
    """Close a day into a folder that is named by its date; return the folder."""
    (folder / "reference").mkdir(parents=True)
    (folder / "reference" / "firms.csv").write_text(FIRMS, "utf-8")
    commands = commands_of(int(folder.name), begun, happens)
    venue = Venue(SMALL._replace(**FUNDED))
    clear(
        commands,
        venue.apply(commands),
        folder / "clearing",
        previous=previous_manifest(folder),
        state=venue.state,
        reference=load_reference(folder / "reference"),
    )
    return folder


def traded_day(data: Path) -> Path:
    """Close the first day, on which account 1 buys from account 3 and is given a bonus."""
    bonus = [move_shares(3, 50, SharesEntry.BONUS), move_funds(1, 12_345)]
    return close(data / str(FIRST), BEGUN, [*entered(TRADES), *bonus])


def three_days(data: Path) -> Path:
    """Close three days in a row; return the folder of the last."""
    folder = traded_day(data)
    for date in (SECOND, THIRD):
        trades = [(Side.BUY, 100, 100_000, 3, 0), (Side.SELL, 100, 100_000, 1, 0)]
        folder = close(data / str(date), brought_forward(folder), entered(trades))
    return folder
