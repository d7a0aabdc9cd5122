"""The tables of a closed day for analysis: as Parquet, and its fills as JSON lines.

They are written aside and renamed into place together, into a folder named after the day, like
business_date=2026-11-20, so that many days are one partitioned data set.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import BinaryIO

from engine.clearing.tables import Tables
from engine.storage.disk import DISK
from protocol.calendar import to_date
from protocol.files import json_lines
from protocol.files.layouts import Columns
from protocol.files.manifest import Manifest
from protocol.files.profiles import PROFILES, Profile
from protocol.mistake import Mistake

EXECUTIONS = "executions.jsonl"


def export(tables: Tables, manifest: Manifest, folder: Path) -> Path:
    """Write all tables of a manifest under a folder; return where they are.

    Their metadata has the manifest's run and control totals.  Raises Mistake where pyarrow is not
    installed.
    """
    parquet = parquet_files()
    target = folder_of(folder, manifest.date)
    partial = target.with_name(f".{target.name}.partial")
    rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for entry in manifest.files:
        profile = PROFILES[entry.profile]
        if not profile.layout.is_delimited:
            continue
        metadata = {"run": manifest.run, **entry.totals}
        with (partial / f"{profile.table}.parquet").open("wb") as file:
            blocks = blocks_of(tables, profile)
            parquet.write(file, profile.layout, manifest.date, blocks, metadata)
            keep(file)
    with (partial / EXECUTIONS).open("wb") as file:
        file.writelines(json_lines.write(tables.fills))
        keep(file)
    DISK.sync_directory(partial)
    rmtree(target, ignore_errors=True)
    DISK.rename(partial, target)
    DISK.sync_directory(folder)
    return target


def keep(file: BinaryIO) -> None:
    """Have all that was written to a file on the disk."""
    file.flush()
    DISK.sync(file.fileno())


def folder_of(folder: Path, business_date: int) -> Path:
    """Return where the tables of a day lie under a folder."""
    return folder / f"business_date={to_date(business_date).isoformat()}"


def blocks_of(tables: Tables, profile: Profile) -> Iterator[Columns]:
    for rows in tables.blocks(profile.table):
        yield profile.columns(rows, tables.firms)


def parquet_files() -> ModuleType:
    """Return what writes Parquet; raises Mistake where pyarrow is not installed."""
    try:
        from protocol.files import parquet
    except ModuleNotFoundError:
        raise Mistake("Parquet needs pyarrow; pip install 'cuohe[clearing]'") from None
    return parquet
