"""Writing the journal: the log of commands on disk, the truth of a day (docs/protocol/journal.md).

The commands of one append are one group, written and made durable at once.  The first write or
sync that fails ends it: what the disk holds is unknown then, so nothing is tried again on the same
file, and nothing more is taken.
"""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.kernels import LINE_WORDS, extended, give_word, seal
from engine.storage.disk import DISK, Disk, write_all
from engine.storage.lock import is_being_written, lock
from engine.storage.segment import JournalError
from engine.storage.segment_digest import SegmentDigest
from engine.storage.segments import NO_LOG, NO_SEGMENT, check_version, read_log, segment_path
from protocol.records import GROUP, GROUP_MAGIC, HEADER, MAGIC, ROW_BYTES, VERSION

SEGMENT_BYTES = 64 << 20
GROUP_ROWS_MAX = 65_536

NOT_KNOWN = -1
UNSEALED = 0
SPARE = b""
NO_FILE = -1


class Mode(StrEnum):
    """When a command counts as written: on the disk, with the operating system, or at once."""

    SYNC = "sync"
    BUFFERED = "buffered"
    NONE = "none"


class Told(NamedTuple):
    """How many reports a day has made, and the CRC-32C of all their bytes."""

    reports: int = 0
    digest: int = 0

    def with_(self, reports: np.ndarray) -> "Told":
        """Return this with further REPORT rows."""
        lines = reports.view(np.uint32).reshape(-1, LINE_WORDS)
        return Told(self.reports + len(reports), extended(self.digest, lines))


class Behind(NamedTuple):
    """What a snapshot stands on: the checksum of the last command, and what was told by then."""

    business_date: int
    chain: int
    told: Told


class Journal:
    """Appends commands to the segments of a folder; in mode NONE there are no files."""

    def __init__(
        self,
        folder: Path,
        business_date: int,
        mode: Mode,
        disk: Disk = DISK,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """Read the journal in the folder, if there is one; nothing is written before `begin`.

        Raises JournalError where the folder holds none of this day, a damaged one, or one that is
        being written by somebody else.
        """
        self.folder = folder
        self.business_date = business_date
        self.mode = mode
        self.disk = disk
        self.segment_bytes = segment_bytes
        self.told: Told | None = None
        self.failed = ""
        self.digest: SegmentDigest | None = None
        self.file = NO_FILE
        self.lock = NO_FILE
        self.log = NO_LOG
        if mode is not Mode.NONE and folder.is_dir():
            self.read()
        elif mode is not Mode.NONE:
            check_version(folder)

    def read(self) -> None:
        """Take the folder for this process alone, and read what it holds."""
        self.lock = lock(self.folder, JournalError(is_being_written(self.folder)))
        try:
            self.log = read_log(self.folder)
            self.check_date()
        except BaseException:
            self.let_go()
            raise

    def let_go(self) -> None:
        """Let another process have the folder."""
        if self.lock != NO_FILE:
            os.close(self.lock)
            self.lock = NO_FILE

    def check_date(self) -> None:
        if self.log.end.segment and self.log.business_date != self.business_date:
            raise JournalError(
                f"{self.folder}: is the journal of {self.log.business_date}, not of "
                f"{self.business_date}; put it back into the folder of its day"
            )

    def begin(self) -> None:
        """Begin to write, behind all that is whole; must come before the first `append`.

        Raises OSError where the disk refuses, and JournalError where another process has begun the
        journal since it was looked for.
        """
        if self.mode is Mode.NONE:
            return
        try:
            self.go_on()
        except OSError as error:
            self.failed = str(error)
            error.filename = error.filename or str(self.folder)
            raise

    def go_on(self) -> None:
        """Go on where the log ends, or make the first segment."""
        if self.lock == NO_FILE:
            self.disk.make_directory(self.folder)
            self.read()
            if self.log.end.segment:
                raise JournalError(
                    f"{self.folder}: was begun by another process meanwhile; start again"
                )
        self.disk.sync_directory(self.folder.parent)
        self.segment, self.offset, self.checksum = self.log.end
        self.sequence = len(self.log.commands) + 1
        self.chain = int(self.log.commands["checksum"][-1]) if len(self.log.commands) else 0
        self.durable = self.sequence - 1
        self.lines = np.zeros((1 + GROUP_ROWS_MAX, LINE_WORDS), np.uint32)
        self.group = np.zeros(1, GROUP)
        for unfinished in self.folder.glob(".*.partial"):
            self.disk.remove(unfinished)
        headless = segment_path(self.folder, self.segment + 1)
        if headless.exists():
            self.disk.remove(headless)
        if self.segment:
            self.disk.sync_directory(self.folder)
            self.open_segment()
        else:
            self.begin_segment(NO_SEGMENT)

    def open_segment(self) -> None:
        """Write behind the last whole group of a segment, with nothing but zeros behind that."""
        self.file = self.disk.open(segment_path(self.folder, self.segment))
        self.digest = SegmentDigest(self.file)
        self.disk.truncate(self.file, self.offset)
        self.disk.allocate(self.file, max(self.segment_bytes, self.offset))
        self.disk.sync(self.file)
        self.mark(None)
        self.disk.sync(self.file)

    def begin_segment(self, previous: bytes) -> None:
        """Begin the next segment, behind one with this SHA-256; it is named once it is whole."""
        self.segment += 1
        path = segment_path(self.folder, self.segment)
        unfinished = path.with_name(f".{path.name}.partial")
        self.file = self.disk.create(unfinished, self.segment_bytes)
        self.digest = SegmentDigest(self.file)
        header = np.zeros(1, HEADER)
        header["magic"] = MAGIC
        header["version"] = VERSION
        header["line_bytes"] = ROW_BYTES
        header["business_date"] = self.business_date
        header["segment"] = self.segment
        header["sequence"] = self.sequence
        header["previous"] = previous
        self.checksum = self.write(header.view(np.uint32).reshape(1, LINE_WORDS), 0)
        self.offset = ROW_BYTES
        self.disk.sync(self.file)
        self.disk.rename(unfinished, path)
        self.disk.sync_directory(self.folder)

    def roll(self) -> None:
        """End the segment, durably, and begin the next one."""
        digest = self.digest.of(self.offset)
        self.disk.truncate(self.file, self.offset)
        self.sync()
        ended, self.file = self.file, NO_FILE
        try:
            self.begin_segment(digest)
        finally:
            self.disk.close(ended)

    def append(self, rows: np.ndarray, reports: Iterable[np.ndarray] = ()) -> None:
        """Write stamped COMMAND rows; in mode SYNC they are on disk when this returns.

        `reports` are the REPORT rows made since the last time.  Raises OSError where they cannot be
        written, and JournalError ever after.
        """
        if self.mode is Mode.NONE:
            return
        if self.failed:
            raise JournalError(f"{self.folder}: is given up: {self.failed}; start the venue again")
        try:
            self.tell(reports)
            for start in range(0, len(rows), GROUP_ROWS_MAX):
                told = self.told if start == 0 else None
                self.write_group(rows[start : start + GROUP_ROWS_MAX], told)
        except OSError as error:
            self.failed = str(error)
            raise

    def tell(self, reports: Iterable[np.ndarray]) -> None:
        """Take notice of REPORT rows that commands in the journal have made.

        Until `told` is set to what was told before, groups do not say what was.
        """
        if self.mode is not Mode.NONE and self.told is not None:
            for rows in reports:
                self.told = self.told.with_(rows)

    def write_group(self, rows: np.ndarray, told: Told | None) -> None:
        """Write a group, with what the commands before it have told, if that is known."""
        lines = self.lines[: 1 + len(rows)]
        if self.offset + lines.nbytes > self.segment_bytes and self.offset > ROW_BYTES:
            self.roll()
        lines[0] = self.group_line(len(rows), told)
        lines[1:] = rows.view(np.uint32).reshape(-1, LINE_WORDS)
        self.chain = self.checksum = self.write(lines, self.offset)
        self.offset += lines.nbytes
        self.sequence += len(rows)
        if self.mode is Mode.SYNC:
            self.sync()
            self.mark(None)
        self.digest.follow(self.offset)

    def mark(self, told: Told | None) -> None:
        """Say behind the last group what is on the disk; the next group takes the place of this."""
        self.write(self.group_line(0, told), self.offset)

    def group_line(self, rows: int, told: Told | None) -> np.ndarray:
        """Return the line (1, 16, u4) in front of so many rows, in a room that the next takes."""
        reports, digest = told or (NOT_KNOWN, 0)
        counts = self.sequence, self.durable, reports, digest, rows
        self.group[0] = (*counts, UNSEALED, GROUP_MAGIC, SPARE, UNSEALED)
        line = self.group.view(np.uint32).reshape(1, LINE_WORDS)
        give_word(line[0])
        return line

    def write(self, lines: np.ndarray, offset: int) -> int:
        """Seal lines behind the last one and write them; return the checksum of the last."""
        checksum = seal(lines, self.checksum)
        write_all(self.disk, self.file, lines.data, offset)
        return checksum

    def behind(self) -> Behind:
        """Return what a snapshot stands on that is taken now."""
        assert self.told is not None, "nobody has told what was told"
        return Behind(self.business_date, self.chain, self.told)

    def sync(self) -> None:
        """Have all that was appended on the disk."""
        sequence = self.sequence - 1
        self.disk.sync(self.file)
        self.durable = sequence

    def close(self) -> None:
        """Make everything durable, with a mark at the end, and let go of the folder."""
        try:
            if self.file != NO_FILE and not self.failed:
                self.disk.truncate(self.file, self.offset)
                self.sync()
                self.mark(self.told)
                self.disk.sync(self.file)
        finally:
            if self.digest is not None:
                self.digest.close()
            if self.file != NO_FILE:
                self.disk.close(self.file)
            self.file = NO_FILE
            self.let_go()
