"""Frames that are amiss: valid ones with some bytes changed, and bytes that never were any."""

import random

from protocol.codec import encode
from protocol.framing import LENGTH
from protocol.messages import CommandBatch, EnterOrder, Heartbeat, Proof
from protocol.questions import AskMost, AskOrders
from protocol.terminal import Terminal
from protocol.vocabulary import (
    AccountStatus,
    FundsEntry,
    Hold,
    Phase,
    SharesEntry,
    Side,
)
from tests.gateway.exchange import PASSWORDS
from tests.gateway.orders import MOUTAI, PRICE


def frames_of(alice: Terminal) -> list[bytes]:
    """Return a frame of each sort that a terminal may send, from its login to its end."""
    return [
        alice.login("alice", PASSWORDS["alice"]),
        alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100),
        alice.cancel(1),
        alice.change_phase(Phase.CONTINUOUS),
        alice.change_hold(Hold.HALTED, MOUTAI),
        alice.block_trading(MOUTAI, side=Side.BUY),
        alice.change_status(1001, AccountStatus.FROZEN),
        alice.move_funds(1001, FundsEntry.DEPOSIT, 5_000_000),
        alice.move_shares(1001, MOUTAI, SharesEntry.SHARES_IN, 100),
        alice.ask(AskOrders, 1001, False).frame,
        alice.ask(AskMost, 1001, MOUTAI, Side.BUY, PRICE).frame,
        encode(CommandBatch(bytes(128))),
        encode(CommandBatch(bytes(96))),
        encode(EnterOrder(2**30, 1001, MOUTAI, Side.SELL, PRICE, 100)),
        alice.close_day(),
        alice.logout(),
        encode(Heartbeat()),
        encode(Proof(bytes(32))),
    ]


def mutated(frame: bytes, dice: random.Random) -> bytes:
    """Return a frame with a few bytes changed, lost, doubled or put in, and often a fitting length.

    The end of the day is left to those who are sure.
    """
    body = bytearray(frame[LENGTH.size :])
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(body) + 1)
        match dice.randrange(4):
            case 0:
                body[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del body[place : place + dice.randint(1, 4)]
            case 2:
                body[place:place] = body[: dice.randint(1, 8)]
            case 3:
                body[place:place] = dice.randbytes(dice.randint(1, 9))
    length = len(body) if dice.random() < 0.9 else dice.randrange(len(body) + 20)
    return LENGTH.pack(length) + bytes(body)


def amiss(frames: list[bytes], dice: random.Random) -> bytes:
    """Return one of the frames, mutated; or, one time of eight, bytes of chance in a frame of their
    length, or in none."""
    if dice.random() < 0.875:
        return mutated(dice.choice(frames), dice)
    noise = dice.randbytes(dice.randint(1, 64))
    return LENGTH.pack(len(noise)) + noise if dice.random() < 0.5 else noise
