"""Sends every frame when it is due, whatever comes back, and says when the next one is."""

from collections.abc import Callable, Sequence

import numpy as np

from bench.load.ledger import Ledger
from bench.load.sender import Sender

NEVER = np.iinfo(np.int64).max

WRITE_BYTES_MAX = 1 << 18
"""What one session sends at once; then it is the others' turn."""

HOLDING = 5_000_000
"""Nanoseconds until a session is looked at again whose frames the venue does not read."""


class Pacer:
    """Holds senders to their times; `clock` tells nanoseconds after the start."""

    def __init__(self, senders: Sequence[Sender], ledger: Ledger, clock: Callable[[], int]) -> None:
        self.senders = senders
        self.ledger = ledger
        self.clock = clock
        edges = ledger.first_frame
        self.due = [ledger.due[edges[n] : edges[n + 1]] for n in range(len(senders))]
        self.sent = [0] * len(senders)
        self.next = np.array([due[0] if len(due) else NEVER for due in self.due])
        self.is_held_up = False
        self.most = [most_frames(sender) for sender in senders]

    @property
    def next_at(self) -> int:
        """When there may be something to send again; NEVER behind the last frame."""
        return int(self.next.min())

    def send_due(self) -> None:
        """Send what is due by now, of each session no more than one piece.

        It is held up where something is due, but the venue does not read what was sent before.
        """
        self.is_held_up = False
        now = self.clock()
        for place in np.flatnonzero(self.next <= now).tolist():
            sender = self.senders[place]
            if sender.ending is not None:
                self.next[place] = NEVER
            elif sender.is_paused:
                self.is_held_up = True
                self.next[place] = now + HOLDING
            else:
                self.send(place)

    def send(self, place: int) -> None:
        due, first = self.due[place], self.sent[place]
        now = self.clock()
        last = min(int(np.searchsorted(due, now, side="right")), first + self.most[place])
        self.senders[place].send(first, last)
        self.ledger.send(place, slice(first, last), now)
        self.sent[place] = last
        self.next[place] = due[last] if last < len(due) else NEVER

    def stop(self) -> None:
        """Send no more."""
        self.next[:] = NEVER


def most_frames(sender: Sender) -> int:
    """Return how many frames of a sender make a piece, one at least."""
    reel = sender.reel
    assert reel is not None
    return max(1, WRITE_BYTES_MAX * reel.frames // max(1, len(reel.memory)))
