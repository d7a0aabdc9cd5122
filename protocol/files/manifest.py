"""The manifest of a day's clearing files: what was written, so that a reader can tell it is whole.

It is written last: where it lies, the files lie beside it.  It depends on the files alone, not on
a clock or a machine, so the same day makes the same bytes.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from protocol.files.fault import FileFault

NAME = "manifest.json"
BYTES_MAX = 1 << 20

Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file: its bytes, and the control totals of its records.

    Quantities are shares, turnovers yuan as decimal strings, exact to the cent.
    """

    name: str
    profile: str
    encoding: str
    bytes: int
    records: int
    sha256: str
    quantity_bought: int
    quantity_sold: int
    turnover_bought: str
    turnover_sold: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The files of one business date, like "2026-03-02", in the order in which they are read."""

    business_date: Date
    generation: int = 1
    files: list[Entry]

    @property
    def date(self) -> int:
        """The business date as an integer like 20260302."""
        return int(self.business_date.replace("-", ""))


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of the manifest's file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read(directory: Path) -> Manifest:
    """Return the manifest of a directory; raise FileFault where it has no sound one."""
    try:
        with (directory / NAME).open("rb") as file:
            body = file.read(BYTES_MAX)
        manifest = msgspec.json.decode(body, type=Manifest)
    except FileNotFoundError:
        raise FileFault(
            f"{NAME}: {directory} has none, so its files are not whole; close the day again"
        ) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileFault(f"{NAME}: it cannot be read ({error}); fetch it again") from None
    check(manifest)
    return manifest


def check(manifest: Manifest) -> None:
    names = [entry.name for entry in manifest.files]
    for name in names:
        if name in ("", ".", "..", NAME) or Path(name).name != name or names.count(name) > 1:
            raise FileFault(
                f"{NAME}: {name!r} is not the name of one file beside it; fetch it again"
            )
