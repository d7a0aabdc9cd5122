"""`cuohe account`: what it asks a venue for, and how it tells the answer."""

import pytest

from gateway.cli import Parser
from gateway.commands import account, door
from protocol.client import Requests
from protocol.codec import decode_inbound
from protocol.framing import Frames
from protocol.messages import (
    AccountChanged,
    ChangeStatus,
    EditAccount,
    FundsMoved,
    LimitAccount,
    MoveFunds,
    MoveShares,
    OpenAccount,
    Rejected,
    SharesMoved,
)
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    Permission,
    Reject,
    SharesEntry,
)
from tests.commands import bits_of
from tests.gateway.orders import MOUTAI

SHANGHAI_AND_SHENZHEN = bits_of([Depository.SHANGHAI_A, Depository.SHENZHEN_A])
SHARES_AND_FUNDS = bits_of([Permission.ORDINARY, Permission.FUNDS])
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
def say(monkeypatch, capsys):
    """Run the command against a venue that answers so; return status, request and what it said."""

    def say(words: str, *answers) -> tuple:
        client = Written(*answers)
        monkeypatch.setattr(door, "log_in", lambda arguments: client)
        parser = Parser("cuohe account")
        account.configure(parser)
        status = account.run(parser.parse_args([*words.split(), "--user", "olivia"]))
        (asked,) = client.asked
        return status, asked, capsys.readouterr().out

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
        ("", (0, 0)),
        ("--order-value 500000", (5_000_000_000, 0)),
        ("--open-orders 20", (0, 20)),
    ],
)
def test_limits_that_are_left_out_are_none(say, words, limits):
    assert say(f"limit 1001 {words}", CHANGED)[1] == LimitAccount(1, 1001, *limits)


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
    assert (status, said) == (1, "rejected: ACCOUNTS_ARE_OFF\n")
