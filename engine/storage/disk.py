"""Every step that changes what is on a disk, and what it takes until that is there for good.

Each step is one method, so that a test can let any of them fail, tear, or be the last.
"""

import errno
import fcntl
import os
from pathlib import Path


class Disk:
    """The disk as the operating system gives it; all raise OSError."""

    def create(self, path: Path, size: int = 0) -> int:
        """Create a file that is not there yet, `size` bytes of zeros long."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        if size:
            self.allocate(file, size)
        return file

    def allocate(self, file: int, size: int) -> None:
        """Give a file room for `size` bytes; where it is shorter, zeros follow."""
        os.posix_fallocate(file, 0, size)

    def open(self, path: Path) -> int:
        """Open a file for reading and writing; return its descriptor."""
        return os.open(path, os.O_RDWR)

    def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
        """Write some of `data` at an offset; return how many bytes were taken."""
        return os.pwrite(file, data, offset)

    def bypass_cache(self, file: int, bypass: bool) -> None:
        """Write what comes directly to the disk, where its file system can, or no longer so.

        Such writes must be whole pages at whole pages of the file.
        """
        flags = fcntl.fcntl(file, fcntl.F_GETFL) & ~os.O_DIRECT
        try:
            fcntl.fcntl(file, fcntl.F_SETFL, flags | os.O_DIRECT * bypass)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise

    def sync(self, file: int) -> None:
        """Have all that was written to a file on the disk, and its length."""
        os.fdatasync(file)

    def forget(self, file: int) -> None:
        """Have what was synced of a file read from the disk itself the next time."""
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)

    def truncate(self, file: int, size: int) -> None:
        """Cut a file, or lengthen it with zeros."""
        os.ftruncate(file, size)

    def close(self, file: int) -> None:
        """Close a descriptor."""
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file or folder another name; a file of that name is replaced."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def make_directory(self, path: Path) -> None:
        """Make a folder where there is none yet."""
        path.mkdir(exist_ok=True)

    def sync_directory(self, path: Path) -> None:
        """Have the names in a folder on the disk."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Nowhere(Disk):
    """A disk on which nothing is written: what counts is what would have been."""

    def create(self, path: Path, size: int = 0) -> int:
        """Give no file, but a number for it."""
        return -1

    def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
        """Take everything."""
        return len(data)

    def sync(self, file: int) -> None:
        """Have nothing to wait for."""

    def close(self, file: int) -> None:
        """Have nothing to close."""

    def sync_directory(self, path: Path) -> None:
        """Have nothing to wait for."""


DISK = Disk()


def write_all(disk: Disk, file: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of `data` at an offset, in as many pieces as the operating system takes it."""
    rest = memoryview(data).cast("B")
    while rest:
        taken = disk.write(file, rest, offset)
        rest = rest[taken:]
        offset += taken


def replace_file(path: Path, content: bytes | memoryview, disk: Disk = DISK) -> None:
    """Put `content` in place of a file as a whole, durably."""
    unfinished = path.with_name(f".{path.name}.partial")
    unfinished.unlink(missing_ok=True)
    file = disk.create(unfinished)
    try:
        write_all(disk, file, content, 0)
        disk.sync(file)
    finally:
        disk.close(file)
    disk.rename(unfinished, path)
    disk.sync_directory(path.parent)
