"""What a faulty sender or a forger does to clearing files, and how they sign it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from protocol.files import manifest
from protocol.files.manifest import Manifest


def edit(path: Path, change: Callable[[bytearray], bytes | None]) -> None:
    body = bytearray(path.read_bytes())
    path.write_bytes(change(body) or body)


def replaced(old: bytes, new: bytes, nth: int = 0) -> Callable[[bytearray], bytes]:
    """Return a change that puts `new` in place of the nth `old`."""

    def change(body: bytearray) -> bytes:
        parts = bytes(body).split(old)
        assert len(parts) > nth + 1, f"{old!r} is not there"
        return old.join(parts[: nth + 1]) + new + old.join(parts[nth + 1 :])

    return change


def recounted(record: slice, copies: int) -> Callable[[bytearray], bytes]:
    """Return a change that keeps `copies` of a record, and the header's count right."""

    def change(body: bytearray) -> bytes:
        start, width = (int.from_bytes(body[place : place + 2], "little") for place in (8, 10))
        first, last = start + record.start * width, start + record.stop * width
        changed = body[:first] + body[first:last] * copies + body[last:]
        count = (len(changed) - start - 1) // width
        changed[4:8] = count.to_bytes(4, "little")
        return bytes(changed)

    return change


def seal(directory: Path) -> None:
    """Let the manifest agree with the files' bytes, as a forger or a faulty sender would."""
    written = manifest.read(directory)
    entries = []
    for entry in written.files:
        body = (directory / entry.name).read_bytes()
        entries.append(
            msgspec.structs.replace(entry, bytes=len(body), sha256=sha256(body).hexdigest())
        )
    sealed = msgspec.structs.replace(written, files=entries)
    sign(directory, sealed)


def sign(directory: Path, sealed: Manifest) -> None:
    (directory / manifest.NAME).write_bytes(manifest.encode(sealed))
    (directory / manifest.FLAG).write_bytes(manifest.flag_of(sealed))


def flag(directory: Path) -> None:
    """Let the flag agree with the manifest, whatever that holds."""
    digest = sha256((directory / manifest.NAME).read_bytes()).hexdigest()
    (directory / manifest.FLAG).write_text(digest + "\n")
