"""Book a day's files while they are checked: all of them or none, each generation once."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from gateway.importing.naming import table_of
from gateway.importing.target import opened
from protocol.files.layouts import Columns, row_count
from protocol.files.manifest import NAME, Entry, Manifest
from protocol.files.profiles import PROFILES
from protocol.files.sink import Sink
from protocol.mistake import Mistake

if TYPE_CHECKING:
    from gateway.importing.database import Database, Import

BLOCKS_WAITING = 8
"""So many blocks of records may have been checked and not inserted yet."""


class BookingRefused(Mistake):
    """The files are sound and yet may not be booked: the text says why and what to do."""


class Booking(Sink):
    """Inserts what was found well in a thread of its own; nothing is kept before `end`.

    One that is booked already stays as it is.  A later generation takes the place of an earlier;
    an earlier one is refused, and so is other content under the same generation unless it shall
    `replace` what is booked.  What is refused is told at the end: first the files must be well.
    """

    def __init__(self, target: str, replace: bool = False) -> None:
        self.target = target
        self.replace = replace
        self.refusal: BookingRefused | None = None
        self.outcomes: dict[str, str] = {}
        """What is said of each file, by name; {rows} stands for how many there are."""
        self.rows: dict[str, int] = {}
        """How many rows were taken of each file that is to be booked, by name."""
        self.worker = ThreadPoolExecutor(1)
        self.waiting: deque[Future[None]] = deque()
        self.database: Database | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.shutdown(cancel_futures=True)
        if self.database:
            self.database.close()

    def begin(self, promised: Manifest, entries: Sequence[Entry]) -> None:
        """Open the database, and see what is to be done with each file."""
        self.promised = promised
        self.entries = entries
        self.database = opened(self.target)
        with self.failures():
            self.database.make_tables(PROFILES[entry.profile].layout for entry in entries)
            try:
                self.check_previous(self.database)
                kept = self.database.booked(promised.business_date)
                for entry in entries:
                    self.decide(self.database, entry, kept.get(entry.name))
            except BookingRefused as refusal:
                self.refusal = refusal
                self.rows.clear()

    def check_previous(self, database: "Database") -> None:
        promised = self.promised
        last = database.last_before(promised.business_date)
        if last and last.manifest_sha256 != promised.previous_manifest_sha256:
            raise BookingRefused(
                f"{NAME}: previous_manifest_sha256 is {promised.previous_manifest_sha256}, but"
                f" the last day booked before, {last.business_date}, has {last.manifest_sha256};"
                " import the days in their order, each in its latest generation"
            )

    def decide(self, database: "Database", entry: Entry, kept: "Import | None") -> None:
        """Decide what becomes of a file, of which an import is `kept`; raises BookingRefused."""
        promised, table = self.promised, table_of(entry.profile)
        told = ""
        if kept:
            if promised.generation < kept.generation:
                raise BookingRefused(
                    f"{entry.name}: generation {promised.generation} is stale: {kept.generation}"
                    f" is booked of {promised.business_date}; fetch the files of the latest"
                    " generation"
                )
            is_same = (kept.sha256, kept.profile) == (entry.sha256, entry.profile)
            if is_same and promised.generation == kept.generation:
                self.outcomes[entry.name] = (
                    f"booked already, {kept.imported_rows} rows of {table} stay as they are"
                )
                return
            if promised.generation == kept.generation and not self.replace:
                raise BookingRefused(
                    f"{entry.name}: it was changed, but generation {kept.generation} of"
                    f" {promised.business_date} is booked with other content; fetch the file"
                    " again, or replace what is booked with --replace"
                )
            database.take_away(kept)
            told = f" in place of {kept.imported_rows} of generation {kept.generation}"
        self.rows[entry.name] = 0
        self.outcomes[entry.name] = f"{{rows}} rows booked into {table}{told}"

    def take(self, entry: Entry, columns: Columns) -> None:
        """Have the next records of a file inserted, unless they are not to be booked."""
        count = row_count(columns)
        if entry.name not in self.rows or not count:
            return
        assert self.database is not None
        first = self.rows[entry.name] + 1
        self.rows[entry.name] += count
        layout, date = PROFILES[entry.profile].layout, self.promised.business_date
        insertion = self.database.insertion(layout, date, first, columns)
        self.waiting.append(self.worker.submit(self.database.insert, insertion))
        self.wait(BLOCKS_WAITING)

    def forget(self, entry: Entry) -> None:
        """Delete what was taken of a file."""
        if self.rows.get(entry.name):
            assert self.database is not None
            self.wait()
            with self.failures():
                self.database.forget(entry.profile, self.promised.business_date)
            self.rows[entry.name] = 0

    def wait(self, most: int = 0) -> None:
        """Wait until no more than so many blocks are waiting."""
        with self.failures():
            while len(self.waiting) > most:
                self.waiting.popleft().result()

    def end(self) -> list[tuple[str, str]]:
        """Keep what was taken, for good; return what was done with each file, by name.

        Raises BookingRefused.
        """
        if self.refusal:
            raise self.refusal
        assert self.database is not None
        self.wait()
        with self.failures():
            for entry in self.entries:
                if entry.name in self.rows:
                    self.database.note(self.promised, entry, self.rows[entry.name])
            self.database.commit()
        return [
            (entry.name, self.outcomes[entry.name].format(rows=self.rows.get(entry.name)))
            for entry in self.entries
        ]

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Tell what the database could not do."""
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            reason = " ".join(str(error).split())
            raise Mistake(
                f"{self.target}: the database failed ({reason}), and nothing was booked; mend that"
                " and import again"
            ) from None
