"""A file that is hashed as it is read, so that what was read is what was hashed."""

from errno import EINVAL
from hashlib import sha256
from pathlib import Path
from typing import Self

CHUNK_BYTES = 1 << 20


class HashedFile:
    """A file open for reading, each byte of which is hashed when it is read in its turn.

    Who reads ahead comes back.  Raises OSError, also for what is no file: a pipe would be waited
    for.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_file():
            raise OSError(EINVAL, "it is no file, but a folder, a pipe or a device")
        self.file = path.open("rb")
        self.sha256 = sha256()
        self.hashed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        is_next = self.file.tell() == self.hashed
        data = self.file.read(size)
        if is_next:
            self.sha256.update(data)
            self.hashed += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place, and return it."""
        return self.file.seek(offset, whence)

    def digest(self) -> str:
        """Return the SHA-256 of the whole file, the rest of which is read for it."""
        self.seek(self.hashed)
        while self.read(CHUNK_BYTES):
            pass
        return self.sha256.hexdigest()
