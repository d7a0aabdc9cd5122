"""The manifest of a day's clearing files: what was written, so that a reader can tell it is whole.

It is written behind the files, and its flag, which holds its SHA-256, last of all: where the flag
lies, all lies beside it.  It depends on the files and on what they were made of, not on a clock or
a machine, so the same day makes the same bytes.
"""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from protocol.files.fault import FileFault
from protocol.files.hashed import HashedFile

NAME = "manifest.json"
FLAG = "manifest.ok"
BYTES_MAX = 1 << 20

Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Totals = dict[str, int | str]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file: its bytes, and the control totals of its records.

    Totals of whole numbers are integers, those with decimals strings, both exact.
    """

    name: str
    profile: str
    encoding: str
    bytes: int
    records: int
    sha256: Digest
    totals: Totals


class Link(NamedTuple):
    """Where a manifest stands among others, by their SHA-256: which one of the same day it
    supersedes, from generation 2 on, and which is that of the trading day before.
    """

    generation: int = 1
    supersedes: str | None = None
    previous: str | None = None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The files of one business date, like "2026-03-02", in the order in which they are read.

    `inputs` are the SHA-256 of what they were made of, `run` is that of them all.
    """

    business_date: Date
    generation: Annotated[int, msgspec.Meta(ge=1)] = 1
    supersedes: Digest | None = None
    previous_manifest_sha256: Digest | None = None
    run: Digest
    inputs: dict[str, Digest]
    files: list[Entry]

    @property
    def date(self) -> int:
        """The business date as an integer like 20260302."""
        return int(self.business_date.replace("-", ""))

    @property
    def link(self) -> Link:
        """Where it stands among others."""
        return Link(self.generation, self.supersedes, self.previous_manifest_sha256)


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of the manifest's file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def digest_of(manifest: Manifest) -> str:
    """Return the SHA-256 of the manifest's file, as its flag holds it."""
    return sha256(encode(manifest)).hexdigest()


def flag_of(manifest: Manifest) -> bytes:
    """Return the bytes of the manifest's flag."""
    return digest_of(manifest).encode() + b"\n"


def run_of(inputs: dict[str, str]) -> str:
    """Return the SHA-256 of the inputs' names and digests, in the order of their names."""
    told = "".join(f"{name} {digest}\n" for name, digest in sorted(inputs.items()))
    return sha256(told.encode()).hexdigest()


def read(directory: Path) -> Manifest:
    """Return the manifest of a directory; raise FileFault where it has no sound one."""
    body, flag = part_of(directory, NAME), part_of(directory, FLAG)
    if flag != sha256(body).hexdigest().encode() + b"\n":
        raise FileFault(
            f"{NAME}: it is not what {FLAG} was written for, so it was changed after signing;"
            " fetch both again"
        )
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileFault(f"{NAME}: it cannot be read ({error}); fetch it again") from None
    check(manifest)
    return manifest


def part_of(directory: Path, name: str) -> bytes:
    try:
        with HashedFile(directory / name) as file:
            return file.read(BYTES_MAX)
    except FileNotFoundError:
        raise FileFault(
            f"{name}: {directory} has none, so its files are not whole and not published yet;"
            " wait for it, or close the day again"
        ) from None
    except OSError as error:
        raise FileFault(f"{name}: it cannot be read ({error.strerror}); fetch it again") from None


def check(manifest: Manifest) -> None:
    try:
        date.fromisoformat(manifest.business_date)
    except ValueError:
        raise FileFault(
            f"{NAME}: business_date: {manifest.business_date} is no day; fetch it again"
        ) from None
    if (manifest.generation > 1) != (manifest.supersedes is not None):
        raise FileFault(
            f"{NAME}: generation {manifest.generation} supersedes {manifest.supersedes}, but only"
            " the first supersedes none; fetch it again"
        )
    if manifest.run != run_of(manifest.inputs):
        raise FileFault(f"{NAME}: run: it is not that of its inputs; fetch it again")
    names = [entry.name for entry in manifest.files]
    for name in names:
        named = name not in ("", ".", "..", NAME, FLAG) and Path(name).name == name
        if not named or names.count(name) > 1:
            raise FileFault(
                f"{NAME}: {name!r} is not the name of one file beside it; fetch it again"
            )
