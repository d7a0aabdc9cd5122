"""A long file has every byte that was put into it, on whatever disk, or says that it has not."""

import errno
import fcntl
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from engine.storage.disk import Disk
from engine.storage.long_file import BUFFER_BYTES, LongFile, write_file

SIZES = (0, 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES + 17)


def content_of(size: int) -> bytes:
    return Random(size).randbytes(size)


def put_in_pieces(path: Path, content: bytes, disk: Disk | None = None) -> tuple[int, str]:
    """Write a file in pieces as chance cuts them, from memory that is taken over each time."""
    dice = Random(1)
    rest = memoryview(content)
    with LongFile(path, disk or Disk()) as file:
        while rest:
            piece = bytearray(rest[: dice.randrange(1, BUFFER_BYTES // 2)])
            rest = rest[len(piece) :]
            file.put(memoryview(piece))
            piece[:] = bytes(len(piece))
        return file.end()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_is_in_the_file_and_in_its_digest(size, tmp_path):
    content = content_of(size)
    told = put_in_pieces(tmp_path / "file", content)
    assert told == (size, sha256(content).hexdigest())
    assert (tmp_path / "file").read_bytes() == content


def test_a_file_system_that_knows_no_direct_writes_gets_all_the_same(tmp_path, monkeypatch):
    set_flags = fcntl.fcntl

    def refuse(file: int, operation: int, flags: int = 0) -> int:
        if operation == fcntl.F_SETFL:
            raise OSError(errno.EINVAL, "Invalid argument")
        return set_flags(file, operation, flags)

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    content = content_of(SIZES[-1])
    put_in_pieces(tmp_path / "file", content)
    assert (tmp_path / "file").read_bytes() == content


@pytest.mark.parametrize("good", [0, 1, 2])
def test_a_write_that_fails_is_told_and_the_file_is_closed(good, tmp_path):
    class Filling(Disk):
        def __init__(self) -> None:
            self.writes = 0
            self.open_files: set[int] = set()

        def create(self, path: Path, size: int = 0) -> int:
            file = super().create(path, size)
            self.open_files.add(file)
            return file

        def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
            self.writes += 1
            if self.writes > good:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(file, data, offset)

        def close(self, file: int) -> None:
            super().close(file)
            self.open_files.remove(file)

    disk = Filling()
    with pytest.raises(OSError, match="No space left"):
        put_in_pieces(tmp_path / "file", content_of(SIZES[-1]), disk)
    assert not disk.open_files


def test_a_disk_that_takes_less_than_it_is_given_gets_the_rest(tmp_path):
    class Slow(Disk):
        def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
            return super().write(file, memoryview(data)[: 1 << 16], offset)

    content = content_of(SIZES[-1])
    put_in_pieces(tmp_path / "file", content, Slow())
    assert (tmp_path / "file").read_bytes() == content


def test_a_file_that_is_there_already_is_not_written_over(tmp_path):
    write_file(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"
