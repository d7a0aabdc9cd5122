"""A session on the venue's side, and the terminal's half of it, without a socket between them."""

import numpy as np
import pytest
from msgspec.structs import replace

from gateway import reading
from gateway.session import SILENT_BEATS_MAX
from protocol.codec import encode
from protocol.messages import (
    Accepted,
    AccountChanged,
    AccountLimits,
    AccountTerms,
    BlockChanged,
    Canceled,
    CommandBatch,
    EnterOrder,
    FundsMoved,
    Heartbeat,
    HoldChanged,
    LoginAccepted,
    LoginRejected,
    Logout,
    OrdersCanceled,
    PhaseChanged,
    ProtocolError,
    Refused,
    Rejected,
    Replaced,
    ReportBatch,
    SharesMoved,
    Traded,
)
from protocol.records import COMMAND, REPORT
from protocol.terminal import LoginRefused, SessionEnded, Terminal, rows_of
from protocol.translate import Translator
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    AccountKind,
    AccountStatus,
    CancelReason,
    Channel,
    CommandKind,
    Currency,
    FundsEntry,
    Hold,
    HoldCause,
    LoginReject,
    OrderType,
    Phase,
    ProtocolFault,
    Refusal,
    Reject,
    Role,
    Schedule,
    SharesEntry,
    Side,
)
from tests.commands import EVERY_DEPOSITORY, EVERY_PERMISSION
from tests.gateway.exchange import BUSINESS_DATE, PASSWORDS, Exchange, known_keys
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter


@pytest.fixture
def exchange() -> Exchange:
    return Exchange.trading()


TERMS = AccountTerms(
    branch=1,
    account_kind=AccountKind.CUSTOMER,
    channels=1 << Channel.COUNTER,
    depositories=EVERY_DEPOSITORY,
    permissions=EVERY_PERMISSION,
    commission_rate=25_000,
    commission_min=50_000,
    commission_min_foreign=10_000,
    commission_includes=True,
)


def kinds(messages) -> list[str]:
    return [type(message).__name__ for message in messages]


def test_a_login_is_answered_with_all_that_a_terminal_must_know(exchange):
    _, line = exchange.log_in("bob")
    accepted, phase = line.messages()
    assert accepted == LoginAccepted(
        *(2, 2, 2000, 2999, BUSINESS_DATE, 2, 0, 10, "sync", exchange.desk.reception.symbols),
        *(Role.TERMINAL, 65_536, accepted.server_proof),
    )
    assert isinstance(phase, PhaseChanged) and phase.report_number == 1


def test_an_order_trades_is_reduced_and_canceled(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    a.hear()
    b.hear()
    (rested,) = exchange.ask(a, alice.enter(1001, MOUTAI, Side.SELL, PRICE, 300))
    assert isinstance(rested, Accepted) and rested.order_number == 1
    entered, bought = exchange.ask(b, bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100))
    assert isinstance(entered, Accepted) and isinstance(bought, Traded)
    (sold,) = a.messages()
    assert (sold.client_seq, sold.quantity, sold.leaves) == (1, 100, 200)
    assert (bought.client_seq, bought.quantity, bought.leaves) == (1, 100, 0)
    (less,) = exchange.ask(a, alice.cancel(1, 50))
    assert isinstance(less, Canceled) and (less.quantity, less.leaves) == (50, 150)
    (none,) = exchange.ask(a, alice.cancel(1))
    assert isinstance(none, Canceled) and (none.quantity, none.leaves) == (150, 0)


def test_an_order_is_replaced_and_trades_at_its_new_price(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.SELL, PRICE + 1_000, 300))
    exchange.ask(b, bob.enter(2001, MOUTAI, Side.BUY, PRICE, 200))
    (smaller,) = exchange.ask(a, alice.replace(1, PRICE + 1_000, 250))
    assert isinstance(smaller, Replaced)
    assert (smaller.client_seq, smaller.request_seq, smaller.quantity) == (1, 2, 250)
    cheaper, sold = exchange.ask(a, alice.replace(1, PRICE, 250, gives_up_place=True))
    assert isinstance(cheaper, Replaced) and (cheaper.request_seq, cheaper.price) == (3, PRICE)
    assert isinstance(sold, Traded) and (sold.client_seq, sold.leaves) == (1, 50)
    assert kinds(b.messages()) == ["Traded"]


def test_a_replacement_that_traded_at_once_is_answered_again_when_it_is_sent_again(exchange):
    bob, b = exchange.log_in("bob", next_report=0)
    alice, a = exchange.log_in("alice", next_report=0)
    for _ in range(8):
        exchange.ask(b, bob.enter(2001, MOUTAI, Side.SELL, PRICE + 100, 100))
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE + 100, 100))
    (resting,) = exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE - 100, 100))
    replacement = alice.replace(resting.order_number, PRICE + 100, 500)
    first = exchange.ask(a, replacement)
    assert kinds(first) == ["Replaced", *["Traded"] * 5]
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE - 200, 100))
    assert exchange.ask(a, replacement) == first


@pytest.fixture
def with_accounts() -> Exchange:
    """An exchange whose day has accounts, in continuous trading."""
    return Exchange.trading(with_accounts=True)


def test_an_operator_opens_an_account_and_books_what_it_trades_with(with_accounts):
    operator, o = with_accounts.log_in("olivia", next_report=0)
    o.hear()
    (opened,) = with_accounts.ask(o, operator.open_account(1901, TERMS))
    assert isinstance(opened, AccountChanged)
    assert (opened.request_seq, opened.account, opened.status) == (
        *(operator.client_seq, 1901),
        AccountStatus.NORMAL,
    )
    (paid,) = with_accounts.ask(o, operator.move_funds(1901, FundsEntry.DEPOSIT, 2 * PRICE * 100))
    assert isinstance(paid, FundsMoved)
    assert (paid.currency, paid.entry, paid.balance) == (
        *(Currency.CNY, FundsEntry.DEPOSIT),
        2 * PRICE * 100,
    )
    (came,) = with_accounts.ask(
        o, operator.move_shares(1901, MOUTAI, SharesEntry.SHARES_IN, 100, cost=PRICE * 100)
    )
    assert isinstance(came, SharesMoved)
    assert (came.instrument, came.entry, came.total) == (MOUTAI, SharesEntry.SHARES_IN, 100)

    alice, a = with_accounts.log_in("alice", next_report=0)
    a.hear()
    asked = [
        alice.enter(1901, MOUTAI, Side.BUY, PRICE, 100, channel=Channel.ONLINE),
        alice.enter(1901, MOUTAI, Side.BUY, PRICE, 200),
        alice.enter(1901, MOUTAI, Side.BUY, PRICE, 100),
        alice.enter(1901, MOUTAI, Side.SELL, PRICE + 1_000, 200),
        alice.enter(1902, MOUTAI, Side.SELL, PRICE + 1_000, 100),
    ]
    told = [answer for frame in asked for answer in with_accounts.ask(a, frame)]
    assert [getattr(answer, "reason", None) for answer in told] == [
        Reject.CHANNEL_NOT_PERMITTED,
        Reject.INSUFFICIENT_FUNDS,
        None,
        Reject.INSUFFICIENT_SHARES,
        Reject.UNKNOWN_ACCOUNT,
    ]


def test_a_movement_is_taken_back_by_its_number_and_by_two(with_accounts):
    operator, line = with_accounts.log_in("olivia", next_report=0)
    line.hear()
    with_accounts.ask(line, operator.open_account(1901, TERMS))
    cash = (1901, FundsEntry.DEPOSIT, 500_000)
    (paid,) = with_accounts.ask(line, operator.move_funds(*cash))
    back = {"reverses": paid.sequence}
    (proposed,) = with_accounts.ask(line, operator.move_funds(*cash, **back))
    assert proposed.reason is Reject.AWAITS_SECOND_PERSON
    second, o = with_accounts.log_in("oscar", next_report=0)
    o.hear()
    (taken,) = with_accounts.ask(o, second.move_funds(*cash, **back))
    assert (taken.balance, taken.entry) == (0, FundsEntry.DEPOSIT)
    assert taken.sequence > paid.sequence
    (again,) = with_accounts.ask(line, operator.move_funds(*cash, **back))
    assert again.reason is Reject.NOTHING_TO_REVERSE


def test_an_account_is_edited_limited_and_closed(with_accounts):
    operator, line = with_accounts.log_in("olivia", next_report=0)
    line.hear()
    told = [
        *with_accounts.ask(line, operator.open_account(1901, TERMS)),
        *with_accounts.ask(line, operator.edit_account(1901, TERMS._replace(channels=15))),
        *with_accounts.ask(line, operator.limit_account(1901, AccountLimits(10**12))),
        *with_accounts.ask(line, operator.change_status(1901, AccountStatus.CLOSED)),
    ]
    assert kinds(told) == ["AccountChanged"] * 4
    assert [answer.status for answer in told] == [AccountStatus.NORMAL] * 3 + [AccountStatus.CLOSED]
    account = with_accounts.venue.account(1901)
    assert (account.channels, account.order_value_max) == (15, 10**12)
    (again,) = with_accounts.ask(line, operator.open_account(1901, TERMS))
    assert again.reason is Reject.ACCOUNT_EXISTS


def test_an_operator_takes_back_what_fits_and_each_session_hears_of_its_own(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    operator, o = exchange.log_in("olivia", next_report=0)
    o.hear()
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.ask(a, alice.enter(1002, MOUTAI, Side.SELL, PRICE + 1_000, 200))
    exchange.ask(b, bob.enter(2001, MOUTAI, Side.BUY, PRICE, 300))
    (told,) = exchange.ask(o, operator.cancel_orders(MOUTAI, side=Side.BUY))
    assert isinstance(told, OrdersCanceled)
    assert (told.request_seq, told.quantity) == (operator.client_seq, 2)
    for line, number, quantity in ((a, 1, 100), (b, 3, 300)):
        (gone,) = line.messages()
        assert isinstance(gone, Canceled)
        assert (gone.order_number, gone.quantity, gone.reason) == (
            *(number, quantity),
            CancelReason.MASS_CANCEL,
        )
    gone, told = exchange.ask(a, alice.cancel_orders(account=1002))
    assert (gone.order_number, gone.request_seq, told.quantity) == (2, 3, 1)
    (told,) = exchange.ask(b, bob.cancel_orders(branch=1))
    assert told.quantity == 0


def test_a_cancel_may_follow_its_order_before_any_answer(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    order = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 300)
    seq = alice.client_seq
    cancels = alice.cancel(of_client_seq=seq, quantity=100) + alice.cancel(of_client_seq=seq)
    accepted, less, gone = exchange.ask(line, order + cancels)
    assert (accepted.client_seq, accepted.order_number) == (seq, 1)
    assert (less.order_number, less.request_seq, less.leaves) == (1, seq + 1, 200)
    assert (gone.order_number, gone.request_seq, gone.leaves) == (1, seq + 2, 0)
    (unknown,) = exchange.ask(line, alice.cancel(of_client_seq=seq))
    assert (unknown.reason, unknown.order_number) == (Reject.UNKNOWN_ORDER, 0)
    (both,) = exchange.ask(line, alice.cancel(1, of_client_seq=seq))
    assert (both.reason, both.order_number) == (Reject.MALFORMED, 1)


def test_everybody_hears_of_a_hold_and_nothing_matches_until_it_ends(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    operator, o = exchange.log_in("olivia", next_report=0)
    a.hear()
    o.hear()
    (held,) = exchange.ask(o, operator.change_hold(Hold.HALTED, MOUTAI, HoldCause.NEWS))
    assert held == HoldChanged(2, held.time, Hold.HALTED, HoldCause.NEWS, MOUTAI)
    assert a.messages() == [held]
    orders = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    orders += alice.enter(1002, MOUTAI, Side.SELL, PRICE, 100)
    assert kinds(exchange.ask(a, orders)) == ["Accepted", "Accepted"]
    (ended,) = exchange.ask(o, operator.change_hold(Hold.NONE, MOUTAI))
    assert (ended.hold, ended.cause) == (Hold.NONE, HoldCause.OPERATOR)
    assert kinds(a.messages()) == ["HoldChanged", "Traded", "Traded"]


def test_a_block_takes_back_what_fits_and_refuses_it_until_it_is_lifted(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    operator, o = exchange.log_in("olivia", next_report=0)
    o.hear()
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.ask(b, bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100))
    (told,) = exchange.ask(o, operator.block_trading(MOUTAI, branch=1, side=Side.BUY))
    assert told == BlockChanged(2, told.time, operator.client_seq, 1, False)
    (gone,) = a.messages()
    assert (gone.quantity, gone.request_seq, gone.reason) == (100, 0, CancelReason.TRADING_BLOCKED)
    assert b.messages() == []
    (refused,) = exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert refused.reason is Reject.TRADING_BLOCKED
    (refused,) = exchange.ask(o, operator.block_trading(MOUTAI, branch=1, lifts=True))
    assert refused.reason is Reject.UNKNOWN_BLOCK
    lift = operator.block_trading(MOUTAI, branch=1, side=Side.BUY, lifts=True)
    (told,) = exchange.ask(o, lift)
    assert told == BlockChanged(4, told.time, operator.client_seq, 0, True)
    (taken,) = exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert isinstance(taken, Accepted)


def test_a_phase_may_begin_for_a_schedule_alone(exchange):
    operator, line = exchange.log_in("olivia", next_report=0)
    line.hear()
    mask = 1 << Schedule.CLOSING_CALL
    (begun,) = exchange.ask(line, operator.change_phase(Phase.CLOSING_CALL, schedules=mask))
    assert (begun.phase, begun.instrument, begun.schedules) == (Phase.CLOSING_CALL, "", mask)
    for mask, instrument in ((-1, ""), (1 << len(Schedule), ""), (1, MOUTAI)):
        (refused,) = exchange.ask(line, operator.change_phase(Phase.BREAK, instrument, mask))
        assert refused.reason is Reject.MALFORMED


def test_a_market_order_finds_its_price_and_says_which(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    a.hear()
    b.hear()
    takes_five = {"order_type": OrderType.BEST_FIVE_THEN_LIMIT}
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.SELL, PRICE, 100))
    accepted, bought, rests = exchange.ask(
        b, bob.enter(2001, MOUTAI, Side.BUY, 0, 300, **takes_five)
    )
    assert accepted.price > PRICE
    assert (bought.price, bought.leaves) == (PRICE, 200)
    assert isinstance(rests, Replaced) and (rests.price, rests.quantity) == (PRICE, 200)
    assert rests.request_seq == rests.client_seq == accepted.client_seq
    accepted, none = exchange.ask(
        b, bob.enter(2001, MOUTAI, Side.BUY, 0, 100, order_type=OrderType.COUNTERPARTY_BEST)
    )
    assert isinstance(none, Canceled) and none.reason is CancelReason.NO_PRICE


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda t: t.enter(2001, MOUTAI, Side.BUY, PRICE, 100), Reject.ACCOUNT_NOT_ADMITTED),
        (lambda t: t.enter(1001, "999999.SH", Side.BUY, PRICE, 100), Reject.UNKNOWN_INSTRUMENT),
        (lambda t: t.enter(1001, "", Side.BUY, PRICE, 100), Reject.UNKNOWN_INSTRUMENT),
        (lambda t: t.cancel(2**62), Reject.UNKNOWN_ORDER),
        (lambda t: t.cancel(-1), Reject.UNKNOWN_ORDER),
        (lambda t: t.replace(2**62, PRICE, 100), Reject.UNKNOWN_ORDER),
        (lambda t: t.cancel_orders("999999.SH"), Reject.UNKNOWN_INSTRUMENT),
        (
            lambda t: t.enter(1001, MOUTAI, Side.BUY, PRICE, 100, minimum_quantity=100),
            Reject.FEATURE_NOT_ALLOWED,
        ),
        (
            lambda t: t.enter(1001, MOUTAI, Side.BUY, PRICE, 100, post_only=True),
            Reject.FEATURE_NOT_ALLOWED,
        ),
        (
            lambda t: t.enter(1001, MOUTAI, Side.BUY, PRICE, 200, display_quantity=100),
            Reject.FEATURE_NOT_ALLOWED,
        ),
        (
            lambda t: t.enter(1001, MOUTAI, Side.BUY, PRICE, 100, trigger_price=PRICE),
            Reject.FEATURE_NOT_ALLOWED,
        ),
        (lambda t: t.cancel(of_client_seq=99), Reject.UNKNOWN_ORDER),
        (lambda t: t.cancel(of_client_seq=-1), Reject.MALFORMED),
        (lambda t: t.change_hold(Hold.HALTED, MOUTAI), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.block_trading(MOUTAI, account=1001), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.change_phase(Phase.BREAK), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.close_day(), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.open_account(1001, TERMS), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.edit_account(1001, TERMS), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.change_status(1001, AccountStatus.NORMAL), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.limit_account(1001), Reject.COMMAND_NOT_PERMITTED),
        (lambda t: t.move_funds(1001, FundsEntry.DEPOSIT, 1), Reject.COMMAND_NOT_PERMITTED),
        (
            lambda t: t.move_shares(1001, MOUTAI, SharesEntry.SHARES_IN, 1),
            Reject.COMMAND_NOT_PERMITTED,
        ),
    ],
)
def test_a_terminal_may_not_ask_for_everything(exchange, ask, reason):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    (answer,) = exchange.ask(line, ask(alice))
    assert isinstance(answer, Rejected) and (answer.request_seq, answer.reason) == (1, reason)
    assert line.is_open


@pytest.mark.parametrize(
    ("user", "kinds_asked"),
    [
        ("alice", [CommandKind.CHANGE_HOLD, CommandKind.BLOCK_TRADING, CommandKind.FIX_CLOSE]),
        ("olivia", [CommandKind.FIX_CLOSE]),
    ],
)
def test_packed_rows_give_no_more_rights_than_messages(exchange, user, kinds_asked):
    terminal, line = exchange.log_in(user, next_report=0)
    line.hear()
    rows = np.zeros(len(kinds_asked), COMMAND)
    rows["kind"] = kinds_asked
    rows["client_seq"] = terminal.client_seq + 1 + np.arange(len(rows))
    answers = exchange.ask(line, terminal.send(rows))
    assert [answer.reason for answer in answers] == [Reject.COMMAND_NOT_PERMITTED] * len(rows)


def test_a_terminal_cannot_move_the_operators_clock(exchange):
    alice, line = exchange.log_in("alice")
    before = exchange.desk.clock.step
    exchange.ask(line, alice.change_phase(Phase.POST_CLOSE))
    assert exchange.desk.clock.step == before


def test_packed_rows_cannot_claim_another_session(exchange):
    alice, a = exchange.log_in("alice", packed=True, next_report=0)
    _, b = exchange.log_in("bob", next_report=0)
    a.hear()
    b.hear()
    rows = rows_to_enter(1, 3)
    rows["session"] = [0, 2, 77]
    (batch,) = exchange.ask(a, alice.send(rows))
    assert rows_of(batch)["session"].tolist() == [1, 1, 1]
    assert b.messages() == []


def test_a_resent_request_gets_the_same_bytes_again_and_changes_nothing(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    frame = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    answers = []
    for _ in range(3):
        line.session.receive(frame)
        exchange.tick()
        answers.append(line.hear())
    assert answers[0] and answers == [answers[0]] * 3
    assert line.session.reader.next_report == 3


def test_what_a_request_has_caused_is_all_repeated(exchange):
    bob, his = exchange.log_in("bob", next_report=0)
    exchange.ask(his, bob.enter(2001, MOUTAI, Side.SELL, PRICE, 300))
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    frame = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 400)
    first = exchange.ask(line, frame)
    assert kinds(first) == ["Accepted", "Traded"]
    exchange.ask(line, alice.cancel(of_client_seq=alice.client_seq))
    assert exchange.ask(line, frame) == first


@pytest.mark.parametrize(
    ("field", "value"), [("quantity", 200), ("account", 1002), ("side", Side.SELL), ("price", 100)]
)
def test_another_request_under_a_number_that_was_used_is_refused(exchange, field, value):
    alice, line = exchange.log_in("alice", next_report=0)
    exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    other = EnterOrder(alice.client_seq, 1001, MOUTAI, Side.BUY, PRICE, 100)
    answers = exchange.ask(line, encode(replace(other, **{field: value})))
    assert answers == [Refused(alice.client_seq, Refusal.OTHER_REQUEST)]


def test_a_number_that_was_left_out_is_not_carried_out_later(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    alice.client_seq = 10
    exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    alice.client_seq = 4
    answers = exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert answers == [Refused(5, Refusal.NOT_ANSWERED)]


def test_a_phase_change_sent_again_is_refused_because_its_report_went_to_everyone(exchange):
    operator, line = exchange.log_in("olivia", next_report=0)
    frame = operator.change_phase(Phase.CONTINUOUS)
    assert kinds(exchange.ask(line, frame))[-1] == "PhaseChanged"
    assert exchange.ask(line, frame) == [Refused(operator.client_seq, Refusal.NOT_ANSWERED)]


def test_orders_beyond_what_may_be_in_flight_are_refused_and_cancels_are_not(exchange):
    alice, line = exchange.log_in("alice", next_report=0, in_flight_max=2)
    line.hear()
    orders = b"".join(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100) for _ in range(3))
    first = alice.client_seq - 2
    answers = exchange.ask(line, orders + alice.cancel(of_client_seq=first))
    assert answers[0] == Refused(first + 2, Refusal.TOO_MANY_IN_FLIGHT)
    assert kinds(answers[1:]) == ["Accepted", "Accepted", "Canceled"]
    assert kinds(exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))) == [
        "Accepted"
    ]


def test_logging_out_is_answered_and_frees_the_name(exchange):
    alice, line = exchange.log_in("alice")
    line.hear()
    assert exchange.ask(line, alice.logout()) == [Logout()] and not line.is_open
    _, again = exchange.log_in("alice")
    assert again.is_open


def test_what_was_asked_before_a_logout_is_answered_before_it(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    asked = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100) + alice.cancel(1)
    line.session.receive(asked + alice.logout())
    line.session.receive_end()
    assert line.messages() == [] and line.is_open
    exchange.tick()
    assert kinds(line.messages()) == ["Accepted", "Canceled", "Logout"]
    assert not line.is_open


def test_nothing_is_heard_behind_a_logout(exchange):
    alice, line = exchange.log_in("alice")
    line.hear()
    line.session.receive(alice.logout() + alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    line.session.receive(b"this is no frame at all")
    assert exchange.intake.waiting == 0
    exchange.tick()
    line.session.receive(alice.heartbeat())
    assert line.messages() == [Logout()]


def test_silence_is_answered_with_heartbeats_and_at_last_with_a_cut(exchange):
    alice, line = exchange.log_in("alice")
    line.hear()
    for _ in range(SILENT_BEATS_MAX):
        line.session.beat()
    assert line.messages() == [Heartbeat()] * SILENT_BEATS_MAX
    line.session.receive(alice.heartbeat())
    for _ in range(SILENT_BEATS_MAX):
        line.session.beat()
    assert line.is_open
    line.session.beat()
    assert line.messages()[-1] == Logout("nothing was heard for three heartbeats")
    assert not line.is_open


def test_heartbeats_are_no_substitute_for_a_login(exchange):
    line = exchange.connect()
    for _ in range(SILENT_BEATS_MAX + 1):
        line.session.receive(encode(Heartbeat()))
        line.session.beat()
    assert not line.is_open


def test_whoever_comes_back_gets_exactly_what_is_missing_and_goes_on_live(exchange):
    alice, line = exchange.log_in("alice")
    for _ in range(5):
        exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    line.session.end()
    again, line = exchange.log_in("alice", next_report=4)
    accepted, *missed = line.messages()
    assert (accepted.next_report, accepted.client_seq) == (7, 5)
    assert [report.report_number for report in missed] == [4, 5, 6]
    again.client_seq = accepted.client_seq
    (live,) = exchange.ask(line, again.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert (live.report_number, live.client_seq) == (7, 6)


def test_whoever_comes_back_is_told_of_requests_that_still_wait(exchange):
    alice, line = exchange.log_in("alice")
    exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    line.session.receive(alice.send(rows_to_enter(2, 6)))
    line.session.end()
    bob, other = exchange.log_in("bob")
    other.session.receive(bob.send(rows_to_enter(1, 99)))
    _, line = exchange.log_in("alice", next_report=0)
    (accepted,) = line.messages()
    assert (accepted.next_report, accepted.client_seq) == (3, 7)


def test_next_report_0_asks_for_new_reports_only(exchange):
    terminal, line = exchange.log_in("alice", next_report=0)
    heard = list(terminal.receive(line.hear()))
    assert kinds(heard) == ["LoginAccepted"]
    line.session.receive(terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.tick()
    (live,) = terminal.receive(line.hear())
    assert live.report_number == 2


def test_reports_are_made_while_nobody_listens(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    line.session.end()
    exchange.tick()
    _, line = exchange.log_in("alice", next_report=2)
    assert kinds(line.messages()) == ["LoginAccepted", "Accepted"]


def test_old_reports_wait_until_the_peer_reads_and_new_ones_come_behind_them(exchange, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_REPORTS_MAX", 4)
    alice, line = exchange.log_in("alice", packed=True)
    exchange.ask(line, alice.send(rows_to_enter(1, 20)))
    line.session.end()

    again, line = Terminal(known_keys), exchange.connect()
    line.session.pause()
    exchange.prove(again, line, "alice", PASSWORDS["alice"], packed=True)
    assert kinds(line.messages()) == ["LoginAccepted"]
    line.session.receive(again.send(rows_to_enter(21, 3)))
    exchange.tick()
    assert line.messages() == []
    line.session.resume()
    batches = line.messages()
    assert [batch.first_report for batch in batches] == [1, 5, 9, 13, 17, 21]
    sequences = np.concatenate([rows_of(batch) for batch in batches])["request_seq"]
    assert sequences.tolist() == list(range(24))
    (live,) = exchange.ask(line, again.send(rows_to_enter(24, 1)))
    assert live.first_report == 25


def test_packed_and_readable_sessions_see_the_same_reports(exchange):
    alice, line = exchange.log_in("alice")
    bob, other = exchange.log_in("bob")
    for side, account, terminal, at in (
        (Side.BUY, 1001, alice, line),
        (Side.SELL, 2001, bob, other),
        (Side.SELL, 1001, bob, other),
        (Side.SELL, 1001, alice, line),
    ):
        exchange.ask(at, terminal.enter(account, MOUTAI, side, PRICE, 200))
    exchange.ask(line, alice.cancel(3))
    line.session.end()
    _, readable = exchange.log_in("alice")
    messages = readable.messages()[1:]
    readable.session.end()
    _, packed = exchange.log_in("alice", packed=True)
    rows = np.concatenate([rows_of(batch) for batch in packed.messages()[1:]])
    to_message = Translator(exchange.desk.reception.symbols).to_message
    assert [to_message(row, number) for number, row in enumerate(rows, 1)] == messages
    assert kinds(messages) == ["PhaseChanged", "Accepted", "Traded", "Accepted", "Canceled"]


def test_a_report_for_everyone_stands_in_every_stream_at_its_place(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    operator, o = exchange.log_in("olivia", next_report=0)
    a.hear()
    o.hear()
    a.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    o.session.receive(operator.change_phase(Phase.BREAK))
    a.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.tick()
    assert kinds(a.messages()) == ["Accepted", "PhaseChanged", "Rejected"]
    assert kinds(o.messages()) == ["PhaseChanged"]


def test_a_phase_change_that_is_sent_again_does_not_move_the_clock(exchange):
    operator, line = exchange.log_in("olivia", next_report=0)
    line.hear()
    frame = operator.change_phase(Phase.CONTINUOUS)
    assert kinds(exchange.ask(line, frame)) == ["PhaseChanged"]
    before = exchange.desk.clock.step
    assert kinds(exchange.ask(line, frame)) == ["Refused"]
    assert exchange.desk.clock.step == before


def test_packed_rows_of_an_operator_move_the_clock_once_for_each_phase(exchange):
    operator, line = exchange.log_in("olivia", packed=True, next_report=0)
    clock = exchange.desk.clock
    rows = np.zeros(4, COMMAND)
    rows["kind"] = CommandKind.CHANGE_PHASE
    rows["client_seq"] = [2, 3, 3, 4]
    rows["phase"] = [Phase.BREAK, Phase.CONTINUOUS, Phase.CLOSING_CALL, Phase.POST_CLOSE]
    rows["instrument"] = [EVERY_INSTRUMENT, EVERY_INSTRUMENT, EVERY_INSTRUMENT, 0]
    exchange.ask(line, operator.send(rows))
    assert clock.now() >= clock.day + 13 * 3600 * NANOSECONDS
    assert clock.steps[clock.step].phase is Phase.CONTINUOUS


def test_the_operator_moves_the_clock_and_ends_the_day(exchange):
    operator, line = exchange.log_in("olivia", next_report=0)
    line.hear()
    (begun,) = exchange.ask(line, operator.change_phase(Phase.CLOSING_CALL))
    assert begun.phase is Phase.CLOSING_CALL
    assert begun.time >= exchange.desk.clock.day + (14 * 60 + 57) * 60 * 10**9
    (ended,) = exchange.ask(line, operator.close_day())
    assert ended.business_date == BUSINESS_DATE
    (late,) = exchange.ask(line, operator.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert late == Refused(operator.client_seq, Refusal.DAY_ENDED)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 64, 1000])
def test_both_halves_understand_each_other_however_the_bytes_are_cut(exchange, step):
    alice, line = Terminal(known_keys), exchange.connect()
    for byte in alice.login("alice", PASSWORDS["alice"]):
        line.session.receive(bytes([byte]))
    (challenge,) = alice.receive(line.hear())
    asked = alice.prove(challenge) + alice.heartbeat()
    asked += alice.enter(1001, MOUTAI, Side.SELL, PRICE, 100)
    asked += alice.enter(1002, MOUTAI, Side.BUY, PRICE, 300)
    asked += alice.send(rows_to_enter(3, 2)) + alice.cancel(2)
    for start in range(0, len(asked), step):
        line.session.receive(asked[start : start + step])
        exchange.tick()
    line.session.receive(alice.logout())
    exchange.tick()
    assert heard_in_pieces(alice, line.hear(), step) == [
        "LoginAccepted",
        "PhaseChanged",
        "Accepted",
        "Accepted",
        "Traded",
        "Traded",
        "Accepted",
        "Accepted",
        "Canceled",
        "Logout",
    ]


def heard_in_pieces(terminal: Terminal, answered: bytes, step: int) -> list[str]:
    """Return what a terminal hears of bytes that come in pieces, the session's end included."""
    pieces = (answered[start : start + step] for start in range(0, len(answered), step))
    return kinds(message for piece in pieces for message in terminal.receive(piece))


def test_the_terminal_says_why_it_may_not_go_on():
    terminal = Terminal()
    terminal.login("alice", "wrong")
    with pytest.raises(LoginRefused, match="UNKNOWN_USER_OR_PASSWORD: check"):
        list(terminal.receive(encode(LoginRejected(LoginReject(3), "check user name"))))
    with pytest.raises(SessionEnded, match="TOO_SLOW: read faster"):
        list(terminal.receive(encode(ProtocolError(ProtocolFault.TOO_SLOW, "read faster"))))


def test_the_terminal_notices_a_report_that_is_missing():
    terminal = Terminal()
    terminal.login("alice", "secret")
    batch = ReportBatch(2, bytes(REPORT.itemsize))
    with pytest.raises(Exception, match="report 2 came where 1 was due"):
        list(terminal.receive(encode(batch)))


def test_a_long_day_of_rows_is_cut_into_frames_of_the_allowed_length(exchange):
    alice, line = exchange.log_in("alice", packed=True, next_report=0)
    line.hear()
    batches = exchange.ask(line, alice.send(rows_to_enter(1, 33_000)))
    assert sum(len(rows_of(batch)) for batch in batches) == 33_000
    assert alice.client_seq == 33_000
    assert encode(CommandBatch(bytes(64)))


def test_a_session_that_asked_for_it_takes_its_orders_along(exchange):
    alice, line = exchange.log_in("alice", next_report=0, cancels_on_disconnect=True)
    exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    line.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 200))
    line.session.receive_end()
    exchange.tick()
    _, again = exchange.log_in("alice")
    reports = [m for m in again.messages() if isinstance(m, Accepted | Canceled)]
    assert kinds(reports) == ["Accepted", "Accepted", "Canceled", "Canceled"]
    assert {report.reason for report in reports[2:]} == {CancelReason.DISCONNECTED}


def test_orders_of_another_session_stay_when_it_goes(exchange):
    bob, his = exchange.log_in("bob", next_report=0)
    exchange.ask(his, bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100))
    his.session.receive_end()
    exchange.tick()
    _, again = exchange.log_in("bob")
    assert "Canceled" not in kinds(again.messages())


def test_a_new_login_fences_the_old_one_before_it_acts(exchange):
    alice, old = exchange.log_in("alice", next_report=0, cancels_on_disconnect=True)
    old.hear()
    old.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    again, new = exchange.log_in("alice", next_report=0)
    assert old.messages() == [Logout("the user has logged in anew")] and not old.is_open
    old.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 300))
    again.client_seq = alice.client_seq
    answers = exchange.ask(new, again.enter(1001, MOUTAI, Side.BUY, PRICE, 200))
    assert [m.quantity for m in answers if isinstance(m, Accepted)] == [100, 200]
    assert [m.quantity for m in answers if isinstance(m, Canceled)] == [100]


def test_a_long_frame_that_comes_in_pieces_is_put_together_once(exchange, monkeypatch):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    rows = rows_to_enter(alice.client_seq + 1, 40)
    stream = alice.send(rows) + alice.cancel(of_client_seq=int(rows["client_seq"][0]))
    copied = []
    room_behind = exchange.desk.inlet.room_behind

    def counted(rest):
        copied.append(len(rest))
        return room_behind(rest)

    monkeypatch.setattr(exchange.desk.inlet, "room_behind", counted)
    for place in range(len(stream)):
        line.session.receive(stream[place : place + 1])
    exchange.tick()
    assert kinds(line.messages()) == ["Accepted"] * 40 + ["Canceled"]
    assert sum(copied) < 2 * len(stream)
