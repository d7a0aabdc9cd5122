"""The tail of a journal that somebody writes: the commands that come, as they come.

Each line is held to the chain of checksums, as `Reader` does it; the chain goes on from a segment
to the header of the next.  What has not its checksum yet is being written, and is read again.
"""

import os
from pathlib import Path

import numpy as np

from engine.kernels import LINE_WORDS, first_bad_line, gather
from engine.storage.segment import JournalError
from engine.storage.segments import End, Log, segment_path
from protocol.records import COMMAND, GROUP, HEADER, MAGIC, ROW_BYTES, VERSION

PIECE_LINES = 1_024
PIECE_LINES_MAX = 1 << 17
"""Lines read at once: a few, unless a group is longer; the longest has half as many as the most."""

NOTHING = np.zeros(0, COMMAND)
NO_FILE = -1


class Tail:
    """Reads on behind a log, of which the first `ready` commands need no more waiting.

    With `only_durable` a command comes when the journal says that it is on the disk, so that no
    power cut can take back what has come.
    """

    def __init__(self, folder: Path, log: Log, only_durable: bool) -> None:
        self.folder = folder
        self.end = log.end
        self.only_durable = only_durable
        self.sequence = len(log.commands) + 1
        self.durable = int(log.groups["durable"].max(initial=0))
        self.ready = min(len(log.commands), self.durable) if only_durable else len(log.commands)
        self.held = [log.commands[self.ready :]] if self.ready < len(log.commands) else []
        self.file = NO_FILE
        self.is_header_checked = log.end.segment > 0
        if log.end.segment == 0:
            self.end = End(1, ROW_BYTES, 0)

    @property
    def path(self) -> Path:
        """The segment that is being read."""
        return segment_path(self.folder, self.end.segment)

    def read(self) -> np.ndarray:
        """Return the COMMAND rows that have come; none where nothing has.

        Raises JournalError where the journal is not what was read before, or damaged.
        """
        has_next = segment_path(self.folder, self.end.segment + 1).exists()
        rows = self.read_segment()
        if not len(rows) and has_next:
            self.turn_page()
            rows = self.read_segment()
        if len(rows):
            self.held.append(rows)
        return self.released()

    def released(self) -> np.ndarray:
        """Return what is held back no longer."""
        if not self.held or (self.only_durable and self.durable < self.held[0]["sequence"][0]):
            return NOTHING
        rows = self.held.pop(0)
        if self.only_durable and self.durable < rows["sequence"][-1]:
            count = int(self.durable - rows["sequence"][0]) + 1
            self.held.insert(0, rows[count:])
            return rows[:count]
        return rows

    def read_segment(self) -> np.ndarray:
        """Return the rows of the whole groups that have come in this segment."""
        if not self.check_header():
            return NOTHING
        lines = PIECE_LINES
        while True:
            content = self.content(lines)
            good = self.good_lines(content)
            found, rows, end = self.gathered(content, good)
            self.durable = max(self.durable, int(found["durable"].max(initial=0)))
            if len(rows):
                self.go_on(content, end, len(rows))
                return rows
            if good < len(content) // ROW_BYTES or lines == PIECE_LINES_MAX:
                return NOTHING
            lines = PIECE_LINES_MAX

    def bytes_at(self, offset: int, count: int) -> np.ndarray:
        """Return so many bytes of the segment, or as many as there are; none where it is missing.

        Raises JournalError where it cannot be read.
        """
        try:
            if self.file == NO_FILE:
                self.file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            content = os.pread(self.file, count, offset)
        except FileNotFoundError:
            content = b""
        except OSError as error:
            raise JournalError(f"{self.path}: cannot be read: {error.strerror}") from None
        whole = len(content) // ROW_BYTES * ROW_BYTES
        return np.frombuffer(bytearray(content[:whole]), np.uint8)

    def check_header(self) -> bool:
        """Return whether the segment has its header; raises JournalError where it is another's."""
        if self.is_header_checked:
            return True
        content = self.bytes_at(0, ROW_BYTES)
        if not len(content):
            return False
        header = content.view(HEADER)[0]
        if header["magic"] != MAGIC or header["version"] != VERSION:
            raise JournalError(
                f"{self.path}: is no journal of version {VERSION}; follow it with the release that "
                "writes it"
            )
        if first_bad_line(lines_of(content), self.end.checksum) == 0:
            raise JournalError(f"{self.path}: does not follow the segment before; start again")
        self.is_header_checked = True
        self.end = self.end._replace(checksum=int(header["checksum"]))
        return True

    def content(self, lines: int) -> np.ndarray:
        """Return the line before the tail, and at most so many of it, as bytes."""
        content = self.bytes_at(self.end.offset - ROW_BYTES, (1 + lines) * ROW_BYTES)
        if not len(content) or lines_of(content)[0, -1] != self.end.checksum:
            raise JournalError(
                f"{self.path}: is not what it was up to byte {self.end.offset}; start again"
            )
        return content

    def good_lines(self, content: np.ndarray) -> int:
        """Return how many lines, with the one before the tail, have their checksums."""
        return 1 + first_bad_line(lines_of(content)[1:], self.end.checksum)

    def gathered(self, content: np.ndarray, good: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Return the GROUP rows and the COMMAND rows of whole groups, and the line behind them."""
        groups, commands = content.view(GROUP), content.view(COMMAND)
        found, rows = np.empty(good, GROUP), np.empty(good, COMMAND)
        end, groups_found, count = gather(groups, commands, good, self.sequence, found, rows)
        return found[:groups_found], rows[:count], end

    def go_on(self, content: np.ndarray, end: int, count: int) -> None:
        """Begin the tail behind the groups that were found."""
        checksum = int(lines_of(content)[end - 1, -1])
        offset = self.end.offset + (end - 1) * ROW_BYTES
        self.end = End(self.end.segment, offset, checksum)
        self.sequence += count

    def turn_page(self) -> None:
        """Go on with the next segment, which was there when this one was read to its end."""
        self.close()
        self.end = End(self.end.segment + 1, ROW_BYTES, self.end.checksum)
        self.is_header_checked = False

    def close(self) -> None:
        """Let go of the file."""
        if self.file != NO_FILE:
            os.close(self.file)
        self.file = NO_FILE


def lines_of(content: np.ndarray) -> np.ndarray:
    """Return bytes as lines (n, 16, u4)."""
    return content.view(np.uint32).reshape(-1, LINE_WORDS)
