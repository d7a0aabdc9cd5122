"""`cuohe ops` at a real gateway: an operator runs the day from the shell, and looks before acting.

The tests play one day, in order.
"""

from collections.abc import Callable, Iterator

import pytest

from bench.child import PASSWORD, ChildGateway, user_table, verifiers
from gateway.cli import main
from gateway.secret import load_secret
from protocol.client import BlockingClient
from protocol.messages import Accepted, OrdersCanceled, Rejected
from protocol.questions import AskAffected, AskBlocks, AskPhases, AskStatus
from protocol.terminal import AskRefused, LoginRefused, SessionEnded
from protocol.vocabulary import AskReject, CommandKind, OrderType, Phase, Reject, Side
from tests.gateway.conftest import BUSINESS_DATE, configure
from tests.gateway.orders import MOUTAI, PRICE

PINGAN = "000001.SZ"
PINGAN_PRICE = 116_000
UNKNOWN = "000000.SH"

Say = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    """Two branches, an operator, and of branch 1 also an auditor and one who watches risks."""
    folder = tmp_path_factory.mktemp("venue")
    config = configure(folder)
    verifier = verifiers(load_secret(folder / "venue.secret"))
    users = [user_table(role, 1, verifier, role) for role in ("risk", "auditor")]
    config.write_text(config.read_text(encoding="utf-8") + "".join(users), encoding="utf-8")
    with ChildGateway(config) as gateway:
        yield gateway


@pytest.fixture
def say(gateway, monkeypatch, capsys) -> Say:
    """Run `cuohe ops` as a user; return status and lines."""
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)

    def say(user: str, words: str) -> tuple[int, list[str]]:
        status = main(["ops", *words.split(), "--user", user, "--port", str(gateway.port)])
        return status, capsys.readouterr().out.splitlines()

    return say


@pytest.fixture
def alice(gateway, dial) -> BlockingClient:
    """A terminal of branch 1."""
    return dial(gateway, "terminal1", next_report=0)


def rest(client: BlockingClient, account: int, *orders: tuple[str, int, int]) -> None:
    """Let buys rest: each of an instrument at a price, of so many shares."""
    for instrument, price, quantity in orders:
        client.enter(account, instrument, Side.BUY, price, quantity)
        assert isinstance(client.receive(), Accepted)


def refusal(client: BlockingClient, account: int) -> Reject:
    """Return why a buy at the best price opposite is refused."""
    best = OrderType.COUNTERPARTY_BEST
    client_seq = client.enter(account, PINGAN, Side.BUY, 0, 100, order_type=best)
    while not isinstance(report := client.receive(), Rejected):
        pass
    assert report.request_seq == client_seq
    return report.reason


def canceled(client: BlockingClient, client_seq: int) -> int:
    """Return how many orders a mass cancel says that it has canceled."""
    while not isinstance(report := client.receive(), OrdersCanceled):
        pass
    assert report.request_seq == client_seq
    return report.quantity


def status_of(say: Say) -> dict[str, str]:
    """Return what `status` says, line by line."""
    status, lines = say("operator", "status")
    assert status == 0
    return dict(map(str.strip, line.rsplit(maxsplit=1)) for line in lines)


def test_a_phase_begins_for_all_for_a_schedule_and_for_one(say):
    assert say("operator", "phase CONTINUOUS") == (0, ["all instruments: CONTINUOUS"])
    told = ["schedule TRADES_TO_CLOSE: BREAK"]
    assert say("operator", "phase BREAK --schedule TRADES_TO_CLOSE") == (0, told)
    assert say("operator", f"phase BREAK --instrument {MOUTAI}") == (0, [f"{MOUTAI}: BREAK"])
    told = ["rejected: UNKNOWN_INSTRUMENT"]
    assert say("operator", f"phase BREAK --instrument {UNKNOWN}") == (1, told)
    assert say("terminal1", "phase BREAK") == (1, ["rejected: COMMAND_NOT_PERMITTED"])


def test_status_names_the_instruments_that_are_in_another_phase(say):
    told = status_of(say)
    assert (told["business date"], told["day"]) == (str(BUSINESS_DATE), "open")
    assert (told["schedule CLOSING_CALL"], told[MOUTAI]) == ("CONTINUOUS", "BREAK")
    assert "schedule TRADES_TO_CLOSE" not in told, "no instrument follows it"
    assert PINGAN not in told
    assert say("operator", "phase CONTINUOUS")[0] == 0
    assert MOUTAI not in status_of(say)


def test_a_locked_user_is_sent_away_and_let_in_again(gateway, say, dial):
    victim = dial(gateway, "terminal2", next_report=0)
    assert say("operator", "lock terminal2") == (0, ["terminal2: locked"])
    with pytest.raises(SessionEnded, match="locked"):
        while True:
            victim.receive()
    with pytest.raises(LoginRefused, match="USER_LOCKED"):
        dial(gateway, "terminal2")
    status, lines = say("risk", "users")
    assert status == 0
    locked = "terminal2 2 1 TERMINAL no yes usual usual"
    assert locked.split() in [line.split() for line in lines]
    assert say("risk", "unlock terminal2") == (0, ["terminal2: may come in"])
    dial(gateway, "terminal2")


def test_a_limited_user_may_send_less(gateway, say, dial):
    limited = (0, ["terminal2: 3 in flight, as many as all a second"])
    assert say("operator", "limit terminal2 --in-flight 3") == limited
    assert dial(gateway, "terminal2").session.in_flight_max == 3
    free = (0, ["terminal2: as many as all in flight, as many as all a second"])
    assert say("operator", "limit terminal2") == free


def test_users_are_told_by_name_and_only_to_who_may_know(say):
    assert say("terminal1", "users") == (1, ["rejected: QUESTION_NOT_PERMITTED"])
    assert say("terminal1", "lock terminal2") == (1, ["rejected: QUESTION_NOT_PERMITTED"])
    assert say("operator", "lock operator") == (1, ["rejected: COMMAND_NOT_PERMITTED"])
    assert say("operator", "lock nobody")[0] == 1


def test_a_halt_is_told_until_it_ends(say, alice):
    halted = [f"hold of {PINGAN}: HALTED"]
    assert say("operator", f"hold HALTED --instrument {PINGAN} --cause NEWS") == (0, halted)
    assert refusal(alice, 1001) is Reject.PHASE_REFUSES_ORDER
    told = ["hold of the whole venue: SUSPENDED"]
    assert say("operator", "hold SUSPENDED --everything") == (0, told)
    told = status_of(say)
    assert told[f"hold of {PINGAN}"] == "HALTED"
    assert told["hold of the whole venue"] == "SUSPENDED"
    assert told["schedule CLOSING_CALL"] == "CONTINUOUS"
    assert say("operator", "hold NONE --everything") == (0, ["hold of the whole venue: NONE"])
    assert say("operator", f"hold NONE --instrument {PINGAN}")[0] == 0
    assert not [name for name in status_of(say) if name.startswith("hold")]
    told = ["rejected: COMMAND_NOT_PERMITTED"]
    assert say("terminal1", "hold NONE --everything") == (1, told)
    told = ["rejected: UNKNOWN_INSTRUMENT"]
    assert say("operator", f"hold HALTED --instrument {UNKNOWN}") == (1, told)


def test_a_dry_run_of_the_kill_switch_says_what_it_then_does(say, alice):
    rest(alice, 1001, (PINGAN, PINGAN_PRICE, 100), (PINGAN, PINGAN_PRICE - 100, 300))
    rest(alice, 1002, (PINGAN, PINGAN_PRICE, 500))
    buys = f"block --instrument {PINGAN} --account 1001 --side buy"
    what = f"{PINGAN} account 1001 buys"
    dry = f"{what}: would end open orders: 2, shares: 400, worth: 4637.0000 CNY"
    assert say("operator", f"{buys} --dry-run") == (0, [dry])
    assert status_of(say)["open orders"] == "3"
    assert say("operator", buys) == (0, [f"{what}: blocked, canceled orders: 2"])
    assert refusal(alice, 1001) is Reject.TRADING_BLOCKED
    told = status_of(say)
    assert (told["open orders"], told[f"block of {what}"]) == ("1", "REFUSED")
    dry = f"{what}: would end open orders: 0, shares: 0, worth: nothing"
    assert say("operator", f"{buys} --dry-run") == (0, [dry])
    assert say("operator", f"{buys} --lift") == (0, [f"{what}: free"])
    assert say("operator", f"{buys} --lift") == (1, ["rejected: UNKNOWN_BLOCK"])
    assert say("risk", "block --everything") == (0, ["everything: blocked, canceled orders: 1"])
    assert status_of(say)["block of everything"] == "REFUSED"
    assert say("risk", "block --everything --lift") == (0, ["everything: free"])


def test_a_terminal_is_told_of_the_orders_of_its_branch_only(say, alice, gateway, dial):
    bob = dial(gateway, "terminal3", next_report=0)
    rest(alice, 1001, (MOUTAI, PRICE, 100), (PINGAN, PINGAN_PRICE, 200))
    rest(bob, 2001, (MOUTAI, PRICE - 100, 100))
    own = "everything: would end open orders: 2, shares: 300, worth: 147420.0000 CNY"
    assert say("terminal1", "cancel --everything --dry-run") == (0, [own])
    every = "everything: would end open orders: 3, shares: 400, worth: 292519.0000 CNY"
    assert say("operator", "cancel --everything --dry-run") == (0, [every])
    told = ["session 1: would end open orders: 2, shares: 300, worth: 147420.0000 CNY"]
    assert say("operator", "cancel --session 1 --dry-run") == (0, told)
    told = ["branch 2: would end open orders: 0, shares: 0, worth: nothing"]
    assert say("terminal1", "cancel --branch 2 --dry-run") == (0, told)
    assert say("terminal1", "cancel --everything") == (0, ["everything: canceled orders: 2"])
    assert say("operator", "cancel --branch 2") == (0, ["branch 2: canceled orders: 1"])


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"instrument": MOUTAI},
        {"account": 1001},
        {"session": 2},
        {"branch": 1},
        {"side": Side.BUY},
        {"instrument": PINGAN, "account": 1002, "branch": 1, "side": Side.BUY},
    ],
    ids=lambda filters: " ".join(filters) or "everything",
)
def test_what_would_be_canceled_is_what_then_is(gateway, dial, alice, filters):
    carol = dial(gateway, "terminal2", next_report=0)
    operator = dial(gateway, "operator", next_report=0)
    rest(alice, 1001, (MOUTAI, PRICE, 100), (PINGAN, PINGAN_PRICE, 100))
    rest(carol, 1002, (MOUTAI, PRICE, 200), (PINGAN, PINGAN_PRICE, 200), (PINGAN, 117_000, 100))
    asked = operator.ask(AskAffected, CommandKind.CANCEL_ORDERS, **filters)
    orders = sum(row.orders for row in asked)
    assert orders > 0
    assert canceled(operator, operator.cancel_orders(**filters)) == orders
    (status,) = operator.ask(AskStatus)
    assert status.open_orders == 5 - orders
    canceled(operator, operator.cancel_orders())


def test_an_order_that_the_phase_holds_would_not_be_canceled_but_end_with_the_day(say, alice):
    rest(alice, 1001, (MOUTAI, PRICE, 100))
    assert say("operator", "phase CLOSING_CALL")[0] == 0
    told = ["everything: would end open orders: 0, shares: 0, worth: nothing"]
    assert say("operator", "cancel --everything --dry-run") == (0, told)
    assert say("operator", "cancel --everything") == (0, ["everything: canceled orders: 0"])
    told = ["everything: would end open orders: 1, shares: 100, worth: 145100.0000 CNY"]
    assert say("operator", "close-day --dry-run") == (0, told)


def test_whoever_may_not_act_is_not_told_either(say, gateway, dial):
    told = ["rejected: QUESTION_NOT_PERMITTED"]
    for user in ("terminal1", "auditor"):
        for words in ("status", "block --everything --dry-run", "close-day --dry-run"):
            assert say(user, words) == (1, told)
    assert say("auditor", "cancel --everything --dry-run") == (1, told)
    assert say("risk", "close-day --dry-run") == (1, told)
    assert say("risk", "status")[0] == say("risk", "block --everything --dry-run")[0] == 0
    told = ["rejected: UNKNOWN_INSTRUMENT"]
    assert say("operator", f"cancel --instrument {UNKNOWN} --dry-run") == (1, told)
    terminal = dial(gateway, "terminal1", next_report=0)
    for form in (AskStatus, AskPhases, AskBlocks):
        with pytest.raises(AskRefused, match="QUESTION_NOT_PERMITTED"):
            terminal.ask(form)
    with pytest.raises(AskRefused) as refused:
        terminal.ask(AskAffected, CommandKind.ENTER_ORDER)
    assert refused.value.reason is AskReject.QUESTION_NOT_PERMITTED


def test_the_day_ends_once(say, gateway, dial):
    assert say("terminal1", "close-day") == (1, ["rejected: COMMAND_NOT_PERMITTED"])
    ended = [f"the day {BUSINESS_DATE} has ended"]
    assert say("operator", "close-day") == (0, ended)
    assert say("operator", "close-day") == (1, ["rejected: DAY_ENDED"])
    told = status_of(say)
    assert (told["day"], told["open orders"], told["schedule CLOSING_CALL"]) == (
        "ended",
        "0",
        "CLOSED",
    )
    operator = dial(gateway, "operator", next_report=0)
    phases = operator.ask(AskPhases)
    assert {row.phase for row in phases} == {Phase.CLOSED}
    assert [row.instrument for row in phases] == list(operator.session.instruments)
