"""Frames: a little-endian u32 length, then so many bytes holding one message.

`Frames` cuts a stream of bytes back into whole bodies.  It never looks ahead of a length that it
has not checked, and holds at most one frame that is not whole.
"""

from collections.abc import Iterator
from struct import Struct

from protocol.mistake import Mistake
from protocol.vocabulary import ProtocolFault

FRAME_BYTES_MAX = 1 << 20
"""Longest body of a frame."""

LENGTH = Struct("<I")


class ProtocolViolation(Mistake):
    """The peer broke the protocol: `fault` names the rule, the text says how."""

    def __init__(self, fault: ProtocolFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


def frame(body: bytes) -> bytes:
    """Return `body` behind its length."""
    assert 0 < len(body) <= FRAME_BYTES_MAX
    return LENGTH.pack(len(body)) + body


class Frames:
    """The bodies of a stream that arrives in pieces of any size."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the stream and yield each body that they complete.

        Raises ProtocolViolation at a length of zero or over FRAME_BYTES_MAX.
        """
        rest = self.rest
        rest += data
        start = 0
        try:
            while len(rest) - start >= LENGTH.size:
                (length,) = LENGTH.unpack_from(rest, start)
                check_length(length)
                stop = start + LENGTH.size + length
                if stop > len(rest):
                    break
                body = bytes(rest[start + LENGTH.size : stop])
                start = stop
                yield body
        finally:
            del rest[:start]

    def end(self) -> None:
        """Say that the stream is over; raises ProtocolViolation in the middle of a frame."""
        if self.rest:
            raise truncated(self.rest)


def truncated(rest: bytes | bytearray) -> ProtocolViolation:
    """Return what is wrong with a stream that ends behind a part of a frame."""
    return ProtocolViolation(
        ProtocolFault.FRAME_TRUNCATED,
        f"the stream ended {len(rest)} bytes into a frame; send whole frames",
    )


def check_length(length: int) -> None:
    if length == 0:
        raise ProtocolViolation(
            ProtocolFault.FRAME_EMPTY, "a frame of length 0 holds no message; send Heartbeat"
        )
    if length > FRAME_BYTES_MAX:
        raise ProtocolViolation(
            ProtocolFault.FRAME_TOO_LONG,
            f"a frame of {length} bytes; at most {FRAME_BYTES_MAX} are allowed",
        )
