"""One segment of a journal: whether each line is what was written there (docs/protocol/journal.md).

A line that is wrong though it was on the disk is told with its place.  What is wrong behind all
that was on the disk is the tail of a write that never was whole.
"""

from pathlib import Path

import numpy as np

from engine.kernels import LINE_WORDS, POLYNOMIAL, first_bad_line, proof_of, seal
from engine.storage.culprit import Culprit
from protocol.mistake import Mistake
from protocol.records import COMMAND, GROUP, GROUP_MAGIC, HEADER, MAGIC, ROW_BYTES, VERSION

BODY_BYTES = ROW_BYTES - 4


class JournalError(Mistake):
    """A journal cannot be used; the text names the file, the place and the reason."""


class Segment:
    """A file of lines, of which the first is its header."""

    def __init__(self, path: Path, content: np.ndarray) -> None:
        whole = len(content) // ROW_BYTES * ROW_BYTES
        if whole == 0:
            raise JournalError(f"{path}: has no header; restore the file from a backup")
        self.path = path
        self.content = content
        self.lines = content[:whole].view(np.uint32).reshape(-1, LINE_WORDS)
        self.groups = content[:whole].view(GROUP)
        self.commands = content[:whole].view(COMMAND)
        self.header = content[:whole].view(HEADER)[0]

    def check_header(self, checksum: int, digest: bytes) -> None:
        """Raise JournalError where this is not what follows a segment of this digest, whose last
        line has this checksum."""
        header, path = self.header, self.path
        if header["magic"] != MAGIC:
            raise JournalError(
                f"{path}: is no journal of cuohe: it does not begin with a header; remove it if it "
                "is not needed"
            )
        if header["version"] != VERSION or header["line_bytes"] != ROW_BYTES:
            raise JournalError(
                f"{path}: has journal version {header['version']} with lines of "
                f"{header['line_bytes']} bytes; this program reads version {VERSION} with "
                f"{ROW_BYTES}"
            )
        if first_bad_line(self.lines[:1], checksum) == 0:
            raise JournalError(
                f"{path}: the header {self.wrong_at(0, checksum)}; restore the file from a backup"
            )
        if header["previous"].tobytes() != digest:
            raise JournalError(
                f"{path}: follows another segment than the one before it, whose SHA-256 is not "
                "what the header says; restore both from a backup"
            )

    def check_groups(self, end: int, good: int, sequence: int) -> None:
        """Raise JournalError where a line has its checksum, but is not the group that comes next.

        A mark, and a group that breaks off, is none either; they are for the others to judge.
        """
        if end >= good:
            return
        group = self.groups[end]
        is_next = group["magic"] == GROUP_MAGIC and group["sequence"] == sequence
        breaks_off = end + 1 + group["rows"] > good
        if not (is_next and (group["rows"] == 0 or breaks_off)):
            raise JournalError(
                f"{self.path}: line {end}, at byte {end * ROW_BYTES}, is not the group that begins "
                f"with the sequence {sequence}; restore the file from a backup"
            )

    def check_ends_at(self, end: int, good: int) -> None:
        """Raise JournalError where this is not the last segment, and does not end with a group."""
        if end * ROW_BYTES != len(self.content):
            raise JournalError(
                f"{self.path}: {self.wrong_line(max(end, good))}, though another segment follows; "
                "restore the file from a backup"
            )

    def torn_after(self, end: int, good: int, sequence: int) -> int:
        """Return how many bytes there are of a write that never was whole.

        Raises JournalError where what is wrong was on the disk, by the word of a later line.
        """
        begin = end + 1 if end < good and self.groups[end]["rows"] == 0 else end
        places = np.flatnonzero(self.content[begin * ROW_BYTES :])
        if not len(places):
            return 0
        proof = proof_of(self.lines, self.groups, end, sequence)
        if proof < len(self.lines):
            raise JournalError(
                f"{self.path}: {self.wrong_line(good)}; it was on the disk, as line {proof} tells; "
                "restore the file from a backup"
            )
        return int(places[-1]) + 1

    def wrong_line(self, line: int) -> str:
        """Return what is wrong with a line that does not have its checksum, or is not whole."""
        if line >= len(self.lines):
            return f"breaks off within a group, at byte {len(self.content)}"
        return f"line {line} {self.wrong_at(line, int(self.lines[line - 1, -1]))}"

    def wrong_at(self, line: int, checksum: int) -> str:
        """Return where a line is wrong, behind one with this checksum: at its wrong byte, if it is
        only one."""
        right = self.lines[line : line + 1].copy()
        change = seal(right, checksum) ^ int(self.lines[line, -1])
        place = Culprit(POLYNOMIAL).place_in(BODY_BYTES, change)
        start = line * ROW_BYTES
        if place < ROW_BYTES:
            return f"is damaged at byte {start + place}"
        return f"does not have its checksum, from byte {start} to {start + ROW_BYTES}"
