"""Reading a journal: its segments, one chained to the next, and where it can go on.

A line that is wrong though it was on the disk is told with its place, and nothing behind it is
taken.  What is wrong behind all that was on the disk is the tail of a write that never was whole:
nobody was told of it, and the log ends before it (docs/protocol/records.md).
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.kernels import LINE_WORDS, POLYNOMIAL, first_bad_line, gather, proof_of, seal
from engine.storage.culprit import Culprit
from protocol.mistake import Mistake
from protocol.records import COMMAND, GROUP, GROUP_MAGIC, HEADER, MAGIC, ROW_BYTES, VERSION

NO_SEGMENT = bytes(32)
"""What stands in the first segment for the SHA-256 of the one before."""

BODY_BYTES = ROW_BYTES - 4


class JournalError(Mistake):
    """A journal cannot be used; the text names the file, the place and the reason."""


class End(NamedTuple):
    """Where a log goes on: segment, offset in it, and the checksum of the line before."""

    segment: int
    offset: int
    checksum: int


class Log(NamedTuple):
    """What a journal holds: COMMAND rows, and the GROUP rows that they came in.

    `torn` is how many bytes there are of a last write that never was whole.
    """

    business_date: int
    commands: np.ndarray
    groups: np.ndarray
    end: End
    torn: int


NO_LOG = Log(0, np.zeros(0, COMMAND), np.zeros(0, GROUP), End(0, 0, 0), 0)


def segment_path(folder: Path, number: int) -> Path:
    """Return the file of a segment; they are numbered from 1."""
    return folder / f"{number:08}.log"


def segment_paths(folder: Path) -> list[Path]:
    """Return the files of all segments, in order; raises JournalError where one is missing."""
    paths = sorted(folder.glob("[0-9]*.log"))
    for number, path in enumerate(paths, 1):
        if path != segment_path(folder, number):
            raise JournalError(
                f"{segment_path(folder, number)}: is missing, though {path.name} is there; "
                "restore it from a backup"
            )
    return paths


def read_journal(folder: Path) -> np.ndarray:
    """Return the COMMAND rows of a journal; raises JournalError."""
    return read_log(folder).commands


def read_log(folder: Path) -> Log:
    """Return what a journal holds; raises JournalError where it is none, or is damaged."""
    reader = Reader(folder)
    for _ in reader.segments():
        pass
    return reader.log()


def check_version(folder: Path) -> None:
    """Raise JournalError where the journal of an older release lies beside."""
    older = folder.with_suffix(".bin")
    if older.exists():
        raise JournalError(
            f"{older}: is a journal of version 1; this program reads version {VERSION}: close that "
            "day with the release that began it, or move the file away"
        )


class Reader:
    """Goes through the segments of a journal, one after the other.

    Somebody may be writing it: of each segment no more is read than it had at the beginning.
    """

    def __init__(self, folder: Path) -> None:
        """Find the segments; raises JournalError where there is no journal, or one is missing."""
        check_version(folder)
        if not folder.is_dir():
            raise JournalError(f"{folder}: cannot be read: No such file or directory")
        self.sizes = {path: path.stat().st_size for path in segment_paths(folder)}
        lines_max = sum(self.sizes.values()) // ROW_BYTES
        self.room = np.empty(max(self.sizes.values(), default=0), np.uint8)
        self.commands = np.empty(lines_max, COMMAND)
        self.groups = np.empty(lines_max, GROUP)
        self.rows_read = 0
        self.groups_read = 0
        self.business_date = 0
        self.end = End(0, 0, 0)
        self.digest = NO_SEGMENT
        self.torn = 0

    @property
    def sequence(self) -> int:
        """The sequence of the command that comes next."""
        return self.rows_read + 1

    def segments(self) -> Iterator[Path]:
        """Read segment after segment, and yield the file of each; raises JournalError.

        What was whole before an error has been read.
        """
        paths = list(self.sizes)
        if paths and self.sizes[paths[-1]] < ROW_BYTES:
            self.torn = self.sizes[paths.pop()]
        for path in paths:
            self.read(path, is_last=path == paths[-1])
            yield path

    def log(self) -> Log:
        """Return what has been read."""
        commands, groups = self.commands[: self.rows_read], self.groups[: self.groups_read]
        return Log(self.business_date, commands, groups, self.end, self.torn)

    def read(self, path: Path, is_last: bool) -> None:
        """Read the next segment; only the end of the last one may be torn."""
        content = self.content_of(path)
        segment = Segment(path, content)
        segment.check_header(self.end.checksum, self.digest)
        end, good = self.take(segment)
        segment.check_groups(end, good, self.sequence)
        if is_last:
            self.torn += segment.torn_after(end, good, self.sequence)
        else:
            segment.check_ends_at(end, good)
        self.business_date = int(segment.header["business_date"])
        checksum = int(segment.lines[end - 1, -1])
        self.end = End(self.end.segment + 1, end * ROW_BYTES, checksum)
        self.digest = sha256(content.data).digest()

    def content_of(self, path: Path) -> np.ndarray:
        """Return the bytes of a file, in a room that the next file takes."""
        try:
            with path.open("rb") as file:
                return self.room[: file.readinto(self.room[: self.sizes[path]].data)]
        except OSError as error:
            raise JournalError(f"{path}: cannot be read: {error.strerror}") from None

    def take(self, segment: "Segment") -> tuple[int, int]:
        """Take the groups of a segment.

        Return the line at which they end, and the first line that does not have its checksum.
        """
        good = first_bad_line(segment.lines, self.end.checksum)
        found, rows = self.groups[self.groups_read :], self.commands[self.rows_read :]
        end, groups_found, rows_found = gather(
            segment.groups, segment.commands, good, self.sequence, found, rows
        )
        self.groups_read += groups_found
        self.rows_read += rows_found
        return end, good


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
