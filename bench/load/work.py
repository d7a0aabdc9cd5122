"""What each session of a load sends, and when."""

from argparse import Namespace
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.dice import Dice
from bench.events import read_events
from bench.load.ledger import Ledger
from bench.load.orders import make_orders, market_of
from bench.load.phases import Beginning
from bench.load.recorded import recorded
from bench.load.reel import Reel, packed_reel, readable_reel
from bench.load.shape import Shape, spread
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.vocabulary import Phase

REEL_REQUESTS = 1 << 18
"""After so many requests, those of all sessions together, the same orders come again."""

REQUESTS_MAX = 200_000_000
"""Of one load; a request needs up to 26 bytes until the end."""


class Work(NamedTuple):
    """By session: frames, when each is due, and the number of requests; and the phases."""

    reels: list[Reel]
    due: list[np.ndarray]
    requests: list[int]
    phases: list[Beginning]

    def ledger(self) -> Ledger:
        """Return the ledger of this work, with nothing sent."""
        return Ledger(self.due, self.requests, self.reels[0].batch)


def work_of(arguments: Namespace, sessions: Sequence[LoginAccepted]) -> Work:
    """Return what the command's arguments ask of these sessions; raises Mistake."""
    if arguments.replay is not None:
        return recorded_work(arguments, sessions)
    return flowing_work(arguments, arguments.shape, sessions)


def flowing_work(arguments: Namespace, shape: Shape, sessions: Sequence[LoginAccepted]) -> Work:
    """Return a seeded flow in this shape."""
    batch = arguments.batch
    if shape.requests > REQUESTS_MAX:
        raise Mistake(
            f"{shape.requests:,} requests are more than {REQUESTS_MAX:,}; send for a shorter time"
        )
    due = spread(shape, len(sessions), batch)
    requests = [batch * len(frames) for frames in due]
    longest = max(batch, REEL_REQUESTS // len(sessions) // batch * batch)
    market = market_of(arguments.instruments, sessions[0])
    dice = Dice(arguments.seed)
    reels = []
    for session, count in zip(sessions, requests, strict=True):
        accounts = session.account_first, session.account_last
        rows = make_orders(dice, market, accounts, min(count, longest), arguments.cancels)
        reels.append(reel_of(rows, batch, session))
    return Work(reels, due, requests, [Beginning(0, Phase.CONTINUOUS, "")])


def recorded_work(arguments: Namespace, sessions: Sequence[LoginAccepted]) -> Work:
    """Return a recorded day; a frame is due when the last of its requests is."""
    batch = arguments.batch
    events = read_events(arguments.replay, arguments.format)
    name = arguments.replay.name.split(".")[0]
    day = recorded(events, name, sessions, arguments.speed)
    reels = [
        reel_of(rows, batch, session) for rows, session in zip(day.rows, sessions, strict=True)
    ]
    due = [one[last_of_frames(len(one), batch)] for one in day.due]
    return Work(reels, due, [len(rows) for rows in day.rows], day.phases)


def last_of_frames(requests: int, batch: int) -> np.ndarray:
    """Return the place of the last request of each frame."""
    return np.minimum(np.arange(0, requests, batch) + batch, requests) - 1


def reel_of(rows: np.ndarray, batch: int, session: LoginAccepted) -> Reel:
    """Return a session's rows as frames: readable messages, or packed where these hold more."""
    if batch == 1:
        return readable_reel(rows, session.instruments)
    return packed_reel(rows, batch)
