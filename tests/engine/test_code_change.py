"""A code that changes: all shares of an instrument become shares of another one."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import (
    AccountStatus,
    Currency,
    Depository,
    Phase,
    RateAction,
    Reject,
    ReportKind,
    SharesEntry,
)
from protocol.vocabulary import Market as Exchange
from tests.commands import (
    change_code,
    define_fees,
    listing,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.engine.test_holdings import parts
from tests.engine.test_rejects import reasons
from tests.trading import EVERYTHING, FundedMarket, money, spelled, to_the_end

OLD, NEW = 2, 3
ROOM = SMALL._replace(**FUNDED)
OPEN = ["dave is refused: ORDERS_ARE_OPEN"]


def with_two_codes(new_venue, day: dict | None = None, **of_new: int) -> FundedMarket:
    """Return a market with two more instruments; bob and carol have shares of the first."""
    market = FundedMarket(new_venue(ROOM), EVERYTHING, day=day)
    market.lists(OLD, settlement_days=1, **EVERYTHING)
    market.lists(NEW, **{"settlement_days": 1} | EVERYTHING | of_new)
    market.bob.brings_shares(1_000, instrument=OLD, cost=money("7,000.00"))
    market.carol.brings_shares(500, instrument=OLD, cost=money("4,000.00"))
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    yield from to_the_end(with_two_codes(new_venue))


def test_shares_of_all_holders_change(market):
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]
    assert market.bob.holding(OLD).total == market.carol.holding(OLD).total == 0
    assert market.bob.holding(OLD).cost == 0
    assert (market.bob.holding(NEW).total, market.carol.holding(NEW).total) == (1_000, 500)
    assert spelled(market.bob.holding(NEW).cost) == "7,000.00"
    assert market.alice.holding(NEW) is None


def test_everyone_is_told(market):
    market.dave.changes_code(OLD, NEW)
    assert last(market) == {
        "kind": ReportKind.CODE_CHANGED,
        "session": -1,
        "instrument": OLD,
        "order_number": NEW,
        "quantity": 2,
    }


def test_venue_itself_changes_codes_too(market):
    assert market.hears(change_code(OLD, NEW)) == ["2 is now 3 in 2 holdings"]


def test_shares_that_are_there_already_are_joined(market):
    market.bob.brings_shares(300, instrument=NEW, cost=money("1,000.00"))
    market.dave.moves_shares(SharesEntry.PLEDGE, 100, market.bob, instrument=NEW)
    market.dave.moves_shares(SharesEntry.PLEDGE, 200, market.bob, instrument=OLD)
    market.dave.changes_code(OLD, NEW)
    assert parts(market.bob.holding(NEW)) == {"total": 1_300, "pledged": 300}
    assert spelled(market.bob.holding(NEW).cost) == "8,000.00"


def test_what_is_bound_stays_bound(market):
    for entry, amount in (
        (SharesEntry.FREEZE_DAY, 100),
        (SharesEntry.FREEZE_LONG, 200),
        (SharesEntry.PLEDGE, 300),
    ):
        market.dave.moves_shares(entry, amount, market.bob, instrument=OLD)
    before = market.bob.holding(OLD)
    market.dave.changes_code(OLD, NEW)
    assert market.bob.holding(NEW) == before._replace(instrument=NEW)
    assert market.bob.sells(500, at="10.00", instrument=NEW) == [
        "bob is refused: INSUFFICIENT_SHARES"
    ]
    assert market.bob.sells(400, at="10.00", instrument=NEW) == []


def test_shares_bought_today_stay_unsellable(market):
    market.bob.sells(100, at="10.00", instrument=OLD)
    market.alice.buys(100, at="10.00", instrument=OLD)
    market.dave.changes_code(OLD, NEW)
    holding = market.alice.holding(NEW)
    assert (holding.total, holding.bought, holding.sellable) == (100, 100, 0)
    assert spelled(holding.cost) == "1,005.01"
    assert market.alice.sells(100, at="10.00", instrument=NEW) == [
        "alice is refused: INSUFFICIENT_SHARES"
    ]


def test_new_shares_are_traded_by_the_rules_of_the_new_code(market):
    market.dave.changes_code(OLD, NEW)
    market.alice.buys(100, at="10.00", instrument=NEW)
    assert market.bob.sells(100, at="10.00", instrument=NEW) == ["bob sells 100 to alice at 10.00"]
    assert market.bob.sells(100, at="10.00", instrument=OLD) == [
        "bob is refused: INSUFFICIENT_SHARES"
    ]


def test_change_is_undone_by_its_opposite(market):
    before = market.bob.holding(OLD)
    market.dave.changes_code(OLD, NEW)
    assert market.dave.changes_code(NEW, OLD) == ["3 is now 2 in 2 holdings"]
    assert market.bob.holding(OLD) == before


def test_accounts_change_whatever_their_status(market):
    market.dave.makes(market.bob, AccountStatus.FROZEN)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]


def test_without_holdings_there_is_nothing_to_change(market):
    assert market.dave.changes_code(NEW, OLD) == ["3 is now 2 in 0 holdings"]
    market.dave.changes_code(OLD, NEW)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 0 holdings"]


def test_rules_of_the_other_exchange_do_not_matter(new_venue):
    market = with_two_codes(new_venue, market=Exchange.SZSE)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]
    assert market.dave.transfers(market.bob, instrument=NEW) == [
        "bob has 0 shares after CUSTODY_OUT"
    ]


@pytest.mark.parametrize(
    "of_new",
    [
        {"market": Exchange.SZSE, "depository": Depository.SHENZHEN_A},
        {"depository": Depository.SHANGHAI_B},
        {"listed_currency": Currency.USD},
    ],
    ids=str,
)
def test_shares_stay_at_their_depository_and_in_their_currency(new_venue, of_new):
    market = with_two_codes(new_venue, **of_new)
    assert market.dave.changes_code(OLD, NEW) == ["dave is refused: CUSTODY_NOT_TRANSFERABLE"]
    assert market.bob.holding(OLD).total == 1_000


def enters(market: FundedMarket, what: str) -> None:
    """Let alice have an order of the old code that waits where `what` says."""
    buys = {"instrument": OLD}
    if what == "stops":
        market.alice.buys_stop(100, trigger="10.50", at="10.50", **buys)
    elif what == "close":
        market.alice.buys_at_close(100, at="10.00", **buys)
    elif what == "gap":
        market.begins(Phase.PRE_CONTINUOUS)
        market.alice.buys(100, at="9.00", **buys)
    elif what == "second":
        market.dave.limits(market.alice, rate_max=1, rate_action=RateAction.DELAY)
        market.passes(1)
        market.alice.buys(50, at="9.00", **buys)
        market.alice.buys(100, at="9.00", **buys)
        market.passes(3)
    else:
        market.alice.buys(100, at="9.00", **buys)


@pytest.mark.parametrize("what", ["book", "stops", "close", "gap", "second"])
def test_open_orders_of_the_old_code_keep_it(market, what):
    enters(market, what)
    assert market.dave.changes_code(OLD, NEW) == OPEN
    assert market.bob.holding(OLD).total == 1_000
    market.begins(Phase.CONTINUOUS)
    market.dave.cancels_all(instrument=OLD)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]


def test_open_orders_of_the_new_code_stay(market):
    market.bob.brings_shares(100, instrument=NEW)
    market.bob.sells(100, at="10.00", instrument=NEW)
    market.alice.buys(100, at="9.00", instrument=NEW)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]
    assert market.bob.holding(NEW).held == 100
    assert market.carol.sells(100, at="9.00", instrument=NEW) == [
        "carol sells 100 to alice at 9.00"
    ]


def test_change_is_in_the_ledger_twice(market):
    market.dave.changes_code(OLD, NEW)
    ledger = market.venue.ledger(market.bob.number)[-2:]
    assert [one["entry"] for one in ledger] == [
        SharesEntry.CODE_CHANGE_OUT,
        SharesEntry.CODE_CHANGE_IN,
    ]
    for one in ledger:
        assert (one["amount"], one["cost"]) == (1_000, money("7,000.00"))
        assert one["sequence"] == len(market.journal)


def test_each_half_of_a_change_is_reversed_by_itself(market):
    market.dave.changes_code(OLD, NEW)
    sequence = len(market.journal)
    half = move_shares(
        market.carol.number,
        500,
        SharesEntry.CODE_CHANGE_IN,
        instrument=NEW,
        cost=money("4,000.00"),
        reverses=sequence,
    )
    assert market.dave.says(half | {"account": market.bob.number}) == [
        "dave is refused: NOTHING_TO_REVERSE"
    ]
    assert market.dave.says(half) == ["carol has 0 shares after CODE_CHANGE_IN"]
    other = half | {"instrument": OLD, "entry": SharesEntry.CODE_CHANGE_OUT}
    assert market.dave.says(other) == ["carol has 500 shares after CODE_CHANGE_OUT"]
    assert spelled(market.carol.holding(OLD).cost) == "4,000.00"


def test_change_needs_room_in_the_ledger(new_venue):
    """Eight movements bring in what the four have; each holding needs two."""
    market = with_two_codes(new_venue, day={"movements_max": 11})
    assert market.dave.changes_code(OLD, NEW) == ["dave is refused: LEDGER_EXHAUSTED"]
    assert market.bob.holding(OLD).total == 1_000
    market = with_two_codes(new_venue, day={"movements_max": 12})
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]


def test_change_needs_room_for_new_holdings(new_venue):
    """The four have five holdings."""
    market = with_two_codes(new_venue, day={"holdings_max": 6})
    assert market.dave.changes_code(OLD, NEW) == ["dave is refused: HOLDINGS_EXHAUSTED"]
    market = with_two_codes(new_venue, day={"holdings_max": 7})
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]


def test_holding_that_is_there_needs_no_room(new_venue):
    market = with_two_codes(new_venue, day={"holdings_max": 7})
    market.bob.brings_shares(100, instrument=NEW)
    assert market.dave.changes_code(OLD, NEW) == ["2 is now 3 in 2 holdings"]


@pytest.mark.parametrize(("more", "refusals"), [(0, []), (1, [Reject.AMOUNT_TOO_LARGE])])
def test_shares_stay_countable(new_venue, more, refusals):
    """There are at most 10**15 of an instrument."""
    scene = [
        open_day(with_accounts=1),
        define_fees(0),
        *listing(0),
        *listing(1),
        open_account(1),
        *[move_shares(1, 10**12, instrument=number) for number in range(2)] * 500,
    ]
    scene += [move_shares(1, more)] * more
    venue = new_venue(ROOM._replace(movements=1_100))
    assert reasons(venue, scene, change_code(0, 1)) == refusals


@pytest.mark.parametrize(
    ("old", "new"), [(4, NEW), (-1, NEW), (OLD, 4), (OLD, -1), (OLD, OLD), (4, 4)]
)
def test_both_codes_are_listed_and_differ(market, old, new):
    assert market.dave.changes_code(old, new) == ["dave is refused: UNKNOWN_INSTRUMENT"]


def test_codes_are_not_changed_by_terminals(market):
    assert market.alice.changes_code(OLD, NEW) == ["alice is refused: COMMAND_NOT_PERMITTED"]
