"""Interest: what balances earn at the close, to the last unit, and how it is paid.

A venue lives for a day, so a story of several days takes what one has left to the next, as the
opening of a day does.
"""

from collections.abc import Callable, Iterator

import pytest

from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Currency,
    FundsEntry,
    Phase,
    ReportKind,
)
from tests.commands import bring_interest, capitalise, define_interest, move_funds, open_account
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.conservation import accrual_of
from tests.engine.test_accounts import last
from tests.trading import FundedMarket, Market, Trader, money, spelled, to_the_end

FIVE_BP = 50_000
"""0.05 % a year."""

WHOLE = 36 * 10**9
USD = {"currency": Currency.USD}
NOTHING = ["dave is refused: AMOUNT_NOT_POSITIVE"]
FULL = ["dave is refused: LEDGER_EXHAUSTED"]
ROOM = SMALL._replace(**FUNDED)


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    market = FundedMarket(new_venue(ROOM))
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def night(
    new_venue: Callable,
    balance: str,
    days: int,
    rate: int = FIVE_BP,
    before: tuple[int, int, int] = (0, 0, 0),
) -> tuple[int, int, int]:
    """Return what erin has earned by the end of a day: product, interest, and what it lacks."""
    market = FundedMarket(new_venue(ROOM))
    erin = market.admits("erin")
    market.hears(define_interest(rate, days))
    product, accrued, rest = before
    market.hears(bring_interest(erin.number, accrued, product, rest))
    erin.brings(balance)
    market.closes()
    return accrual_of(market.venue, erin.number, Currency.CNY)


def exact(accrual: tuple[int, int, int]) -> int:
    """Return what was earned in 1/10000 and the 36,000,000,000th part of it."""
    _, accrued, rest = accrual
    return accrued * WHOLE + rest


def bring(market: FundedMarket, trader: Trader, accrued: str, **fields: int) -> None:
    """Have earned interest on earlier days."""
    assert market.hears(bring_interest(trader.number, money(accrued), **fields)) == []


def interest(trader: Trader, currency: Currency = Currency.CNY) -> str:
    """Return the interest that would be paid now."""
    return spelled(trader.funds(currency).interest)


def test_ninety_days_earn_sixty_four_cents(new_venue):
    """10,000.00 for 31 nights and 2,500.00 for 59 are 457,500.00 yuan-days, worth 0.635416..."""
    accrual = (0, 0, 0)
    for balance, days in (
        ("10,000.00", 20),
        ("10,000.00", 11),
        ("2,500.00", 20),
        ("2,500.00", 20),
        ("2,500.00", 19),
    ):
        accrual = night(new_venue, balance, days, before=accrual)
    product, accrued, rest = accrual
    assert product == 45_750_000
    assert (accrued, rest) == divmod(4_575_000_000 * FIVE_BP, WHOLE)
    market = FundedMarket(new_venue(ROOM))
    market.hears(bring_interest(market.bob.number, accrued, product, rest))
    assert interest(market.bob) == "0.64"
    assert market.dave.capitalises(market.bob) == ["bob has 0.64 CNY after INTEREST"]


def test_balance_of_a_friday_counts_three_days(new_venue):
    accrual = (0, 0, 0)
    for _ in range(3):
        accrual = night(new_venue, "12,345.67", 1, before=accrual)
    assert night(new_venue, "12,345.67", 3) == accrual
    assert accrual[0] == 3 * 1_234_567


def test_rate_that_changes_splits_the_days_exactly(new_venue):
    accrual = night(new_venue, "777.77", 5, rate=123_457)
    accrual = night(new_venue, "777.77", 7, rate=FIVE_BP, before=accrual)
    assert exact(accrual) == 7_777_700 * (5 * 123_457 + 7 * FIVE_BP)
    assert accrual[0] == 12 * 77_777


def test_nothing_is_lost_between_the_nights(new_venue):
    """A cent earns a 7,200th part of a unit in a night."""
    accrual = (0, 0, 0)
    for _ in range(3):
        accrual = night(new_venue, "0.01", 1, before=accrual)
    assert accrual == (3, 0, 3 * 100 * FIVE_BP)
    assert night(new_venue, "0.01", 1, before=(3, 0, WHOLE - 1)) == (4, 1, 100 * FIVE_BP - 1)


def test_largest_balance_at_the_highest_rate_is_reckoned_exactly(new_venue):
    accrual = night(
        new_venue, "1,000,000,000,000.00", 20, rate=10_000_000, before=(1, 2, WHOLE - 1)
    )
    assert accrual[0] == 10**14 * 20 + 1
    assert exact(accrual) == 10**16 * 20 * 10_000_000 + 2 * WHOLE + WHOLE - 1


def test_what_counts_is_the_balance_when_the_day_closes(market):
    market.hears(define_interest(FIVE_BP, 1))
    market.dave.sells(100, at="10.00")
    market.alice.buys(100, at="10.00")
    market.alice.buys(1_000, at="9.00")
    market.dave.moves(FundsEntry.FREEZE_LONG, "50,000.00", market.alice)
    market.dave.moves(FundsEntry.GRANT_CREDIT, "70,000.00", market.alice)
    market.closes()
    assert market.alice.funds().product == 9_899_499


def test_nothing_is_earned_while_the_day_is_open(market):
    market.hears(define_interest(FIVE_BP, 20))
    market.begins(Phase.CLOSED)
    assert market.alice.funds().product == 0


def test_who_has_nothing_earns_nothing(market):
    market.hears(define_interest(FIVE_BP, 20))
    market.closes()
    assert accrual_of(market.venue, market.bob.number, Currency.CNY) == (0, 0, 0)


def test_who_owes_earns_nothing(market):
    market.hears(define_interest(FIVE_BP, 20))
    market.dave.moves(FundsEntry.GRANT_CREDIT, "5,000.00", market.bob)
    market.bob.buys(100, at="10.00")
    market.dave.sells(100, at="10.00")
    assert market.bob.balance == "-1,005.01"
    market.closes()
    assert accrual_of(market.venue, market.bob.number, Currency.CNY) == (0, 0, 0)


def test_each_currency_has_its_own_rate(market):
    market.alice.brings("1,000.00", **USD)
    market.hears(define_interest(FIVE_BP, 3))
    market.hears(define_interest(10_000_000, 1, **USD))
    market.closes()
    assert market.alice.funds().product == 3 * 10_000_000
    assert market.alice.funds(Currency.USD).product == 100_000
    assert interest(market.alice) == "0.42"
    assert interest(market.alice, Currency.USD) == "0.28"


def test_without_a_rate_nothing_accrues(market):
    market.closes()
    assert accrual_of(market.venue, market.alice.number, Currency.CNY) == (0, 0, 0)


def test_rate_of_nothing_counts_the_days_all_the_same(market):
    market.hears(define_interest(0, 3))
    market.closes()
    assert accrual_of(market.venue, market.alice.number, Currency.CNY) == (30_000_000, 0, 0)


def test_later_rate_replaces_the_earlier(market):
    market.hears(define_interest(10_000_000, 20))
    market.hears(define_interest(FIVE_BP, 1))
    market.closes()
    assert market.alice.funds().product == 10_000_000
    assert interest(market.alice) == "0.14"


def test_frozen_account_earns_like_others(market):
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    market.hears(define_interest(FIVE_BP, 1))
    market.closes()
    assert interest(market.alice) == "0.14"


def test_interest_is_rounded_when_it_is_paid(market):
    for accrued, paid in (("0.0049", "0.00"), ("0.0050", "0.01"), ("0.0149", "0.01")):
        bring(market, market.bob, accrued, rest=WHOLE - 1)
        assert interest(market.bob) == paid


def test_interest_of_one_account_is_paid(market):
    bring(market, market.alice, "12.3456", product=7, rest=8)
    assert market.dave.capitalises(market.alice) == ["alice has 100,012.35 CNY after INTEREST"]
    assert accrual_of(market.venue, market.alice.number, Currency.CNY) == (0, 0, 0)
    assert market.alice.withdrawable == "100,012.35"
    assert market.dave.capitalises(market.alice) == NOTHING


def test_payment_is_told_like_a_movement_of_money(market):
    bring(market, market.alice, "12.3456")
    market.dave.capitalises(market.alice)
    assert last(market) == {
        "kind": ReportKind.FUNDS_MOVED,
        "session": market.dave.number,
        "account": market.alice.number,
        "order_number": money("100,012.35"),
        "reason": FundsEntry.INTEREST,
        "client_seq": market.dave.client_seq,
        "request_seq": market.dave.client_seq,
        "instrument": NONE,
    }


def test_payment_is_in_the_ledger(market):
    bring(market, market.alice, "12.3456")
    market.dave.capitalises(market.alice)
    paid = market.venue.ledger(market.alice.number)[-1]
    assert (paid["entry"], paid["amount"]) == (FundsEntry.INTEREST, money("12.35"))
    assert paid["sequence"] == len(market.journal)


def test_interest_is_paid_in_its_currency(market):
    bring(market, market.alice, "3.00")
    bring(market, market.alice, "2.00", **USD)
    assert market.dave.capitalises(market.alice, **USD) == ["alice has 2.00 USD after INTEREST"]
    assert market.alice.balance == "100,000.00"
    assert interest(market.alice) == "3.00"


def test_interest_of_all_accounts_is_paid_at_once(market):
    bring(market, market.alice, "0.0250", product=1)
    bring(market, market.bob, "0.0049", product=2)
    bring(market, market.dave, "0.3949")
    assert market.dave.capitalises() == ["2 accounts get 0.42 CNY of INTEREST"]
    assert last(market)["account"] == -1
    assert (market.alice.balance, market.dave.balance) == ("100,000.03", "10,000,000.39")
    assert accrual_of(market.venue, market.bob.number, Currency.CNY) == (2, 49, 0)
    assert accrual_of(market.venue, market.alice.number, Currency.CNY) == (0, 0, 0)
    for trader in (market.alice, market.dave):
        assert market.venue.ledger(trader.number)[-1]["sequence"] == len(market.journal)


def test_venue_pays_interest_without_an_answer(market):
    bring(market, market.alice, "0.50")
    assert market.hears(capitalise(market.alice.number)) == []
    bring(market, market.alice, "0.50")
    assert market.hears(capitalise()) == []
    assert market.alice.balance == "100,001.00"
    assert market.hears(capitalise()) == ["the venue is refused: AMOUNT_NOT_POSITIVE"]


def test_where_there_is_none_nothing_is_paid(market):
    assert market.dave.capitalises(market.alice) == NOTHING
    assert market.dave.capitalises() == NOTHING
    bring(market, market.alice, "0.0049")
    assert market.dave.capitalises(market.alice) == NOTHING
    assert market.dave.capitalises() == NOTHING


def test_frozen_account_is_paid(market):
    bring(market, market.alice, "1.00")
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    assert market.dave.capitalises(market.alice) == ["alice has 100,001.00 CNY after INTEREST"]


def test_account_with_interest_is_not_closed(market):
    erin = market.admits("erin")
    bring(market, erin, "0.0050", **USD)
    assert market.dave.makes(erin, AccountStatus.CLOSED) == ["dave is refused: ACCOUNT_NOT_EMPTY"]
    market.dave.capitalises(erin, **USD)
    market.dave.moves(FundsEntry.WITHDRAW, "0.01", erin, **USD)
    assert market.dave.makes(erin, AccountStatus.CLOSED) == ["erin is CLOSED"]


def test_less_than_half_a_cent_is_lost_with_its_account(market):
    erin = market.admits("erin")
    bring(market, erin, "0.0049", rest=WHOLE - 1)
    assert market.dave.makes(erin, AccountStatus.CLOSED) == ["erin is CLOSED"]
    assert market.dave.capitalises(erin) == ["dave is refused: UNKNOWN_ACCOUNT"]
    assert market.hears(bring_interest(erin.number, 1)) == ["the venue is refused: UNKNOWN_ACCOUNT"]


def reversal(trader: Trader, amount: str, sequence: int) -> dict:
    """Return the reversal of a payment of interest."""
    return move_funds(trader.number, money(amount), FundsEntry.INTEREST, reverses=sequence)


def test_payment_is_reversed_and_what_was_earned_is_not_there_again(market):
    bring(market, market.alice, "12.35")
    market.dave.capitalises(market.alice)
    command = reversal(market.alice, "12.35", len(market.journal))
    assert market.dave.says(command) == ["alice has 100,000.00 CNY after INTEREST"]
    assert market.dave.says(command) == ["dave is refused: NOTHING_TO_REVERSE"]
    assert interest(market.alice) == "0.00"


def test_of_payments_made_at_once_each_is_reversed_by_its_account(market):
    for trader in (market.alice, market.bob, market.carol):
        bring(market, trader, "1.00")
    market.dave.capitalises()
    sequence = len(market.journal)
    assert market.dave.says(reversal(market.bob, "1.00", sequence)) == [
        "bob has 0.00 CNY after INTEREST"
    ]
    assert market.dave.says(reversal(market.bob, "1.00", sequence)) == [
        "dave is refused: NOTHING_TO_REVERSE"
    ]
    assert market.dave.says(reversal(market.dave, "1.00", sequence)) == [
        "dave is refused: NOTHING_TO_REVERSE"
    ]
    assert market.dave.says(reversal(market.alice, "1.00", sequence)) == [
        "alice has 100,000.00 CNY after INTEREST"
    ]
    assert market.carol.balance == "10,000,001.00"


def test_payments_need_room_in_the_ledger(new_venue):
    """Six movements bring in what the four have."""
    market = FundedMarket(new_venue(ROOM), day={"movements_max": 8})
    for trader in market.traders[:3]:
        bring(market, trader, "1.00")
    assert market.dave.capitalises() == FULL
    assert market.bob.balance == "0.00"
    assert market.dave.capitalises(market.bob) == ["bob has 1.00 CNY after INTEREST"]
    assert market.dave.capitalises() == FULL
    assert market.dave.capitalises(market.alice) == ["alice has 100,001.00 CNY after INTEREST"]
    assert market.dave.capitalises(market.carol) == FULL
    assert market.dave.capitalises(market.bob) == NOTHING


def test_money_stays_countable(new_venue):
    """At most 6 * 10**18 come from outside in all, and the four have brought 20,100,000.00."""
    market = FundedMarket(new_venue(ROOM))
    for number in range(5, 11):
        market.hears(open_account(number))
        market.hears(bring_interest(number, 10**18))
    for number in range(5, 10):
        assert market.hears(capitalise(number)) == []
    last_to_fit = 10**18 - money("20,100,000.00")
    market.hears(bring_interest(10, last_to_fit + 50))
    assert market.hears(capitalise(10)) == ["the venue is refused: AMOUNT_TOO_LARGE"]
    market.hears(bring_interest(10, last_to_fit + 49))
    assert market.hears(capitalise(10)) == []


@pytest.mark.parametrize("accounts", [7, 12, 19])
def test_more_interest_than_can_be_counted_is_not_paid(new_venue, accounts):
    """However often their sum would go round in 64 bits."""
    market = FundedMarket(new_venue(ROOM._replace(accounts=32)))
    for number in range(5, 5 + accounts):
        market.hears(open_account(number))
        market.hears(bring_interest(number, 10**18))
    assert market.dave.capitalises() == ["dave is refused: AMOUNT_TOO_LARGE"]
    assert market.venue.funds(5, Currency.CNY).balance == 0


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"interest_rate": -1}, "LISTING_OUT_OF_BOUNDS"),
        ({"interest_rate": 10_000_001}, "LISTING_OUT_OF_BOUNDS"),
        ({"days": 0}, "LISTING_OUT_OF_BOUNDS"),
        ({"days": 21}, "LISTING_OUT_OF_BOUNDS"),
        ({"currency": 3}, "MALFORMED"),
        ({"currency": -1, "days": 0}, "MALFORMED"),
    ],
    ids=str,
)
def test_rate_out_of_its_bounds_is_refused_and_changes_nothing(market, wrong, reason):
    market.hears(define_interest(FIVE_BP, 1))
    command = define_interest(FIVE_BP, 1) | wrong
    assert market.hears(command) == [f"the venue is refused: {reason}"]
    market.closes()
    assert interest(market.alice) == "0.14"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"currency": 3}, "MALFORMED"),
        ({"product": -1}, "MALFORMED"),
        ({"product": 10**18 + 1}, "MALFORMED"),
        ({"accrued": -1}, "MALFORMED"),
        ({"accrued": 10**18 + 1}, "MALFORMED"),
        ({"rest": -1}, "MALFORMED"),
        ({"rest": WHOLE}, "MALFORMED"),
        ({"account": 9}, "UNKNOWN_ACCOUNT"),
        ({"account": -1}, "UNKNOWN_ACCOUNT"),
    ],
    ids=str,
)
def test_interest_brought_has_bounds(market, wrong, reason):
    command = bring_interest(market.alice.number, 1) | wrong
    assert market.hears(command) == [f"the venue is refused: {reason}"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"currency": 3}, "MALFORMED"),
        ({"currency": -1}, "MALFORMED"),
        ({"account": 9}, "UNKNOWN_ACCOUNT"),
        ({"account": -2}, "UNKNOWN_ACCOUNT"),
    ],
    ids=str,
)
def test_interest_is_paid_to_an_account_in_a_currency(market, wrong, reason):
    bring(market, market.alice, "1.00")
    command = capitalise(market.alice.number) | wrong
    assert market.dave.says(command) == [f"dave is refused: {reason}"]


def test_rates_and_earlier_interest_are_for_the_venue_itself(market):
    for command in (define_interest(FIVE_BP, 1), bring_interest(market.alice.number, 1)):
        assert market.dave.says(command) == ["dave is refused: COMMAND_NOT_PERMITTED"]
    assert market.alice.capitalises() == ["alice is refused: COMMAND_NOT_PERMITTED"]


def test_where_accounts_are_off_there_are_rates_and_no_interest(new_venue):
    market = Market(new_venue())
    assert market.hears(define_interest(FIVE_BP, 1)) == []
    assert market.hears(bring_interest(1, 1)) == ["the venue is refused: ACCOUNTS_ARE_OFF"]
    assert market.closes() == ["the day 20260706 ends"]
