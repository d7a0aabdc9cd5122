"""A million frames that are amiss: none gets more than it says, and none leaves anything behind."""

import logging
import os
import random

import numpy as np
import pytest

from bench.idle import resident_bytes
from gateway.session import checked_rows
from protocol.codec import decode_inbound
from protocol.framing import Frames, ProtocolViolation
from protocol.messages import CommandBatch, Heartbeat, Login, LoginAccepted, Logout, Message, Proof
from protocol.questions import QuestionFor
from protocol.records import COMMAND
from protocol.terminal import Terminal
from protocol.translate import Translator
from tests.gateway.exchange import Exchange, Line, known_keys
from tests.gateway.fuzzing import amiss, frames_of

SEED = 20261120
PIECE_FRAMES = 2
"""Frames of a user that come in one piece."""

WHOLE = 0.2
"""How many of a user's frames are as they should be, so that there is something to tell apart."""

TICK_FRAMES = 1_000
GROWTH_MAX = 8 << 20
"""Bytes by which memory may grow; the frames of a run are several times as many."""

a_million = pytest.mark.parametrize(
    "count", [500_000, pytest.param(5_000_000, marks=pytest.mark.long)]
)


@pytest.fixture(autouse=True)
def quiet(caplog) -> None:
    """Let no log keep a line for each of these sessions."""
    caplog.set_level(logging.CRITICAL, "cuohe")


class Reading:
    """What the codec makes of a session's bytes, one frame after the other."""

    def __init__(self, translator: Translator, session: int) -> None:
        self.translator = translator
        self.session = session
        self.frames = Frames()
        self.rows = bytearray()
        self.is_over = False

    def take(self, data: bytes) -> None:
        """Read on; what stands behind a Logout or a fault is not read."""
        try:
            for body in self.frames.feed(data):
                if not self.is_over:
                    self.hear(decode_inbound(body))
        except ProtocolViolation:
            self.is_over = True

    def hear(self, message: Message) -> None:
        match message:
            case Logout() | Login() | Proof():
                self.is_over = True
            case Heartbeat() | QuestionFor():
                pass
            case CommandBatch():
                self.rows += checked_rows(message.rows)
            case _:
                self.rows += self.translator.to_row(message, self.session)


def with_growth(frames: int, step) -> None:
    """Do all steps of so many frames; the memory of this process stays as it is after a fifth."""
    settled = 0
    for start in range(0, frames, TICK_FRAMES):
        step()
        if settled == 0 and start >= frames // 5:
            settled = resident_bytes(os.getpid())
    assert resident_bytes(os.getpid()) - settled < GROWTH_MAX


@a_million
def test_no_frame_of_a_stranger_reaches_the_venue(count):
    exchange, dice = Exchange(), random.Random(SEED)
    frames = frames_of(Terminal(known_keys))
    before = exchange.venue.digest()
    lines = [exchange.connect()]
    ended = [0]

    def step() -> None:
        for _ in range(TICK_FRAMES):
            lines[0].session.receive(amiss(frames, dice))
            if not lines[0].is_open:
                ended[0] += 1
                lines[0] = exchange.connect()
        assert not exchange.intake.has_work and not exchange.streams.listeners

    with_growth(count, step)
    assert ended[0] > count / 4
    assert len(exchange.desk.heartbeats.seconds) <= 1
    assert exchange.key_checks.checked == 0
    assert exchange.venue.digest() == before


@a_million
def test_frames_of_a_user_ask_for_what_the_codec_reads_in_them_and_nothing_else(count):
    exchange, dice = Exchange(), random.Random(SEED + 1)
    frames = frames_of(Terminal(known_keys))
    _, first = exchange.log_in("alice", next_report=0)
    (accepted,) = first.messages()
    user = User(exchange, accepted)
    asked = [0]

    def step() -> None:
        for _ in range(TICK_FRAMES // PIECE_FRAMES):
            user.say(b"".join(some_frame(frames, dice) for _ in range(PIECE_FRAMES)))
        rows, expected = exchange.intake.rows, np.frombuffer(bytes(user.asked), COMMAND)
        expected = expected.copy()
        expected["session"] = accepted.session
        assert rows.tobytes() == expected.tobytes()
        asked[0] += len(rows)
        user.asked.clear()
        exchange.tick()
        while exchange.intake.turns:
            exchange.intake.take_turn()

    with_growth(count, step)
    assert user.sessions > count / 20 and asked[0] > count / 100
    assert exchange.venue.sequence == exchange.sequencer.sequence


def some_frame(frames: list[bytes], dice: random.Random) -> bytes:
    return dice.choice(frames) if dice.random() < WHOLE else amiss(frames, dice)


class User:
    """A user that comes again as often as its session is cut, without the trouble of a login."""

    def __init__(self, exchange: Exchange, accepted: LoginAccepted) -> None:
        self.exchange = exchange
        self.accepted = accepted
        self.asked = bytearray()
        self.sessions = 0
        self.come()

    def come(self) -> None:
        self.sessions += 1
        self.line = Line(self.exchange.desk)
        self.reading = Reading(self.exchange.desk.translator, self.accepted.session)
        self.exchange.streams.listen(self.accepted.session, self.line.session)
        self.line.session.open(Login("alice", bytes(16), next_report=0), self.accepted)

    def say(self, data: bytes) -> None:
        """Send bytes; venue and codec agree on whether that is the end."""
        self.line.session.receive(data)
        self.reading.take(data)
        assert self.reading.is_over == (not self.line.session.is_hearing)
        self.line.sent.clear()
        if self.reading.is_over:
            self.asked += self.reading.rows
            self.come()
        elif len(self.reading.rows):
            self.asked += self.reading.rows
            self.reading.rows.clear()
