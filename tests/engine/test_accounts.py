"""Accounts: opened, edited, frozen and closed; who may trade what through which channel."""

import pytest

from protocol.vocabulary import (
    NONE,
    AccountKind,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    Permission,
    Phase,
    Reject,
    ReportKind,
    SharesEntry,
    Side,
)
from tests.commands import (
    EVERY_CHANNEL,
    EVERY_DEPOSITORY,
    EVERY_PERMISSION,
    capitalise,
    change_code,
    change_list,
    change_status,
    close_day,
    define_fees,
    edit_account,
    enter,
    journal,
    limit_account,
    limit_funds,
    list_instrument,
    move_funds,
    move_shares,
    open_account,
    open_day,
    transfer_custody,
)
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import EVERYTHING, FundedMarket, Market

ACCOUNT_COMMANDS = [
    open_account(1),
    edit_account(1),
    change_status(1),
    limit_account(1),
    move_funds(1, 100),
    move_shares(1, 100),
    limit_funds(1, 100),
    change_list(1),
]
OF_KNOWN_ACCOUNTS = ACCOUNT_COMMANDS[1:]
OF_MANY = [capitalise(), transfer_custody(1), change_code(0, 1)]

by_kind = pytest.mark.parametrize(
    "command", ACCOUNT_COMMANDS, ids=lambda command: command["kind"].name.lower()
)
by_any_kind = pytest.mark.parametrize(
    "command", ACCOUNT_COMMANDS + OF_MANY, ids=lambda command: command["kind"].name.lower()
)
of_known_account = pytest.mark.parametrize(
    "command", OF_KNOWN_ACCOUNTS, ids=lambda command: command["kind"].name.lower()
)


def last(market: Market, back: int = 1) -> dict[str, int]:
    """Return the fields of the latest report, or of one further back, that are not 0, but for when
    it was made."""
    report = market.reports[-back]
    names = report.keys() if isinstance(report, dict) else report.dtype.names
    values = {name: int(report[name]) for name in names if name not in ("sequence", "time")}
    return {name: value for name, value in values.items() if value}


@by_any_kind
def test_where_accounts_are_off_there_are_no_commands_for_them(market, command):
    assert market.dave.says(command) == ["dave is refused: ACCOUNTS_ARE_OFF"]
    assert market.hears(command) == ["the venue is refused: ACCOUNTS_ARE_OFF"]
    market.closes()
    assert market.dave.says(command) == ["dave is refused: DAY_NOT_OPEN"]


@by_any_kind
def test_accounts_are_off_before_anything_else_is_looked_at(market, command):
    assert market.dave.says(command | {"account": -5}) == ["dave is refused: ACCOUNTS_ARE_OFF"]


def test_where_accounts_are_off_nobody_needs_money_or_shares(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(1_000_000, at="10.00")
    assert market.bob.buys(1_000_000, at="10.00") == ["bob takes 1000000 from alice at 10.00"]
    assert market.alice.sells(50, at="10.00") == []


def test_where_accounts_are_off_fees_are_defined_but_not_looked_for(market):
    assert market.hears(define_fees(0)) == []
    assert market.hears(list_instrument(2, rules=0, fees=7)) == []


def test_day_with_accounts_needs_room_for_one(new_venue):
    venue = new_venue(SMALL._replace(**FUNDED | {"accounts": 0}))
    days = [open_day(with_accounts=1), close_day(), open_day(), close_day()]
    reasons = [report["reason"] for report in venue.apply(journal(days))]
    assert reasons == [Reject.LISTING_OUT_OF_BOUNDS, Reject.DAY_NOT_OPEN, Reject.NOTHING]


@pytest.mark.parametrize("with_accounts", [-1, 2])
def test_accounts_are_on_or_off(new_venue, with_accounts):
    (report,) = new_venue().apply(journal([open_day(with_accounts=with_accounts)]))
    assert report["reason"] == Reject.MALFORMED


@by_any_kind
def test_account_commands_are_for_operators(funded, command):
    assert funded.alice.says(command) == ["alice is refused: COMMAND_NOT_PERMITTED"]


def test_opened_account_is_normal_and_its_asker_hears_of_it(funded):
    assert funded.dave.opens(7) == ["account 7 is NORMAL"]
    assert last(funded) == {
        "kind": ReportKind.ACCOUNT_CHANGED,
        "account": 7,
        "reason": AccountStatus.NORMAL,
        "session": funded.dave.number,
        "client_seq": 1,
        "request_seq": 1,
        "instrument": NONE,
    }


def test_venue_itself_is_not_told_what_it_did(funded):
    assert funded.hears(open_account(7)) == []
    assert funded.hears(limit_account(7, open_orders_max=1)) == []
    assert funded.hears(edit_account(7)) == []
    assert funded.hears(move_funds(7, 100)) == []
    assert funded.hears(move_shares(7, 100)) == []
    assert funded.hears(limit_funds(7, 100)) == []
    assert funded.hears(change_list(7)) == []
    assert funded.hears(change_status(7)) == []
    assert funded.hears(open_account(7)) == ["the venue is refused: ACCOUNT_EXISTS"]
    assert funded.venue.account(7).status == AccountStatus.FROZEN
    assert funded.venue.funds(7, Currency.CNY).balance == funded.venue.holdings(7)[0].total == 100


def test_new_account_has_nothing_and_no_limits(funded):
    funded.dave.opens(7)
    account = funded.venue.account(7)
    assert (account.order_value_max, account.open_orders_max, account.open_orders) == (0, 0, 0)
    for currency in Currency:
        assert not any(funded.venue.funds(7, currency))
    assert funded.venue.holdings(7) == []


def test_account_that_was_never_opened_is_none(funded):
    assert funded.venue.account(7) is None


def test_account_tells_how_it_was_opened(funded):
    terms = {
        "account_kind": AccountKind.PROPRIETARY,
        "branch": 12,
        "channels": 1 << Channel.ONLINE,
        "depositories": 1 << Depository.BEIJING,
        "permissions": 1 << Permission.BEIJING,
        "commission_rate": 300_000,
        "commission_min": 2**31 - 1,
        "commission_min_foreign": 0,
        "commission_includes": 0,
    }
    funded.dave.opens(7, **terms)
    account = funded.venue.account(7)
    assert {name: getattr(account, name) for name in terms} == terms
    assert account.status == AccountStatus.NORMAL


@pytest.mark.parametrize("number", [-1, 16, 2**31 - 1])
@by_kind
def test_account_is_one_that_there_is_room_for(funded, command, number):
    assert funded.dave.says(command | {"account": number}) == ["dave is refused: UNKNOWN_ACCOUNT"]


def test_first_and_last_number_may_be_opened(funded):
    assert funded.dave.opens(0) == ["account 0 is NORMAL"]
    assert funded.dave.opens(15) == ["account 15 is NORMAL"]


@of_known_account
def test_account_that_was_never_opened_is_unknown(funded, command):
    assert funded.dave.says(command | {"account": 9}) == ["dave is refused: UNKNOWN_ACCOUNT"]


@pytest.mark.parametrize("status", AccountStatus)
def test_account_is_opened_once(funded, status):
    funded.dave.opens(7)
    if status != AccountStatus.NONE:
        funded.dave.says(change_status(7, status))
    assert funded.dave.opens(7) == ["dave is refused: ACCOUNT_EXISTS"]


TERMS_OUT_OF_BOUNDS = [
    {"account_kind": 2},
    {"account_kind": -1},
    {"channels": EVERY_CHANNEL + 1},
    {"channels": -1},
    {"depositories": EVERY_DEPOSITORY + 1},
    {"depositories": -1},
    {"permissions": EVERY_PERMISSION + 1},
    {"permissions": -1},
    {"commission_rate": 300_001},
    {"commission_rate": -1},
    {"commission_min": -1},
    {"commission_min_foreign": -1},
    {"commission_includes": 2},
    {"commission_includes": -1},
]


@pytest.mark.parametrize("wrong", TERMS_OUT_OF_BOUNDS, ids=str)
def test_terms_of_an_account_are_within_their_bounds(funded, wrong):
    assert funded.dave.opens(7, **wrong) == ["dave is refused: MALFORMED"]
    assert funded.dave.edits(funded.bob, **wrong) == ["dave is refused: MALFORMED"]
    assert funded.dave.opens(7) == ["account 7 is NORMAL"]


def test_edit_changes_all_terms_and_neither_status_nor_limits(funded):
    funded.dave.limits(funded.bob, order_value_max=70_000, open_orders_max=3)
    funded.dave.makes(funded.bob, AccountStatus.FROZEN)
    terms = {
        "account_kind": AccountKind.PROPRIETARY,
        "branch": 3,
        "channels": 1,
        "depositories": 2,
        "permissions": 4,
        "commission_rate": 5,
        "commission_min": 6,
        "commission_min_foreign": 7,
        "commission_includes": 0,
    }
    assert funded.dave.edits(funded.bob, **terms) == ["bob is FROZEN"]
    account = funded.bob.account
    assert {name: getattr(account, name) for name in terms} == terms
    assert (account.order_value_max, account.open_orders_max) == (70_000, 3)
    assert funded.bob.sellable == 10_000


def test_account_with_open_orders_is_not_edited(funded):
    funded.alice.buys(100, at="10.00")
    assert funded.dave.edits(funded.alice) == ["dave is refused: ACCOUNT_HAS_ORDERS"]
    funded.alice.cancels()
    assert funded.dave.edits(funded.alice) == ["alice is NORMAL"]


def test_account_whose_stop_waits_is_not_edited(new_venue):
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    market.alice.buys_stop(100, trigger="10.50", at="10.50")
    assert market.dave.edits(market.alice) == ["dave is refused: ACCOUNT_HAS_ORDERS"]


@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN])
def test_account_that_is_not_normal_enters_nothing_until_it_is_again(funded, status):
    assert funded.dave.makes(funded.bob, status) == [f"bob is {status.name}"]
    assert funded.bob.sells(100, at="10.00") == ["bob is refused: ACCOUNT_NOT_NORMAL"]
    assert funded.dave.makes(funded.bob, AccountStatus.NORMAL) == ["bob is NORMAL"]
    assert funded.bob.sells(100, at="10.00") == []


@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN])
def test_open_orders_of_an_account_that_is_frozen_stay_and_trade(funded, status):
    funded.alice.buys(300, at="10.00")
    held = funded.alice.held
    assert funded.dave.makes(funded.alice, status) == [f"alice is {status.name}"]
    assert funded.alice.held == held == "3,005.03"
    assert funded.bob.sells(100, at="10.00") == ["bob sells 100 to alice at 10.00"]
    assert funded.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 100 left"]
    assert funded.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]
    assert (funded.alice.balance, funded.alice.held) == ("98,994.99", "0.00")


def test_frozen_account_takes_back_all_it_has(funded):
    funded.alice.buys(100, at="10.00")
    funded.dave.makes(funded.alice, AccountStatus.FROZEN)
    assert funded.alice.cancels_all() == [
        "alice hears of 100 taken back at 10.00, 0 left",
        "alice hears of 1 orders taken back",
    ]


@pytest.mark.parametrize("status", [AccountStatus.NONE, -1, 5])
def test_status_is_one_that_can_be_given(funded, status):
    assert funded.dave.makes(funded.bob, status) == ["dave is refused: MALFORMED"]


def test_empty_account_is_closed_for_good(funded):
    funded.dave.opens(7)
    assert funded.dave.says(change_status(7, AccountStatus.CLOSED)) == ["account 7 is CLOSED"]
    assert last(funded)["reason"] == AccountStatus.CLOSED
    for command in OF_KNOWN_ACCOUNTS:
        of_seven = command | {"account": 7}
        assert funded.dave.says(of_seven) == ["dave is refused: UNKNOWN_ACCOUNT"]
    assert funded.dave.opens(7) == ["dave is refused: ACCOUNT_EXISTS"]


def test_closed_account_trades_no_more(funded):
    erin = funded.admits("erin")
    funded.dave.makes(erin, AccountStatus.CLOSED)
    assert erin.buys(100, at="10.00") == ["erin is refused: UNKNOWN_ACCOUNT"]


@pytest.mark.parametrize("currency", Currency, ids=lambda currency: currency.name)
def test_account_with_money_is_not_closed(funded, currency):
    erin = funded.admits("erin")
    erin.brings("0.01", currency=currency)
    closed = AccountStatus.CLOSED
    assert funded.dave.makes(erin, closed) == ["dave is refused: ACCOUNT_NOT_EMPTY"]
    funded.dave.moves(FundsEntry.WITHDRAW, "0.01", erin, currency=currency)
    assert funded.dave.makes(erin, closed) == ["erin is CLOSED"]


def test_account_with_credit_is_not_closed(funded):
    erin = funded.admits("erin")
    funded.dave.moves(FundsEntry.GRANT_CREDIT, "10.00", erin)
    closed = AccountStatus.CLOSED
    assert funded.dave.makes(erin, closed) == ["dave is refused: ACCOUNT_NOT_EMPTY"]
    funded.dave.moves(FundsEntry.FREEZE_LONG, "10.00", erin)
    assert funded.dave.makes(erin, closed) == ["dave is refused: ACCOUNT_NOT_EMPTY"]
    funded.dave.moves(FundsEntry.RELEASE_LONG, "10.00", erin)
    funded.dave.moves(FundsEntry.REVOKE_CREDIT, "10.00", erin)
    assert funded.dave.makes(erin, closed) == ["erin is CLOSED"]


def test_account_with_shares_is_not_closed(funded):
    erin = funded.admits("erin")
    erin.brings_shares(1, instrument=1)
    closed = AccountStatus.CLOSED
    assert funded.dave.makes(erin, closed) == ["dave is refused: ACCOUNT_NOT_EMPTY"]
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 1, erin, instrument=1)
    assert funded.dave.makes(erin, closed) == ["erin is CLOSED"]


def test_account_with_an_open_order_is_not_closed(funded):
    erin = funded.admits("erin")
    erin.brings("2,000.00")
    erin.buys(100, at="10.00")
    closed = AccountStatus.CLOSED
    assert funded.dave.makes(erin, closed) == ["dave is refused: ACCOUNT_NOT_EMPTY"]


@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN])
def test_empty_account_is_closed_whatever_its_status(funded, status):
    erin = funded.admits("erin")
    funded.dave.makes(erin, status)
    assert funded.dave.makes(erin, AccountStatus.CLOSED) == ["erin is CLOSED"]


@pytest.mark.parametrize("channel", Channel, ids=lambda channel: channel.name)
def test_order_comes_through_a_channel_that_the_account_has(funded, channel):
    funded.dave.edits(funded.bob, channels=EVERY_CHANNEL - (1 << channel))
    assert funded.bob.sells(100, at="10.00", channel=channel) == [
        "bob is refused: CHANNEL_NOT_PERMITTED"
    ]
    funded.dave.edits(funded.bob, channels=1 << channel)
    assert funded.bob.sells(100, at="10.00", channel=channel) == []


@pytest.mark.parametrize("channel", [-1, 4])
def test_channel_is_one_that_there_is(funded, channel):
    assert funded.bob.sells(100, at="10.00", channel=channel) == ["bob is refused: MALFORMED"]


@pytest.mark.parametrize("depository", Depository, ids=lambda word: word.name)
def test_share_is_traded_by_who_has_a_securities_account_for_it(funded, depository):
    funded.lists(2, depository=depository)
    funded.bob.brings_shares(100, instrument=2)
    funded.begins(Phase.CONTINUOUS)
    funded.dave.edits(funded.bob, depositories=EVERY_DEPOSITORY - (1 << depository))
    assert funded.bob.sells(100, at="10.00", instrument=2) == [
        "bob is refused: BOARD_NOT_PERMITTED"
    ]
    funded.dave.edits(funded.bob, depositories=1 << depository)
    assert funded.bob.sells(100, at="10.00", instrument=2) == []


@pytest.mark.parametrize("permission", Permission, ids=lambda word: word.name)
def test_board_is_traded_by_who_has_permission(funded, permission):
    funded.lists(2, permission=permission)
    funded.bob.brings_shares(100, instrument=2)
    funded.begins(Phase.CONTINUOUS)
    funded.dave.edits(funded.bob, permissions=EVERY_PERMISSION - (1 << permission))
    assert funded.bob.sells(100, at="10.00", instrument=2) == [
        "bob is refused: BOARD_NOT_PERMITTED"
    ]
    funded.dave.edits(funded.bob, permissions=1 << permission)
    assert funded.bob.sells(100, at="10.00", instrument=2) == []


def test_proprietary_account_trades_like_any(funded):
    funded.dave.edits(funded.alice, account_kind=AccountKind.PROPRIETARY)
    funded.bob.sells(100, at="10.00")
    assert funded.alice.buys(100, at="10.00") == ["alice takes 100 from bob at 10.00"]
    assert funded.alice.balance == "98,994.99"


def test_account_is_known_before_its_status_channel_and_board_are_asked(funded):
    """Each step of the ladder is taken away, and the next one refuses."""
    funded.lists(2, permission=Permission.STAR)
    nothing = {"channels": 0, "permissions": 0}
    funded.dave.edits(funded.alice, **nothing)
    funded.dave.makes(funded.alice, AccountStatus.FROZEN)
    funded.dave.blocks(account=funded.alice.number)
    star = {"instrument": 2}

    order = enter(Side.BUY, 50, 90_000_000, **star)
    of_alice = {"account": funded.alice.number}
    assert funded.alice.says(order | of_alice | {"instrument": 9}) == [
        "alice is refused: UNKNOWN_INSTRUMENT"
    ]
    assert funded.alice.says(order | {"account": 99}) == ["alice is refused: ACCOUNT_NOT_ADMITTED"]
    erin = funded.admits("erin", account_last=99)
    assert erin.says(order | {"account": 99}) == ["erin is refused: UNKNOWN_ACCOUNT"]

    refusals = []
    steps = [
        lambda: funded.dave.makes(funded.alice, AccountStatus.NORMAL),
        lambda: funded.dave.edits(funded.alice, permissions=0),
        lambda: funded.dave.edits(funded.alice),
        lambda: funded.dave.lifts(account=funded.alice.number),
        lambda: funded.begins(Phase.CONTINUOUS),
        lambda: None,
    ]
    for step in steps:
        refusals += funded.alice.says(order | of_alice)
        step()
    assert refusals == [
        f"alice is refused: {reason}"
        for reason in (
            "ACCOUNT_NOT_NORMAL",
            "CHANNEL_NOT_PERMITTED",
            "BOARD_NOT_PERMITTED",
            "TRADING_BLOCKED",
            "PHASE_REFUSES_ORDER",
            "QUANTITY_NOT_IN_LOTS",
        )
    ]


def test_account_that_two_sessions_share_is_one(funded):
    funded.alice.buys(5_000, at="10.00")
    assert funded.dave.buys(5_000, at="10.00", account=funded.alice.number) == [
        "dave is refused: INSUFFICIENT_FUNDS"
    ]
    assert funded.dave.buys(4_000, at="10.00", account=funded.alice.number) == []
    assert funded.alice.held == "90,023.40"


def test_open_orders_are_told_in_order_of_number(funded):
    for price in ("9.90", "10.10", "10.00"):
        funded.carol.buys(100, at=price)
    funded.alice.buys(100, at="9.50")
    orders = funded.venue.open_orders(funded.carol.number)
    assert [int(order["price"]) for order in orders] == [99_000, 101_000, 100_000]


@of_known_account
def test_status_holds_back_only_what_takes_money_out(funded, command):
    funded.dave.makes(funded.bob, AccountStatus.FROZEN)
    (sentence,) = funded.dave.says(command | {"account": funded.bob.number})
    assert "refused" not in sentence
