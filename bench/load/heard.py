"""What sessions were told and nobody has looked at yet."""

from typing import NamedTuple

PARTS_MAX = 64
BYTES_MAX = 1 << 18
"""More than this takes so long to check that frames would be sent late."""


class Part(NamedTuple):
    """Packed REPORT rows that a session was sent together, and when."""

    session: int
    at: int
    rows: bytes


class Heard:
    """Parts in the order of their arrival, all sessions together."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.bytes = 0

    def add(self, session: int, at: int, rows: bytes) -> None:
        """Keep what a session was sent at a time."""
        self.parts.append(Part(session, at, rows))
        self.bytes += len(rows)

    @property
    def is_much(self) -> bool:
        """Whether it should be looked at soon."""
        return len(self.parts) > PARTS_MAX or self.bytes > BYTES_MAX

    def take(self) -> list[Part]:
        """Return all that is there, and keep it no longer."""
        parts, self.parts, self.bytes = self.parts, [], 0
        return parts
