"""The orders and fills of an account, held to a fold that looks at one report after the other."""

from pathlib import Path

import numpy as np
import pytest

from engine.storage.segments import read_journal
from engine.venue import Venue
from gateway.orders_of_day import ORDER, ReportsByAccount, fills_of, orders_of
from gateway.streams import Streams
from protocol.questions import Order
from protocol.records import REPORT
from protocol.vocabulary import OrderStatus, Phase, ReportKind
from tests.engine.conftest import SMALL
from tests.engine.replaying import LIMITS
from tests.trading import Market

GOLDEN = Path(__file__).parents[1] / "golden" / "engine"
DAYS = ("anonymous", "accounts")
BATCH_ROWS = 100
SESSIONS = 10

DONE_BY = {
    ReportKind.TRADED: OrderStatus.TRADED,
    ReportKind.CANCELED: OrderStatus.CANCELED,
    ReportKind.EXPIRED: OrderStatus.EXPIRED,
}
ABOUT_ORDERS = (ReportKind.ACCEPTED, ReportKind.REPLACED, ReportKind.RELEASED, *DONE_BY)


def orders_by_hand(reports: np.ndarray) -> dict[int, list[tuple]]:
    """Return the orders of each account, as the reports of the day have them, in order."""
    orders: dict[int, dict] = {}
    for report in reports:
        kind, number = ReportKind(report["kind"]), int(report["order_number"])
        if kind == ReportKind.ACCEPTED:
            names = ("order_number", "session", "client_seq", "time", "instrument", "side")
            orders[number] = {name: int(report[name]) for name in names}
            orders[number] |= {"filled": 0, "canceled": 0, "account": int(report["account"])}
        if kind not in ABOUT_ORDERS or report["session"] != orders[number]["session"]:
            continue
        order = orders[number]
        quantity = int(report["quantity"])
        order["leaves"] = int(report["leaves"])
        order["filled"] += quantity if kind == ReportKind.TRADED else 0
        order["canceled"] += quantity if kind in (ReportKind.CANCELED, ReportKind.EXPIRED) else 0
        if kind not in DONE_BY:
            order["price"] = int(report["price"])
        order["quantity"] = order["filled"] + order["canceled"] + order["leaves"]
        order["status"] = OrderStatus.OPEN if order["leaves"] else DONE_BY[kind]
    found: dict[int, list[tuple]] = {}
    for _, order in sorted(orders.items()):
        told = tuple(order[name] for name in ORDER.names)
        found.setdefault(order["account"], []).append(told)
    return found


@pytest.fixture(scope="module", params=DAYS)
def day(request) -> tuple[Venue, np.ndarray, Streams, ReportsByAccount]:
    """A random day without its close, its reports, and streams that were asked after each batch."""
    commands = read_journal(GOLDEN / request.param / "journal")[:-1]
    venue, streams = Venue(LIMITS), Streams(SESSIONS)
    by_account = ReportsByAccount(streams)
    parts = []
    for start in range(0, len(commands), BATCH_ROWS):
        parts.append(venue.apply(commands[start : start + BATCH_ROWS]))
        streams.append(parts[-1])
        by_account.about_orders(1)
    return venue, np.concatenate(parts), streams, by_account


def test_fields_of_an_order_are_those_that_are_told():
    assert ORDER.names == Order.__struct_fields__


def test_orders_of_the_day_are_those_of_the_fold(day):
    _, reports, streams, by_account = day
    expected = orders_by_hand(reports)
    assert len(expected) > 9
    for asked in (by_account, ReportsByAccount(streams)):
        for account in range(-1, 300):
            orders = orders_of(asked.about_orders(account)).tolist()
            assert orders == expected.get(account, []), account


def test_open_orders_are_those_of_the_engine(day):
    venue, _, _, by_account = day
    for account in range(300):
        orders = orders_of(by_account.about_orders(account))
        left = orders[orders["leaves"] > 0]
        names = ["order_number", "leaves", "price", "instrument", "side", "session", "client_seq"]
        assert left[names].tolist() == venue.open_orders(account)[names].tolist()


def test_fills_are_all_that_was_traded_each_once(day):
    _, reports, _, by_account = day
    traded = reports[reports["kind"] == ReportKind.TRADED]
    assert len(traded) > 40
    for account in range(300):
        own = traded[traded["account"] == account].tolist()
        by_trade = sorted(own, key=lambda fill: (fill[3], fill[2]))
        assert fills_of(by_account.about_orders(account)).tolist() == by_trade


def told_of(market: Market, account: int) -> list[tuple]:
    """Return price, quantity, filled, canceled, leaves and status of an account's orders."""
    streams = Streams(SESSIONS)
    streams.append(np.array([report.item() for report in market.reports], REPORT))
    orders = orders_of(ReportsByAccount(streams).about_orders(account))
    names = ["price", "quantity", "filled", "canceled", "leaves", "status"]
    return [(*fields, OrderStatus(status)) for *fields, status in orders[names].tolist()]


def test_what_an_operator_cancels_is_counted_once():
    market = Market(Venue(SMALL))
    market.begins(Phase.CONTINUOUS)
    market.alice.buys(300, at="10.00")
    market.dave.cancels(100, order=market.alice.orders[-1])
    alice = market.alice.number
    assert told_of(market, alice) == [(100_000, 300, 0, 100, 200, OrderStatus.OPEN)]
    market.dave.replaces(500, at="10.10", order=market.alice.orders[-1])
    assert told_of(market, alice) == [(101_000, 600, 0, 100, 500, OrderStatus.OPEN)]
    market.dave.cancels(order=market.alice.orders[-1])
    assert told_of(market, alice) == [(101_000, 600, 0, 600, 0, OrderStatus.CANCELED)]


def test_an_order_ends_as_its_last_report_says():
    market = Market(Venue(SMALL))
    market.begins(Phase.CONTINUOUS)
    market.alice.buys(300, at="10.00")
    market.bob.sells(100, at="10.00")
    market.bob.sells_at_once(500, at="10.00")
    market.alice.buys(200, at="9.90")
    market.closes()
    assert told_of(market, market.alice.number) == [
        (100_000, 300, 300, 0, 0, OrderStatus.TRADED),
        (99_000, 200, 0, 200, 0, OrderStatus.EXPIRED),
    ]
    assert told_of(market, market.bob.number) == [
        (100_000, 100, 100, 0, 0, OrderStatus.TRADED),
        (100_000, 500, 200, 300, 0, OrderStatus.CANCELED),
    ]
