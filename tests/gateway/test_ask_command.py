"""`cuohe ask`: what it asks a venue, and how it tells the answer to people and to machines."""

import json

import pytest

from gateway.cli import Parser
from gateway.commands import ask, door
from protocol.questions import (
    Account,
    AskAccount,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
    Fill,
    Funds,
    Holding,
    Most,
    Movement,
    Order,
)
from protocol.terminal import AskRefused
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    AskReject,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    Grounds,
    Liquidity,
    ListMode,
    OrderStatus,
    Permission,
    RateAction,
    SharesEntry,
    Side,
)
from tests.commands import bits_of
from tests.gateway.orders import MOUTAI, PRICE

NOON = 1_795_147_200_000_000_000
"""12:00:00 on 20 November 2026 in Shanghai."""

NOTHING = Funds(*[0] * len(Funds.__struct_fields__))
ACCOUNT = Account(
    AccountStatus.NORMAL,
    AccountKind.CUSTOMER,
    1,
    bits_of([Channel.COUNTER, Channel.ONLINE]),
    bits_of([Depository.SHANGHAI_A]),
    bits_of([Permission.ORDINARY, Permission.FUNDS]),
    25_000,
    50_000,
    10_000,
    True,
    5_000_000_000,
    20,
    300,
    20_000,
    RateAction.DELAY,
    ListMode.NONE,
    0,
    0,
    2,
    7,
)
ORDER = Order(2, 1, 9, NOON, MOUTAI, Side.BUY, PRICE, 200, 100, 0, 100, OrderStatus.OPEN)
FILL = Fill(1, 2, NOON, MOUTAI, Side.BUY, PRICE, 100, Liquidity.INCOMING)
HOLDING = Holding(MOUTAI, 100, 100, 0, 0, 0, 0, 1_451_377_300, 0, Currency.CNY)
BROUGHT = Movement(
    47, "", Currency.CNY, FundsEntry.BROUGHT_FORWARD, 2_000_000_000, 0, False, False, Grounds.NONE
)
FUNDS = Funds(548_622_700, 0, 0, 0, 0, 0, 1_451_377_300, 0, 548_622_700, 548_622_700, 0, 0)


class Told:
    """A client whose venue answers so, or refuses."""

    def __init__(self, answers) -> None:
        self.answers = answers
        self.asked: list = []

    def ask(self, form, *fields) -> list:
        self.asked.append((form, *fields))
        if isinstance(self.answers, AskReject):
            raise AskRefused(self.answers)
        return self.answers

    def ask_together(self, account: int, *forms) -> list:
        self.asked += [(form, account) for form in forms]
        return self.answers

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass


@pytest.fixture
def say(monkeypatch, capsys):
    """Run the command against a venue that answers so; return status, questions and output."""

    def say(words: str, answers) -> tuple[int, list, str]:
        client = Told(answers)
        monkeypatch.setattr(door, "log_in", lambda arguments: client)
        parser = Parser("cuohe ask")
        ask.configure(parser)
        status = ask.run(parser.parse_args([*words.split(), "--user", "alice"]))
        return status, client.asked, capsys.readouterr().out

    return say


def test_an_account_is_told_field_by_field(say):
    status, asked, said = say("account 1001", [ACCOUNT])
    assert (status, asked) == (0, [(AskAccount, 1001)])
    told = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert list(told) == list(Account.__struct_fields__)
    assert told["channels"] == "COUNTER ONLINE"
    assert told["permissions"] == "ORDINARY FUNDS"
    assert (told["commission_rate"], told["commission_min"]) == ("0.00025", "5.00")
    assert (told["commission_includes"], told["order_value_max"]) == ("yes", "500000.00")
    assert (told["rate_action"], told["requests"]) == ("DELAY", "7")


def test_funds_are_told_in_yuan_with_a_column_for_each_currency(say):
    status, asked, said = say("funds 1001", [FUNDS, NOTHING, NOTHING])
    assert (status, asked) == (0, [(AskFunds, 1001)])
    heading, balance, *_ = said.splitlines()
    assert heading.split() == ["CNY", "USD", "HKD"]
    assert balance == "balance        54862.27  0.00  0.00"
    assert len(said.splitlines()) == 1 + len(Funds.__struct_fields__)


@pytest.mark.parametrize(
    ("words", "row", "asked", "told"),
    [
        (
            "holdings 1001",
            HOLDING,
            (AskHoldings, 1001),
            f"{MOUTAI} 100 100 0 0 0 0 145137.73 0 CNY",
        ),
        (
            "orders 1001",
            ORDER,
            (AskOrders, 1001, True),
            f"2 1 9 12:00:00 {MOUTAI} BUY 1451.0000 200 100 0 100 OPEN",
        ),
        (
            "fills 1001",
            FILL,
            (AskFills, 1001),
            f"1 2 12:00:00 {MOUTAI} BUY 1451.0000 100 INCOMING",
        ),
        (
            f"most 1001 {MOUTAI} sell",
            Most(6_600),
            (AskMost, 1001, MOUTAI, Side.SELL, 0),
            "6600",
        ),
    ],
)
def test_rows_are_told_in_columns(say, words, row, asked, told):
    assert say(words, [row])[:2] == (0, [asked])
    heading, line = say(words, [row])[2].splitlines()
    assert heading.split() == list(row.__struct_fields__)
    assert line.split() == told.split()
    assert say(words, [])[2] == "none\n"


def test_all_orders_and_the_most_at_a_price_are_asked_for(say):
    assert say("orders 1001 --all", [])[1] == [(AskOrders, 1001, False)]
    _, asked, _ = say(f"most 1001 {MOUTAI} buy 1451.00", [Most(0)])
    assert asked == [(AskMost, 1001, MOUTAI, Side.BUY, PRICE)]


def test_movements_are_told_with_what_they_take_back(say):
    shares = Movement(
        48,
        MOUTAI,
        Currency.CNY,
        SharesEntry.SHARES_IN,
        300,
        4_350_000_000,
        False,
        True,
        Grounds.INHERITANCE,
    )
    back = Movement(
        49,
        MOUTAI,
        Currency.CNY,
        SharesEntry.SHARES_IN,
        300,
        4_350_000_000,
        True,
        False,
        Grounds.NONE,
    )
    status, asked, said = say("movements 1001", [BROUGHT, shares, back])
    assert (status, asked) == (0, [(AskMovements, 1001)])
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["47", "CNY", "BROUGHT_FORWARD", "200000.00"],
        ["48", MOUTAI, "SHARES_IN", "300", "435000.00", "INHERITANCE", "taken", "back"],
        ["49", MOUTAI, "SHARES_IN", "300", "435000.00", "takes", "back"],
    ]


def test_a_statement_says_whether_it_ties(say):
    rows = [[FUNDS, NOTHING, NOTHING], [HOLDING], [BROUGHT], [FILL]]
    status, asked, said = say("statement 1001", rows)
    forms = (AskFunds, AskHoldings, AskMovements, AskFills)
    assert (status, asked) == (0, [(form, 1001) for form in forms])
    assert [line.split() for line in said.splitlines()] == [
        ["CNY", "number", "shares", "money"],
        ["opening", "200000.00"],
        ["BUY", "100", MOUTAI, "at", "1451.0000", "1", "-145100.00"],
        ["fees", "of", MOUTAI, "-37.73"],
        ["closing", "54862.27", "ties"],
        [MOUTAI, "number", "shares", "money"],
        ["opening", "0.00"],
        ["BUY", "at", "1451.0000", "1", "100", "145100.00"],
        ["fees", "37.73"],
        ["closing", "100", "145137.73", "ties"],
    ]
    status, _, said = say("statement 1001", [*rows[:3], []])
    assert status == 1 and said.count("DOES NOT TIE") == 1


def test_machines_get_the_numbers_of_the_wire(say):
    (told,) = json.loads(say("fills 1001 --json", [FILL])[2])
    assert told == {
        "trade_number": 1,
        "order_number": 2,
        "time": NOON,
        "instrument": MOUTAI,
        "side": 0,
        "price": PRICE,
        "quantity": 100,
        "liquidity": 1,
    }
    rows = [[FUNDS, NOTHING, NOTHING], [HOLDING], [BROUGHT], [FILL]]
    money, shares = json.loads(say("statement 1001 --json", rows)[2])
    assert (money["title"], money["money"], money["ties"]) == ("CNY", 548_622_700, True)
    assert shares["lines"][-1]["money"] == shares["fees"] == 377_300
    assert json.loads(say("fills 1001 --json", [])[2]) == []


@pytest.mark.parametrize("action", ["funds 1001", f"most 1001 {MOUTAI} buy"])
def test_a_refusal_is_told_with_its_reason(say, action):
    status, _, said = say(action, AskReject.ACCOUNTS_ARE_OFF)
    assert (status, said) == (1, "rejected: ACCOUNTS_ARE_OFF\n")
