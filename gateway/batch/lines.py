"""A file of lines of JSON that grows by one line at a time, durably; a torn last line is none."""

from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from engine.storage.disk import replace_file

Line = TypeVar("Line")


class Lines(Generic[Line]):
    """The lines of one type in the file `path`, which need not be there yet."""

    def __init__(self, path: Path, line: type[Line]) -> None:
        self.path = path
        self.decoder = msgspec.json.Decoder(line)

    def read(self) -> list[Line]:
        """Return all whole lines, in order."""
        found = []
        for line in self.kept().splitlines():
            try:
                found.append(self.decoder.decode(line))
            except msgspec.DecodeError:
                break
        return found

    def add(self, line: Line) -> None:
        """Write one more line; it is on the disk when this returns."""
        kept = self.kept()
        whole = kept[: kept.rfind(b"\n") + 1]
        replace_file(self.path, whole + msgspec.json.encode(line) + b"\n")

    def kept(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""
