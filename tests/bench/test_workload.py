"""The order flow keeps the promises that demo, tests and benchmarks rely on."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from bench.dice import Dice
from bench.fitting import Book, Day, day_of, flow_like, measure, read_day, replay
from bench.windows import clock_time, microseconds, trading_time
from bench.workload import MISTAKES, Flow, workload
from engine.listings import listed
from protocol.records import COMMAND, join
from protocol.vocabulary import (
    NONE,
    CommandKind,
    Liquidity,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Side,
    TimeInForce,
)
from tests.commands import admit, change_phase, close_day, journal, open_day
from tests.naive.venue import NaiveVenue
from tests.reference import reference_path

LISTED = (
    # previous close, lower limit, upper limit, rules
    (108_800, 98_000, 119_600, 0),
    (18_320_000, 16_488_000, 20_152_000, 1),
    (455_000, 364_000, 546_000, 2),
    (9_870, 8_890, 10_850, 3),
    (21_000, 20_000, 22_000, 0),
)
SSE_TYPES, SZSE_TYPES, LIMITED = 0b0011111, 0b1101111, 0b0000001
RULED = (
    # tick, least quantity, step, greatest, greatest in a market order, order types
    (100, 100, 100, 1_000_000, 1_000_000, SSE_TYPES),
    (100, 100, 100, 1_000_000, 1_000_000, SZSE_TYPES),
    (100, 200, 1, 100_000, 5_000, SSE_TYPES),
    (10, 100, 100, 1_000_000, 1_000_000, LIMITED),
)
ACCOUNTS = np.array([(100, 199), (200, 200), (1_000, 1_049)])
ORDERS = 30_000


def rows_of(kind, number, names, table):
    rows = np.zeros(len(table), COMMAND)
    rows["kind"] = kind
    rows[number] = np.arange(len(table))
    for name, column in zip(names, zip(*table, strict=True), strict=True):
        rows[name] = column
    return rows


def listings():
    """Return the rows that tell the venue of the instruments, and of their rules before that."""
    quantities = ("quantity_min", "quantity_step", "quantity_max", "quantity_max_market")
    rules = rows_of(
        CommandKind.DEFINE_RULES, "defined", ("tick", *quantities, "order_types"), RULED
    )
    rules["quantity_max_fixed"] = rules["quantity_max"]
    prices = ("previous_close", "lower_limit", "upper_limit", "rules")
    return join([rules, rows_of(CommandKind.LIST_INSTRUMENT, "instrument", prices, LISTED)])


def flow_of(seed=1, mistakes=0.005, orders=ORDERS, **options) -> Flow:
    instruments = listed(listings())
    return workload(instruments, len(ACCOUNTS), orders, seed, ACCOUNTS, mistakes, **options)


@pytest.fixture(scope="module")
def flow():
    return flow_of()


@pytest.fixture(scope="module")
def orders(flow):
    return flow.rows[flow.targets == NONE]


def digest(flow):
    names = ("time", "kind", "session", "client_seq", "instrument", "side", "time_in_force")
    names += ("order_type", "account", "price", "quantity")
    columns = [flow.rows[name].astype("<i8").tobytes() for name in names]
    return hashlib.sha256(b"".join([*columns, flow.targets.tobytes()])).hexdigest()[:16]


def test_the_same_seed_gives_the_same_bytes(flow):
    again = flow_of()
    assert again.rows.tobytes() == flow.rows.tobytes()
    assert again.targets.tobytes() == flow.targets.tobytes()
    assert again.reasons.tobytes() == flow.reasons.tobytes()
    assert again.phases == flow.phases


def test_the_same_seed_gives_the_same_flow_on_every_machine(flow):
    assert digest(flow) == "9497fe0eb74099e2"


def test_another_seed_gives_another_flow(flow):
    assert digest(flow_of(seed=2)) != digest(flow)


def test_every_order_meets_the_first_rule_that_it_breaks(flow, orders):
    assert Counter(first_broken_rules(orders)) == Counter(flow.reasons[flow.targets == NONE])
    assert first_broken_rules(orders) == flow.reasons[flow.targets == NONE].tolist()


def first_broken_rules(orders):
    rules = listed(listings())
    met = []
    for order in orders:
        if not 0 <= order["instrument"] < len(rules):
            met.append(Reject.UNKNOWN_INSTRUMENT)
            continue
        met.append(first_broken_rule(order, rules[order["instrument"]]))
    return met


def first_broken_rule(order, rule):
    first, last = ACCOUNTS[order["session"] - 1]
    if not first <= order["account"] <= last:
        return Reject.ACCOUNT_NOT_ADMITTED
    if order["quantity"] <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    is_limit = order["order_type"] == OrderType.LIMIT
    if not rule["order_types"] >> order["order_type"] & 1:
        return Reject.ORDER_TYPE_NOT_ALLOWED
    if order["quantity"] > rule["quantity_max" if is_limit else "quantity_max_market"]:
        return Reject.QUANTITY_TOO_LARGE
    above_least = order["quantity"] - rule["quantity_min"]
    if order["side"] == Side.BUY and (above_least < 0 or above_least % rule["quantity_step"]):
        return Reject.QUANTITY_NOT_IN_LOTS
    if order["price"] < is_limit:
        return Reject.PRICE_NOT_POSITIVE
    if order["price"] == 0:
        return Reject.NOTHING
    if order["price"] % rule["tick"]:
        return Reject.PRICE_NOT_ON_TICK
    if not rule["lower_limit"] <= order["price"] <= rule["upper_limit"]:
        return Reject.PRICE_OUTSIDE_LIMITS
    return Reject.NOTHING


def test_mistakes_of_every_kind_are_as_many_as_asked_for(flow):
    made = Counter(flow.reasons[flow.reasons != Reject.NOTHING].tolist())
    assert set(made) == set(MISTAKES)
    assert 0.003 < made.total() / ORDERS < 0.007
    assert not flow_of(mistakes=0.0).reasons.any()
    assert (flow_of(mistakes=1.0, orders=1_000).reasons != Reject.NOTHING).all()


def test_sides_types_and_sessions_are_spelled_as_the_venue_reads_them(flow, orders):
    assert set(flow.rows["kind"]) == {CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER}
    assert set(orders["side"]) == {Side.BUY, Side.SELL}
    assert set(orders["time_in_force"]) == {TimeInForce.DAY, TimeInForce.IMMEDIATE_OR_CANCEL}
    assert set(flow.rows["session"]) == {1, 2, 3}
    for stamped in ("sequence", "checksum", "reserved"):
        assert not flow.rows[stamped].any()
    for spare in ("minimum_quantity", "post_only"):
        assert not orders[spare].any()


def test_market_orders_are_of_every_type_that_the_rules_allow_and_never_too_large(flow, orders):
    rules = listed(listings())
    known = orders[orders["instrument"] < len(rules)]
    is_market = known["order_type"] != OrderType.LIMIT
    types = known["order_type"].astype(int)
    for instrument, rule in enumerate(rules):
        made = set(types[known["instrument"] == instrument])
        assert made == {kind for kind in OrderType if rule["order_types"] >> kind & 1}
    crossing = np.count_nonzero(known["time_in_force"]) / 0.02
    assert 0.5 < np.count_nonzero(is_market) / (crossing * 0.02) < 1.5
    market = known[is_market]
    assert not market["price"].any() and not market["time_in_force"].any()
    most = rules["quantity_max_market"][market["instrument"]]
    assert (market["quantity"] <= most).all() and (market["quantity"] == most).any()


def test_without_market_orders_there_are_none():
    rows = flow_of(market_orders=0.0).rows
    assert not rows["order_type"][rows["kind"] == CommandKind.ENTER_ORDER].any()


def test_requests_arrive_in_order_of_time_and_are_numbered_per_session(flow):
    assert (np.diff(flow.rows["time"]) >= 0).all()
    for session in (1, 2, 3):
        numbers = flow.rows["client_seq"][flow.rows["session"] == session]
        assert numbers.tolist() == list(range(1, len(numbers) + 1))


def test_cancels_name_an_earlier_order_of_their_session_that_may_rest_and_only_once(flow):
    cancels = flow.rows["kind"] == CommandKind.CANCEL_ORDER
    assert (cancels == (flow.targets != NONE)).all()
    targets = flow.targets[cancels]
    entered, canceled = flow.rows[targets], flow.rows[cancels]
    assert (targets < np.flatnonzero(cancels)).all()
    assert (entered["kind"] == CommandKind.ENTER_ORDER).all()
    assert (entered["time"] <= canceled["time"]).all()
    assert (entered["session"] == canceled["session"]).all()
    assert (entered["time_in_force"] == TimeInForce.DAY).all()
    assert (entered["order_type"] == OrderType.LIMIT).all()
    assert (flow.reasons[targets] == Reject.NOTHING).all()
    assert (canceled["order_number"] == NONE).all()
    assert len(set(targets.tolist())) == len(targets)


def test_phases_part_the_rows_by_the_clock(flow):
    clock = (
        (Phase.OPENING_CALL, "09:15:00", "09:20:00"),
        (Phase.OPENING_CALL_LOCKED, "09:20:00", "09:25:00"),
        (Phase.CONTINUOUS, "09:30:00", "11:30:00"),
        (Phase.CONTINUOUS, "13:00:00", "14:57:00"),
        (Phase.CLOSING_CALL, "14:57:00", "15:00:00"),
    )
    assert [phase for phase, _ in flow.phases] == [phase for phase, _, _ in clock]
    ends = [0, *(rows.stop for _, rows in flow.phases)]
    assert [rows.start for _, rows in flow.phases] == ends[:-1]
    assert ends[-1] == len(flow.rows)
    for (_, rows), (_, begin, end) in zip(flow.phases, clock, strict=True):
        times = flow.rows["time"][rows] // 1000
        assert len(times) > 0
        assert times[0] >= microseconds(begin)
        assert times[-1] < microseconds(end)


def test_calls_take_no_immediate_orders_and_locked_calls_no_cancels(flow):
    for phase, part in flow.phases:
        rows = flow.rows[part]
        if phase != Phase.CONTINUOUS:
            assert (rows["time_in_force"] == TimeInForce.DAY).all()
            assert (rows["order_type"] == OrderType.LIMIT).all()
        if phase in (Phase.OPENING_CALL_LOCKED, Phase.CLOSING_CALL):
            assert (rows["kind"] == CommandKind.ENTER_ORDER).all()


def test_both_calls_cross_in_every_instrument(flow):
    for instrument in range(len(LISTED)):
        for begin, end in (("09:15:00", "09:25:00"), ("14:57:00", "15:00:00")):
            day = day_of(flow, instrument)
            part = (day.time >= microseconds(begin)) & (day.time < microseconds(end))
            part &= day.target == NONE
            call = Day(*(field[part] for field in day))
            book = Book(call)
            for place, side in enumerate(call.side.tolist()):
                book.rest(side, place)
            assert book.trade() > 0, f"instrument {instrument} does not cross before {end}"


def test_the_venue_refuses_what_is_mistaken_and_the_cancels_that_come_too_late_and_nothing_else():
    flow = flow_of(orders=4_000)
    reports = NaiveVenue().apply(day_of_commands(flow))
    refused = [report for report in reports if report["kind"] == ReportKind.REJECTED]
    mistaken = flow.rows[flow.reasons != Reject.NOTHING]
    assert [
        (report["session"], report["client_seq"], report["reason"])
        for report in refused
        if report["reason"] != Reject.UNKNOWN_ORDER
    ] == list(
        zip(
            mistaken["session"].tolist(),
            mistaken["client_seq"].tolist(),
            flow.reasons[flow.reasons != Reject.NOTHING].tolist(),
            strict=True,
        )
    )
    late = sum(report["reason"] == Reject.UNKNOWN_ORDER for report in refused)
    assert 0.15 < late / np.count_nonzero(flow.targets != NONE) < 0.4
    liquidities = {report["liquidity"] for report in reports if report["kind"] == ReportKind.TRADED}
    assert liquidities == {Liquidity.INCOMING, Liquidity.RESTING, Liquidity.AUCTION}


def day_of_commands(flow):
    sessions = [admit(number, *row) for number, row in enumerate(ACCOUNTS.tolist(), start=1)]
    parts = [journal([open_day(), *sessions]), listings()]
    for phase, part in flow.phases:
        parts += [journal([change_phase(phase)]), flow.resolved()[part]]
    parts.append(journal([change_phase(Phase.POST_CLOSE), close_day()]))
    commands = join(parts)
    commands["sequence"] = np.arange(1, len(commands) + 1)
    return commands


def test_the_first_instruments_are_the_busiest(orders):
    counts = np.bincount(orders["instrument"], minlength=len(LISTED))[: len(LISTED)]
    assert (np.diff(counts) < 0).all()


def test_a_terminal_without_accounts_of_its_own_has_the_thousand_of_its_number():
    rows = workload(listed(listings()), terminals=2, orders=2_000, seed=1, mistakes=0.0).rows
    orders = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    assert (orders["account"] // 1000 == orders["session"]).all()


BOUNDS = {
    "orders in the morning, %": (48, 56),
    "orders in the afternoon, %": (39, 43),
    "orders in the opening call, %": (2, 11),
    "orders in the closing call, %": (0.2, 1),
    "orders within 10 ms of the last, %": (13, 30),
    "variance to mean, orders in 1 s": (5, 14),
    "variance to mean, orders in 10 s": (9, 40),
    "orders that trade at once, %": (33, 50),
    "others further behind, %": (7, 11),
    "cancels among requests, %": (19, 24),
    "delay of cancels, lower quartile, s": (5, 35),
    "delay of cancels, median, s": (20, 160),
    "delay of cancels, upper quartile, s": (200, 1_000),
    "orders of 10 lots or more in whole tens, %": (40, 50),
    "orders that are no whole lots, %": (0.01, 0.3),
}
"""What both real days and a flow like either of them keep to."""

ALIKE = {
    "requests": 0.05,
    "orders of one lot, %": 0.1,
    "lots per order, mean": 0.2,
    "lots per order, 99th percentile": 0.3,
}
"""By what share a flow may differ from the day that it is like."""


def outside(measured):
    return {
        name: measured[name]
        for name, (low, high) in BOUNDS.items()
        if not low <= measured[name] <= high
    }


def day_at(close, orders):
    price, target = np.full(orders, close), np.full(orders, NONE)
    return Day(time=target, side=target, price=price, quantity=price, target=target)


@pytest.mark.parametrize(("close", "orders"), [(54_800, 9_000), (18_480_000, 58_000)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_flow_keeps_to_the_bounds_of_the_real_days(close, orders, seed):
    measured = measure(flow_like(day_at(close, orders), seed))
    assert outside(measured) == {}
    assert 15 < measured["cancels that come too late, %"] < 40


@pytest.mark.parametrize("name", ["601825_SH_20230711", "600519_SH_20230201"])
def test_a_real_day_keeps_to_the_same_bounds_and_is_like_its_flow(name):
    day = read_day(reference_path(f"sse/{name}_events.csv.gz"))
    real, like = measure(day), measure(flow_like(day, seed=1))
    assert outside(real) == {}
    assert real["cancels that come too late, %"] == 0
    for statistic, share in ALIKE.items():
        assert like[statistic] == pytest.approx(real[statistic], rel=share), statistic


def test_the_plain_book_trades_the_better_price_first_then_the_older_order():
    day = Day(
        time=np.full(6, microseconds("10:00:00")),
        side=np.array([Side.SELL, Side.SELL, Side.SELL, Side.BUY, Side.SELL, Side.BUY]),
        price=np.array([1001, 1000, 1000, 1000, 0, 1001]),
        quantity=np.array([100, 200, 300, 250, 0, 400]),
        target=np.array([NONE, NONE, NONE, NONE, 1, NONE]),
    )
    fate = replay(day)
    assert fate.traded.tolist() == [0, 0, 0, 250, 0, 350]
    assert fate.late.tolist() == [0, 0, 0, 0, 1, 0]
    assert fate.ask.tolist() == [0, 1001, 1000, 1000, 0, 1000]


def test_trading_time_stands_still_outside_continuous_trading():
    clock = np.array(
        [microseconds(text) for text in ("09:15:00", "09:31:00", "12:00:00", "13:00:01")]
    )
    passed = np.array([0, 60, 7_200, 7_201]) * 1_000_000
    assert trading_time(clock).tolist() == passed.tolist()
    there = np.array(
        [microseconds(text) for text in ("09:30:00", "09:31:00", "13:00:00", "13:00:01")]
    )
    assert clock_time(passed).tolist() == there.tolist()


def test_dice_fall_evenly_and_follow_their_tables():
    dice = Dice(5)
    assert np.bincount(dice.below(6, 60_000)) == pytest.approx(10_000, rel=0.05)
    assert np.count_nonzero(dice.happens(250, 60_000)) == pytest.approx(15_000, rel=0.05)
    drawn = dice.quantiles(((0, -100), (500, 0), (500, 1_000), (1000, 3_000)), 60_000)
    quartiles = np.quantile(drawn, (0.25, 0.75))
    assert quartiles.tolist() == pytest.approx([-50, 2_000], rel=0.05)
    assert np.count_nonzero((drawn > 0) & (drawn < 1_000)) == 0
    assert (drawn.min(), drawn.max()) == (-100, 2_999)
