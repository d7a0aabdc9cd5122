"""The import job: read a day's clearing files as a stranger would, and believe nothing unchecked.

Each file is checked by itself, then each market's file record by record against its table.
Memory stays bounded, whatever the length of the files.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from protocol.files import dbf, delimited, manifest
from protocol.files.dbf import Table
from protocol.files.fault import FileFault
from protocol.files.faults import Fault, Faults
from protocol.files.firms import one_firm
from protocol.files.layouts import FILLS_WITH_FEES, FIRMS, Columns, Field, row_count
from protocol.files.manifest import Entry, Manifest
from protocol.files.numerals import OVERFLOWN, misfits
from protocol.files.profiles import PROFILES, Profile, profiles_of, rows_of
from protocol.files.tally import Tally


class Finding(NamedTuple):
    """What was found in the file `name`: its totals where all is well, else what is wrong."""

    name: str
    is_well: bool
    text: str


class Loaded(NamedTuple):
    """The outcome of loading a directory: a finding for the manifest and for each file, what is
    wrong record by record, and the manifest where there is a sound one.
    """

    findings: list[Finding]
    faults: list[Fault]
    promised: Manifest | None

    @property
    def is_well(self) -> bool:
        """Whether every file may be booked."""
        return all(finding.is_well for finding in self.findings)


def load(directory: Path, profiles: Collection[str] = ()) -> Loaded:
    """Check the clearing files in `directory`, or only those of the `profiles` that are named."""
    try:
        promised = manifest.read(directory)
        check_complete(directory, promised)
        chosen = choose(promised, profiles)
    except (FileFault, OSError) as error:
        fault = Fault(manifest.NAME, "", "", told(error, manifest.NAME))
        return Loaded([Finding(manifest.NAME, False, fault.reason)], [fault], None)
    summary = f"business date {promised.business_date}, generation {promised.generation}"
    findings, faults = [Finding(manifest.NAME, True, summary)], []
    tables = Sources(directory, promised)
    retold: dict[str, manifest.Totals] = {}
    for entry in sorted(chosen, key=lambda entry: not is_table(entry)):
        if not is_table(entry) and entry.name not in retold:
            retold |= tables.retell(tables.of(entry), chosen)
        checked = Checked(directory, entry, promised.date, retold.get(entry.name))
        text = checked.text()
        if is_table(entry):
            tables.note(entry, is_well=not checked.faults.count)
        elif not checked.faults.count:
            source = tables.of(entry)
            if retold.get(entry.name):
                text += f"; agrees with {source.name}"
            elif tables.is_comparable(source):
                text += checked.compare(source, tables.firms)
            else:
                text += f"; not compared with {source.name}"
        is_well = not checked.faults.count
        findings.append(Finding(entry.name, is_well, text if is_well else checked.faults.summary()))
        faults += checked.faults.found
    return Loaded(findings, faults, promised)


def is_table(entry: Entry) -> bool:
    """Say whether a file holds a table of the day, and not what a market tells of one."""
    return PROFILES[entry.profile].layout.is_delimited


class Sources:
    """The tables of a day, with which its other files are compared, and whether they are well."""

    def __init__(self, directory: Path, promised: Manifest) -> None:
        self.directory = directory
        self.business_date = promised.date
        self.by_table = {
            PROFILES[entry.profile].table: entry for entry in promised.files if is_table(entry)
        }
        self.well: dict[str, bool] = {}

    def note(self, entry: Entry, *, is_well: bool) -> None:
        """Remember whether a table is well."""
        self.well[entry.name] = is_well

    def of(self, entry: Entry) -> Entry:
        """Return the table of which a file tells a part."""
        return self.by_table[PROFILES[entry.profile].table]

    def is_well(self, entry: Entry) -> bool:
        """Say whether a table is well; one that was not asked for is checked now."""
        if entry.name not in self.well:
            checked = Checked(self.directory, entry, self.business_date)
            self.note(entry, is_well=not checked.faults.count)
        return self.well[entry.name]

    @property
    def has_firms(self) -> bool:
        """Whether it can be told who clears for whom."""
        return "firms" not in self.by_table or self.is_well(self.by_table["firms"])

    def is_comparable(self, source: Entry) -> bool:
        """Say whether what a table tells can be told again."""
        return self.is_well(source) and self.has_firms

    def retell(self, source: Entry, chosen: Sequence[Entry]) -> dict[str, manifest.Totals]:
        """Make the chosen files that tell of a table anew from it; return the totals of those that
        are the same to the last byte, and none for the others, by name.

        All that could be wrong with such a file would be wrong with the table.
        """
        told = [entry for entry in chosen if not is_table(entry) and self.of(entry) == source]
        if not self.is_comparable(source):
            return {entry.name: {} for entry in told}
        with ExitStack() as stack:
            copies = [
                stack.enter_context(Copy(self.directory, entry, self.business_date, self.firms))
                for entry in told
            ]
            layout = PROFILES[source.profile].layout
            for block in delimited.read(self.directory / source.name, layout):
                rows = rows_of(PROFILES[source.profile].table, block)
                for copy in copies:
                    copy.hold_to(rows)
            return {copy.entry.name: copy.totals() for copy in copies}

    @cached_property
    def firms(self) -> np.ndarray:
        """The FIRM rows of the day."""
        if "firms" not in self.by_table:
            return one_firm()
        path = self.directory / self.by_table["firms"].name
        return np.concatenate([rows_of("firms", block) for block in delimited.read(path, FIRMS)])


def choose(promised: Manifest, profiles: Collection[str]) -> list[Entry]:
    """Return the entries of the profiles, or all of them where none is named."""
    unknown = set(profiles) - {entry.profile for entry in promised.files}
    if unknown:
        has = ", ".join(entry.profile for entry in promised.files)
        raise FileFault(
            f"{manifest.NAME}: it has no file of profile {', '.join(sorted(unknown))}; it has {has}"
        )
    return [entry for entry in promised.files if not profiles or entry.profile in profiles]


def check_complete(directory: Path, promised: Manifest) -> None:
    """Check that the manifest names the files of a whole day, and that no others lie there."""
    named = sorted((entry.name, entry.profile, entry.encoding) for entry in promised.files)
    with_fees = any(profile == FILLS_WITH_FEES.profile for _, profile, _ in named)
    layouts = [profile.layout for profile in profiles_of(with_fees=with_fees)]
    whole = sorted((layout.file, layout.profile, layout.encoding) for layout in layouts)
    if named != whole:
        raise FileFault(
            f"{manifest.NAME}: files: it names {spelled(named)}, but a day has {spelled(whole)};"
            " fetch it again"
        )
    strange = {path.name for path in directory.iterdir()} - {name for name, _, _ in whole}
    strange -= {manifest.NAME, manifest.FLAG}
    if strange:
        raise FileFault(
            f"{manifest.NAME}: it does not name {', '.join(sorted(strange))}, which lies beside"
            " it; take it away"
        )


def spelled(files: list[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} ({profile}, {encoding})" for name, profile, encoding in files)


class Copy:
    """A file that is read beside what it must be, as long as it is that."""

    def __init__(
        self, directory: Path, entry: Entry, business_date: int, firms: np.ndarray
    ) -> None:
        self.entry = entry
        self.firms = firms
        self.profile = PROFILES[entry.profile]
        self.tally = Tally(self.profile, business_date, trusts=True)
        path = directory / entry.name
        self.file = path.open("rb") if path.exists() else BytesIO()
        head = dbf.header(self.profile.layout, business_date, entry.records)
        self.is_same = self.file.read(len(head)) == head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()

    def hold_to(self, rows: np.ndarray) -> None:
        """Compare the next records with what rows of the table make of them."""
        selected = self.profile.select(rows)
        if not self.is_same or not len(selected):
            return
        columns = self.profile.columns(selected, self.firms)
        for expected in dbf.records_of(self.profile.layout, columns, self.tally.records):
            self.is_same &= self.file.read(len(expected)) == expected
        self.tally.add(columns, selected)

    def totals(self) -> manifest.Totals:
        """Return the totals of the file, none where it is another one."""
        is_same = self.is_same and self.file.read() == dbf.END
        return {"records": self.tally.records, **self.tally.totals()} if is_same else {}


class Checked:
    """A file that has been checked by itself and against its entry in the manifest.

    What is wrong is in `faults`, as it is what `compare` finds.  Who knows the file's totals, since
    it is what another one says, spares its records.
    """

    def __init__(
        self,
        directory: Path,
        entry: Entry,
        business_date: int,
        totals: manifest.Totals | None = None,
    ) -> None:
        self.path = directory / entry.name
        self.entry = entry
        self.profile = PROFILES[entry.profile]
        self.faults = Faults(self.profile.layout)
        self.totals: manifest.Totals = totals or {}
        if not totals:
            self.check(self.check_records, business_date)
        self.check_totals()
        self.check(self.check_bytes)

    def check(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except (FileFault, OSError) as error:
            self.faults.add_file(told(error, self.entry.name))

    def check_records(self, business_date: int) -> None:
        tally = Tally(self.profile, business_date, self.faults)
        for columns in blocks(self.path, self.profile, business_date, self.faults):
            tally.add(columns)
        tally.end()
        self.totals = {"records": tally.records, **tally.totals()}

    def check_totals(self) -> None:
        if not self.totals:
            return
        promised = {"records": self.entry.records, **self.entry.totals}
        for name in [*promised, *(self.totals.keys() - promised.keys())]:
            total, expected = self.totals.get(name), promised.get(name)
            if total != expected:
                self.faults.add_file(f"{name} is {total}, the manifest has {expected}")

    def check_bytes(self) -> None:
        if not self.path.exists():
            return
        size = self.path.stat().st_size
        if size != self.entry.bytes:
            self.faults.add_file(f"bytes is {size}, the manifest has {self.entry.bytes}")
        elif digest_of(self.path) != self.entry.sha256:
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

    def compare(self, source: Entry, firms: np.ndarray) -> str:
        """Compare every field of every record with what the table of `source` makes of it."""
        self.check(self.compare_records, source, firms)
        return f"; agrees with {source.name}"

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


def told(error: Exception, name: str) -> str:
    """Return what an error says of the file `name`."""
    if isinstance(error, FileNotFoundError):
        return "the file is missing; fetch it again"
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror}); mend that and load again"
    return str(error).removeprefix(f"{name}: ")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def blocks(
    path: Path, profile: Profile, business_date: int, faults: Faults | None = None
) -> Iterator[Columns]:
    """Yield the columns of a file, block by block, as the readers of its form do."""
    if profile.layout.is_delimited:
        yield from delimited.read(path, profile.layout, faults=faults)
        return
    with Table(path, profile.layout, faults) as table:
        if table.business_date != business_date:
            raise FileFault(
                f"{path.name}: the header's date is {table.business_date}, the manifest's business"
                f" date {business_date}; fetch the file again"
            )
        yield from table.blocks()
