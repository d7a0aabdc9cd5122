"""The import job: read a day's clearing files as a stranger would, and believe nothing unchecked.

Each file is checked by itself, then each market's file record by record against fills.csv.
Memory stays bounded, whatever the length of the files.
"""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from protocol.files import delimited, manifest
from protocol.files.dbf import Table
from protocol.files.fault import FileFault
from protocol.files.firms import one_firm
from protocol.files.layouts import FILLS, FILLS_WITH_FEES, Columns, Field, Layout, row_count
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
    """The outcome of loading a directory: a finding for the manifest and for each file."""

    findings: list[Finding]

    @property
    def is_well(self) -> bool:
        """Whether every file may be booked."""
        return all(finding.is_well for finding in self.findings)


def load(directory: Path) -> Loaded:
    """Check the clearing files in `directory`; what is wrong with them is in the findings."""
    try:
        promised = manifest.read(directory)
        check_complete(directory, promised)
    except (FileFault, OSError) as error:
        return Loaded([Finding(manifest.NAME, False, told(error, manifest.NAME))])
    summary = f"business date {promised.business_date}, generation {promised.generation}"
    findings = {entry.name: check_file(directory, entry, promised) for entry in promised.files}
    fills, *others = sorted(promised.files, key=lambda entry: entry.name != FILLS.file)
    for entry in others:
        if findings[entry.name].is_well:
            findings[entry.name] = cross_check(directory, entry, PROFILES[fills.profile], findings)
    return Loaded([Finding(manifest.NAME, True, summary), *findings.values()])


def check_complete(directory: Path, promised: Manifest) -> None:
    """Check that the manifest names the files of a whole day, and that no others lie there."""
    named = sorted((entry.name, entry.profile, entry.encoding) for entry in promised.files)
    with_fees = any(profile == FILLS_WITH_FEES.profile for _, profile, _ in named)
    layouts = [
        profile.layout for profile in profiles_of(with_fees=with_fees) if profile.table == "fills"
    ]
    whole = sorted((layout.file, layout.profile, layout.encoding) for layout in layouts)
    if named != whole:
        raise FileFault(
            f"{manifest.NAME}: files: it names {spelled(named)}, but a day has {spelled(whole)};"
            " fetch it again"
        )
    strange = {path.name for path in directory.iterdir()} - {name for name, _, _ in whole}
    strange.discard(manifest.NAME)
    if strange:
        raise FileFault(
            f"{manifest.NAME}: it does not name {', '.join(sorted(strange))}, which lies beside"
            " it; take it away"
        )


def spelled(files: list[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} ({profile}, {encoding})" for name, profile, encoding in files)


def check_file(directory: Path, entry: Entry, promised: Manifest) -> Finding:
    """Check a file by itself and against its entry in the manifest."""
    path = directory / entry.name
    try:
        totals = examine(path, PROFILES[entry.profile], promised.date)
        wrong = [
            f"{name} is {total}, the manifest has {getattr(entry, name)}"
            for name, total in totals.items()
            if total != getattr(entry, name)
        ]
        text = "{records} records, bought {quantity_bought} shares for {turnover_bought}, sold"
        text = (text + " {quantity_sold} for {turnover_sold}").format_map(totals)
    except (FileFault, OSError) as error:
        wrong = [told(error, entry.name)]
    wrong += check_bytes(path, entry)
    return Finding(entry.name, not wrong, "; ".join(wrong) or f"{entry.profile}, {text}")


def check_bytes(path: Path, entry: Entry) -> list[str]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except OSError:
        return []
    if size != entry.bytes:
        return [f"bytes is {size}, the manifest has {entry.bytes}"]
    if digest != entry.sha256:
        return ["sha256 is not the manifest's: the file was changed"]
    return []


def told(error: Exception, name: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is missing; fetch it again"
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror}); mend that and load again"
    return str(error).removeprefix(f"{name}: ")


def examine(path: Path, profile: Profile, business_date: int) -> dict[str, int | str]:
    """Read a file through and return its control totals; raise FileFault at what is wrong."""
    tally = Tally(profile, business_date)
    for columns in blocks(path, profile, business_date):
        tally.add(profile.facts(columns))
    tally.end()
    return tally.totals()


def blocks(path: Path, profile: Profile, business_date: int) -> Iterator[Columns]:
    if profile.layout.is_delimited:
        yield from delimited.read(path, profile.layout)
        return
    with Table(path, profile.layout) as table:
        if table.business_date != business_date:
            raise FileFault(
                f"{path.name}: the header's date is {table.business_date}, the manifest's business"
                f" date {business_date}; fetch the file again"
            )
        yield from table.blocks()


def cross_check(
    directory: Path, entry: Entry, fills: Profile, findings: dict[str, Finding]
) -> Finding:
    """Compare a market's file with fills.csv, where that is well itself."""
    finding = findings[entry.name]
    if not findings[FILLS.file].is_well:
        return finding._replace(text=f"{finding.text}; not compared with {FILLS.file}")
    try:
        compare(directory, PROFILES[entry.profile], fills.layout)
    except (FileFault, OSError) as error:
        return Finding(entry.name, False, told(error, entry.name))
    return finding._replace(text=f"{finding.text}; agrees with {FILLS.file}")


def compare(directory: Path, profile: Profile, fills: Layout) -> None:
    """Raise FileFault at the first record that is not what fills.csv says it is."""
    layout = profile.layout
    with Table(directory / layout.file, layout) as table:
        for block in delimited.read(directory / fills.file, fills):
            expected = profile.columns(profile.select(rows_of("fills", block)), one_firm())
            first = table.count
            records = row_count(expected)
            found = table.read(records)
            if table.count - first < records:
                raise FileFault(
                    f"{layout.file}: {FILLS.file} has more records; close the day again"
                )
            for field in layout.fields:
                compare_field(profile, field, found[field.name], expected[field.name], first)
        if table.left:
            raise FileFault(f"{layout.file}: {FILLS.file} has fewer records; close the day again")


def compare_field(
    profile: Profile, field: Field, found: np.ndarray, expected: np.ndarray, first: int
) -> None:
    if field.may_overflow:
        lost = misfits(expected, field.width, field.decimals)
        expected = np.where(lost, OVERFLOWN, expected)
    differs = np.flatnonzero(found != expected)
    if differs.size:
        row = differs[0]
        layout = profile.layout
        raise FileFault(
            f"{layout.file}: {layout.place(first + row)}: {field.name}: it is {found[row]}, but"
            f" {np.broadcast_to(expected, found.shape)[row]} by {FILLS.file};"
            " fetch both files again, or close the day again"
        )
