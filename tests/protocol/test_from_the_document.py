"""A terminal written from docs/protocol/order-entry.md alone trades at a real gateway.

`Terminal` and what it rests on use nothing of the venue's own code: they are what somebody else,
in another language, would write.  Tags and numbers are spelled out as the document has them.
"""

import hashlib
import hmac
import re
import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config

LOGIN, LOGOUT, HEARTBEAT, ENTER_ORDER, CANCEL_ORDER, CHANGE_PHASE, CLOSE_DAY = 1, 2, 3, 4, 5, 7, 8
REPLACE_ORDER, CANCEL_ORDERS, BLOCK_TRADING, CHANGE_HOLD = 9, 10, 11, 12
OPEN_ACCOUNT, CHANGE_STATUS, MOVE_FUNDS, MOVE_SHARES, LIMIT_ACCOUNT = 13, 15, 16, 17, 18
LIMIT_FUNDS, CHANGE_LIST, CAPITALISE, TRANSFER_CUSTODY, CHANGE_CODE = 19, 20, 21, 22, 23
PROOF, LOGIN_ACCEPTED, LOGIN_REJECTED, PROTOCOL_ERROR, CHALLENGE = 24, 32, 33, 34, 37
ASK_FUNDS, ASK_ORDERS, ASK_FILLS, ORDERS_ANSWER, QUESTION_REFUSED = 41, 43, 44, 83, 87
STILL_OPEN, DONE, ASK_NOT_ADMITTED, ASK_ACCOUNTS_ARE_OFF = 0, 1, 2, 3
ACCEPTED, REJECTED, TRADED, CANCELED, EXPIRED = 48, 49, 50, 51, 52
PHASE_CHANGED, DAY_ENDED, REPLACED, ORDERS_CANCELED = 53, 54, 56, 57
RELEASED, HOLD_CHANGED, BLOCK_CHANGED, CLOSE_FIXED = 58, 59, 60, 61
ACCOUNT_CHANGED, FUNDS_MOVED, SHARES_MOVED = 62, 63, 64
ORDER_DELAYED, CODE_CHANGED = 66, 67
BUY, SELL = 0, 1
LIMIT, COUNTERPARTY_BEST, ALL_OR_CANCEL, FIXED_PRICE = 0, 1, 6, 7
CONTINUOUS, POST_CLOSE, AFTER_CLOSE = 4, 7, 8
CLOSING_CALL = 0
NO_HOLD, HALTED = 0, 1
OPERATOR_CAUSE, NEWS = 0, 4
INCOMING, RESTING, AT_CLOSE = 1, 2, 4
REQUESTED, NO_PRICE, MASS_CANCEL, BY_BLOCK = 1, 3, 6, 7
ACCOUNTS_ARE_OFF, UNKNOWN_INSTRUMENT = 7, 8
REFUSED, OTHER_REQUEST = 35, 2
CHANNEL_NOT_PERMITTED, INSTRUMENT_NOT_PERMITTED = 13, 15
TRADING_BLOCKED, PHASE_REFUSES_ORDER = 16, 17
ORDER_VALUE_TOO_LARGE, DUPLICATE_ORDER, SPENDING_TOO_LARGE = 33, 35, 36
AMOUNT_NOT_POSITIVE, INSUFFICIENT_SHARES, INSUFFICIENT_FUNDS = 38, 42, 43
NORMAL, FROZEN = 1, 3
CNY, DEPOSIT, SHARES_IN, CUSTODY_OUT, ONLINE = 0, 1, 1, 4, 3
DELAY, FORBIDS = 1, 1
UNKNOWN_USER_OR_PASSWORD = 3
FRAME_EMPTY, MESSAGE_MALFORMED, MESSAGE_UNKNOWN, MESSAGE_UNEXPECTED = 2, 4, 5, 6

INTEGERS = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}
INTEGERS |= {0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
LENGTHS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
LENGTHS |= {0xDC: ">H", 0xDD: ">I"}

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol" / "order-entry.md"
INSTRUMENTS = """\
symbol,name,board,previous_close
600519.SH,贵州茅台,SSE_MAIN,1451.02
000001.SZ,平安银行,SZSE_FULL,11.80
"""


def pack(value) -> bytes:
    """Return a value in MessagePack: only what the protocol needs."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, str):
        text = value.encode()
        return b"\xdb" + struct.pack(">I", len(text)) + text
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    return bytes([0x90 + len(value)]) + b"".join(map(pack, value))


def unpack(data: bytes, place: int = 0) -> tuple:
    """Return the value that begins at a place, and the place behind it."""
    first, place = data[place], place + 1
    if first < 0x80:
        return first, place
    if first >= 0xE0:
        return first - 256, place
    if first in (0xC2, 0xC3):
        return first == 0xC3, place
    if first in INTEGERS:
        (value,) = struct.unpack_from(INTEGERS[first], data, place)
        return value, place + struct.calcsize(INTEGERS[first])
    if first in LENGTHS:
        (count,) = struct.unpack_from(LENGTHS[first], data, place)
        place += struct.calcsize(LENGTHS[first])
    else:
        count = first & (0x1F if first >= 0xA0 else 0x0F)
    if first in (0xDC, 0xDD) or 0x90 <= first < 0xA0:
        values = []
        for _ in range(count):
            value, place = unpack(data, place)
            values.append(value)
        return values, place
    body = data[place : place + count]
    return body if first in (0xC4, 0xC5, 0xC6) else body.decode(), place + count


def sha256_mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()


def prove(password: str, user: str, login_nonce: bytes, challenge: list) -> tuple[bytes, bytes]:
    """Return the proof of a password, and that by which the venue must answer it."""
    salt, iterations, venue_nonce = challenge
    parts = user.encode(), login_nonce, salt, struct.pack("<I", iterations), venue_nonce
    said = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = sha256_mac(salted, b"Client Key")
    mask = sha256_mac(hashlib.sha256(client_key).digest(), said)
    proof = bytes(one ^ other for one, other in zip(client_key, mask, strict=True))
    return proof, sha256_mac(sha256_mac(salted, b"Server Key"), said)


class Terminal:
    """One connection: sends arrays, receives arrays."""

    def __init__(self, gateway: ChildGateway) -> None:
        self.socket = socket.create_connection((gateway.host, gateway.port), timeout=20)
        self.stream = self.socket.makefile("rb")

    def send(self, *message) -> None:
        """Send a message: its tag and its fields."""
        self.send_body(pack(message))

    def send_body(self, *bodies: bytes) -> None:
        """Send frames with these bodies in one piece."""
        frames = (struct.pack("<I", len(body)) + body for body in bodies)
        self.socket.sendall(b"".join(frames))

    def receive(self) -> list | None:
        """Return the next message that is no heartbeat, None where the stream has ended."""
        frame = self.receive_frame()
        if not frame:
            return None
        message, end = unpack(frame, 4)
        assert end == len(frame)
        return message

    def receive_frame(self) -> bytes:
        """Return the next frame that is no heartbeat, nothing where the stream has ended."""
        while head := self.stream.read(4):
            body = self.stream.read(*struct.unpack("<I", head))
            if body != pack([HEARTBEAT]):
                return head + body
        return b""

    def log_in(self, user: str, next_report: int = 1) -> list:
        """Log in and return what the venue says, without what proves it."""
        nonce = secrets.token_bytes(16)
        self.send(LOGIN, user, nonce, 2, 0, next_report)
        tag, *challenge = self.receive()
        assert tag == CHALLENGE
        proof, venues_proof = prove(PASSWORD, user, nonce, challenge)
        self.send(PROOF, proof)
        *accepted, answer = self.receive()
        assert answer == venues_proof
        return accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        self.stream.close()
        self.socket.close()


ACCOUNT = [1, 0, 0b0111, 0b00101, 0b000001, 25_000, 50_000, 10_000, True]
"""Branch 1, a customer, all channels but ONLINE, A shares of Shanghai and Shenzhen, 0.025 %."""


@pytest.fixture
def gateway_config(tmp_path: Path) -> Path:
    instruments = tmp_path / "instruments.csv"
    instruments.write_text(INSTRUMENTS, encoding="utf-8")
    return write_config(
        tmp_path,
        business_date=20261120,
        instruments=instruments,
        branches=[1, 2],
        terminals=[1, 2],
        orders=1_000,
    )


@pytest.fixture
def gateway(gateway_config: Path) -> Iterator[ChildGateway]:
    with ChildGateway(gateway_config) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: ChildGateway) -> Iterator[Terminal]:
    """The operator, who has begun continuous trading."""
    with Terminal(gateway) as operator:
        assert operator.log_in(OPERATOR)[0] == LOGIN_ACCEPTED
        operator.send(CHANGE_PHASE, 1, CONTINUOUS, "")
        assert without_time(operator.receive()) == [PHASE_CHANGED, 1, CONTINUOUS, "", 0]
        yield operator


def without_time(report: list) -> list:
    """Return a report without its third element, which no test can know."""
    return report[:2] + report[3:]


def test_two_terminals_trade_with_each_other(gateway, operator):
    with Terminal(gateway) as alice, Terminal(gateway) as bob:
        welcome = [1, 1, 1000, 1999, 20261120, 2, 0, 10, "buffered", ["600519.SH", "000001.SZ"]]
        welcome += [0, 65_536]
        assert alice.log_in("terminal1") == [LOGIN_ACCEPTED, *welcome]
        assert bob.log_in("terminal2")[:5] == [LOGIN_ACCEPTED, 2, 2, 2000, 2999]
        for terminal in (alice, bob):
            assert without_time(terminal.receive()) == [PHASE_CHANGED, 1, CONTINUOUS, "", 0]

        alice.send(ENTER_ORDER, 1, 1001, "000001.SZ", SELL, 118_000, 300, 0, 0)
        order = [1001, "000001.SZ", SELL]
        assert without_time(alice.receive()) == [ACCEPTED, 2, 1, 1, *order, 118_000, 300]
        bob.send(ENTER_ORDER, 7, 2001, "000001.SZ", BUY, 118_100, 100)
        other = [2001, "000001.SZ", BUY]
        assert without_time(bob.receive()) == [ACCEPTED, 2, 7, 2, *other, 118_100, 100]
        sale = [1, 1, 1, *order, 118_000, 100, 200, RESTING]
        purchase = [7, 2, 1, *other, 118_000, 100, 0, INCOMING]
        assert without_time(alice.receive()) == [TRADED, 3, *sale]
        assert without_time(bob.receive()) == [TRADED, 3, *purchase]

        bob.send(ENTER_ORDER, 7, 2001, "000001.SZ", BUY, 118_100, 100)
        assert without_time(bob.receive()) == [ACCEPTED, 2, 7, 2, *other, 118_100, 100]
        assert without_time(bob.receive()) == [TRADED, 3, *purchase]
        bob.send(ENTER_ORDER, 7, 2001, "000001.SZ", BUY, 118_100, 200)
        assert bob.receive() == [REFUSED, 7, OTHER_REQUEST, 0]
        bob.send(ENTER_ORDER, 8, 2001, "999999.SH", BUY, 118_100, 100)
        assert without_time(bob.receive()) == [REJECTED, 4, 8, UNKNOWN_INSTRUMENT, 0, 0]
        bob.send(LOGOUT, "")
        assert [bob.receive(), bob.receive()] == [[LOGOUT, ""], None]

        operator.send(CLOSE_DAY, 2)
        assert without_time(alice.receive()) == [EXPIRED, 4, 1, 1, *order, 200]
        assert without_time(alice.receive()) == [DAY_ENDED, 5, 20261120]

    with Terminal(gateway) as bob:
        assert bob.log_in("terminal2", next_report=3)[6:8] == [6, 8]
        again = [without_time(bob.receive()) for _ in range(3)]
        assert again == [
            [TRADED, 3, *purchase],
            [REJECTED, 4, 8, UNKNOWN_INSTRUMENT, 0, 0],
            [DAY_ENDED, 5, 20261120],
        ]


def test_a_terminal_replaces_takes_the_best_price_and_takes_back_all(gateway, operator):
    with Terminal(gateway) as alice:
        alice.log_in("terminal1", next_report=0)
        order = [1001, "000001.SZ"]
        alice.send(ENTER_ORDER, 1, *order, SELL, 118_000, 300)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 2, 1, 1]
        alice.send(REPLACE_ORDER, 2, 1, 118_500, 400)
        replaced = [REPLACED, 3, 1, 2, 1, *order, SELL, 118_500, 400]
        assert without_time(alice.receive()) == replaced
        best = (0, 100, COUNTERPARTY_BEST)
        alice.send(ENTER_ORDER, 3, *order, SELL, *best)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 4, 3, 2]
        canceled = [CANCELED, 5, 3, 3, 2, *order, SELL, 100, 0, NO_PRICE]
        assert without_time(alice.receive()) == canceled
        alice.send(ENTER_ORDER, 4, 1002, "000001.SZ", BUY, 0, 400, ALL_OR_CANCEL, 0, 0, False)
        entered = [ACCEPTED, 6, 4, 3, 1002, "000001.SZ", BUY, 153_400, 400]
        assert without_time(alice.receive()) == entered
        heard = [without_time(alice.receive()) for _ in range(2)]
        assert [(report[0], report[-3:]) for report in heard] == [
            (TRADED, [400, 0, INCOMING]),
            (TRADED, [400, 0, RESTING]),
        ]
        alice.send(ENTER_ORDER, 5, *order, SELL, 118_600, 200)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 9, 5, 4]
        alice.send(CANCEL_ORDERS, 6, "", -1, 1, -1, None)
        canceled = [CANCELED, 10, 5, 6, 4, *order, SELL, 200, 0, MASS_CANCEL]
        assert without_time(alice.receive()) == canceled
        assert without_time(alice.receive()) == [ORDERS_CANCELED, 11, 6, 1]


def test_a_stop_order_waits_and_then_trades_with_what_is_shown(gateway, operator):
    with Terminal(gateway) as alice:
        alice.log_in("terminal1", next_report=0)
        plain = (LIMIT, 0, 0, False)
        sale, purchase = [1001, "000001.SZ", SELL], [1002, "000001.SZ", BUY]
        alice.send(ENTER_ORDER, 1, *sale, 118_000, 100)
        alice.send(ENTER_ORDER, 2, *purchase, 118_500, 300, *plain, 0, 118_000)
        alice.send(ENTER_ORDER, 3, *sale, 118_200, 300, *plain, 100, 0)
        for number, order in ((1, 1), (2, 2), (3, 3)):
            assert without_time(alice.receive())[:4] == [ACCEPTED, 1 + number, number, order]
        alice.send(ENTER_ORDER, 4, *purchase, 118_000, 100)
        heard = [alice.receive()[0] for _ in range(3)]
        assert heard == [ACCEPTED, TRADED, TRADED]
        released = [RELEASED, 8, 2, 2, *purchase, 118_500, 300]
        assert without_time(alice.receive()) == released
        for trade, leaves in ((2, 200), (3, 100), (4, 0)):
            told = [trade, *purchase, 118_200, 100, leaves, INCOMING]
            assert without_time(alice.receive()) == [TRADED, 5 + 2 * trade, 2, 2, *told]
            told = [trade, *sale, 118_200, 100, leaves, RESTING]
            assert without_time(alice.receive()) == [TRADED, 6 + 2 * trade, 3, 3, *told]

        alice.send(ENTER_ORDER, 5, *sale, 118_900, 100)
        alice.send(CANCEL_ORDER, 6, 0, 0, 5)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 15, 5, 5]
        canceled = [CANCELED, 16, 5, 6, 5, *sale, 100, 0, REQUESTED]
        assert without_time(alice.receive()) == canceled


def test_an_operator_halts_an_instrument_and_blocks_an_account(gateway, operator):
    with Terminal(gateway) as alice:
        alice.log_in("terminal1", next_report=0)
        order = [1001, "000001.SZ", SELL]
        operator.send(CHANGE_HOLD, 2, HALTED, "000001.SZ", NEWS)
        for terminal in (alice, operator):
            held = [HOLD_CHANGED, 2, HALTED, NEWS, "000001.SZ"]
            assert without_time(terminal.receive()) == held
        alice.send(ENTER_ORDER, 1, *order, 0, 100, COUNTERPARTY_BEST)
        assert without_time(alice.receive()) == [REJECTED, 3, 1, PHASE_REFUSES_ORDER, 0, 0]
        alice.send(ENTER_ORDER, 2, *order, 118_000, 100)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 4, 2, 1]

        operator.send(BLOCK_TRADING, 3, "", 1001, -1, -1, None)
        assert without_time(operator.receive()) == [BLOCK_CHANGED, 3, 3, 1, False]
        canceled = [CANCELED, 5, 2, 0, 1, *order, 100, 0, BY_BLOCK]
        assert without_time(alice.receive()) == canceled
        alice.send(ENTER_ORDER, 3, *order, 118_000, 100)
        assert without_time(alice.receive()) == [REJECTED, 6, 3, TRADING_BLOCKED, 0, 0]
        operator.send(BLOCK_TRADING, 4, "", 1001, -1, -1, None, True)
        assert without_time(operator.receive()) == [BLOCK_CHANGED, 4, 4, 0, True]
        operator.send(CHANGE_HOLD, 5, NO_HOLD, "000001.SZ")
        held = [HOLD_CHANGED, 7, NO_HOLD, OPERATOR_CAUSE, "000001.SZ"]
        assert without_time(alice.receive()) == held
        alice.send(ENTER_ORDER, 4, *order, 118_000, 100)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 8, 4, 2]


def test_fixed_price_orders_trade_when_their_phase_begins(gateway, operator):
    with Terminal(gateway) as alice:
        alice.log_in("terminal1", next_report=0)
        sale, purchase = [1001, "000001.SZ", SELL], [1002, "000001.SZ", BUY]
        alice.send(ENTER_ORDER, 1, *sale, 117_000, 100, FIXED_PRICE)
        alice.send(ENTER_ORDER, 2, *purchase, 119_000, 300, FIXED_PRICE)
        assert [alice.receive()[0] for _ in range(2)] == [ACCEPTED, ACCEPTED]
        operator.send(CHANGE_PHASE, 2, POST_CLOSE, "", 1 << CLOSING_CALL)
        assert without_time(alice.receive()) == [PHASE_CHANGED, 4, POST_CLOSE, "", 1]
        assert without_time(alice.receive()) == [CLOSE_FIXED, 5, "600519.SH", 14_510_200]
        assert without_time(alice.receive()) == [CLOSE_FIXED, 6, "000001.SZ", 118_000]
        operator.send(CHANGE_PHASE, 3, AFTER_CLOSE)
        assert without_time(alice.receive()) == [PHASE_CHANGED, 7, AFTER_CLOSE, "", 0]
        bought = [TRADED, 8, 2, 2, 1, *purchase, 118_000, 100, 200, AT_CLOSE]
        sold = [TRADED, 9, 1, 1, 1, *sale, 118_000, 100, 0, AT_CLOSE]
        assert [without_time(alice.receive()) for _ in range(2)] == [bought, sold]
        operator.send(CLOSE_DAY, 4)
        assert without_time(alice.receive()) == [EXPIRED, 10, 2, 2, *purchase, 200]


def test_a_terminal_asks_what_has_become_of_its_orders(gateway, operator):
    with Terminal(gateway) as alice:
        alice.log_in("terminal1", next_report=0)
        alice.send(ENTER_ORDER, 1, 1001, "000001.SZ", SELL, 118_000, 300)
        alice.send(ENTER_ORDER, 2, 1002, "000001.SZ", BUY, 118_000, 100)
        alice.send(ASK_ORDERS, 7, 1001)
        heard = [alice.receive() for _ in range(5)]
        assert [message[0] for message in heard[:4]] == [ACCEPTED, ACCEPTED, TRADED, TRADED]
        tag, ask, sequence, is_last, ((*order, status),) = heard[4]
        assert (tag, ask, is_last, status) == (ORDERS_ANSWER, 7, True, STILL_OPEN)
        assert order[:3] == [1, 1, 1]
        assert order[4:] == ["000001.SZ", SELL, 118_000, 300, 100, 0, 200]
        alice.send(ASK_ORDERS, 8, 1002)
        assert alice.receive() == [ORDERS_ANSWER, 8, sequence, True, []]
        alice.send(ASK_ORDERS, 9, 1002, False)
        assert alice.receive()[-1][0][-2:] == [0, DONE]
        alice.send(ASK_FILLS, 10, 1002)
        *_, (fill,) = alice.receive()
        assert fill[:2] == [1, 2]
        assert fill[3:] == ["000001.SZ", BUY, 118_000, 100, INCOMING]
        alice.send(ASK_FILLS, 11, 2001)
        assert alice.receive() == [QUESTION_REFUSED, 11, ASK_NOT_ADMITTED]
        alice.send(ASK_FUNDS, 12, 1001)
        assert alice.receive() == [QUESTION_REFUSED, 12, ASK_ACCOUNTS_ARE_OFF]


def test_accounts_are_refused_where_the_day_has_none(gateway, operator):
    operator.send(OPEN_ACCOUNT, 2, 1001, *ACCOUNT)
    assert without_time(operator.receive()) == [REJECTED, 2, 2, ACCOUNTS_ARE_OFF, 0, 0]
    operator.send(MOVE_FUNDS, 3, 1001, CNY, DEPOSIT, 5_000_000)
    assert without_time(operator.receive()) == [REJECTED, 3, 3, ACCOUNTS_ARE_OFF, 0, 0]


@pytest.fixture
def gateway_with_accounts(gateway_config: Path) -> Iterator[ChildGateway]:
    """A gateway whose day has accounts, none of them open yet."""
    folder = gateway_config.parent / "accounts"
    folder.mkdir()
    terms = "account,branch,depositories,permissions,commission_rate,commission_min\n"
    (folder / "accounts.csv").write_text(terms)
    (folder / "funds.csv").write_text("account,currency,balance\n")
    (folder / "holdings.csv").write_text("account,symbol,total\n")
    text = gateway_config.read_text(encoding="utf-8")
    named = text.replace('accounts = ""', 'accounts = "accounts"')
    gateway_config.write_text(named, encoding="utf-8")
    with ChildGateway(gateway_config) as gateway:
        yield gateway


def test_an_account_trades_with_what_an_operator_has_booked(gateway_with_accounts):
    with Terminal(gateway_with_accounts) as operator, Terminal(gateway_with_accounts) as alice:
        operator.log_in(OPERATOR)
        operator.send(CHANGE_PHASE, 1, CONTINUOUS)
        operator.receive()
        alice.log_in("terminal1", next_report=0)
        operator.send(OPEN_ACCOUNT, 2, 1001, *ACCOUNT)
        assert without_time(operator.receive()) == [ACCOUNT_CHANGED, 2, 2, 1001, NORMAL]
        operator.send(MOVE_FUNDS, 3, 1001, CNY, DEPOSIT, 25_000_000)
        *paid, movement, _ = without_time(operator.receive())
        assert paid == [FUNDS_MOVED, 3, 3, 1001, CNY, DEPOSIT, 25_000_000]
        operator.send(MOVE_SHARES, 4, 1001, "000001.SZ", SHARES_IN, 100, 11_800_000)
        came = without_time(operator.receive())
        assert came[:-1] == [SHARES_MOVED, 4, 4, 1001, "000001.SZ", SHARES_IN, 100]

        order = (1001, "000001.SZ")
        web = (LIMIT, 0, 0, False, 0, 0, ONLINE)
        alice.send(ENTER_ORDER, 1, *order, BUY, 118_000, 100, *web)
        assert without_time(alice.receive()) == [REJECTED, 2, 1, CHANNEL_NOT_PERMITTED, 0, 0]
        alice.send(ENTER_ORDER, 2, *order, SELL, 118_000, 200)
        assert without_time(alice.receive()) == [REJECTED, 3, 2, INSUFFICIENT_SHARES, 0, 0]
        alice.send(ENTER_ORDER, 3, *order, BUY, 118_000, 300)
        assert without_time(alice.receive()) == [REJECTED, 4, 3, INSUFFICIENT_FUNDS, 0, 0]
        alice.send(ENTER_ORDER, 4, *order, BUY, 118_000, 200)
        assert without_time(alice.receive())[:4] == [ACCEPTED, 5, 4, 1]

        operator.send(MOVE_FUNDS, 5, 1001, CNY, DEPOSIT, 25_000_000, movement)
        assert without_time(operator.receive()) == [REJECTED, 5, 5, INSUFFICIENT_FUNDS, 0, 0]
        operator.send(LIMIT_ACCOUNT, 6, 1001, 1_000_000, 0)
        assert without_time(operator.receive()) == [ACCOUNT_CHANGED, 6, 6, 1001, NORMAL]
        alice.send(ENTER_ORDER, 5, *order, SELL, 118_500, 100)
        assert without_time(alice.receive()) == [REJECTED, 6, 5, ORDER_VALUE_TOO_LARGE, 0, 0]
        operator.send(CHANGE_STATUS, 7, 1001, FROZEN)
        assert without_time(operator.receive()) == [ACCOUNT_CHANGED, 7, 7, 1001, FROZEN]
        alice.send(CANCEL_ORDER, 6, 1)
        assert alice.receive()[0] == CANCELED


def test_an_account_keeps_to_its_limits(gateway_with_accounts):
    with Terminal(gateway_with_accounts) as operator, Terminal(gateway_with_accounts) as alice:
        operator.log_in(OPERATOR)
        operator.send(CHANGE_PHASE, 1, CONTINUOUS)
        operator.receive()
        alice.log_in("terminal1", next_report=0)
        operator.send(OPEN_ACCOUNT, 2, 1001, *ACCOUNT)
        operator.send(MOVE_FUNDS, 3, 1001, CNY, DEPOSIT, 90_000_000)
        operator.send(MOVE_SHARES, 4, 1001, "000001.SZ", SHARES_IN, 300)
        operator.send(LIMIT_FUNDS, 5, 1001, CNY, 20_000_000)
        operator.send(CHANGE_LIST, 6, 1001, "600519.SH", True)
        limits = (0, 0, 3, 0, DELAY, FORBIDS, 0, 60_000)
        operator.send(LIMIT_ACCOUNT, 7, 1001, *limits)
        told = [without_time(operator.receive()) for _ in range(6)]
        assert [message[0] for message in told[3:]] == [ACCOUNT_CHANGED] * 3

        bank = (1001, "000001.SZ")
        orders = [
            (1001, "600519.SH", BUY, 14_500_000, 100),
            (*bank, BUY, 118_000, 300),
            (*bank, SELL, 118_500, 100),
            (*bank, SELL, 118_600, 100),
            (*bank, SELL, 118_600, 100),
        ]
        alice.send_body(*(pack((ENTER_ORDER, seq, *order)) for seq, order in enumerate(orders, 1)))
        heard = [without_time(alice.receive()) for _ in range(6)]
        wait_ms = heard[4].pop()
        assert 0 < wait_ms <= 1_040
        assert heard == [
            [REJECTED, 2, 1, INSTRUMENT_NOT_PERMITTED, 0, 0],
            [REJECTED, 3, 2, SPENDING_TOO_LARGE, 0, 0],
            [ACCEPTED, 4, 3, 1, *bank, SELL, 118_500, 100],
            [ACCEPTED, 5, 4, 2, *bank, SELL, 118_600, 100],
            [ORDER_DELAYED, 6, 4, 2, *bank, SELL, 118_600, 100],
            [REJECTED, 7, 5, DUPLICATE_ORDER, 0, 0],
        ]
        assert without_time(alice.receive()) == [RELEASED, 8, 4, 2, *bank, SELL, 118_600, 100]


def test_an_operator_pays_interest_and_moves_shares(gateway_with_accounts):
    with Terminal(gateway_with_accounts) as operator:
        operator.log_in(OPERATOR)
        operator.send(OPEN_ACCOUNT, 1, 1001, *ACCOUNT)
        operator.send(MOVE_SHARES, 2, 1001, "000001.SZ", SHARES_IN, 300)
        operator.send(CAPITALISE, 3)
        operator.send(CAPITALISE, 4, 1001, CNY)
        operator.send(TRANSFER_CUSTODY, 5, 1001, "394210", "000001.SZ", 100)
        operator.send(TRANSFER_CUSTODY, 6, 1001, "394210")
        operator.send(TRANSFER_CUSTODY, 7, 1001, "394210", "000001.SZ")
        operator.send(CHANGE_CODE, 8, "000001.SZ", "000001.SZ")
        heard = [without_time(operator.receive()) for _ in range(8)]
        moved = [1001, "000001.SZ", CUSTODY_OUT]
        assert [heard[2], heard[3]] == [
            [REJECTED, 3, 3, AMOUNT_NOT_POSITIVE, 0, 0],
            [REJECTED, 4, 4, AMOUNT_NOT_POSITIVE, 0, 0],
        ]
        assert [heard[4][:-1], heard[5][:-1]] == [
            [SHARES_MOVED, 5, 5, *moved, 200],
            [SHARES_MOVED, 6, 6, *moved, 0],
        ]
        assert heard[6:] == [
            [REJECTED, 7, 7, INSUFFICIENT_SHARES, 0, 0],
            [REJECTED, 8, 8, UNKNOWN_INSTRUMENT, 0, 0],
        ]


def conversation() -> list[tuple[str, str, bytes]]:
    """Return who sends what in the document's conversation: C or V, the message, its frame."""
    section = DOCUMENT.read_text(encoding="utf-8").split("\n## A conversation\n")[1]
    listing = section.split("```")[1]
    turns = re.findall(r"^([CV]) (\w+)\n((?:  [0-9a-f ]+\n)+)", listing, re.M)
    return [(who, name, bytes.fromhex(digits)) for who, name, digits in turns]


def without_chance(frame: bytes) -> bytes:
    """Return a frame without what is another each time: its time, the only number of 64 bits that
    begins so, and the 32 bytes of nonces and proofs."""
    return re.sub(rb"\xcf\x18.{7}|(?<=\xc4\x20).{32}", b"", frame, flags=re.S)


def test_the_conversation_of_the_document_is_held_byte_for_byte(gateway, operator):
    turns = conversation()
    assert [name for _, name, _ in turns] == [
        *("Login", "Challenge", "Proof", "LoginAccepted", "PhaseChanged"),
        *("EnterOrder", "Accepted", "Logout", "Logout"),
    ]
    _, _, nonce, *_ = unpack(turns[0][2], 4)[0]
    challenge: list = []
    with Terminal(gateway) as terminal:
        for who, name, frame in turns:
            if name == "Proof":
                terminal.send(PROOF, prove(PASSWORD, "terminal1", nonce, challenge[1:])[0])
            elif who == "C":
                terminal.socket.sendall(frame)
            else:
                heard = terminal.receive_frame()
                assert without_chance(heard).hex(" ") == without_chance(frame).hex(" ")
                challenge = unpack(heard, 4)[0] if name == "Challenge" else challenge
        assert terminal.receive() is None


def test_the_proofs_in_the_conversation_are_those_of_its_challenge():
    said = {name: unpack(frame, 4)[0] for _, name, frame in conversation()[:4]}
    nonce = said["Login"][2]
    proofs = prove(PASSWORD, "terminal1", nonce, said["Challenge"][1:])
    assert proofs == (said["Proof"][1], said["LoginAccepted"][-1])


def test_a_wrong_password_is_refused_after_its_proof(gateway):
    with Terminal(gateway) as terminal:
        terminal.send(LOGIN, "terminal1", bytes(16))
        assert terminal.receive()[0] == CHALLENGE
        terminal.send(PROOF, bytes(32))
        assert terminal.receive()[:2] == [LOGIN_REJECTED, UNKNOWN_USER_OR_PASSWORD]
        assert terminal.receive() is None


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (b"\x00\x00\x00\x00", FRAME_EMPTY),
        (b"\x01\x00\x00\x00\xc1", MESSAGE_MALFORMED),
        (b"\x03\x00\x00\x00\x91\xcc\xc8", MESSAGE_UNKNOWN),
        (b"\x03\x00\x00\x00\x92\x08\x01", MESSAGE_UNEXPECTED),
    ],
    ids=["empty", "malformed", "unknown", "unexpected"],
)
def test_who_breaks_the_protocol_is_told_how_and_cut(gateway, frame, fault):
    with Terminal(gateway) as terminal:
        terminal.socket.sendall(frame)
        assert terminal.receive()[:2] == [PROTOCOL_ERROR, fault]
        assert terminal.receive() is None


def test_a_message_nested_too_deeply_cuts_its_session_and_no_other(gateway, operator):
    with Terminal(gateway) as terminal:
        terminal.log_in("terminal1")
        terminal.receive()
        terminal.send_body(b"\x92\x03" + b"\x91" * 100_000 + b"\xc0")
        assert terminal.receive()[:2] == [PROTOCOL_ERROR, MESSAGE_MALFORMED]
        assert terminal.receive() is None
    operator.send(CLOSE_DAY, 2)
    assert without_time(operator.receive()) == [DAY_ENDED, 2, 20261120]
