"""A session's requests as frames in one piece of memory, sent over and over under new numbers.

Nothing is encoded while the load runs: a stretch of frames is copied, and the client_seq of each
request in it, and the of_client_seq of each cancel, are written over.
"""

from collections.abc import Sequence

import numpy as np

from protocol.codec import encode
from protocol.messages import CancelOrder, CommandBatch, EnterOrder, Message
from protocol.records import COMMAND, ROW_BYTES
from protocol.vocabulary import CommandKind

WIDE = 1 << 16
"""From here on MessagePack takes five bytes for a number, of which the last four are its value."""

REQUEST_AT = 7
"""Where a frame has its message's client_seq: behind length, array, tag, and the first byte."""

TARGET_AT = REQUEST_AT + 4 + 3
"""Where the frame of a CancelOrder without order number and quantity has its of_client_seq."""

DIGITS = np.arange(4)


class Reel:
    """The frames of a session's requests, which are numbered from 1."""

    def __init__(
        self,
        rows: np.ndarray,
        batch: int,
        frames: Sequence[bytes],
        requests_at: np.ndarray,
        targets_at: np.ndarray,
        form: str,
    ) -> None:
        """Join the frames of COMMAND rows, `batch` of them in each but the last.

        `requests_at` says where each client_seq stands, `targets_at` where each cancel's
        of_client_seq does, and `form` how numpy spells them.
        """
        is_cancel = rows["kind"] == CommandKind.CANCEL_ORDER
        self.batch = batch
        self.requests = len(rows)
        self.frames = len(frames)
        self.memory = np.frombuffer(b"".join(frames), np.uint8)
        self.edges = edges_of(frames)
        self.requests_at = requests_at
        self.targets_at = targets_at
        self.targets = rows["of_client_seq"][is_cancel].astype(np.int64)
        self.cancels = np.cumsum([0, *is_cancel])
        self.form = form

    def end_of_turn(self, frame: int) -> int:
        """Return the frame at which the reel begins anew, the next behind this one."""
        return (frame // self.frames + 1) * self.frames

    def cut(self, first: int, last: int, before: int) -> memoryview:
        """Return the frames from `first` to before `last`, which are in the same turn of the reel.

        Their requests are numbered on from `before` and from those of all frames before the first.
        """
        turn, start = divmod(first, self.frames)
        stop = start + last - first
        begin = int(self.edges[start])
        piece = self.memory[begin : self.edges[stop]].copy()
        requests = slice(start * self.batch, min(stop * self.batch, self.requests))
        numbers = np.arange(requests.start, requests.stop) + (before + turn * self.requests + 1)
        self.write(piece, self.requests_at[requests] - begin, numbers)
        cancels = slice(self.cancels[requests.start], self.cancels[requests.stop])
        targets = self.targets[cancels] + (before + turn * self.requests)
        self.write(piece, self.targets_at[cancels] - begin, targets)
        return memoryview(piece)

    def write(self, piece: np.ndarray, at: np.ndarray, numbers: np.ndarray) -> None:
        """Write numbers into a piece, each at its place."""
        piece[at[:, None] + DIGITS] = numbers.astype(self.form).view(np.uint8).reshape(-1, 4)


def packed_reel(rows: np.ndarray, batch: int) -> Reel:
    """Return COMMAND rows as CommandBatch messages of so many each."""
    parts = (rows[start : start + batch] for start in range(0, len(rows), batch))
    frames = [encode(CommandBatch(part.tobytes())) for part in parts]
    place = np.arange(len(rows))
    frame = place // batch
    behind = np.minimum((frame + 1) * batch, len(rows)) - place
    row_at = edges_of(frames)[frame + 1] - ROW_BYTES * behind
    of_cancels = row_at[rows["kind"] == CommandKind.CANCEL_ORDER]
    fields = COMMAND.fields
    return Reel(
        rows,
        batch,
        frames,
        row_at + fields["client_seq"][1],
        of_cancels + fields["of_client_seq"][1],
        "<i4",
    )


def readable_reel(rows: np.ndarray, symbols: Sequence[str]) -> Reel:
    """Return COMMAND rows as messages of one request each; `symbols` name the instruments."""
    frames = [encode(message_of(row, symbols)) for row in rows]
    begin = edges_of(frames)[:-1]
    of_cancels = begin[rows["kind"] == CommandKind.CANCEL_ORDER]
    return Reel(rows, 1, frames, begin + REQUEST_AT, of_cancels + TARGET_AT, ">i4")


def message_of(row: np.void, symbols: Sequence[str]) -> Message:
    """Return a row as a message whose numbers are wide enough to be written over by any other."""
    if row["kind"] == CommandKind.CANCEL_ORDER:
        return CancelOrder(WIDE, 0, 0, of_client_seq=WIDE)
    return EnterOrder(
        WIDE,
        int(row["account"]),
        symbols[row["instrument"]],
        int(row["side"]),
        int(row["price"]),
        int(row["quantity"]),
        time_in_force=int(row["time_in_force"]),
    )


def edges_of(frames: Sequence[bytes]) -> np.ndarray:
    """Return where each frame begins, one behind another, and where the last one ends."""
    return np.cumsum([0, *map(len, frames)])
