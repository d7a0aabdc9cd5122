"""Two real days of the Shanghai exchange: every trade comes out as it did, in its order."""

import numba
import pytest

from engine.venue import Limits, Venue
from protocol.vocabulary import Liquidity, ReportKind, Side
from tests.commands import journal
from tests.engine.conservation import open_quantities
from tests.naive.venue import NaiveVenue
from tests.reference import real_day, real_trades

VENUES = {
    "naive": NaiveVenue,
    "engine": lambda: Venue(Limits(orders_open=60_000, orders_day=60_000, ticks=100_000)),
}
TRADES = {"601825_SH_20230711": 5_370, "600519_SH_20230201": 27_135}
AUCTIONS = {
    "601825_SH_20230711": [(54_800, 2_800, 10), (54_800, 25_000, 20)],
    "600519_SH_20230201": [(18_549_800, 32_800, 260), (18_449_700, 45_912, 303)],
}
"""Price in 1/10000 yuan, shares and trades of the opening and the closing auction."""


def trades_of(reports) -> list[tuple[int, int, int, int]]:
    """Return buy order, sell order, price and quantity of every trade, in order."""
    traded = [report for report in reports if report["kind"] == ReportKind.TRADED]
    trades = []
    for pair in zip(traded[::2], traded[1::2], strict=True):
        buy, sell = sorted(pair, key=lambda report: report["side"])
        assert (buy["side"], sell["side"]) == (Side.BUY, Side.SELL)
        named = (buy["order_number"], sell["order_number"], buy["price"], buy["quantity"])
        trades.append(tuple(int(value) for value in named))
    return trades


def auctions_of(reports) -> list[tuple[int, int, int]]:
    """Return price, shares and trades of every call auction, in order."""
    bought: dict[int, list] = {}
    for report in reports:
        if report["liquidity"] == Liquidity.AUCTION and report["side"] == Side.BUY:
            bought.setdefault(int(report["sequence"]), []).append(report)
    return [
        (int(rows[0]["price"]), sum(int(row["quantity"]) for row in rows), len(rows))
        for rows in bought.values()
    ]


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="whole days are slow uncompiled")
@pytest.mark.parametrize("new_venue", VENUES.values(), ids=VENUES.keys())
@pytest.mark.parametrize("day", TRADES)
def test_real_day_is_reproduced_trade_by_trade(new_venue, day):
    reports = new_venue().apply(journal(real_day(day)))
    trades, expected = trades_of(reports), real_trades(day)
    wrong = [pair for pair in zip(trades, expected, strict=False) if pair[0] != pair[1]]
    assert wrong[:3] == []
    assert len(trades) == len(expected) == TRADES[day]
    assert auctions_of(reports) == AUCTIONS[day]
    assert open_quantities(reports) == {}
    assert not [report for report in reports if report["kind"] == ReportKind.REJECTED]
