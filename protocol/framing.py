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

LOGIN_BYTES_MAX = 4_096
"""Longest body of a frame before a login is accepted: nobody knows yet whose memory it takes."""

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
    """The bodies of a stream that arrives in pieces of any size; none has more than `bytes_max`."""

    def __init__(self, bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the stream and yield each body that they complete.

        Raises ProtocolViolation at a length of zero or over `bytes_max`.
        """
        rest = self.rest
        rest += data
        start = 0
        try:
            while len(rest) - start >= LENGTH.size:
                (length,) = LENGTH.unpack_from(rest, start)
                check_length(length, self.bytes_max)
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


def check_length(length: int, bytes_max: int) -> None:
    """Raise ProtocolViolation where the body of a frame may not have this length."""
    if length == 0:
        raise ProtocolViolation(
            ProtocolFault.FRAME_EMPTY, "a frame of length 0 holds no message; send Heartbeat"
        )
    if length > bytes_max:
        where = " before a login" if bytes_max == LOGIN_BYTES_MAX else ""
        raise ProtocolViolation(
            ProtocolFault.FRAME_TOO_LONG,
            f"a frame of {length} bytes; at most {bytes_max} are allowed{where}",
        )
