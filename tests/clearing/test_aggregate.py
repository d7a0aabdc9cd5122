"""What a day came to in each branch is what its fills and its accounts say, one by one."""

import numpy as np
import pytest

from engine.clearing.aggregate import aggregate
from engine.clearing.closed_day import ClosedDay, usual_reference
from engine.clearing.tables import Tables, tables_of
from engine.venue import Venue
from protocol.units import parse_units
from protocol.vocabulary import Currency
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY


def random_tables(seed: int) -> Tables:
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    return tables_of(ClosedDay(commands, reports, venue.state, usual_reference()))


@pytest.mark.parametrize("seed", range(100, 104))
def test_lines_of_branches_are_what_counting_one_by_one_gives(seed):
    tables = random_tables(seed)
    lines = list(aggregate(tables))
    assert sum(int(line["fills"]) for line in lines) == len(tables.fills) > 50
    for line in lines:
        branch, currency = int(line["branch"]), Currency[line["currency"]]
        fills = [
            fill
            for fill in tables.fills.rows
            if fill["branch"] == branch and fill["currency"] == currency
        ]
        funds = [
            row for row in tables.funds if row["branch"] == branch and row["currency"] == currency
        ]
        assert int(line["fills"]) == len(fills)
        assert int(line["traded"]) == len({int(fill["account"]) for fill in fills})
        assert int(line["accounts"]) == len(funds)
        assert parse_units(line["balance"]) == sum(int(row["balance"]) for row in funds)


def test_blocks_of_fills_are_added_up(monkeypatch):
    tables = random_tables(100)
    expected = list(aggregate(tables))
    monkeypatch.setattr("engine.clearing.fills.BLOCK_REPORTS", 9)
    assert list(aggregate(tables)) == expected


def test_a_day_without_trades_has_lines_without_any():
    tables = random_tables(100)
    idle = tables._replace(fills=np.zeros((0, 0)))
    assert {(line["fills"], line["traded"]) for line in aggregate(idle)} == {("0", "0")}
