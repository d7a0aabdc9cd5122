"""What nobody sensible sends: every field at its extremes, floods, and plain noise.

The engine must refuse it by name or carry it out as the naive venue does, and never fail.
"""

from random import Random

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from protocol.records import COMMAND, HEAD, KINDS, ROW_BYTES, join
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    NONE,
    AccountKind,
    AccountStatus,
    Candidates,
    Channel,
    CommandKind,
    Currency,
    Depository,
    FundsEntry,
    HaltRule,
    Hold,
    ListMode,
    Market,
    OrderType,
    Permission,
    Phase,
    RateAction,
    Reject,
    ReportKind,
    Role,
    Schedule,
    SelfTrade,
    SharesEntry,
    Side,
    TieBreak,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    SECOND_ONE,
    admit,
    block_trading,
    bring_interest,
    cancel,
    cancel_orders,
    capitalise,
    change_code,
    change_hold,
    change_list,
    change_phase,
    change_status,
    change_user,
    close_day,
    close_session,
    define_fees,
    define_interest,
    define_rules,
    edit_account,
    enter,
    fix_close,
    journal,
    limit_account,
    limit_funds,
    list_instrument,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    open_session,
    release_order,
    replace,
    transfer_custody,
)
from tests.engine.agreement import assert_same, engine_reports, naive_reports
from tests.engine.conservation import open_quantities
from tests.engine.flow import random_day

LIMITS = Limits(
    orders_open=8,
    orders_day=60,
    instruments=4,
    sessions=5,
    rules=4,
    ticks=1_000,
    reports=3,
    fees=3,
    accounts=10,
    holdings=8,
    movements=40,
    lists=2,
)
SCENE = [
    open_day(),
    admit(1, 1, 9),
    admit(2, 1, 20, Role.OPERATOR, self_trade=SelfTrade.CANCELS_RESTING),
    *listing(0, order_types=EVERY_TYPE, features=EVERY_FEATURE, cage_bp=9_000),
    change_phase(Phase.CONTINUOUS),
    enter(Side.SELL, 100, 100_000, session=1, client_seq=1, account=1),
    open_session(1, cancels_on_disconnect=1),
]
FUNDED_SCENE = [
    open_day(with_accounts=1),
    *SCENE[1:3],
    define_fees(0, stamp_sell_rate=50_000, transfer_rate=1_000, settlement_rate=50_000),
    *SCENE[3:6],
    open_account(1, commission_rate=25_000, commission_min=50_000),
    open_account(2),
    open_account(5),
    move_funds(1, 20_000_000),
    move_funds(2, 5_000_000, FundsEntry.TRANSFER_IN),
    move_funds(5, 30_000_000, FundsEntry.TRANSFER_IN),
    move_shares(1, 300, cost=30_000_000),
    move_shares(5, 150),
    *SCENE[6:],
]
"""The scene of a day with accounts; 1 and 5 have money and shares."""

NARROW = {"market": Market.SZSE, "lower_limit": 99_900, "upper_limit": 100_100}
SERVED_SCENE = [
    *FUNDED_SCENE,
    *[list_instrument(number, rules=0, **NARROW) for number in (1, 2)],
    move_shares(1, 300, instrument=1),
    bring_interest(5, 5_000),
    limit_account(5, rate_max=1, rate_action=RateAction.DELAY),
    *[enter(Side.BUY, 100, 99_000, account=5)] * 2,
]
"""There are shares that may leave or change their code, 5 has earned interest, and order 3 is
delayed."""

AFTERMATH = [
    admit(3, 1, 9),
    *listing(1),
    change_phase(Phase.CLOSING_CALL),
    enter(Side.BUY, 200, 100_000, session=2, client_seq=2**31 - 1, account=5),
    enter(Side.SELL, 150, 99_000, session=1, client_seq=2**31 - 1, account=5),
    change_phase(Phase.CONTINUOUS),
    cancel(2),
    close_day(),
]
ORDINARY = {
    "ENTER_ORDER": enter(Side.BUY, 100, 100_000, session=1, client_seq=2, account=1),
    "CANCEL_ORDER": cancel(1, session=1, client_seq=2),
    "REPLACE_ORDER": replace(1, 200, 99_900, session=1, client_seq=2),
    "CANCEL_ORDERS": cancel_orders(session=1, client_seq=2),
    "CHANGE_PHASE": change_phase(Phase.BREAK, session=2, client_seq=2),
    "CLOSE_DAY": close_day(session=2, client_seq=2),
    "BLOCK_TRADING": block_trading(session=2, client_seq=2),
    "CHANGE_HOLD": change_hold(Hold.SUSPENDED, session=2, client_seq=2),
    "OPEN_DAY": open_day(),
    "ADMIT_SESSION": admit(3, 1, 9),
    "LIST_INSTRUMENT": list_instrument(1, rules=0),
    "DEFINE_RULES": define_rules(1),
    "FIX_CLOSE": fix_close(100_000),
    "DEFINE_FEES": define_fees(1, settlement_cap=100),
    "OPEN_ACCOUNT": open_account(3, session=2, client_seq=2),
    "EDIT_ACCOUNT": edit_account(2, session=2, client_seq=2),
    "CHANGE_STATUS": change_status(2, session=2, client_seq=2),
    "MOVE_FUNDS": move_funds(2, 1_000, session=2, client_seq=2),
    "MOVE_SHARES": move_shares(2, 100, session=2, client_seq=2),
    "LIMIT_ACCOUNT": limit_account(1, session=2, client_seq=2),
    "LIMIT_FUNDS": limit_funds(1, 30_000_000, session=2, client_seq=2),
    "CHANGE_LIST": change_list(1, session=2, client_seq=2),
    "CAPITALISE": capitalise(5, session=2, client_seq=2),
    "TRANSFER_CUSTODY": transfer_custody(1, 100, instrument=1, session=2, client_seq=2),
    "CHANGE_CODE": change_code(1, 2, session=2, client_seq=2),
    "CHANGE_USER": change_user(1, rate_max=5, session=2, client_seq=2),
    "RELEASE_ORDER": release_order(3),
    "DEFINE_INTEREST": define_interest(50_000),
    "BRING_INTEREST": bring_interest(1, 5_000),
    "OPEN_SESSION": open_session(1, cancels_on_disconnect=1),
    "CLOSE_SESSION": close_session(1),
}
"""A command of each kind that goes well behind the scenes, OPEN_DAY alone."""

OF_SERVICES = ("CAPITALISE", "TRANSFER_CUSTODY", "CHANGE_CODE", "RELEASE_ORDER")
"""Kinds that go well behind SERVED_SCENE only."""


def extremes(form: str) -> list:
    """Return the least, the greatest and the most treacherous values of a field."""
    kind = np.dtype(form)
    if kind.kind == "S":
        return [b"", b"\xff" * kind.itemsize]
    least, most = np.iinfo(kind).min, np.iinfo(kind).max
    small = [least, least + 1, -2, -1, 0, 1, 2, 3, 8, most - 1, most]
    return small if kind.itemsize < 8 else [*small, -(2**31), 2**31, 2**32]


def fields_of(kind: str) -> list[tuple[str, str]]:
    """Return name and form of the fields that a sender of this kind fills in."""
    own = [(name, form) for name, form in HEAD if name not in ("sequence", "time")]
    return [*own, *[(name, form) for name, form in KINDS[kind] if name]]


def assert_agreed(commands: np.ndarray, limits: Limits = LIMITS) -> np.ndarray:
    """Return the reports of a day on which both venues agree, however it is cut."""
    expected = naive_reports(commands, limits)
    whole, digest = engine_reports(commands, limits)
    assert_same(expected, whole, commands)
    other = limits._replace(reports=limits.reports + 5)
    one_by_one = engine_reports(commands, other, list(range(1, len(commands))))
    assert (one_by_one[0].tobytes(), one_by_one[1]) == (whole.tobytes(), digest)
    return expected


@pytest.mark.parametrize(
    ("kind", "name", "form"), [(kind, *field) for kind in KINDS for field in fields_of(kind)]
)
def test_field_at_its_extremes(kind, name, form):
    scenes = [SCENE, FUNDED_SCENE] + [SERVED_SCENE] * (kind in OF_SERVICES)
    for value in extremes(form):
        command = ORDINARY[kind] | {name: value}
        for scene in scenes:
            begun = [command, *scene[1:]] if kind == "OPEN_DAY" else [*scene, command]
            reports = assert_agreed(journal([*begun, *AFTERMATH]))
            assert open_quantities(reports) == {}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "scene", [SCENE, FUNDED_SCENE, SERVED_SCENE], ids=["anonymous", "accounts", "services"]
)
def test_many_fields_at_their_extremes(seed, scene):
    random = Random(seed)
    limits = LIMITS._replace(instruments=40, sessions=40, rules=40, holdings=30, movements=400)
    commands = list(scene)
    for _ in range(1_500):
        kind = random.choice([name for name in KINDS if name != "CLOSE_DAY"])
        command = dict(ORDINARY[kind])
        for name, form in fields_of(kind):
            if random.random() < 0.15:
                command[name] = random.choice(extremes(form))
        if command["kind"] != CommandKind.CLOSE_DAY:
            commands.append(command)
    assert_agreed(journal([*commands, close_day()]), limits)


@pytest.mark.parametrize(
    "date",
    [0, -1, 1, -20260706, 20260700, 20260732, 20261301, 20260230, 20250229, 21000229, 2**31 - 1],
)
def test_day_without_a_date_does_not_open(new_venue, date):
    reports = new_venue().apply(journal([open_day(business_date=date), define_rules(0)]))
    assert [int(report["reason"]) for report in reports] == [
        Reject.MALFORMED,
        Reject.DAY_NOT_OPEN,
    ]


@pytest.mark.parametrize("date", [20240229, 20000229, 20260131, 20260430, 20261231, 99991231])
def test_every_day_of_the_calendar_opens(new_venue, date):
    reports = new_venue().apply(journal([open_day(business_date=date), close_day()]))
    assert [(int(r["kind"]), int(r["quantity"])) for r in reports] == [(ReportKind.DAY_ENDED, date)]


@pytest.mark.parametrize(
    "command",
    [
        admit(1, 1, 9, role=len(Role)),
        admit(1, 1, 9, role=-1),
        admit(1, 1, 9, self_trade=4),
        admit(1, 1, 9, self_trade=-1),
        list_instrument(0, market=len(Market)),
        list_instrument(0, schedule=len(Schedule)),
        list_instrument(0, halts=len(HaltRule)),
        define_rules(0, tie_break=-1),
        define_rules(0, candidates=2),
        define_rules(0, order_types=0),
        define_rules(0, order_types=EVERY_TYPE - 1),
        define_rules(0, order_types=EVERY_TYPE + 1),
        define_rules(0, order_types=-1),
        define_rules(0, features=EVERY_FEATURE + 1),
        define_rules(0, features=-1),
        list_instrument(0, depository=len(Depository)),
        list_instrument(0, permission=len(Permission)),
        list_instrument(0, listed_currency=len(Currency)),
        list_instrument(0, settlement_days=2),
        open_account(1, account_kind=len(AccountKind)),
        open_account(1, channels=1 << len(Channel)),
        open_account(1, depositories=1 << len(Depository)),
        open_account(1, permissions=1 << len(Permission)),
        open_account(1, permissions=-1),
        open_account(1, commission_rate=300_001),
        open_account(1, commission_min=-1),
        open_account(1, commission_min_foreign=-1),
        open_account(1, commission_includes=2),
        change_status(1, AccountStatus.NONE),
        change_status(1, len(AccountStatus)),
        limit_account(1, order_value_max=-1),
        limit_account(1, open_orders_max=-1),
        limit_account(1, rate_max=-1),
        limit_account(1, requests_max=-1),
        limit_account(1, rate_action=len(RateAction)),
        limit_account(1, list_mode=len(ListMode)),
        limit_account(1, collar_bp=10_001),
        limit_account(1, duplicate_ms=3_600_001),
        limit_funds(1, -1),
        limit_funds(1, 1, currency=len(Currency)),
        change_list(1, is_listed=2),
        capitalise(1, currency=len(Currency)),
        transfer_custody(1, 1),
        define_interest(1, currency=len(Currency)),
        bring_interest(1, 10**18 + 1),
        bring_interest(1, 1, currency=len(Currency)),
        bring_interest(1, 1, product=-1),
        bring_interest(1, 1, rest=36 * 10**9),
        open_session(1, cancels_on_disconnect=2),
        move_funds(1, 1, len(FundsEntry)),
        move_funds(1, 1, currency=len(Currency)),
        move_shares(1, 1, len(SharesEntry)),
        enter(Side.BUY, 100, 100, channel=len(Channel)),
    ],
)
def test_word_that_the_vocabulary_lacks_is_malformed(new_venue, command):
    reports = new_venue().apply(journal([open_day(), command]))
    assert [int(report["reason"]) for report in reports] == [Reject.MALFORMED]


@pytest.mark.parametrize("reports", [3, 4, 8])
def test_smallest_report_buffers_change_nothing(reports):
    limits = Limits(
        orders_open=12,
        orders_day=400,
        instruments=5,
        sessions=7,
        rules=5,
        ticks=300,
        reports=reports,
    )
    assert_agreed(random_day(reports, limits, 1_500).commands, limits)


def test_flood_of_open_orders_and_cancels_leaves_nothing_behind():
    limits = Limits(orders_open=50, orders_day=1_000, instruments=1, sessions=1, rules=1, ticks=201)
    fill = [enter(Side.SELL, 100, 100_000 + 100 * (n % 7)) for n in range(70)]
    day = [open_day(), *listing(0), change_phase(Phase.CONTINUOUS)]
    for round_ in range(5):
        numbers = range(50 * round_ + 1, 50 * round_ + 51)
        takes = [cancel(number) for number in numbers]
        day += [*fill, *Random(round_).sample(takes, 50)]
    reports = assert_agreed(journal([*day, *fill, close_day()]), limits)
    refused = reports[reports["kind"] == ReportKind.REJECTED]
    assert refused["reason"].tolist() == [Reject.ORDERS_EXHAUSTED] * (6 * 20)


@pytest.mark.parametrize("features", [0, EVERY_FEATURE])
@pytest.mark.parametrize("beyond", [0, 1])
def test_room_for_prices_is_counted_alike(features, beyond):
    limits = Limits(orders_open=1, orders_day=1, instruments=16, sessions=1, rules=1, ticks=400)
    ticks = (200 if features else 400) + beyond
    prices = {"tick": 1, "lower_limit": 1, "upper_limit": ticks}
    reports = assert_agreed(journal([open_day(), *listing(0, features=features, **prices)]), limits)
    assert reports["reason"].tolist() == [Reject.LISTING_OUT_OF_BOUNDS] * beyond


@pytest.mark.parametrize("tie_break", TieBreak)
@pytest.mark.parametrize("tick", [1, 32_767])
def test_auction_of_the_greatest_quantities_at_the_greatest_prices(tie_break, tick):
    most = 2**31 - 1
    highest = most // tick * tick
    lowest = highest - 20 * tick
    rules = {
        "tick": tick,
        "upper_limit": highest,
        "lower_limit": lowest,
        "previous_close": most,
        "quantity_min": 1,
        "quantity_step": 1,
        "quantity_max": most,
        "tie_break": tie_break,
        "candidates": Candidates.ALL_TICKS,
    }
    buys = [enter(Side.BUY, most, highest - step * tick) for step in (0, 0, 1, 3, 3)]
    sells = [enter(Side.SELL, most, lowest + step * tick) for step in (0, 19, 20, 17)]
    rests = [enter(Side.SELL, most, highest), enter(Side.BUY, most - 1, highest)]
    reports = assert_agreed(
        journal(
            [
                open_day(),
                *listing(0, **rules),
                change_phase(Phase.OPENING_CALL),
                *[*buys, *sells],
                change_phase(Phase.CONTINUOUS),
                *rests,
                close_day(),
            ]
        ),
        LIMITS._replace(orders_open=20),
    )
    assert (reports["kind"] == ReportKind.TRADED).sum() >= 2 * 4


def test_fees_of_the_greatest_quantities_at_the_greatest_prices():
    most, amount = 2**31 - 1, 10**16
    rules = {"tick": 1, "quantity_min": 1, "quantity_step": 1, "quantity_max": most}
    names = ("stamp_buy", "stamp_sell", "transfer", "handling", "regulatory", "settlement")
    rates = {f"{name}_rate": 1_000_000 for name in names}
    prices = {"lower_limit": most - 10, "upper_limit": most, "previous_close": most}
    dear = {"commission_rate": 300_000, "commission_includes": 0}
    day = [
        open_day(with_accounts=1),
        define_fees(0, **rates),
        *listing(0, **rules, **prices),
        change_phase(Phase.CONTINUOUS),
        *[open_account(number, **dear) for number in (1, 2)],
        *[move_funds(1, amount)] * 495,
        move_shares(2, most),
        enter(Side.BUY, most, most, account=1),
        enter(Side.SELL, most // 2, most - 1, account=2),
        replace(1, most // 2 + 1, most - 10),
        enter(Side.SELL, most // 2, most - 10, account=2),
        close_day(),
    ]
    reports = assert_agreed(journal(day), LIMITS._replace(movements=500))
    assert (reports["kind"] == ReportKind.TRADED).sum() == 4


@pytest.mark.parametrize("price", [1, 2**31 - 1])
def test_single_price_at_either_end_of_what_a_price_can_be(price):
    only = {"tick": 1, "lower_limit": price, "upper_limit": price, "previous_close": price}
    orders = [enter(side, 100, price) for side in (Side.BUY, Side.BUY, Side.SELL, Side.SELL)]
    beside = [enter(Side.BUY, 100, price + step) for step in (-1, 1) if price + step < 2**31]
    calls = [change_phase(Phase.OPENING_CALL), change_phase(Phase.PRE_CONTINUOUS)]
    day = [open_day(), *listing(0, **only), *calls, calls[0], *orders[:3], *beside, calls[1]]
    assert_agreed(journal([*day, change_phase(Phase.CONTINUOUS), *orders, close_day()]))


@pytest.mark.parametrize("handling", [Phase.CONTINUOUS, Phase.OPENING_CALL])
def test_widest_ladder_finds_its_best_prices(handling):
    random = Random(1)
    ticks = 64**3
    limits = Limits(orders_open=3_000, orders_day=3_000, instruments=1, sessions=1, ticks=ticks)
    widest = {"tick": 1, "lower_limit": 1, "upper_limit": ticks, "quantity_min": 1}
    places = [1, 2, 64, 65, 4_095, 4_096, 4_097, ticks // 2, ticks - 64, ticks - 1, ticks]
    commands = [open_day(), *listing(0, **widest | {"quantity_step": 1})]
    commands.append(change_phase(handling))
    for _ in range(2_500):
        price = random.choice((*places, random.randint(1, ticks)))
        command = enter(random.choice(list(Side)), random.randint(1, 300), price)
        if random.random() < 0.3:
            command = cancel(random.randint(1, 1_700))
        commands.append(command)
    commands += [change_phase(Phase.BREAK), close_day()]
    reports = assert_agreed(journal(commands), limits)
    assert len(np.unique(reports["price"][reports["kind"] == ReportKind.TRADED])) > (
        100 if handling == Phase.CONTINUOUS else 0
    )


KINDS_OF_NOISE = [
    *[CommandKind.ENTER_ORDER] * 40,
    *[CommandKind.CANCEL_ORDER] * 20,
    *[CommandKind.REPLACE_ORDER] * 15,
    *[kind for kind in CommandKind if kind != CommandKind.CLOSE_DAY],
]
PLAUSIBLE = {
    "session": np.arange(4),
    "side": np.arange(2),
    "order_type": np.array([0, 0, 0, 0, 0, *OrderType]),
    "time_in_force": np.array(TimeInForce),
    "minimum_quantity": np.array([0, 0, 0, 0, 100, 200]),
    "post_only": np.array([0, 0, 0, 0, 1]),
    "display_quantity": np.array([*[0] * 9, 100]),
    "trigger_price": np.array([*[0] * 24, *range(98_000, 102_000, 500)]),
    "instrument": np.arange(-1, 3),
    "order_number": np.arange(1, 60),
    "account": np.arange(10),
    "price": np.arange(98_000, 102_000, 100),
    "quantity": np.arange(100, 1_000, 100),
    "gives_up_place": np.arange(2),
    "any_side": np.arange(2),
    "of_side": np.arange(2),
    "of_session": np.arange(-1, 2),
    "of_branch": np.array([-1, -1, 0]),
    "of_client_seq": np.array([*[0] * 9, 1]),
    "lifts": np.arange(2),
    "admitted": np.array([1, 1, 2, 5]),
    "cancels_on_disconnect": np.arange(2),
    "phase": np.array([*[Phase.CONTINUOUS] * 20, *Phase]),
    "schedules": np.zeros(1, int),
    "hold": np.array([*[Hold.NONE] * 6, *Hold]),
    "cause": np.zeros(1, int),
    "reserved": np.zeros(1, int),
    "channel": np.arange(4),
    "account_kind": np.arange(2),
    "channels": np.array([15, 15, 15, 1]),
    "commission_includes": np.arange(2),
    "commission_rate": np.array([0, 25_000, 300_000]),
    "permissions": np.array([1_023, 1_023, 1]),
    "depositories": np.array([31, 31, 1]),
    "commission_min": np.array([0, 50_000]),
    "commission_min_foreign": np.array([0, 10_000]),
    "status": np.array([*[1] * 12, 2, 3, 4]),
    "open_orders_max": np.array([0, 0, 0, 2]),
    "order_value_max": np.array([0, 0, 0, 20_000_000]),
    "currency": np.array([0, 0, 0, 1, 2]),
    "entry": np.array([*FundsEntry, *FundsEntry, len(FundsEntry)]),
    "amount": np.array([100, 300, 10_000, 1_000_000, 50_000_000]),
    "cost": np.array([0, 0, 1_000_000]),
    "reverses": np.array([*[0] * 9, *range(8, 14)]),
    "rate_max": np.array([0, 1, 3, 300]),
    "requests_max": np.array([0, 0, 50, 20_000]),
    "rate_action": np.array([0, 1, 1, 1, 2]),
    "list_mode": np.array([*[0] * 8, *ListMode]),
    "collar_bp": np.array([0, 0, 0, 100]),
    "duplicate_ms": np.array([0, 0, 0, 100]),
    "spending_max": np.array([0, 0, 0, 20_000_000]),
    "is_listed": np.arange(2),
    "to_instrument": np.arange(-1, 3),
    "interest_rate": np.array([0, 50_000, 10_000_000, 10_000_001]),
    "days": np.array([1, 3, 20, 21]),
    "product": np.array([0, 100]),
    "accrued": np.array([0, 49, 50, 5_000]),
    "rest": np.array([0, 36 * 10**9 - 1]),
}


RICH_SCENE = [
    *SERVED_SCENE,
    *[open_account(number) for number in (0, 3, 4, 6, 7, 8, 9)],
    *[move_funds(number, 10**11) for number in range(10)],
    *[move_shares(number, 10**6) for number in range(10)],
    *[move_shares(number, 10**6, instrument=1) for number in range(10)],
]
"""Where noise has accounts that can pay for it."""


def fill_in(rows: np.ndarray, name: str, values: np.ndarray, random: np.random.Generator) -> None:
    """Give a field one of `values` in most rows of those kinds that have it."""
    kinds = [CommandKind[kind] for kind in KINDS if name in dict(fields_of(kind))]
    chosen = (random.random(len(rows)) < 0.97) & np.isin(rows["kind"], kinds)
    rows[name][chosen] = random.choice(values, chosen.sum())


def noise(seed: int, count: int, scene: list[dict] = SCENE) -> np.ndarray:
    """Return rows of random bytes behind a scene, most of their fields made plausible."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (count, ROW_BYTES), np.uint8).view(COMMAND).ravel()
    is_known = random.random(count) < 0.9
    rows["kind"][is_known] = random.choice(KINDS_OF_NOISE, is_known.sum())
    rows["client_seq"] = np.arange(1, 2**31 - 1, 2**31 // count)[:count]
    for name, values in PLAUSIBLE.items():
        fill_in(rows, name, values, random)
    rows = rows[rows["kind"] != CommandKind.CLOSE_DAY]
    whole = join([journal(scene), rows])
    whole["sequence"] = np.arange(1, len(whole) + 1)
    whole["time"] = SECOND_ONE + whole["sequence"] * (NANOSECONDS // 100)
    return whole


NOISY = LIMITS._replace(orders_day=1_000, reports=64, holdings=30, movements=1_000, lists=20)
OF_ACCOUNTS = {
    ReportKind.ACCOUNT_CHANGED,
    ReportKind.FUNDS_MOVED,
    ReportKind.SHARES_MOVED,
    ReportKind.RATE_EXCEEDED,
    ReportKind.ORDER_DELAYED,
    ReportKind.CODE_CHANGED,
}


@pytest.mark.parametrize(
    ("scene", "unseen"),
    [(SCENE, OF_ACCOUNTS), (RICH_SCENE, set())],
    ids=["anonymous", "accounts"],
)
def test_noise_means_the_same_to_both_venues(scene, unseen):
    rows = noise(4, 6_000, scene)
    reports = assert_agreed(rows, NOISY)
    assert set(ReportKind) - set(reports["kind"].tolist()) == unseen | {
        ReportKind.EXPIRED,
        ReportKind.DAY_ENDED,
    }


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="half a million rows take minutes")
@pytest.mark.parametrize("is_raw", [True, False], ids=["raw", "plausible"])
def test_half_a_million_rows_of_noise_change_nothing_but_by_the_rules(is_raw):
    count = 500_000
    rows = noise(2, count)
    if is_raw:
        raw = np.random.default_rng(3).integers(0, 256, (count, ROW_BYTES), np.uint8)
        rows = np.frombuffer(bytearray(journal(SCENE).tobytes() + raw.tobytes()), COMMAND)
        rows["sequence"] = np.arange(1, len(rows) + 1)
    limits = LIMITS._replace(orders_day=count, orders_open=2_000, reports=4_096)
    reports, digest = engine_reports(rows, limits)
    cuts = np.sort(np.random.default_rng(4).integers(0, len(rows), 5_000)).tolist()
    others, other = engine_reports(rows, limits._replace(reports=7), cuts)
    assert (others.tobytes(), other) == (reports.tobytes(), digest)
    venue = Venue(limits)
    venue.apply(rows)
    is_open = venue.state.slots != NONE
    done = reports[reports["kind"] != ReportKind.REJECTED]
    assert open_quantities(done).keys() == set(np.flatnonzero(is_open).tolist())
