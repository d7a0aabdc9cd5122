"""Where bytes from all connections arrive, one connection at a time, and become rows.

The buffer is shared: a connection's read is taken apart before the next one begins, and what is not
a whole frame yet is kept by its session.
"""

from collections.abc import Sequence

import numpy as np

from engine.kernels import read_frames
from gateway.intake import Intake
from protocol.framing import FRAME_BYTES_MAX, LENGTH, check_length
from protocol.plain import inbound_spelling
from protocol.records import COMMAND, ROW_BYTES
from protocol.spelling import symbols_by_spelling

CHUNK_BYTES = 1 << 18
"""What is read of a connection at a time."""

FULL_CHUNK_BYTES = 1 << 12
"""Likewise, where so much waits already that the connection will be held back behind it."""

FRAME_BYTES_MIN = 8
"""No plain message takes less."""


class Inlet:
    """Cuts what has arrived of a session into rows and bodies of frames."""

    def __init__(self, symbols: Sequence[str], intake: Intake) -> None:
        self.intake = intake
        self.spelling = inbound_spelling()
        self.letters, self.numbers = symbols_by_spelling(symbols)
        self.buffer = bytearray(LENGTH.size + FRAME_BYTES_MAX + CHUNK_BYTES)
        self.data = np.frombuffer(self.buffer, np.uint8)
        self.windows = windows_of(self.buffer)
        self.view = memoryview(self.buffer)
        self.at = 0
        self.stop = 0

    def room_behind(self, rest: bytes | bytearray) -> memoryview:
        """Return where the next bytes of a session may be put, behind the rest of its last."""
        self.buffer[: len(rest)] = rest
        size = FULL_CHUNK_BYTES if self.intake.is_full else CHUNK_BYTES
        return self.view[len(rest) : len(rest) + size]

    def begin(self, stop: int) -> None:
        """Begin with the bytes of a session, which end at `stop`."""
        self.at, self.stop = 0, stop

    def read_plain(self, session: int) -> None:
        """Put the rows of all plain messages into the intake, up to what is something else."""
        self.intake.make_room((self.stop - self.at) // FRAME_BYTES_MIN + 1)
        mark = self.intake.mark
        mark[0] = self.intake.waiting
        self.at = read_frames(
            self.spelling.forms,
            self.spelling.fields,
            self.letters,
            self.numbers,
            self.data,
            self.windows,
            self.at,
            self.stop,
            session,
            self.intake.arena,
            self.intake.lines,
            mark,
        )
        self.intake.waiting = int(mark[0])

    def next_body(self, bytes_max: int) -> bytes | None:
        """Return the body of the next whole frame, if there is one.

        Raises ProtocolViolation where it is empty, or longer than `bytes_max`.
        """
        if self.stop - self.at < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self.buffer, self.at)
        check_length(length, bytes_max)
        start = self.at + LENGTH.size
        if start + length > self.stop:
            return None
        self.at = start + length
        return bytes(self.view[start : self.at])

    def rest(self) -> bytearray:
        """Return what is not a whole frame yet."""
        return self.buffer[self.at : self.stop]

    def lacks(self) -> int:
        """Return how many bytes the frame still lacks whose rest that is; 0 where nobody knows.

        So a long frame that comes byte by byte is put together once, and not at every byte.
        """
        if self.stop - self.at < LENGTH.size:
            return 0
        (length,) = LENGTH.unpack_from(self.buffer, self.at)
        return int(self.at + LENGTH.size + length - self.stop)


def windows_of(buffer: bytearray) -> np.ndarray:
    """Return the COMMAND rows that begin at each byte of a buffer, so that they overlap."""
    return np.ndarray(len(buffer) - ROW_BYTES + 1, COMMAND, buffer, strides=1)
