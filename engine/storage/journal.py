"""The log on disk: a header, then the sealed COMMAND rows as they are (docs/protocol/records.md).

Every row carries its own sequence and checksum, and the header is sealed like a row, so the bytes
do not depend on how the commands came in batches.  A row that cannot be written, or not made
durable, stops the venue: the first error is raised, and nothing is tried again on the same file.
"""

import fcntl
import os
from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.kernels import first_bad_row, seal
from engine.storage.disk import DISK
from protocol.mistake import Mistake
from protocol.records import COMMAND, ROW_BYTES

MAGIC = b"CUOHEJNL"
VERSION = 1

HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u4"),
        ("row_bytes", "<u4"),
        ("business_date", "<i8"),
        ("spare", "V36"),
        ("checksum", "<u4"),
    ]
)
assert HEADER.itemsize == ROW_BYTES


class JournalError(Mistake):
    """A journal cannot be used; the text names the file, the place and the reason."""


class Mode(StrEnum):
    """When a command counts as written: on the disk, with the operating system, or at once."""

    SYNC = "sync"
    BUFFERED = "buffered"
    NONE = "none"


class Journal:
    """Appends sealed rows to a file; in mode NONE there is no file."""

    def __init__(self, path: Path, business_date: int, mode: Mode) -> None:
        """Open `path` for appending, and create it with a header where it is missing.

        Raises JournalError where the file is no journal of this day, breaks off within a row, or
        is being written by somebody else.  The rows that it holds are for `read_journal` to check.
        """
        self.mode = mode
        if mode is Mode.NONE:
            return
        is_new = not path.exists()
        if not is_new:
            check_continuable(path, business_date)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.file)
            raise JournalError(
                f"{path}: is being written by another process; stop that one first"
            ) from None
        if is_new:
            write_all(self.file, header_bytes(business_date))
            os.fsync(self.file)
            DISK.sync_directory(path.parent)

    def append(self, rows: np.ndarray) -> None:
        """Write sealed COMMAND rows; in mode SYNC they are on disk when this returns."""
        if self.mode is Mode.NONE:
            return
        write_all(self.file, rows.tobytes())
        if self.mode is Mode.SYNC:
            os.fdatasync(self.file)

    def close(self) -> None:
        """Make everything durable and close the file."""
        if self.mode is Mode.NONE:
            return
        os.fsync(self.file)
        os.close(self.file)


def read_journal(path: Path) -> np.ndarray:
    """Return the COMMAND rows of a journal, in the order of their sequence.

    Raises JournalError where the file is no journal, breaks off within a row, or holds a row
    whose checksum or sequence is wrong.
    """
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from None
    check_header(path, content)
    check_whole(path, len(content))
    rows = content.view(COMMAND)
    bad = first_bad_row(content.reshape(-1, ROW_BYTES))
    if bad < len(rows):
        raise JournalError(
            f"{path}: {f'row {bad}' if bad else 'the header'}, at byte {bad * ROW_BYTES}, does not "
            "have its checksum; restore the file from a backup"
        )
    gaps = np.flatnonzero(rows["sequence"][1:] != np.arange(1, len(rows)))
    if len(gaps):
        row = gaps[0] + 1
        raise JournalError(
            f"{path}: row {row}, at byte {row * ROW_BYTES}, has the sequence "
            f"{rows['sequence'][row]}; a row is missing or doubled before it; restore the file "
            "from a backup"
        )
    return rows[1:]


def check_continuable(path: Path, business_date: int) -> None:
    """Raise JournalError where no row of this day can be appended to the file."""
    check_header(path, np.fromfile(path, np.uint8, ROW_BYTES), business_date)
    check_whole(path, path.stat().st_size)


def check_header(path: Path, content: np.ndarray, business_date: int | None = None) -> None:
    if len(content) < ROW_BYTES or content[: len(MAGIC)].tobytes() != MAGIC:
        raise JournalError(
            f"{path}: is no journal of cuohe: it does not begin with a header; remove it if it is "
            "not needed"
        )
    header = content[:ROW_BYTES].view(HEADER)[0]
    if header["version"] != VERSION or header["row_bytes"] != ROW_BYTES:
        raise JournalError(
            f"{path}: has journal version {header['version']} with rows of {header['row_bytes']} "
            f"bytes; this program reads version {VERSION} with {ROW_BYTES}"
        )
    if business_date is not None and header["business_date"] != business_date:
        raise JournalError(
            f"{path}: is the journal of {header['business_date']}, not of {business_date}; put it "
            "back into the folder of its day"
        )


def check_whole(path: Path, size: int) -> None:
    row, torn = divmod(size, ROW_BYTES)
    if torn:
        raise JournalError(
            f"{path}: breaks off {torn} bytes into row {row}, at byte {row * ROW_BYTES}; restore "
            "the file, or cut it there to go on without the row"
        )


def header_bytes(business_date: int) -> bytes:
    header = np.zeros(1, HEADER)
    header["magic"] = MAGIC
    header["version"] = VERSION
    header["row_bytes"] = ROW_BYTES
    header["business_date"] = business_date
    seal(header.view(np.uint8).reshape(1, ROW_BYTES))
    return header.tobytes()


def write_all(file: int, data: bytes) -> None:
    """Write all of `data`, in as many pieces as the operating system takes it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
