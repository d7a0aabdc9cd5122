"""From reports to fills."""

import numpy as np
import pytest

from engine.clearing.closed_day import ClosedDay, usual_reference
from engine.clearing.fills import Fills, fills_of_trades
from engine.venue import Venue
from protocol.files.profiles import PROFILES, turnover_of
from protocol.vocabulary import Liquidity, Market, Side
from tests.clearing.days import BUSINESS_DATE, at, empty_day, small_day
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY


def test_each_side_of_a_trade_is_a_fill_that_knows_all_of_its_order():
    day = small_day()
    fills = fills_of_trades(day.commands, day.reports).rows
    assert len(fills) == 8
    fill = dict(zip(fills.dtype.names, fills[3].item(), strict=True))
    assert fill == {
        "business_date": BUSINESS_DATE,
        "market": Market.SZSE,
        "code": b"000001",
        "trade_number": 2,
        "order_number": 3,
        "account": 200,
        "branch": 12,
        "trading_unit": b"000702",
        "side": Side.SELL,
        "price": 101_300,
        "quantity": 700,
        "turnover": 70_910_000,
        "order_time": at("09:30:00.000000001"),
        "trade_time": at("10:00:00"),
        "fees": 0,
        "handling": 0,
        "regulatory": 0,
        "settlement": 0,
        "transfer": 0,
        "stamp": 0,
        "settle_date": 0,
        "firm": 0,
        "currency": 0,
        "product": 0,
        "client_seq": 13,
        "liquidity": Liquidity.RESTING,
    }


def test_refused_listing_is_no_instrument():
    day = small_day()
    codes = set(fills_of_trades(day.commands, day.reports).rows["code"].tolist())
    assert codes == {b"600519", b"000001"}


def test_the_venue_itself_has_no_branch_and_no_trading_unit():
    day = small_day()
    reports = day.reports
    reports["session"][reports["account"] == 100] = 0
    fills = fills_of_trades(day.commands, reports).rows
    members = {(fill["account"], fill["branch"], fill["trading_unit"]) for fill in fills}
    assert members == {(100, 0, b""), (200, 12, b"10002"), (200, 12, b"000702")}


def test_day_without_trades_has_no_fills():
    day = empty_day()
    assert fills_of_trades(day.commands, day.reports).rows.size == 0


def test_turnover_is_rounded_half_up_to_the_cent():
    price = np.array([10_049, 10_050, 10_051, 2**31 - 1], np.int32)
    quantity = np.array([1, 1, 1, 2**31 - 1], np.int32)
    exact = (2**31 - 1) ** 2
    expected = [10_000, 10_100, 10_100, (exact + 50) // 100 * 100]
    assert turnover_of(price, quantity).tolist() == expected


def random_fills(seed: int) -> Fills:
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    return ClosedDay(commands, reports, venue.state, usual_reference()).fills


@pytest.mark.parametrize("seed", range(100, 103))
@pytest.mark.parametrize("block_reports", [1, 7, 1_000])
def test_fills_are_the_same_however_often_and_in_whatever_blocks_they_are_told(
    seed, block_reports, monkeypatch
):
    fills = random_fills(seed)
    expected = fills.rows
    assert len(expected) == len(fills) > 50
    monkeypatch.setattr("engine.clearing.fills.BLOCK_REPORTS", block_reports)
    for _ in range(2):
        assert np.array_equal(np.concatenate(list(fills)), expected)


@pytest.mark.parametrize("profile", [one for one in PROFILES.values() if one.table == "fills"])
def test_how_many_fills_a_file_holds_is_known_before_they_are_told(profile):
    for seed in range(6):
        fills = random_fills(seed)
        assert fills.count(profile.holds) == profile.count(fills.rows)
