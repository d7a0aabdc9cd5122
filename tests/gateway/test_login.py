"""Logging in: by challenge and response, once a try, and never faster than guessing deserves."""

import asyncio
import threading
from itertools import chain
from unittest.mock import patch

import pytest
import uvloop

from bench.child import PASSWORD, ChildGateway
from gateway import credentials as credentials_module
from gateway import entrance as entrance_module
from gateway import failures as failures_module
from gateway.entrance import Peer
from gateway.failures import FREE_TRIES, LOCK_SECONDS_MAX, REMEMBERED_MAX, TRIES_A_SECOND, Failures
from gateway.session import SILENT_BEATS_MAX
from protocol.client import BlockingClient, Client
from protocol.codec import decode_outbound, encode
from protocol.framing import LENGTH, Frames, ProtocolViolation
from protocol.messages import (
    Accepted,
    Challenge,
    Heartbeat,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    PhaseChanged,
    Proof,
    ProtocolError,
    Traded,
)
from protocol.terminal import LoginRefused, SessionEnded, Terminal
from protocol.vocabulary import LoginReject, Phase, ProtocolFault, Role, Side
from tests.gateway.conftest import daybook_of
from tests.gateway.exchange import BUSINESS_DATE, PASSWORDS, Exchange, known_keys
from tests.gateway.orders import MOUTAI, PRICE

WRONG = "a password, but not hers"
NONCE = bytes(range(32))


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def attempt(
    exchange: Exchange, user: str, password: str = WRONG, peer: Peer | None = None, **options
):
    """Return what one try on a connection of its own is answered in the end."""
    line, terminal = exchange.connect(), Terminal(known_keys)
    line.session.entrance.peer = peer or line.session.entrance.peer
    exchange.prove(terminal, line, user, password, **options)
    answer, *_ = line.messages()
    assert line.is_open == isinstance(answer, LoginAccepted)
    return answer


def fail(exchange: Exchange, user: str, tries: int) -> None:
    for _ in range(tries):
        assert attempt(exchange, user).reason is LoginReject.UNKNOWN_USER_OR_PASSWORD


REFUSED = [
    ("mallory", "whatever it is", {}, LoginReject.UNKNOWN_USER_OR_PASSWORD),
    ("bob", PASSWORDS["alice"], {}, LoginReject.UNKNOWN_USER_OR_PASSWORD),
    ("bob", "", {}, LoginReject.UNKNOWN_USER_OR_PASSWORD),
    ("bob", WRONG, {"business_date": 20261119}, LoginReject.UNKNOWN_USER_OR_PASSWORD),
    ("bob", PASSWORDS["bob"], {"version": 1}, LoginReject.VERSION_NOT_SUPPORTED),
    ("bob", PASSWORDS["bob"], {"business_date": 20261119}, LoginReject.WRONG_BUSINESS_DATE),
    ("bob", PASSWORDS["bob"], {"next_report": 3}, LoginReject.NO_SUCH_REPORT),
    ("bob", PASSWORDS["bob"], {"next_report": -1}, LoginReject.NO_SUCH_REPORT),
    ("bob", PASSWORDS["bob"], {"next_report": 2**62}, LoginReject.NO_SUCH_REPORT),
]


@pytest.mark.parametrize(("user", "password", "options", "reason"), REFUSED)
def test_a_login_is_rejected_with_its_reason_and_the_line_is_cut(
    exchange, user, password, options, reason
):
    _, there = exchange.log_in("alice")
    answer = attempt(exchange, user, password, **options)
    assert isinstance(answer, LoginRejected) and answer.reason is reason and answer.text
    assert there.is_open


def test_a_login_is_a_challenge_a_proof_and_the_venues_proof(exchange):
    alice, line = Terminal(known_keys), exchange.connect()
    line.session.receive(alice.login("alice", PASSWORDS["alice"]))
    (challenge,) = alice.receive(line.hear())
    assert isinstance(challenge, Challenge) and challenge.iterations == 100_000
    line.session.receive(alice.prove(challenge))
    (accepted,) = alice.receive(line.hear())
    assert (accepted.role, accepted.server_proof) == (Role.TERMINAL, alice.server_proof)


def test_a_password_and_what_is_sent_for_it_never_stand_in_what_crosses_the_wire(exchange):
    alice, line = Terminal(known_keys), exchange.connect()
    sent = alice.login("alice", PASSWORDS["alice"])
    line.session.receive(sent)
    heard = line.hear()
    (challenge,) = alice.receive(heard)
    sent += (proof := alice.prove(challenge))
    line.session.receive(proof)
    credential = exchange.doorkeeper.credentials.of("alice")
    keys = known_keys(PASSWORDS["alice"], credential.salt, credential.iterations)
    for secret in (PASSWORDS["alice"].encode(), *keys, credential.stored_key):
        assert secret not in sent + heard + line.hear()


def test_a_proof_that_was_overheard_opens_nothing(exchange):
    alice, line = Terminal(known_keys), exchange.connect()
    login = alice.login("alice", PASSWORDS["alice"])
    line.session.receive(login)
    proof = alice.prove(*line.messages())
    line.session.receive(proof)
    line.session.end()
    line = exchange.connect()
    line.session.receive(login + proof)
    challenge, answer = line.messages()
    assert isinstance(challenge, Challenge)
    assert answer.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD


def test_no_challenge_is_like_another(exchange):
    login = encode(Login("alice", NONCE))
    nonces = set()
    for _ in range(100):
        line = exchange.connect()
        line.session.receive(login)
        (challenge,) = line.messages()
        nonces.add(challenge.nonce)
    assert len(nonces) == 100


def test_a_terminal_believes_no_venue_that_does_not_know_the_password():
    def terminal(*answers) -> list:
        alice = Terminal(known_keys)
        alice.login("alice", PASSWORDS["alice"])
        alice.prove(Challenge(bytes(16), 4_096, NONCE))
        return list(alice.receive(b"".join(map(encode, answers))))

    for forged in (bytes(32), b""):
        numbers = (1, 1, 1000, 1999, BUSINESS_DATE, 1, 0, 10)
        answer = LoginAccepted(*numbers, "sync", [], Role.TERMINAL, 1, forged)
        with pytest.raises(LoginRefused, match="does not know the password"):
            terminal(answer)
        with pytest.raises(LoginRefused, match="does not know the password"):
            list(Terminal().receive(encode(answer)))


@pytest.mark.parametrize("iterations", [-1, 0, 1, 4_095, 10_000_001, 2**31 - 1])
def test_a_terminal_gives_no_proof_that_is_cheap_to_guess_or_dear_to_make(iterations):
    alice = Terminal(lambda *_: pytest.fail("derived"))
    alice.login("alice", PASSWORDS["alice"])
    with pytest.raises(LoginRefused, match=f"asks for a proof of {iterations} iterations"):
        alice.prove(Challenge(bytes(16), iterations, NONCE))


def test_a_terminal_proves_nothing_to_who_does_not_ask():
    with pytest.raises(ProtocolViolation, match="Heartbeat came where Challenge was due"):
        Terminal().prove(Heartbeat())


OUT_OF_TURN = {
    "a proof of nothing": [Proof(bytes(32))],
    "two logins": [Login("alice", NONCE), Login("alice", NONCE)],
    "a login of another in between": [Login("alice", NONCE), Login("bob", NONCE)],
}


@pytest.mark.parametrize("name", OUT_OF_TURN)
def test_a_login_is_one_login_and_then_one_proof(exchange, name):
    line = exchange.connect()
    line.session.receive(b"".join(map(encode, OUT_OF_TURN[name])))
    *_, error = line.messages()
    assert isinstance(error, ProtocolError) and "one Login, then one Proof" in error.text
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED and not line.is_open


@pytest.mark.parametrize("nonce", [bytes(15), bytes(65), b""])
def test_a_nonce_has_from_16_to_64_bytes(exchange, nonce):
    line = exchange.connect()
    line.session.receive(encode(Login("alice", nonce)))
    (error,) = line.messages()
    assert error.fault is ProtocolFault.MESSAGE_MALFORMED


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_proof_has_32_bytes(exchange, length):
    line = exchange.connect()
    line.session.receive(encode(Login("alice", NONCE)) + encode(Proof(bytes(length))))
    _, error = line.messages()
    assert error.fault is ProtocolFault.MESSAGE_MALFORMED


class Waiting:
    """Key checks that are never done until they are told to be."""

    def __init__(self) -> None:
        self.is_busy = False
        self.waiting = []

    def check(self, hashed, client_key, then) -> None:
        self.waiting.append(then)


@pytest.fixture
def waiting(exchange) -> Waiting:
    exchange.doorkeeper.key_checks = Waiting()
    return exchange.doorkeeper.key_checks


def test_while_a_password_is_checked_nothing_but_life_is_taken(exchange, waiting):
    alice, line = exchange.log_in("alice")
    line.session.receive(alice.heartbeat())
    assert line.messages() == [] and line.is_open
    line.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    (error,) = line.messages()
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED
    (then,) = waiting.waiting
    then(True)
    assert line.messages() == [] and not line.is_open


def test_a_password_whose_hash_does_not_fit_is_a_wrong_one(exchange, waiting):
    _, line = exchange.log_in("alice")
    waiting.waiting.pop()(False)
    (answer,) = line.messages()
    assert answer.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
    assert exchange.doorkeeper.verified == set()


def test_whoever_leaves_while_its_password_is_checked_is_not_logged_in(exchange, waiting):
    alice, line = exchange.log_in("alice")
    line.session.receive(alice.logout())
    waiting.waiting.pop()(True)
    assert line.messages() == [Logout()]
    assert 1 not in exchange.streams.listeners


def test_a_hash_is_checked_once_for_each_user(exchange):
    for _ in range(3):
        for user in PASSWORDS:
            _, line = exchange.log_in(user)
            line.session.end()
    assert exchange.key_checks.checked == len(PASSWORDS)


def test_where_too_many_hashes_wait_only_who_needs_one_is_told_to_come_again(exchange):
    _, line = exchange.log_in("alice")
    line.session.end()
    exchange.key_checks.is_busy = True
    answer = attempt(exchange, "bob", PASSWORDS["bob"])
    assert (answer.reason, answer.retry_after_ms) == (LoginReject.BUSY, 1_000)
    assert isinstance(attempt(exchange, "alice", PASSWORDS["alice"]), LoginAccepted)


def test_a_wrong_password_costs_no_hash(exchange):
    for user in ("alice", "mallory"):
        fail(exchange, user, FREE_TRIES)
    assert exchange.key_checks.checked == 0


def calls_of(exchange: Exchange, user: str) -> tuple[list[str], list]:
    """Return what a wrong proof of a user makes the venue reckon, in order, and its answers."""
    calls = []

    def counted(module, name):
        original = getattr(module, name)

        def count(*given):
            calls.append(name)
            return original(*given)

        return patch.object(module, name, count)

    line = exchange.connect()
    with (
        counted(credentials_module, "mac"),
        counted(entrance_module, "masked"),
        counted(entrance_module, "stored"),
        counted(entrance_module, "transcript"),
        counted(entrance_module, "compare_digest"),
    ):
        line.session.receive(encode(Login(user, NONCE)) + encode(Proof(bytes(32))))
    return calls, line.messages()


def test_who_is_no_user_is_challenged_checked_and_refused_like_one(exchange):
    (known, to_alice), (unknown, to_mallory) = (
        calls_of(exchange, user) for user in ("alice", "mallory")
    )
    assert known == unknown == [*["mac"] * 3, "transcript", "masked", "stored", "compare_digest"]
    assert to_alice[1] == to_mallory[1]
    assert [len(one.salt) for one, _ in (to_alice, to_mallory)] == [16, 16]
    assert to_alice[0].iterations == to_mallory[0].iterations


def test_the_salt_of_who_is_no_user_stays_the_same_also_in_another_run():
    def salts(users) -> list[bytes]:
        exchange = Exchange()
        return [calls_of(exchange, user)[1][0].salt for user in users]

    names = ["alice", "mallory", "malvolio", ""]
    once, again = salts(names), salts(names)
    assert once == again and len(set(once)) == len(names)


def test_a_user_without_a_verifier_is_nobody(exchange):
    known = exchange.doorkeeper.credentials.known
    del known["alice"]
    assert attempt(exchange, "alice", "").reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
    assert exchange.doorkeeper.failures.streak("alice").failures == 1


def test_after_five_wrong_passwords_a_user_is_locked_for_growing_times(exchange):
    fail(exchange, "alice", FREE_TRIES)
    for seconds in (1, 2, 4, 8, 16, 32, LOCK_SECONDS_MAX, LOCK_SECONDS_MAX, LOCK_SECONDS_MAX):
        for password in (WRONG, PASSWORDS["alice"]):
            locked = attempt(exchange, "alice", password)
            assert locked.reason is LoginReject.LOCKED
            assert locked.retry_after_ms == 1_000 * seconds
            assert locked.text == (
                f"too many wrong passwords for this user; try again in {seconds}.0 s"
            )
        exchange.seconds += seconds
        fail(exchange, "alice", 1)


def test_other_users_do_not_notice_the_lock_of_one(exchange):
    _, there = exchange.log_in("alice")
    fail(exchange, "alice", FREE_TRIES)
    assert isinstance(attempt(exchange, "bob", PASSWORDS["bob"]), LoginAccepted)
    assert there.is_open


def test_when_the_lock_is_over_the_right_password_opens_and_ends_the_count(exchange):
    fail(exchange, "alice", FREE_TRIES)
    exchange.seconds += 1
    assert isinstance(attempt(exchange, "alice", PASSWORDS["alice"]), LoginAccepted)
    fail(exchange, "alice", FREE_TRIES - 1)


def test_a_challenge_from_before_the_lock_does_not_get_around_it(exchange):
    alice, line = Terminal(known_keys), exchange.connect()
    line.session.receive(alice.login("alice", PASSWORDS["alice"]))
    (challenge,) = line.messages()
    fail(exchange, "alice", FREE_TRIES)
    line.session.receive(alice.prove(challenge))
    (answer,) = line.messages()
    assert answer.reason is LoginReject.LOCKED


def test_who_is_no_user_is_locked_like_one(exchange):
    fail(exchange, "mallory", FREE_TRIES)
    assert attempt(exchange, "mallory").reason is LoginReject.LOCKED


def test_wrong_passwords_that_are_long_ago_count_no_more(exchange):
    fail(exchange, "alice", FREE_TRIES - 1)
    exchange.seconds += failures_module.FORGOTTEN_SECONDS + 1
    fail(exchange, "alice", FREE_TRIES - 1)


def test_an_address_may_guess_so_often_in_a_second_whoever_it_names(exchange):
    here, there = Peer("192.0.2.1"), Peer("192.0.2.2")
    for number in range(TRIES_A_SECOND):
        line = exchange.connect()
        line.session.entrance.peer = here
        line.session.receive(encode(Login(f"name{number}", NONCE)) + encode(Proof(bytes(32))))
        assert line.messages()[1].reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
    exchange.seconds += 0.25
    answer = attempt(exchange, "name", peer=here)
    assert (answer.reason, answer.retry_after_ms) == (LoginReject.BUSY, 750)
    assert isinstance(attempt(exchange, "bob", PASSWORDS["bob"], there), LoginAccepted)
    exchange.seconds += 0.75
    assert isinstance(attempt(exchange, "alice", PASSWORDS["alice"], here), LoginAccepted)


def test_ever_new_names_and_addresses_take_no_more_memory_and_unlock_no_user():
    failures = Failures(["alice"], lambda: 1_000.0)
    for _ in range(FREE_TRIES):
        failures.note("alice", "192.0.2.1")
    for number in range(2 * REMEMBERED_MAX):
        failures.note(f"name{number}", f"address {number}")
    assert len(failures.of_others.records) == len(failures.of_addresses.records) == REMEMBERED_MAX
    assert failures.lock_ms("alice") == 1_000


@pytest.mark.parametrize(
    ("certified", "reason"),
    [(1, None), (None, None), (2, "is of branch 2"), (0, "is of branch none")],
)
def test_a_certificate_opens_only_sessions_of_its_branch(exchange, certified, reason):
    answer = attempt(exchange, "alice", PASSWORDS["alice"], Peer("192.0.2.1", certified))
    if reason is None:
        assert isinstance(answer, LoginAccepted)
    else:
        assert answer.reason is LoginReject.CERTIFICATE_OF_ANOTHER_BRANCH and reason in answer.text


def test_every_reason_for_a_login_reject_is_tested():
    elsewhere = {
        LoginReject.LOCKED,
        LoginReject.BUSY,
        LoginReject.CERTIFICATE_OF_ANOTHER_BRANCH,
        LoginReject.NOT_PERMITTED,
        LoginReject.USER_LOCKED,
    }
    tested = {reason for *_, reason in REFUSED}
    assert tested | elsewhere == set(LoginReject) - {LoginReject.NOTHING}
    assert not tested & elsewhere


@pytest.mark.parametrize(
    ("wanted", "agreed"), [(0, 10), (1, 1), (7, 7), (60, 60), (61, 60), (-5, 1), (2**31 - 1, 60)]
)
def test_a_client_proposes_its_heartbeat_within_the_venues_bounds(exchange, wanted, agreed):
    _, line = exchange.log_in("alice", heartbeat_seconds=wanted)
    accepted, *_ = line.messages()
    assert accepted.heartbeat_seconds == agreed


@pytest.mark.parametrize(("wanted", "agreed"), [(0, 65_536), (5, 5), (-1, 65_536), (10**6, 65_536)])
def test_a_client_may_have_less_in_flight_than_the_venue_allows(exchange, wanted, agreed):
    _, line = exchange.log_in("alice", in_flight_max=wanted)
    accepted, *_ = line.messages()
    assert accepted.in_flight_max == agreed


def beats(exchange: Exchange, line, seconds: int) -> list[int]:
    """Return in which of the next seconds a session shows life, while its peer does."""
    found = []
    for second in range(1, seconds + 1):
        line.session.receive(encode(Heartbeat()))
        exchange.desk.heartbeats.pass_second()
        found += [second] * line.messages().count(Heartbeat())
    return found


def test_each_session_beats_at_the_interval_that_it_agreed(exchange):
    _, a = exchange.log_in("alice", heartbeat_seconds=3)
    _, b = exchange.log_in("bob")
    a.hear()
    b.hear()
    assert beats(exchange, a, 10) == [3, 6, 9]
    assert b.messages() == [Heartbeat()]


def test_a_session_that_is_silent_for_three_of_its_intervals_ends_and_beats_no_more(exchange):
    _, line = exchange.log_in("alice", heartbeat_seconds=2)
    for _ in range(2 * SILENT_BEATS_MAX + 1):
        exchange.desk.heartbeats.pass_second()
    assert line.is_open
    exchange.desk.heartbeats.pass_second()
    assert not line.is_open and exchange.desk.heartbeats.seconds == {}


ATTACKERS = 100
ATTACKS = 10_000


async def guess(gateway: ChildGateway, tries: int) -> list[LoginReject]:
    """Try wrong passwords for terminal1, each on a connection of its own, from another address."""
    reasons = []
    for _ in range(tries):
        reader, writer = await asyncio.open_connection(
            gateway.host, gateway.port, local_addr=("127.0.0.2", 0)
        )
        writer.write(encode(Login("terminal1", NONCE)))
        answer = await heard(reader)
        if isinstance(answer, Challenge):
            writer.write(encode(Proof(bytes(32))))
            answer = await heard(reader)
        reasons.append(answer.reason)
        writer.transport.abort()
    return reasons


async def heard(reader: asyncio.StreamReader):
    head = await reader.readexactly(LENGTH.size)
    (body,) = Frames().feed(head + await reader.readexactly(*LENGTH.unpack(head)))
    return decode_outbound(body)


async def trade(gateway: ChildGateway, is_over: asyncio.Event) -> int:
    """Log in while others guess, and buy and sell until they have done; return how often."""
    operator = await Client.connect(gateway.host, gateway.port, "operator", PASSWORD)
    await operator.change_phase(Phase.CONTINUOUS)
    bob = await Client.connect(gateway.host, gateway.port, "terminal3", PASSWORD, next_report=0)
    trades = 0
    async with operator, bob:
        while not isinstance(await operator.receive(), PhaseChanged):
            pass
        while not is_over.is_set():
            await bob.enter(2001, MOUTAI, Side.SELL, PRICE, 100)
            await bob.enter(2002, MOUTAI, Side.BUY, PRICE, 100)
            heard = [await bob.receive() for _ in range(4)]
            heard = [report for report in heard if not isinstance(report, PhaseChanged)]
            assert {type(report) for report in heard} <= {Accepted, Traded}
            trades += 1
    return trades


def test_ten_thousand_guesses_find_nothing_and_keep_nobody_else_from_trading(config):
    """The user that is guessed at is locked after five; from then on few guesses are checked."""

    async def play(gateway: ChildGateway) -> tuple[list[LoginReject], int]:
        is_over = asyncio.Event()
        trading = asyncio.create_task(trade(gateway, is_over))
        guesses = [guess(gateway, ATTACKS // ATTACKERS) for _ in range(ATTACKERS)]
        reasons = list(chain.from_iterable(await asyncio.gather(*guesses)))
        is_over.set()
        return reasons, await trading

    with ChildGateway(config) as gateway:
        reasons, trades = uvloop.run(play(gateway))
        assert gateway.stop() == 0
    assert len(reasons) == ATTACKS and trades > 0
    assert set(reasons) == {LoginReject.UNKNOWN_USER_OR_PASSWORD, LoginReject.LOCKED}
    assert reasons.count(LoginReject.UNKNOWN_USER_OR_PASSWORD) < 5 + 10


@pytest.fixture
def proofs(monkeypatch) -> list[bytes]:
    """What terminals send to prove their passwords, and the threads on which they reckon it."""
    given, prove = [], Terminal.prove

    def note(terminal: Terminal, challenge) -> bytes:
        given.append((threading.current_thread(), frame := prove(terminal, challenge)))
        return frame

    monkeypatch.setattr(Terminal, "prove", note)
    return given


def test_neither_log_nor_journal_hold_a_password_a_proof_or_a_verifier(config, proofs):
    with ChildGateway(config) as gateway:
        for password in (PASSWORD, *[WRONG] * FREE_TRIES):
            try:
                BlockingClient(gateway.host, gateway.port, "terminal1", password).close()
            except LoginRefused as refused:
                assert refused.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
        assert gateway.stop() == 0
    configuration = config.read_text(encoding="utf-8")
    verifiers = [line.split('"')[1] for line in configuration.splitlines() if "verifier" in line]
    parts = {part for verifier in verifiers for part in verifier.split("$") if len(part) > 20}
    secrets = [PASSWORD.encode(), WRONG.encode(), *map(str.encode, parts)]
    secrets += [frame[-32:] for _, frame in proofs]
    files = [gateway.log, *daybook_of(config).folder.rglob("*.*")]
    held = b"".join(file.read_bytes() for file in files)
    assert b"user 'terminal1' is locked for 1 s" in held
    assert (len(verifiers), len(proofs)) == (4, 1 + FREE_TRIES) and len(files) > 2
    assert [secret for secret in secrets if secret in held] == []


def test_a_program_reckons_its_proof_beside_its_loop(proofs):
    async def challenge_and_leave(reader, writer) -> None:
        await reader.read(1_000)
        writer.write(encode(Challenge(bytes(16), 4_096, NONCE)))
        await reader.read(1_000)
        writer.close()

    async def log_in() -> None:
        async with await asyncio.start_server(challenge_and_leave, "127.0.0.1", 0) as venue:
            port = venue.sockets[0].getsockname()[1]
            with pytest.raises(SessionEnded):
                await Client.connect("127.0.0.1", port, "terminal1", PASSWORD)

    asyncio.run(log_in())
    ((thread, _),) = proofs
    assert thread is not threading.main_thread()


def test_a_peer_that_asks_and_never_proves_is_cut_like_one_that_says_nothing(exchange):
    line = exchange.connect()
    line.session.receive(encode(Login("alice", NONCE)))
    line.hear()
    for _ in range((SILENT_BEATS_MAX + 1) * exchange.desk.reception.config.venue.heartbeat_seconds):
        line.session.receive(encode(Heartbeat()))
        exchange.desk.heartbeats.pass_second()
    assert line.messages() == [Logout("nothing was heard for three heartbeats")]
