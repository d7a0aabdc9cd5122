"""The import job: read a day's clearing files as a stranger would, and believe nothing unchecked.

Each file is checked by itself, and each market's file against its table: byte for byte with what
the table makes of it, or where that is not the same, record by record.  Each is read once, unless
something is wrong.  Memory stays bounded, whatever the length of the files.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from protocol.files import dbf, delimited, manifest
from protocol.files.checked import Checked, Copy
from protocol.files.delimited import Reader
from protocol.files.fault import FileFault
from protocol.files.faults import Fault
from protocol.files.firms import one_firm
from protocol.files.layouts import FILLS_WITH_FEES, FIRMS, Spelling
from protocol.files.manifest import Entry, Manifest
from protocol.files.profiles import PROFILES, profiles_of, rows_of
from protocol.files.reading import told
from protocol.files.sink import NOWHERE, Sink


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


def load(
    directory: Path,
    profiles: Collection[str] = (),
    sink: Sink = NOWHERE,
    spell: Spelling = dbf.records_of,
    reader: Reader = delimited.leave,
) -> Loaded:
    """Check the clearing files in `directory`, or only those of the `profiles` that are named.

    What is well so far goes into the `sink`, and nothing more once something is wrong.  The lines
    of tables are read by the `reader`, and what they make of a market's file is spelled by `spell`.
    """
    try:
        promised = manifest.read(directory)
        check_complete(directory, promised)
        chosen = choose(promised, profiles)
    except (FileFault, OSError) as error:
        fault = Fault(manifest.NAME, "", "", told(error, manifest.NAME))
        return Loaded([Finding(manifest.NAME, False, fault.reason)], [fault], None)
    summary = f"business date {promised.business_date}, generation {promised.generation}"
    findings, faults = [Finding(manifest.NAME, True, summary)], []
    sink.begin(promised, chosen)
    day = Day(directory, promised, chosen, sink, spell, reader)
    for entry in sorted(chosen, key=lambda entry: not is_table(entry)):
        checked, text = day.check(entry)
        told_of = text if checked.is_well else checked.faults.summary()
        findings.append(Finding(entry.name, checked.is_well, told_of))
        faults += checked.faults.found
    return Loaded(findings, faults, promised)


def is_table(entry: Entry) -> bool:
    """Say whether a file holds a table of the day, and not what a market tells of one."""
    return PROFILES[entry.profile].layout.is_delimited


class Day:
    """The files of a day that are asked for, each read once, and what else they must agree with.

    A table is read as its market files are held to it.
    """

    def __init__(
        self,
        directory: Path,
        promised: Manifest,
        chosen: Sequence[Entry],
        sink: Sink,
        spell: Spelling,
        reader: Reader,
    ) -> None:
        self.spell = spell
        self.reader = reader
        self.directory = directory
        self.business_date = promised.date
        self.chosen = chosen
        self.sink = sink
        self.by_table = {
            PROFILES[entry.profile].table: entry for entry in promised.files if is_table(entry)
        }
        self.tables: dict[str, Checked] = {}
        self.copies: dict[str, Copy] = {}

    def check(self, entry: Entry) -> tuple[Checked, str]:
        """Check a file; return it, and a line about it where it is well."""
        checked, text = self.table(entry) if is_table(entry) else self.market_file(entry)
        if not checked.is_well:
            self.sink = NOWHERE
        return checked, text

    def table(self, entry: Entry) -> tuple[Checked, str]:
        if entry.name not in self.tables:
            sink = self.sink if entry in self.chosen else NOWHERE
            checked = Checked(self.directory, entry, self.business_date)
            self.tables[entry.name] = checked
            with ExitStack() as stack:
                copies = [stack.enter_context(copy) for copy in self.copies_of(entry)]
                checked.read(sink, copies, self.reader)
        return self.tables[entry.name], self.tables[entry.name].text()

    def copies_of(self, source: Entry) -> Iterator[Copy]:
        """Yield the files that tell of a table, if it can be told what they must be."""
        if not self.has_firms:
            return
        for entry in self.chosen:
            if not is_table(entry) and self.of(entry) == source:
                whose = (self.directory, entry, self.business_date, self.firms)
                copy = Copy(*whose, self.sink, self.spell)
                self.copies[entry.name] = copy
                yield copy

    def market_file(self, entry: Entry) -> tuple[Checked, str]:
        """Check what must be as a table makes it, by its bytes, or else by what it says."""
        source = self.of(entry)
        table, _ = self.table(source)
        is_comparable = table.is_well and self.has_firms
        checked = Checked(self.directory, entry, self.business_date)
        copy = self.copies.get(entry.name)
        if copy and copy.is_same and is_comparable:
            checked.trust(copy)
            return checked, f"{checked.text()}; agrees with {source.name}"
        self.sink.forget(entry)
        checked.read(self.sink)
        if is_comparable and checked.is_well:
            checked.compare(source, self.firms)
            return checked, f"{checked.text()}; agrees with {source.name}"
        return checked, f"{checked.text()}; not compared with {source.name}"

    def of(self, entry: Entry) -> Entry:
        """Return the table of which a file tells a part."""
        return self.by_table[PROFILES[entry.profile].table]

    @property
    def has_firms(self) -> bool:
        """Whether it can be told who clears for whom."""
        return "firms" not in self.by_table or self.firms_file.is_well

    @cached_property
    def firms_file(self) -> Checked:
        checked = Checked(self.directory, self.by_table["firms"], self.business_date)
        checked.read(NOWHERE)
        return checked

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
