"""Reference data where it is at hand, above all two real days of the Shanghai exchange.

The data is looked for in the folder that CUOHE_REFERENCE_DATA names, or else in ../shared/data
beside the checkout.  Where it is absent, the tests that need it are skipped.
"""

import csv
import gzip
import os
from pathlib import Path

import pytest

from protocol.units import parse_units
from protocol.vocabulary import Phase, Side
from tests.commands import cancel, change_phase, close_day, enter, listing, open_day

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
SIDES = {"B": Side.BUY, "S": Side.SELL}
PHASES = {
    "OPEN_CALL": Phase.OPENING_CALL,
    "CONT": Phase.CONTINUOUS,
    "CLOSE_CALL": Phase.CLOSING_CALL,
}
UNCROSSED = {"OPEN_CALL": Phase.PRE_CONTINUOUS, "CLOSE_CALL": Phase.POST_CLOSE}

LISTINGS = {
    "601825_SH_20230711": listing(
        0, code=b"601825", previous_close=54_600, lower_limit=49_100, upper_limit=60_100
    ),
    "600519_SH_20230201": listing(
        0,
        code=b"600519",
        previous_close=18_457_600,
        lower_limit=16_611_800,
        upper_limit=20_303_400,
    ),
}
"""How the share of each day was listed; the limits are the lowest and highest prices of the day,
and the previous close follows from them."""


def reference_path(name: str) -> Path:
    """Return where a file of the reference data is, or skip the test where it is absent."""
    folder = Path(os.environ.get("CUOHE_REFERENCE_DATA", BESIDE))
    path = folder / name
    if not path.exists():
        pytest.skip(f"no reference data: {name} is not under {folder}")
    return path


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the two days."""
    with gzip.open(reference_path(f"sse/{name}.csv.gz"), "rt", newline="") as file:
        return list(csv.DictReader(file))


def real_day(day: str) -> list[dict]:
    """Return the commands of a real day; its orders are numbered in the order they came."""
    numbers: dict[str, int] = {}
    phase = ""
    commands = [open_day(), *LISTINGS[day]]
    for event in read_table(f"{day}_events"):
        if event["phase"] != phase:
            phase = event["phase"]
            commands.append(change_phase(PHASES[phase]))
        if event["action"] == "UNCROSS":
            commands.append(change_phase(UNCROSSED[phase]))
        elif event["action"] == "CANCEL":
            commands.append(cancel(numbers[event["order_no"]], int(event["qty"])))
        else:
            numbers[event["order_no"]] = len(numbers) + 1
            price, quantity = parse_units(event["price"]), int(event["qty"])
            commands.append(enter(SIDES[event["side"]], quantity, price))
    return [*commands, close_day()]


def real_trades(day: str) -> list[tuple[int, int, int, int]]:
    """Return the trades of a real day in order: buy order, sell order, price, quantity.

    Orders have the numbers that `real_day` gives them, prices are in 1/10000 yuan.
    """
    numbers: dict[str, int] = {}
    for event in read_table(f"{day}_events"):
        if event["action"] == "NEW":
            numbers[event["order_no"]] = len(numbers) + 1
    return [
        (
            numbers[trade["buy_order"]],
            numbers[trade["sell_order"]],
            parse_units(trade["price"]),
            int(trade["qty"]),
        )
        for trade in read_table(f"{day}_expected_trades")
    ]
