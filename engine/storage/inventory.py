"""The inventory of a backup: what was copied of which day, so that a reader can tell it is whole.

It is written last.  It depends on what was copied alone: the same backup has the same bytes.
"""

import re
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec

from protocol.mistake import Mistake

NAME = "manifest.json"
FORMAT = 1
BYTES_MAX = 1 << 24

PART = re.compile(
    r"journal/[0-9]{8}\.log|snapshots/[0-9]{12}\.snapshot|reports\.bin|deliveries\.jsonl"
    r"|reference/[a-z]+\.csv|clearing/[\w-][\w.-]*"
).fullmatch
"""The files of a day that a backup may have, by the path in its folder."""

Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]


class BackupError(Mistake):
    """A backup cannot be made or used; the text names it and the reason."""


class Kind(StrEnum):
    """What a backup is for: it decides what the day must have, and what of it is copied."""

    BEFORE_CLEARING = "before-clearing"
    AFTER_CLEARING = "after-clearing"
    AD_HOC = "ad-hoc"
    HISTORY = "history"
    ARCHIVE = "archive"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file, by its path in the folder of the day."""

    name: str
    bytes: int
    sha256: str


class Version(msgspec.Struct, frozen=True):
    """What every version of an inventory begins with."""

    format: int


class Inventory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a backup holds of a day.

    `sequence` is that of its last command, `checksum` that command's in the journal, and
    `state_digest` the SHA-256 of the state behind it; `release` is the program that made it.
    `sha256` is that of the inventory's file in which it stands blank itself.
    """

    format: int
    business_date: Date
    kind: Kind
    sequence: int
    checksum: str
    state_digest: str
    release: str
    sha256: str = ""
    files: list[Entry]

    @property
    def date(self) -> str:
        """The business date as the name of a folder, like "20260302"."""
        return self.business_date.replace("-", "")


def sealed(inventory: Inventory) -> Inventory:
    """Return an inventory that tells its own change."""
    blank = msgspec.structs.replace(inventory, sha256="")
    return msgspec.structs.replace(blank, sha256=sha256(encode(blank)).hexdigest())


def encode(inventory: Inventory) -> bytes:
    """Return the bytes of the inventory's file."""
    return msgspec.json.format(msgspec.json.encode(inventory), indent=2) + b"\n"


def decode(body: bytes | None, place: object) -> Inventory:
    """Return the inventory of the backup at a place; raises BackupError where it has none."""
    if body is None:
        raise BackupError(f"{place}: has no {NAME}, so it is not a whole backup; use another one")
    try:
        found = msgspec.json.decode(body, type=Version).format
        if found != FORMAT:
            raise BackupError(
                f"{place}: has backup format {found}; this program reads format {FORMAT}"
            )
        inventory = msgspec.json.decode(body, type=Inventory)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(f"{place}: {NAME} cannot be read ({error}); use another backup") from None
    if encode(sealed(inventory)) != body:
        raise BackupError(f"{place}: {NAME} was changed; use another backup")
    for entry in inventory.files:
        if not PART(entry.name):
            raise BackupError(f"{place}: {entry.name!r} is no file of a day; use another backup")
    return inventory
