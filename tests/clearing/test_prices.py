"""Opening and closing prices."""

from engine.clearing.prices import day_prices
from protocol.vocabulary import Liquidity, Market, Phase, Side
from tests.clearing.days import Day, empty_day, small_day


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
