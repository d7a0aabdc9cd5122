"""Opening and closing prices."""

import numpy as np

from engine.clearing.prices import day_prices, fix_closes, meant_by
from engine.listings import LISTED, listed
from protocol.records import REPORT
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    Liquidity,
    Market,
    Phase,
    Schedule,
    Side,
)
from tests.clearing.days import Day, empty_day, small_day

LISTING = 3
"""The place of the first listing among the commands of `traded`."""


def prices(day: Day) -> list[tuple[bytes, int, int]]:
    found = day_prices(day.commands, day.reports)
    return [(row["code"], row["open"].item(), row["close"].item()) for row in found]


def traded(*trades: tuple[str, int, int]) -> Day:
    """Return a day on which one instrument traded at these times, prices and quantities."""
    day = Day()
    day.admit(branch=1, sse=b"10001", szse=b"000701")
    code = day.list(b"600519", Market.SSE, previous_close=90_000)
    for clock, price, quantity in trades:
        sell = day.order(clock, 1, Side.SELL, code, price, quantity)
        buy = day.order(clock, 1, Side.BUY, code, price, quantity)
        day.trade(buy, sell, price, quantity)
    return day


def test_closing_auction_gives_the_close_and_else_the_last_minute():
    assert prices(small_day()) == [
        (b"600519", 18_005_500, 18_000_000),
        (b"000001", 101_300, 101_350),
    ]


def test_without_trades_the_close_is_the_previous_close():
    assert prices(empty_day()) == [(b"600519", 0, 18_000_000), (b"000001", 0, 102_000)]


def test_average_is_weighted_and_rounded_half_up_to_the_tick():
    day = traded(("14:56:00", 100_000, 100), ("14:56:30", 100_100, 100))
    assert prices(day) == [(b"600519", 100_000, 100_100)]
    day = traded(("14:56:00", 100_000, 300), ("14:56:30", 100_100, 100))
    assert prices(day) == [(b"600519", 100_000, 100_000)]


def test_minute_begins_behind_the_trade_sixty_seconds_before_the_last():
    day = traded(("14:55:30", 50_000, 100), ("14:55:30.000000001", 90_000, 100))
    sell = day.order("14:56:30", 1, Side.SELL, 0, 90_200, 100)
    buy = day.order("14:56:30", 1, Side.BUY, 0, 90_200, 100)
    day.trade(buy, sell, 90_200, 100)
    assert prices(day) == [(b"600519", 50_000, 90_100)]


def test_opening_auction_does_not_give_the_close():
    day = traded(("09:20:00", 91_000, 100))
    day.report_rows[-1]["liquidity"] = day.report_rows[-2]["liquidity"] = Liquidity.AUCTION
    sell = day.order("10:00:00", 1, Side.SELL, 0, 92_000, 100)
    buy = day.order("10:00:00", 1, Side.BUY, 0, 92_000, 100)
    day.trade(buy, sell, 92_000, 100)
    assert prices(day) == [(b"600519", 91_000, 92_000)]


def test_one_instrument_may_enter_its_closing_call_alone():
    day = traded(("14:56:00", 91_000, 100))
    sell = day.order("14:56:50", 1, Side.SELL, 0, 92_000, 100)
    day.phase(Phase.CLOSING_CALL, "14:57:00", instrument=0)
    buy = day.order("14:58:00", 1, Side.BUY, 0, 92_000, 100)
    day.phase(Phase.POST_CLOSE, "15:00:00", instrument=0)
    day.trade(buy, sell, 92_000, 100, Liquidity.AUCTION)
    assert prices(day) == [(b"600519", 91_000, 92_000)]


def closing_call_of(schedule: Schedule, named: int) -> Day:
    """Return a day of one instrument that enters a closing call of the schedules `named`."""
    day = traded(("14:55:00", 91_000, 100))
    day.command_rows[LISTING]["schedule"] = schedule
    sell = day.order("14:56:50", 1, Side.SELL, 0, 92_000, 100)
    day.phase(Phase.CLOSING_CALL, "14:57:00")
    day.report_rows[-1]["quantity"] = named
    buy = day.order("14:58:00", 1, Side.BUY, 0, 92_000, 100)
    day.phase(Phase.POST_CLOSE, "15:00:00")
    day.trade(buy, sell, 92_000, 100, Liquidity.AUCTION)
    sell = day.order("15:00:10", 1, Side.SELL, 0, 92_500, 100)
    buy = day.order("15:00:10", 1, Side.BUY, 0, 92_500, 100)
    day.trade(buy, sell, 92_500, 100)
    return day


def test_a_closing_call_of_its_schedule_is_an_instrument_s_own():
    for named in (0, 1 << Schedule.CLOSING_CALL, 0b11):
        day = closing_call_of(Schedule.CLOSING_CALL, named)
        assert prices(day) == [(b"600519", 91_000, 92_000)]


def test_a_closing_call_of_another_schedule_is_not():
    day = closing_call_of(Schedule.CLOSING_CALL, 1 << Schedule.TRADES_TO_CLOSE)
    assert prices(day) == [(b"600519", 91_000, 92_300)]


def test_what_trades_to_the_close_has_the_average_of_its_last_minute():
    for named in (0, 1 << Schedule.TRADES_TO_CLOSE):
        day = closing_call_of(Schedule.TRADES_TO_CLOSE, named)
        assert prices(day) == [(b"600519", 91_000, 92_300)]


def test_trades_at_the_closing_price_change_no_price():
    day = traded(("14:56:00", 91_000, 100))
    day.phase(Phase.FIXED_PRICE, "15:05:00")
    sell = day.order("15:05:01", 1, Side.SELL, 0, 80_000, 100)
    buy = day.order("15:05:01", 1, Side.BUY, 0, 95_000, 100)
    day.trade(buy, sell, 80_000, 100, Liquidity.FIXED_PRICE)
    assert prices(day) == [(b"600519", 91_000, 91_000)]
    day = empty_day()
    sell = day.order("15:05:01", 1, Side.SELL, 0, 80_000, 100)
    buy = day.order("15:05:01", 1, Side.BUY, 0, 95_000, 100)
    day.trade(buy, sell, 80_000, 100, Liquidity.FIXED_PRICE)
    assert prices(day)[0] == (b"600519", 0, 18_000_000)


def test_closes_are_fixed_at_the_prices_of_the_day():
    day = small_day()
    is_told = np.isin(day.commands["kind"], [CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT])
    is_refused = np.isin(day.commands["sequence"], day.reports["sequence"])
    listings = listed(day.commands[is_told & ~is_refused])
    rows = fix_closes(listings, day.reports, np.array([1, 0]))
    assert set(rows["kind"]) == {CommandKind.FIX_CLOSE}
    assert rows[["instrument", "price"]].tolist() == [(1, 101_350), (0, 18_000_000)]


def test_a_phase_change_speaks_of_one_of_all_or_of_some_schedules():
    listings = np.zeros(3, LISTED)
    listings["schedule"] = [0, 1, 0]
    change = np.zeros(1, REPORT)[0]
    for instrument, schedules, meant in (
        (1, 0, [1]),
        (EVERY_INSTRUMENT, 0, [0, 1, 2]),
        (EVERY_INSTRUMENT, 0b01, [0, 2]),
        (EVERY_INSTRUMENT, 0b10, [1]),
        (EVERY_INSTRUMENT, 0b11, [0, 1, 2]),
    ):
        change["instrument"], change["quantity"] = instrument, schedules
        assert meant_by(change, listings).tolist() == meant
