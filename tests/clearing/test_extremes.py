"""A day of very many trades, and a share of which there is no price."""

import numpy as np
import pytest

from engine.clearing.close import clear
from engine.clearing.prices import day_prices
from engine.instruments import InstrumentError, load_instruments
from engine.venue import Venue
from protocol.files.load import load
from protocol.units import MILLISECOND
from protocol.vocabulary import Liquidity, Market, Reject, ReportKind, Side
from tests.clearing.days import Day, at
from tests.commands import close_day, define_rules, journal, list_instrument, open_day
from tests.engine.conftest import SMALL

PRICES = {Market.SSE: 18_000_000, Market.SZSE: 102_000}
MOST = 10_000_000


def busy_day(trades: int) -> tuple[np.ndarray, np.ndarray]:
    """Return commands and reports of a day on which four orders trade so often, lot by lot."""
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    day.list(b"600519", Market.SSE, previous_close=PRICES[Market.SSE])
    day.list(b"000001", Market.SZSE, previous_close=PRICES[Market.SZSE])
    lots = 100 * trades
    for instrument, price in enumerate(PRICES.values()):
        for side in (Side.BUY, Side.SELL):
            day.order("09:30:00", 1, side, instrument, price, lots)
    accepted = day.reports
    day.close()
    number = np.arange(trades, dtype=np.int32)
    sides = accepted[accepted["kind"] == ReportKind.ACCEPTED].reshape(2, 2)[number % 2].ravel()
    sides["kind"] = ReportKind.TRADED
    sides["quantity"] = 100
    sides["trade_number"] = np.repeat(number + 1, 2)
    sides["liquidity"] = np.tile([Liquidity.INCOMING, Liquidity.RESTING], trades)
    sides["time"] = at("09:30:01") + np.repeat(number, 2).astype(np.int64) * MILLISECOND // 1000
    return day.commands, np.concatenate([accepted, sides, day.reports[len(accepted) :]])


@pytest.mark.parametrize("trades", [20_000, pytest.param(MOST, marks=pytest.mark.long)])
def test_a_day_of_very_many_trades_is_cleared_and_read_whole(tmp_path, trades):
    commands, reports = busy_day(trades)
    written = clear(commands, reports, tmp_path / "day")
    assert load(tmp_path / "day").is_well
    told = {entry.name: (entry.records, entry.totals["turnover_sold"]) for entry in written.files}
    turnover = {market: 100 * price // 10_000 * (trades // 2) for market, price in PRICES.items()}
    assert told == {
        "fills.csv": (2 * trades, f"{sum(turnover.values())}.00"),
        "gh.dbf": (trades, f"{turnover[Market.SSE]}.00"),
        "SJSMX1.DBF": (trades, f"{turnover[Market.SZSE]}.00"),
        "NQHB.DBF": (0, "0.00"),
    }


def test_no_share_is_listed_without_a_price_so_none_closes_at_nothing(tmp_path):
    path = tmp_path / "instruments.csv"
    for price in ("", "0", "-1"):
        path.write_text(f"symbol,name,board,previous_close\n600519.SH,a,SSE_MAIN,{price}\n")
        with pytest.raises(InstrumentError, match=r"instruments\.csv:2: .*(number|above 0)"):
            load_instruments(path)
    venue = Venue(SMALL)
    rows = journal(
        [
            open_day(),
            define_rules(0),
            list_instrument(0, previous_close=0, lower_limit=0),
            list_instrument(0, previous_close=100_000),
            close_day(),
        ]
    )
    reports = venue.apply(rows)
    refused = reports[reports["kind"] == ReportKind.REJECTED]
    assert [(row["sequence"], row["reason"]) for row in refused] == [
        (3, Reject.LISTING_OUT_OF_BOUNDS)
    ]
    assert day_prices(rows, reports)["close"].tolist() == [100_000]
