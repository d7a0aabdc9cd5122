"""A long file, written from its beginning to its end past the operating system's cache.

What is written once, for others, gains nothing from that cache: filling it takes the processor's
time, and once it is full everybody waits for the disk.  So each full buffer goes to the disk
directly, while the next one is being filled, and only the rest through the cache.
"""

import mmap
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Self

from engine.storage.disk import DISK, Disk, write_all

BUFFER_BYTES = 1 << 22
"""Whole pages, and so many that the disk is kept busy."""


class LongFile:
    """A file that is being written; all raise OSError.  It must be closed in any case."""

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self.disk = disk
        self.digest = sha256()
        self.size = 0
        self.filled = 0
        self.filling, self.full = (memoryview(mmap.mmap(-1, BUFFER_BYTES)) for _ in range(2))
        self.writer = ThreadPoolExecutor(1)
        self.pending: Future[None] | None = None
        self.file = disk.create(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.shutdown()
        self.disk.close(self.file)

    def put(self, data: bytes | memoryview) -> None:
        """Take a copy of the next bytes."""
        self.digest.update(data)
        rest = memoryview(data)
        while rest:
            taken = min(len(rest), BUFFER_BYTES - self.filled)
            self.filling[self.filled : self.filled + taken] = rest[:taken]
            self.filled += taken
            rest = rest[taken:]
            if self.filled == BUFFER_BYTES:
                self.hand_over()

    def hand_over(self) -> None:
        """Have the full buffer written, as soon as the one before is."""
        if self.pending is None:
            self.disk.bypass_cache(self.file, True)
        self.wait()
        self.filling, self.full = self.full, self.filling
        self.pending = self.writer.submit(write_all, self.disk, self.file, self.full, self.size)
        self.size += self.filled
        self.filled = 0

    def wait(self) -> None:
        if self.pending:
            self.pending.result()

    def end(self) -> tuple[int, str]:
        """Have all of it on the disk; return its size and SHA-256."""
        self.wait()
        if self.pending:
            self.disk.bypass_cache(self.file, False)
        write_all(self.disk, self.file, self.filling[: self.filled], self.size)
        self.size += self.filled
        self.disk.sync(self.file)
        return self.size, self.digest.hexdigest()


def write_file(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Write a whole file, durably."""
    with LongFile(path, disk) as file:
        file.put(data)
        file.end()
