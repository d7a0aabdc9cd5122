"""What exchange and depository have sent of a day: read, and held to it record by record."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, ended_day
from engine.clearing.matching import TERMS, Matching, match
from engine.storage.disk import replace_file
from gateway.batch.close import NOT_ASKED, Close
from protocol.files.layouts import Columns, row_count
from protocol.files.profiles import Profile
from protocol.files.reading import blocks


def take_in(close: Close) -> str:
    if close.asked.incoming is None:
        return NOT_ASKED
    told = [
        f"{path.name} {row_count(columns_in(profile, path, close))}"
        for profile, path in close.incoming
        if path.exists()
    ]
    told += [f"no {path.name}" for _, path in close.incoming if not path.exists()]
    return ", ".join(told)


def compare(close: Close) -> str:
    """Raises CloseRefused where a record is not told alike, and writes which.

    What has not come in tells of no record.
    """
    if close.asked.incoming is None:
        return NOT_ASKED
    found = [(profile, matching_of(close, profile, path)) for profile, path in close.incoming]
    path = close.daybook.folder / "matching.csv"
    replace_file(path, b"".join(lines_of_matching(found)))
    amiss = sum(len(matching.amiss) for _, matching in found)
    if amiss:
        raise CloseRefused(
            f"{path}: {amiss} records are not told alike by the day and the files that came in;"
            " clear up each of them, wait for what has not come in, or leave --incoming out"
        )
    return ", ".join(
        f"{profile.layout.file} {matching.matched} match" for profile, matching in found
    )


def columns_in(profile: Profile, path: Path, close: Close) -> Columns:
    """Return the columns of a file that is to come in."""
    parts = blocks(path, profile, ended_day(close.day.reports)) if path.exists() else ()
    return joined(profile, parts)


def joined(profile: Profile, parts: Iterable[Columns]) -> Columns:
    """Return the columns of all parts, one behind another."""
    parts = list(parts)
    names = [field.name for field in profile.layout.fields]
    if not parts:
        return {name: np.empty(0) for name in names}
    return {
        name: np.concatenate([np.broadcast_to(part[name], row_count(part)) for part in parts])
        for name in names
    }


def matching_of(close: Close, profile: Profile, path: Path) -> Matching:
    """Hold what this day would have sent itself to what has come in."""
    tables = close.tables
    selected = (profile.select(rows) for rows in tables.blocks(profile.table))
    own = joined(profile, [profile.columns(rows, tables.firms) for rows in selected if len(rows)])
    return match(own, columns_in(profile, path, close), TERMS[profile.layout.profile])


def lines_of_matching(found: list[tuple[Profile, Matching]]) -> Iterator[bytes]:
    yield b"file,key,class,field,here,there\n"
    for profile, matching in found:
        for amiss in matching.amiss:
            yield ",".join([profile.layout.file, *amiss]).encode() + b"\n"
