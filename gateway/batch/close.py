"""A day that is being closed: what it is, what is asked of its close, and what that depends on."""

from functools import cached_property
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from engine.clearing.close import CloseRefused, digest_of, made_tables
from engine.clearing.closed_day import ClosedDay, Reference, load_reference
from engine.clearing.delivery import Modes, load_modes
from engine.clearing.matching import TERMS
from engine.clearing.night import Night, night_after
from engine.clearing.succession import last_close
from engine.clearing.tables import Tables
from engine.storage.backup import back_up
from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.inventory import Kind
from gateway.batch.ledger import Ledger
from gateway.replayed import Replayed, replayed
from gateway.room import room_for
from protocol.files.manifest import run_of
from protocol.files.profiles import PROFILES, Profile, profiles_of

NOT_ASKED = "not asked for"


class Asked(NamedTuple):
    """What is asked of a close besides the day.

    `incoming` is a folder with the files of exchange and depository, `backups` that of all
    backups, `morning` where the accounts of the next day are to lie, `tables` where the
    tables are to lie as Parquet, `instruments` the instruments file of the day.
    """

    incoming: Path | None = None
    backups: Path | None = None
    morning: Path | None = None
    tables: Path | None = None
    instruments: Path | None = None
    replace: bool = False


class Close:
    """A day that is being closed; what several steps need is looked up once."""

    def __init__(self, daybook: Daybook, asked: Asked, batch_rows: int = BATCH_ROWS) -> None:
        self.daybook = daybook
        self.asked = asked
        self.batch_rows = batch_rows
        self.ledger = Ledger(daybook.folder)

    @cached_property
    def day(self) -> Replayed:
        return replayed(self.daybook, self.batch_rows)

    @cached_property
    def reference(self) -> Reference:
        return load_reference(self.daybook.reference)

    @cached_property
    def modes(self) -> Modes:
        """How the branches deliver."""
        return load_modes(self.daybook.reference)

    @cached_property
    def tables(self) -> Tables:
        day = self.day
        return made_tables(day.commands, day.reports, day.venue.state, self.reference)

    @cached_property
    def closed(self) -> ClosedDay:
        day = self.day
        return ClosedDay(day.commands, day.reports, day.venue.state, self.reference)

    @cached_property
    def night(self) -> Night:
        """What happens between the day and the next one."""
        last = last_close(self.daybook.folder)
        since = None if last is None else last.date
        return night_after(self.closed, self.tables, self.daybook.reference, since)

    @cached_property
    def incoming(self) -> list[tuple[Profile, Path]]:
        """The files that are to come in: such of the day's own as others send too.

        Raises CloseRefused where their folder is not there.
        """
        folder = self.asked.incoming
        if folder is None:
            return []
        if not folder.is_dir():
            raise CloseRefused(f"{folder}: there is no such folder; name that of the files")
        profiles = profiles_of(with_fees=bool(self.day.venue.with_accounts))
        names = [profile.layout.profile for profile in profiles]
        return [
            (PROFILES[name], folder / PROFILES[name].layout.file) for name in names if name in TERMS
        ]

    @cached_property
    def run(self) -> str:
        """The digest of all that the close depends on."""
        inputs = {"commands": digest_of(self.day.commands)}
        paths = sorted(self.daybook.reference.glob("*.csv"))
        for path in [*paths, *(path for _, path in self.incoming if path.exists())]:
            with path.open("rb") as file:
                inputs[path.name] = file_digest(file, "sha256").hexdigest()
        return run_of(inputs)

    def backed_up(self, kind: Kind) -> str:
        """Make a backup of a kind, if backups are asked for; return where it is."""
        if self.asked.backups is None:
            return NOT_ASKED
        place, _ = back_up(self.daybook, self.asked.backups, kind, version("cuohe"), room_for)
        return str(place.name)
