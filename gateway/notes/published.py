"""The published tables of a closed day, read only where they are what its manifest promises."""

from functools import cached_property
from pathlib import Path

import numpy as np

from engine.storage.daybook import Daybook
from protocol.files import delimited, manifest
from protocol.files.fault import FileFault
from protocol.files.layouts import FILLS_WITH_FEES
from protocol.files.manifest import Entry
from protocol.files.profiles import PROFILES, ROWS, rows_of
from protocol.files.reading import digest_of
from protocol.mistake import Mistake


class PublishedDay:
    """What the clearing files in the folder of a day tell, like data/20261120.

    Raises FileFault where they are not sound, and Mistake on a day without accounts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = Daybook(folder).clearing
        self.manifest = manifest.read(self.directory)
        if FILLS_WITH_FEES.profile not in {entry.profile for entry in self.manifest.files}:
            raise Mistake(
                f"{folder}: it was a day without accounts, of which there is nothing to state; name"
                " a folder of accounts in venue.accounts before a day begins"
            )

    @property
    def business_date(self) -> int:
        """The day, like 20261120."""
        return self.manifest.date

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the manifest."""
        return manifest.digest_of(self.manifest)

    def path_of(self, entry: Entry) -> Path:
        """Return where a file lies that is what the manifest promises."""
        path = self.directory / entry.name
        if not is_promised(path, entry):
            raise FileFault(
                f"{path}: it is not the file that {manifest.NAME} was signed for; fetch it again,"
                " or close the day again"
            )
        return path

    def rows(self, table: str) -> np.ndarray:
        """Return all rows of a table."""
        (entry,) = [entry for entry in self.manifest.files if is_of(entry, table)]
        blocks = delimited.read(self.path_of(entry), PROFILES[entry.profile].layout)
        return np.concatenate([np.zeros(0, ROWS[table]), *(rows_of(table, b) for b in blocks)])


def is_of(entry: Entry, table: str) -> bool:
    profile = PROFILES[entry.profile]
    return profile.layout.is_delimited and profile.table == table


def is_promised(path: Path, entry: Entry) -> bool:
    """Say whether a file is what its entry in the manifest says."""
    return path.exists() and path.stat().st_size == entry.bytes and digest_of(path) == entry.sha256
