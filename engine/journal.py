"""The log on disk: a header, then the sealed COMMAND rows as they are (docs/protocol/records.md).

Every row carries its own sequence and checksum, so the bytes do not depend on how the commands
came in batches.  A row that cannot be written, or not made durable, stops the venue: the first
error is raised, and nothing is tried again on the same file.
"""

import os
from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.kernels import first_bad_row
from protocol.mistake import Mistake
from protocol.records import COMMAND, ROW_BYTES

MAGIC = b"CUOHEJNL"
VERSION = 1

HEADER = np.dtype(
    [("magic", "S8"), ("version", "<u4"), ("row_bytes", "<u4"), ("business_date", "<i8")]
)


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
        """Open `path` for appending, and create it with a header where it is missing."""
        self.mode = mode
        if mode is Mode.NONE:
            return
        is_new = not path.exists()
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        if is_new:
            write_all(self.file, header_bytes(business_date))
            os.fsync(self.file)
            sync_directory(path.parent)

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
    body = content[ROW_BYTES:]
    whole = len(body) // ROW_BYTES
    if whole * ROW_BYTES != len(body):
        raise JournalError(
            f"{path}: breaks off {len(body) % ROW_BYTES} bytes into row {whole + 1}, at byte "
            f"{(whole + 1) * ROW_BYTES}; restore the file, or cut it there to go on without the row"
        )
    rows = body.view(COMMAND)
    bad = first_bad_row(body.reshape(-1, ROW_BYTES), rows["checksum"])
    if bad < whole:
        raise JournalError(
            f"{path}: row {bad + 1}, at byte {(bad + 1) * ROW_BYTES}, does not "
            "have its checksum; restore the file from a backup"
        )
    gaps = np.flatnonzero(rows["sequence"] != np.arange(1, whole + 1))
    if len(gaps):
        raise JournalError(
            f"{path}: row {gaps[0] + 1} has the sequence "
            f"{rows['sequence'][gaps[0]]}; a row is missing or doubled before it"
        )
    return rows


def check_header(path: Path, content: np.ndarray) -> None:
    if len(content) < ROW_BYTES or content[: len(MAGIC)].tobytes() != MAGIC:
        raise JournalError(f"{path}: is no journal of cuohe: it does not begin with {MAGIC!r}")
    header = content[: HEADER.itemsize].view(HEADER)[0]
    if header["version"] != VERSION or header["row_bytes"] != ROW_BYTES:
        raise JournalError(
            f"{path}: has journal version {header['version']} with rows of {header['row_bytes']} "
            f"bytes; this program reads version {VERSION} with {ROW_BYTES}"
        )


def header_bytes(business_date: int) -> bytes:
    header = np.array([(MAGIC, VERSION, ROW_BYTES, business_date)], HEADER)
    return header.tobytes().ljust(ROW_BYTES, b"\0")


def write_all(file: int, data: bytes) -> None:
    """Write all of `data`, in as many pieces as the operating system takes it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
