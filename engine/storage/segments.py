"""Reading a journal: its segments, one chained to the next, and where it can go on.

Nothing is taken behind a line that is wrong though it was on the disk.  Of a write that never was
whole nobody was told, and the log ends before it (docs/protocol/journal.md).
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.kernels import first_bad_line, gather
from engine.storage.segment import JournalError, Segment
from protocol.records import COMMAND, GROUP, ROW_BYTES, VERSION

READINGS_MAX = 8
"""How often a journal is read that somebody is writing."""

NO_SEGMENT = bytes(32)
"""What stands in the first segment for the SHA-256 of the one before."""


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


class Stretch(NamedTuple):
    """A segment that is whole: its file, the sequences of its commands, and its bytes."""

    path: Path
    first: int
    last: int
    size: int


class Walk(NamedTuple):
    """What is whole of a journal, and what ends that, if it is not the end of the journal."""

    log: Log
    stretches: list[Stretch]
    error: JournalError | None


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
    found = walk(folder)
    if found.error is not None:
        raise found.error
    return found.log


def walk(folder: Path) -> Walk:
    """Return how far the journal in a folder is whole.

    What was being written during the first reading is whole at the next; what is damaged is told
    the same way twice.
    """
    found = walk_once(folder)
    for _ in range(READINGS_MAX):
        if found.error is None:
            break
        before, found = found, walk_once(folder)
        if str(found.error) == str(before.error):
            break
    return found


def walk_once(folder: Path) -> Walk:
    """Read the journal in a folder as far as it is whole."""
    stretches: list[Stretch] = []
    try:
        reader = Reader(folder)
    except JournalError as error:
        return Walk(NO_LOG, stretches, error)
    try:
        for path in reader.segments():
            first = stretches[-1].last + 1 if stretches else 1
            stretches.append(Stretch(path, first, reader.rows_read, reader.end.offset))
    except JournalError as error:
        return Walk(reader.log(), stretches, error)
    return Walk(reader.log(), stretches, None)


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
        if not is_last:
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
