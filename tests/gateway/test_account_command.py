"""`cuohe account`: what it asks a venue for, and how it tells the answer."""

import pytest

from engine.accounts import LIMITS
from gateway.cli import Parser
from gateway.commands import account, door
from protocol.client import Requests
from protocol.codec import decode_inbound
from protocol.framing import Frames
from protocol.messages import (
    USUAL_LIMITS,
    AccountChanged,
    AccountLimits,
    Capitalise,
    ChangeCode,
    ChangeList,
    ChangeStatus,
    CodeChanged,
    EditAccount,
    FundsMoved,
    LimitAccount,
    LimitFunds,
    MoveFunds,
    MoveShares,
    OpenAccount,
    Rejected,
    SharesMoved,
    TransferCustody,
)
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    AccountKind,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    ListMode,
    Permission,
    RateAction,
    Reject,
    SharesEntry,
)
from tests.commands import bits_of
from tests.gateway.orders import MOUTAI

SHANGHAI_AND_SHENZHEN = bits_of([Depository.SHANGHAI_A, Depository.SHENZHEN_A])
SHARES_AND_FUNDS = bits_of([Permission.ORDINARY, Permission.FUNDS])
PING_AN = "000001.SZ"
FUNDS_OF_OPERATOR = (FundsEntry.DEPOSIT, FundsEntry.WITHDRAW)


class Written(Requests[int]):
    """A client whose venue answers what it is told to."""

    def __init__(self, *answers) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list = []

    def write(self, frame: bytes) -> int:
        self.asked += [decode_inbound(body) for body in Frames().feed(frame)]
        return self.terminal.client_seq

    def log_out(self) -> list:
        return self.answers

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass


@pytest.fixture
def say_much(monkeypatch, capsys):
    """Run the command against a venue that answers so; return status, requests and what it said."""

    def say_much(words: str, *answers) -> tuple:
        client = Written(*answers)
        monkeypatch.setattr(door, "log_in", lambda arguments: client)
        parser = Parser("cuohe account")
        account.configure(parser)
        status = account.run(parser.parse_args([*words.split(), "--user", "olivia"]))
        return status, client.asked, capsys.readouterr().out

    return say_much


@pytest.fixture
def say(say_much):
    """Run the command as above where it asks for one thing; return that instead of a list."""

    def say(words: str, *answers) -> tuple:
        status, (asked,), said = say_much(words, *answers)
        return status, asked, said

    return say


CHANGED = AccountChanged(1, 0, 1, 1001, AccountStatus.NORMAL)


def test_a_new_account_has_what_most_have_unless_more_is_said(say):
    terms = (AccountKind.CUSTOMER, bits_of(Channel), SHANGHAI_AND_SHENZHEN, SHARES_AND_FUNDS)
    assert say("open 1001 --branch 1", CHANGED) == (
        0,
        OpenAccount(1, 1001, 1, *terms, 25_000, 50_000, 10_000, True),
        "account 1001: NORMAL\n",
    )


def test_a_new_account_has_what_is_said(say):
    words = "--account-kind PROPRIETARY --channels ONLINE TELEPHONE --depositories SHANGHAI_B"
    words += " --permissions --commission-rate 0.003 --commission-min 0"
    words += " --commission-min-foreign 2.50 --exchange-fees extra"
    _, asked, _ = say(f"open 1001 --branch 9 {words}", CHANGED)
    channels = bits_of([Channel.ONLINE, Channel.TELEPHONE])
    terms = (AccountKind.PROPRIETARY, channels, 1 << Depository.SHANGHAI_B, 0)
    assert asked == OpenAccount(1, 1001, 9, *terms, 300_000, 0, 25_000, False)
    assert say(f"edit 1001 --branch 9 {words}", CHANGED)[1] == EditAccount(
        1, 1001, 9, *terms, 300_000, 0, 25_000, False
    )


@pytest.mark.parametrize("status", [status for status in AccountStatus if status])
def test_a_status_is_changed(say, status):
    assert say(f"status 1001 {status.name}", AccountChanged(1, 0, 1, 1001, status)) == (
        0,
        ChangeStatus(1, 1001, status),
        f"account 1001: {status.name}\n",
    )


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("", {}),
        ("--order-value 500000", {"order_value_max": 5_000_000_000}),
        ("--open-orders 20", {"open_orders_max": 20}),
        ("--rate 0 --requests 0", {"rate_max": 0, "requests_max": 0}),
        ("--rate 50 --rate-action DELAY", {"rate_max": 50, "rate_action": RateAction.DELAY}),
        (
            "--requests 9 --rate-action REFUSE",
            {"requests_max": 9, "rate_action": RateAction.REFUSE},
        ),
        ("--list PERMITS", {"list_mode": ListMode.PERMITS}),
        ("--collar-bp 200 --duplicate-ms 1500", {"collar_bp": 200, "duplicate_ms": 1_500}),
    ],
)
def test_limits_that_are_left_out_are_those_of_a_new_account(say, words, limits):
    asked = LimitAccount(1, 1001, *USUAL_LIMITS._replace(**limits))
    assert say(f"limit 1001 {words}", CHANGED) == (0, asked, "account 1001: NORMAL\n")


def test_a_new_account_may_send_so_much():
    assert AccountLimits(0, 0, 300, 20_000, RateAction.ALARM, ListMode.NONE, 0, 0) == USUAL_LIMITS
    assert tuple(column.parse(column.default) for column in LIMITS) == USUAL_LIMITS
    assert tuple(column.name for column in LIMITS) == USUAL_LIMITS._fields


def test_spending_is_limited_by_currency(say):
    asked = LimitFunds(1, 1001, Currency.CNY, 5_000_000_000)
    assert say("limit-funds 1001 500000", CHANGED) == (0, asked, "account 1001: NORMAL\n")
    _, asked, _ = say("limit-funds 1001 0 --currency HKD", CHANGED)
    assert asked == LimitFunds(1, 1001, Currency.HKD, 0)


@pytest.mark.parametrize(("change", "is_listed"), [("add", True), ("remove", False)])
def test_an_instrument_is_put_on_a_list_or_taken_off(say, change, is_listed):
    _, asked, _ = say(f"list 1001 {change} {MOUTAI}", CHANGED)
    assert asked == ChangeList(1, 1001, MOUTAI, is_listed)


def paid(account: int, balance: int, accounts: int = 0) -> FundsMoved:
    """Return the answer that interest was paid by the movement 59."""
    entry = FundsEntry.INTEREST
    return FundsMoved(1, 0, 1, account, Currency.CNY, entry, balance, 59, accounts)


def test_interest_is_paid_to_one_account_or_to_all(say):
    assert say("interest 1001", paid(1001, 106_400)) == (
        0,
        Capitalise(1, 1001, Currency.CNY),
        "account 1001: 10.6400 CNY, INTEREST is movement 59\n",
    )
    assert say("interest all --currency USD", paid(EVERY_ACCOUNT, 1_234_500, 7)) == (
        0,
        Capitalise(1, EVERY_ACCOUNT, Currency.USD),
        "all accounts: 123.4500 CNY to 7, INTEREST is movement 59\n",
    )


def gone(request_seq: int, instrument: str, total: int) -> SharesMoved:
    """Return the answer that shares have left."""
    entry = SharesEntry.CUSTODY_OUT
    return SharesMoved(1, 0, request_seq, 1001, instrument, entry, total, 60 + request_seq)


def test_shares_of_one_instrument_leave_for_another_firm(say):
    assert say(f"custody 1001 394210 {PING_AN} --quantity 300", gone(1, PING_AN, 200)) == (
        0,
        TransferCustody(1, 1001, "394210", PING_AN, 300),
        f"account 1001, {PING_AN}: 200 of {PING_AN}, CUSTODY_OUT is movement 61\n",
    )


def test_of_several_instruments_each_outcome_is_told(say_much):
    status, asked, said = say_much(
        f"custody 1001 394210 {PING_AN} {MOUTAI}",
        gone(1, PING_AN, 0),
        Rejected(2, 0, 2, Reject.CUSTODY_NOT_TRANSFERABLE, 0),
    )
    assert status == 1
    assert asked == [
        TransferCustody(1, 1001, "394210", PING_AN, 0),
        TransferCustody(2, 1001, "394210", MOUTAI, 0),
    ]
    assert said.splitlines() == [
        f"account 1001, {PING_AN}: 0 of {PING_AN}, CUSTODY_OUT is movement 61",
        f"account 1001, {MOUTAI}: rejected: CUSTODY_NOT_TRANSFERABLE",
    ]


def test_all_instruments_leave_by_one_request(say):
    status, asked, said = say(
        "custody 1001 394210 --everything", gone(1, PING_AN, 0), gone(1, "300750.SZ", 5)
    )
    assert (status, asked) == (0, TransferCustody(1, 1001, "394210", "", 0))
    assert said.splitlines() == [
        f"account 1001: 0 of {PING_AN}, CUSTODY_OUT is movement 61",
        "account 1001: 5 of 300750.SZ, CUSTODY_OUT is movement 61",
    ]


def test_a_code_becomes_another(say):
    asked = ChangeCode(1, PING_AN, "001872.SZ")
    words = f"code {PING_AN} 001872.SZ"
    assert say(words, CodeChanged(1, 0, PING_AN, "001872.SZ", 12)) == (
        0,
        asked,
        f"{PING_AN} to 001872.SZ: done\n",
    )
    assert say(words, Rejected(1, 0, 1, Reject.ORDERS_ARE_OPEN, 0)) == (
        1,
        asked,
        f"{PING_AN} to 001872.SZ: rejected: ORDERS_ARE_OPEN\n",
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            "limit 1001 --rate -1",
            "argument --rate: '-1' is not a whole number from 0 to 2147483647",
        ),
        ("limit 1001 --collar-bp 10001", "'10001' is not a whole number from 0 to 10000"),
        ("limit 1001 --duplicate-ms 3600001", "'3600001' is not a whole number from 0 to 3600000"),
        ("limit 1001 --order-value -1", "argument --order-value: -1 is not from 0.0000 to"),
        (
            "limit 1001 --rate-action STOP",
            "--rate-action: 'STOP' is unknown; known are ALARM DELAY REFUSE",
        ),
        ("limit-funds 1001 much", "argument spending_max: 'much' is not a decimal number"),
        ("limit-funds 1001 1 --currency EUR", "argument --currency: invalid choice: 'EUR'"),
        ("list 1001 put 600519.SH", "argument change: invalid choice: 'put'"),
        ("interest everybody", "'everybody' is neither the number of an account nor 'all'"),
        ("custody 1001 394210", "one of the arguments INSTRUMENT --everything is required"),
        ("custody 1001 394210 000001.SZ --everything", "not allowed with argument INSTRUMENT"),
        ("custody 1001 3942100 000001.SZ", "'3942100' is not 1 to 6 letters and digits"),
        ("custody 1001 394210 000001.SZ --quantity 0", "'0' is not a whole number above 0"),
        ("code 000001.SZ", "the following arguments are required: to_instrument"),
    ],
)
def test_what_makes_no_sense_is_not_sent(say_much, capsys, words, reason):
    with pytest.raises(SystemExit) as left:
        say_much(words)
    assert left.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("entry", FundsEntry)
def test_money_is_booked_for_every_reason(say, entry):
    answer = FundsMoved(1, 0, 1, 1001, Currency.HKD, entry, 123_456_789, 57)
    said = f"account 1001: 12345.6789 HKD, {entry.name} is movement 57\n"
    words = f"move 1001 {entry.name} 500.50 --currency HKD --reverses 56"
    asked = MoveFunds(1, 1001, Currency.HKD, entry, 5_005_000, 56)
    assert say(words, answer) == (0, asked, said)


@pytest.mark.parametrize("entry", FUNDS_OF_OPERATOR)
def test_cash_has_words_of_its_own(say, entry):
    answer = FundsMoved(1, 0, 1, 1001, Currency.CNY, entry, 0, 57)
    _, asked, _ = say(f"{entry.name.lower()} 1001 12.34", answer)
    assert asked == MoveFunds(1, 1001, Currency.CNY, entry, 123_400, 0)


@pytest.mark.parametrize("entry", SharesEntry)
def test_shares_are_booked_for_every_reason(say, entry):
    answer = SharesMoved(1, 0, 1, 1001, MOUTAI, entry, 400, 58)
    assert say(f"shares 1001 {MOUTAI} {entry.name} 300 --cost 435000", answer) == (
        0,
        MoveShares(1, 1001, MOUTAI, entry, 300, 4_350_000_000, 0),
        f"account 1001: 400 of {MOUTAI}, {entry.name} is movement 58\n",
    )


def test_a_refusal_is_told_with_its_reason(say):
    refused = Rejected(1, 0, 1, Reject.ACCOUNTS_ARE_OFF, 0)
    status, _, said = say("deposit 1001 1", refused)
    assert (status, said) == (1, "account 1001: rejected: ACCOUNTS_ARE_OFF\n")
