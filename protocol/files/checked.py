"""A clearing file that is checked: by itself, against its entry in the manifest, and its table."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import numpy as np

from protocol.files import dbf, delimited
from protocol.files.dbf import Table
from protocol.files.delimited import Reader
from protocol.files.fault import FileFault
from protocol.files.faults import Faults
from protocol.files.hashed import HashedFile
from protocol.files.layouts import Columns, Field, Layout, Spelling, row_count
from protocol.files.manifest import Entry, Totals
from protocol.files.numerals import OVERFLOWN, misfits
from protocol.files.profiles import PROFILES, facts_of, rows_of
from protocol.files.reading import blocks, told
from protocol.files.sink import Sink
from protocol.files.tally import Tally


class Copy:
    """A market's file that is read beside the table that it must be made of, as long as it is.

    All that could be wrong with such a file would be wrong with the table.
    """

    def __init__(
        self,
        directory: Path,
        entry: Entry,
        business_date: int,
        firms: np.ndarray,
        sink: Sink,
        spell: Spelling,
    ) -> None:
        self.spell = spell
        self.path = directory / entry.name
        self.entry = entry
        self.firms = firms
        self.sink = sink
        self.profile = PROFILES[entry.profile]
        self.head = dbf.header(self.profile.layout, business_date, entry.records)
        self.tally = Tally(self.profile, business_date, trusts=True)
        self.opened = ExitStack()
        self.is_same = False
        self.sha256 = ""

    def __enter__(self) -> Self:
        # What cannot be opened is told by who reads it for itself.
        with suppress(OSError):
            self.file = self.opened.enter_context(HashedFile(self.path))
            self.is_same = self.file.read(len(self.head)) == self.head
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()

    def hold_to(self, rows: np.ndarray) -> None:
        """Compare the next records with what rows of the table make of them."""
        selected = self.profile.select(rows)
        if not self.is_same or not len(selected):
            return
        layout = self.profile.layout
        columns = self.profile.columns(selected, self.firms)
        for expected in self.spell(layout, columns, self.tally.records):
            self.is_same &= self.file.read(len(expected)) == bytes(expected)
        if self.is_same:
            self.tally.add(columns, selected)
            self.sink.take(self.entry, {**columns, **overflown(layout, columns)})

    def end(self) -> None:
        """Compare what is behind the last record."""
        if self.is_same:
            self.is_same = self.file.read() == dbf.END
            self.sha256 = self.file.digest()


def overflown(layout: Layout, columns: Columns) -> Columns:
    """Return those columns of which a file does not hold every value, as it tells them."""
    told = {}
    for field in layout.fields:
        if field.may_overflow:
            column = columns[field.name]
            lost = misfits(column, field.width, field.decimals)
            told[field.name] = np.where(lost, OVERFLOWN, column)
    return told


class Checked:
    """A file that is checked; what is wrong with it is in `faults`."""

    def __init__(self, directory: Path, entry: Entry, business_date: int) -> None:
        self.path = directory / entry.name
        self.entry = entry
        self.business_date = business_date
        self.profile = PROFILES[entry.profile]
        self.faults = Faults(self.profile.layout)
        self.totals: Totals = {}
        self.sha256 = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults.count

    def check(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except (FileFault, OSError) as error:
            self.faults.add_file(told(error, self.entry.name))

    def read(
        self, sink: Sink, copies: Sequence[Copy] = (), reader: Reader = delimited.leave
    ) -> None:
        """Check all records and bytes; what is well so far is given to the sink, and its `copies`
        are held to it."""
        self.check(self.read_records, sink, copies, reader)
        self.check_promised()

    def trust(self, copy: Copy) -> None:
        """Check a file that its table has made, to the last byte."""
        self.totals = {"records": copy.tally.records, **copy.tally.totals()}
        self.sha256 = copy.sha256
        self.check_promised()

    def read_records(self, sink: Sink, copies: Sequence[Copy], reader: Reader) -> None:
        which = (self.path, self.profile, self.business_date)
        tally = Tally(self.profile, self.business_date, self.faults)
        with HashedFile(self.path) as file:
            try:
                for columns in blocks(*which, self.faults, file, reader):
                    facts = None
                    if self.profile.layout.is_delimited:
                        rows = rows_of(self.profile.table, columns)
                        facts = facts_of(rows) if self.profile.fields else None
                    tally.add(columns, facts)
                    if self.is_well:
                        sink.take(self.entry, columns)
                        for copy in copies:
                            copy.hold_to(rows)
                tally.end()
                for copy in copies:
                    copy.end()
                self.totals = {"records": tally.records, **tally.totals()}
            finally:
                self.sha256 = file.digest()

    def check_promised(self) -> None:
        """Check totals and bytes against the manifest."""
        promised = {"records": self.entry.records, **self.entry.totals}
        for name in [*promised, *(self.totals.keys() - promised.keys())] if self.totals else []:
            total, expected = self.totals.get(name), promised.get(name)
            if total != expected:
                self.faults.add_file(f"{name} is {total}, the manifest has {expected}")
        if not self.sha256:
            return
        size = self.path.stat().st_size
        if size != self.entry.bytes:
            self.faults.add_file(f"bytes is {size}, the manifest has {self.entry.bytes}")
        elif self.sha256 != self.entry.sha256:
            self.faults.add_file("sha256 is not the manifest's: the file was changed")

    def text(self) -> str:
        """Return what the file holds in a line."""
        text = f"{self.entry.profile}, {self.totals.get('records')} records"
        if self.profile.fields and self.totals:
            text += (
                ", bought {quantity_bought} shares for {turnover_bought}, sold {quantity_sold}"
                " for {turnover_sold}"
            ).format_map(self.totals)
        return text

    def compare(self, source: Entry, firms: np.ndarray) -> None:
        """Compare every field of every record with what the table of `source` makes of it."""
        self.check(self.compare_records, source, firms)

    def compare_records(self, source: Entry, firms: np.ndarray) -> None:
        layout = self.profile.layout
        with Table(self.path, layout, self.faults) as table:
            rows = delimited.read(self.path.with_name(source.name), PROFILES[source.profile].layout)
            for block in rows:
                told = rows_of(self.profile.table, block)
                expected = self.profile.columns(self.profile.select(told), firms)
                first, records = table.count, row_count(expected)
                found = table.read(records)
                if table.count - first < records:
                    raise FileFault(f"{source.name} has more records; close the day again")
                for field in layout.fields:
                    self.compare_field(
                        source, field, found[field.name], expected[field.name], first
                    )
            if table.left:
                raise FileFault(f"{source.name} has fewer records; close the day again")

    def compare_field(
        self, source: Entry, field: Field, found: np.ndarray, expected: np.ndarray, first: int
    ) -> None:
        if field.may_overflow:
            lost = misfits(expected, field.width, field.decimals)
            expected = np.where(lost, OVERFLOWN, expected)
        right = found == expected
        if not right.all():
            expected = np.broadcast_to(expected, found.shape)
            self.faults.expect(
                right,
                first,
                field.name,
                lambda row: (
                    f"it is {found[row]}, but {expected[row]} by {source.name}; fetch both files"
                    " again, or close the day again"
                ),
            )
