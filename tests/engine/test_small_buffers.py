"""What one command causes may be more than the report buffer holds: it goes on where it stopped.

The reports and the state behind them are the same whatever the size of the buffer, and however
the commands are cut into batches; and they are what the naive venue says.
"""

from collections.abc import Callable

import numpy as np
import pytest

from engine.venue import REPORTS_MIN, Venue
from protocol.vocabulary import (
    HaltRule,
    Hold,
    OrderType,
    Phase,
    RateAction,
    ReportKind,
    SelfTrade,
    TimeInForce,
)
from protocol.vocabulary import Market as Exchange
from tests.commands import bring_interest, journal
from tests.engine.agreement import assert_same, engine_reports, naive_reports
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import EVERYTHING, FundedMarket, Market

IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
NO_BAND = {"halts": HaltRule.NO_BAND_STOCK, "lower_limit": 100, "upper_limit": 400_000}
MANY = 12
SIZES = [*range(REPORTS_MIN, 3 * REPORTS_MIN), 64]


def cents(number: int) -> str:
    """Return a price that many cents above 10.00."""
    return f"{10 + number // 100}.{number % 100:02}"


def stop_cascade(market: Market) -> None:
    """Each stop triggers the next, up and down; rests are canceled, moved, or find no price."""
    market.begins(Phase.CONTINUOUS)
    for number in range(MANY):
        market.alice.sells(200, at=cents(number))
        market.bob.buys_stop(300, trigger=cents(number), at=cents(number + 1), **IMMEDIATE)
        market.carol.buys_stop(100, trigger=cents(number), order_type=number % 5)
        market.dave.sells_stop(100, trigger=cents(number), at="9.99")
    market.dave.buys(100, at="10.00")


def gap_release(market: Market) -> None:
    """Orders of all types wait, some of them caged, and trade with others and with themselves."""
    market.begins(Phase.PRE_CONTINUOUS)
    for number in range(MANY):
        market.alice.sells(300, at=cents(number))
        market.bob.buys(100, at=cents(2 * number), **IMMEDIATE)
        market.carol.buys_as(number % 7, 200, at="10.50")
        market.dave.buys(200, at="10.40")
        market.alice.buys(100, at="10.20", instrument=1)
        market.alice.sells(100, at=cents(number), instrument=1)
    market.begins(Phase.CONTINUOUS)


def fixed_price_start(market: Market) -> None:
    """Half of the limits are worse than the close, and two instruments trade at theirs."""
    market.begins(Phase.CONTINUOUS)
    for number in range(MANY):
        for instrument in range(2):
            sides = {"instrument": instrument}
            market.bob.buys_at_close(100 * number + 100, at=cents(2 * number), **sides)
            market.alice.sells_at_close(200, at=cents(number), **sides)
    for instrument in range(2):
        market.fixes_close("10.10", instrument=instrument)
    market.begins(Phase.FIXED_PRICE)
    market.carol.buys_at_close(3_000, at="11.00")
    market.carol.sells_at_close(9_000, at="9.00")


def block_of_many(market: Market) -> None:
    """Resting and waiting orders of several sessions are taken back."""
    market.begins(Phase.CONTINUOUS)
    for number in range(MANY):
        for trader in (market.alice, market.bob, market.dave):
            trader.sells(100, at=cents(number))
            trader.buys_stop(100, trigger="10.50", at="10.50")
            trader.buys_at_close(100, at="10.00")
    market.dave.blocks(of_session=1)
    market.dave.blocks()
    market.dave.lifts(of_session=1)
    market.alice.sells(100, at="10.00")


def end_of_a_hold(market: Market) -> None:
    """Two instruments have an auction, a gap and stops."""
    market.begins(Phase.CONTINUOUS)
    for instrument in range(2):
        market.carol.buys_stop(100, trigger="10.00", at="10.20", instrument=instrument)
    market.begins(Phase.PRE_CONTINUOUS)
    for number in range(MANY):
        for instrument in range(2):
            market.alice.sells(200, at=cents(number), instrument=instrument)
            market.bob.buys(100, at=cents(number), instrument=instrument)
    market.holds(Hold.HALTED)
    market.begins(Phase.CONTINUOUS)
    for number in range(MANY):
        for instrument in range(2):
            market.alice.sells(100, at=cents(number), instrument=instrument)
            market.bob.buys(100, at=cents(number), instrument=instrument)
    market.holds(Hold.NONE)


def halt_in_the_gap(market: Market) -> None:
    """Again and again a released order halts the instrument, and its rest does what it would."""
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    for price in ("13.00", "16.00"):
        market.alice.sells(100, at=price)
        market.alice.sells(500, at=price)
        market.bob.buys(300, at=price, **IMMEDIATE)
        market.carol.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 300)
        market.dave.buys(300, at=price)
    for price in ("7.00", "4.00"):
        market.alice.buys(700, at=price)
        market.carol.sells_as(OrderType.BEST_FIVE_THEN_LIMIT, 9_000)
        market.bob.sells(300, at=price, **IMMEDIATE)
    market.begins(Phase.CONTINUOUS)
    for _ in range(4):
        market.holds(Hold.NONE, instrument=0)


def halts_among_stops(market: Market) -> None:
    """Stops halt the instrument while others are triggered too."""
    market.begins(Phase.CONTINUOUS)
    for price in ("10.00", "12.99", "13.00", "13.01", "16.00", "16.01", "17.00"):
        market.alice.sells(200, at=price)
    for order_type in (0, 3, 4, 5):
        market.bob.buys_stop(300, trigger="10.00", at="18.00", order_type=order_type)
        market.carol.buys_stop(200, trigger="12.99", at="18.00", order_type=order_type)
    market.dave.buys(100, at="10.00")
    for _ in range(4):
        market.holds(Hold.NONE, instrument=0)


def hidden_parts(market: Market) -> None:
    """An order takes part after part of two that hide."""
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(MANY * 100, at="10.00", display_quantity=100)
    market.bob.sells(MANY * 200, at="10.00", display_quantity=200)
    market.carol.buys(MANY * 400, at="10.00")


def self_trades(market: Market) -> None:
    """An order meets those of its account, and what is canceled makes room for stops."""
    market.begins(Phase.CONTINUOUS)
    for number in range(MANY):
        market.alice.sells(100, at=cents(number))
        market.bob.sells(100, at=cents(number))
        market.alice.buys_stop(200, trigger=cents(number), at="10.50")
    market.alice.buys(100, at="9.00")
    market.alice.replaces(600, at="10.50")


def released_orders(market: FundedMarket) -> None:
    """Orders were sent too soon; they alarm, wait, sweep the book when they may, and trigger."""
    market.begins(Phase.CONTINUOUS)
    market.dave.limits(market.carol, rate_max=1, rate_action=RateAction.DELAY)
    market.passes(1)
    for number in range(MANY):
        market.bob.sells(200, at=cents(number))
        market.dave.buys_stop(100, trigger=cents(number), at=cents(number + 1))
    market.carol.buys(100, at="9.00")
    market.carol.buys(1_300, at=cents(MANY))
    market.carol.sells(400, at="9.90", **IMMEDIATE)
    market.carol.buys_as(OrderType.COUNTERPARTY_BEST, 300)
    market.carol.sells_as(OrderType.BEST_FIVE_THEN_LIMIT, 300)
    market.carol.replaces(100, at="9.00", order=market.carol.orders[0])
    market.dave.cancels(order=market.carol.orders[0])
    for order in market.carol.orders:
        market.releases(order)


def many_holdings(market: FundedMarket) -> None:
    """Shares of many instruments leave at once, and interest is paid to all."""
    for number in range(2, 2 + MANY):
        market.lists(number, market=Exchange.SZSE)
        market.alice.brings_shares(100 * number, instrument=number)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(300, at="10.00", instrument=4)
    market.alice.sells(500, at="10.00", instrument=5)
    for trader in market.traders:
        market.hears(bring_interest(trader.number, 12_345))
    market.dave.transfers(market.alice)
    market.dave.capitalises()
    market.dave.changes_code(0, 1)
    market.dave.changes_code(5, 6)


SCENES: dict[Callable[[Market], None], dict] = {
    stop_cascade: {},
    gap_release: {"cage_bp": 200, "cage_ticks": 10},
    fixed_price_start: {},
    block_of_many: {},
    end_of_a_hold: {},
    halt_in_the_gap: NO_BAND,
    halts_among_stops: NO_BAND,
    hidden_parts: {},
    self_trades: {},
    released_orders: {},
    many_holdings: {},
}
OF_ACCOUNTS = (released_orders, many_holdings)
ROOM = SMALL._replace(**FUNDED)


def rows_of(scene: Callable[[Market], None], self_trade: SelfTrade) -> np.ndarray:
    """Return the commands of a scene, and the close of the day."""
    kind = FundedMarket if scene in OF_ACCOUNTS else Market
    market = kind(Venue(ROOM), EVERYTHING | SCENES[scene], self_trade=self_trade)
    scene(market)
    market.closes()
    return journal(market.journal)


@pytest.mark.parametrize("self_trade", SelfTrade, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_command_goes_on_where_it_stopped(scene, self_trade):
    rows = rows_of(scene, self_trade)
    expected = naive_reports(rows, ROOM)
    digests = set()
    for size in SIZES:
        limits = ROOM._replace(reports=size)
        for cuts in ([], [*range(1, len(rows))], [*range(size, len(rows), size)]):
            reports, digest = engine_reports(rows, limits, cuts)
            assert_same(expected, reports, rows)
            digests.add(digest)
    assert len(digests) == 1


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene_causes_more_reports_at_once_than_a_small_buffer_holds(scene):
    reports = naive_reports(rows_of(scene, SelfTrade.ALLOWED), ROOM)
    _, counts = np.unique(
        reports["sequence"][reports["kind"] != ReportKind.EXPIRED], return_counts=True
    )
    assert counts.max() > 2 * REPORTS_MIN


def test_buffer_that_cannot_hold_the_reports_of_a_step_is_refused():
    with pytest.raises(AssertionError):
        Venue(SMALL._replace(reports=REPORTS_MIN - 1))
