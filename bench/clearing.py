"""What the close of a long day costs: `python -m bench.clearing [--fills N]`.

A day is traded by the venue and kept in files.  Then two contenders take turns, each in a process
of its own: the close, which makes the day's tables, ties them, and writes all clearing files,
durably, with their digests and totals; and DuckDB, which reads the same fills from Parquet, adds
them up by account and security, and writes the fills as CSV.  Figures are medians, and what counts
is their ratio.  The closes of a tenth and a third of the day, in turn with it, tell whether its
time grows as the day does.  Its memory is what its processes have for themselves, that which they
share counted once; the rows of the day are mapped from files and no part of it.

DuckDB does not wait for the disk, and the close must: so it is told, too, how long it takes only to
hash as many bytes and to have them on the disk.  How fast each kind of file is written, alone and
by one process, is measured with the files of a tenth of the day; and with these files, too, how
fast they are imported, that is checked and booked into SQLite, as `cuohe import` does it.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from random import Random
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

import duckdb

from bench.flow import at_least
from bench.goals import Goal, tell_goals
from bench.heavy_day import BUSINESS_DATE, FILLS_OF_GROUP, load_day, make_day
from engine.clearing import reader, scribe
from engine.clearing.close import clear, made_tables, write_day
from engine.clearing.tables import Tables
from engine.clearing.writing import write_files
from engine.storage.disk import DISK
from engine.storage.long_file import LongFile
from engine.venue import warm_up
from gateway.batch.export import blocks_of
from gateway.importing.booking import Booking
from protocol.files import parquet
from protocol.files.load import load
from protocol.files.manifest import Entry
from protocol.files.profiles import PROFILES, profiles_of

TO_DUCKDB = 2.0
GIGABYTES = 2.0
MILLIONS_PER_SECOND = 0.5
THOUSANDS = 300.0
GROWTH = 1.15
"""How much more a fill of the whole day may cost than one of a tenth."""

PARTS = (0.1, 0.3, 1.0)
RUNS = 3
SAMPLE_SECONDS = 0.1
MEGABYTE = 1e6
BLOCK_BYTES = 1 << 20
LONG_RECORDS = 10_000
"""A file of fewer is too short to be timed."""

Result = TypeVar("Result")

FILLS = "fills.parquet"
SUMS = """\
copy (
    select account, market, code, side, count(*), sum(quantity), sum(turnover), sum(fees)
    from '{fills}' group by all order by all
) to '{folder}/sums.csv'"""
COPY = "copy (from '{fills}') to '{folder}/fills.csv'"


class Writing(NamedTuple):
    """Seconds that the tables take, and each long file written alone."""

    tables: float
    files: list[tuple[Entry, float]]


class Importing(NamedTuple):
    """Records of all files of a day, and the seconds only to check them, and to check and book
    them."""

    records: int
    checking: float
    importing: float


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the figures, and at last what was reached."""
    parser = argparse.ArgumentParser("bench.clearing", description="What the close costs.")
    parser.add_argument("--fills", type=at_least(FILLS_OF_GROUP), default=10_000_000)
    parser.add_argument("--runs", type=at_least(1), default=RUNS)
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be measured")
    arguments = parser.parse_args(words)
    warm_up(print)
    with TemporaryDirectory(dir=arguments.folder, prefix=".bench-clearing-") as folder:
        goals = list(measure(arguments.fills, arguments.runs, Path(folder)))
    print("\ngoals")
    for line in tell_goals(goals):
        print(f"  {line}")
    return 0


def measure(fills: int, runs: int, folder: Path) -> Iterator[Goal]:
    """Measure everything, one after the other, print it, and yield the goals."""
    days = {round(part * fills): folder / f"{part}" for part in PARTS}
    for size, day in days.items():
        day.mkdir()
        alone(partial(make_day, day, size))
    tenth, whole = days[min(days)], days[max(days)]
    writing = long_files(alone(partial(write_each, tenth)))
    imports = [alone(partial(import_day, tenth)) for _ in range(runs)]
    alone(partial(write_parquet, whole))
    closes: dict[int, list[float]] = {size: [] for size in days}
    raw, others, memory = [], [], 0
    for _ in range(runs):
        for size, day in days.items():
            (took, written), peak = watched(partial(close, day))
            closes[size].append(took)
            memory = max(memory, peak)
        raw.append(alone(partial(write_raw, folder / "raw", written)))
        others.append(alone(partial(query, whole)))
    long = closes[max(days)]
    ratio = median(one / other for one, other in zip(long, others, strict=True))
    print(f"\n{max(days):,} fills")
    print(f"  close   {tell_seconds(long)}, {memory / MEGABYTE:,.0f} MB")
    print(f"  DuckDB  {tell_seconds(others)}")
    print(
        f"  raw     {tell_seconds(raw)}: as many bytes, {written / 1e9:.2f} GB, hashed and synced"
    )
    print(f"  close to DuckDB {ratio:.2f}, to raw bytes {median(long) / median(raw):.2f}")
    print(f"\n{min(days):,} fills")
    for line in tell_writing(writing):
        print(f"  {line}")
    for line in tell_importing(imports):
        print(f"  {line}")
    print("\nseconds of a close for a million fills")
    each = {size: [took / size * 1e6 for took in seconds] for size, seconds in closes.items()}
    for size, seconds in each.items():
        print(f"  {size:>12,}  {tell_seconds(seconds)}")
    growth = median(
        long / short for long, short in zip(each[max(days)], each[min(days)], strict=True)
    )
    yield Goal("close to DuckDB", ratio, TO_DUCKDB, is_most=True)
    yield Goal("gigabytes of memory", memory / 1e9, GIGABYTES, is_most=True)
    yield Goal("a fill of the whole day to one of a tenth", growth, GROWTH, is_most=True)
    rate = median(one.records / one.importing / 1e3 for one in imports)
    yield Goal("thousand records a second imported", rate, THOUSANDS)
    for entry, took in writing.files:
        if entry.name.lower().endswith(".dbf"):
            rate = entry.records / took / 1e6
            yield Goal(f"million records a second of {entry.name}", rate, MILLIONS_PER_SECOND)


def process() -> ProcessPoolExecutor:
    """Return what has one process of its own, which knows nothing of this one."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def alone(work: Callable[[], Result]) -> Result:
    """Do a work in a process of its own."""
    with process() as pool:
        return pool.submit(work).result()


def watched(work: Callable[[], Result]) -> tuple[Result, int]:
    """Do a work in a process of its own; return its result, and the most memory that it had."""
    with process() as pool:
        pid = pool.submit(getpid).result()
        done = pool.submit(work)
        peak = 0
        while not done.done():
            peak = max(peak, memory_of(pid))
            time.sleep(SAMPLE_SECONDS)
        return done.result(), peak


def memory_of(pid: int) -> int:
    """Return the bytes that a process and its children have for themselves."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        own = re.search(r"Pss_Anon: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(own[1]) * 1024 + sum(map(memory_of, map(int, children.read_text().split())))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def close(folder: Path) -> tuple[float, int]:
    """Close the day that is kept in a folder; return the seconds that it takes, and the bytes that
    it writes."""
    warm_up(print)
    day = load_day(folder)
    files = folder / "clearing"
    files.mkdir()
    begin = time.perf_counter()
    written = write_day(
        day.commands,
        day.reports,
        files,
        state=day.state,
        reference=day.reference,
        is_alone=True,
    )
    took = time.perf_counter() - begin
    rmtree(files)
    return took, sum(entry.bytes for entry in written.files)


def tables_of_day(folder: Path) -> Tables:
    day = load_day(folder)
    return made_tables(day.commands, day.reports, day.state, day.reference)


def write_parquet(folder: Path) -> None:
    """Write the fills of the day for the other contender."""
    profile = PROFILES["fills/2"]
    with (folder / FILLS).open("wb") as file:
        blocks = blocks_of(tables_of_day(folder), profile)
        parquet.write(file, profile.layout, BUSINESS_DATE, blocks, {})


def query(folder: Path) -> float:
    """Return the seconds that DuckDB takes for sums and a copy of the fills."""
    aside = folder / "duckdb"
    aside.mkdir()
    names = {"fills": folder / FILLS, "folder": aside}
    with duckdb.connect() as database:
        database.execute("set enable_progress_bar = false")
        begin = time.perf_counter()
        for statement in (SUMS, COPY):
            database.execute(statement.format(**names))
        took = time.perf_counter() - begin
    rmtree(aside)
    return took


def write_each(folder: Path) -> Writing:
    """Make the tables and write each file by itself."""
    warm_up(print)
    begin = time.perf_counter()
    tables = tables_of_day(folder)
    made = time.perf_counter() - begin
    aside = folder / "each"
    aside.mkdir()
    files = []
    for profile in profiles_of(with_fees=True):
        begin = time.perf_counter()
        [entry] = write_files([profile], tables, BUSINESS_DATE, aside, DISK)
        files.append((entry, time.perf_counter() - begin))
    rmtree(aside)
    return Writing(made, files)


def import_day(folder: Path) -> Importing:
    """Close the day that is kept in a folder, and import its files into a new database."""
    warm_up(print)
    day = load_day(folder)
    files = folder / "imported"
    clear(day.commands, day.reports, files, state=day.state, reference=day.reference)
    begin = time.perf_counter()
    checked = load(files, spell=scribe.records, reader=reader.column)
    middle = time.perf_counter()
    assert checked.is_well and checked.promised, "what the close writes is well"
    with Booking(str(folder / "imported.sqlite")) as booking:
        load(files, sink=booking, spell=scribe.records, reader=reader.column)
        booking.end()
    end = time.perf_counter()
    rmtree(files)
    (folder / "imported.sqlite").unlink()
    records = sum(entry.records for entry in checked.promised.files)
    return Importing(records, middle - begin, end - middle)


def tell_importing(imports: Sequence[Importing]) -> Iterator[str]:
    yield f"import of {imports[0].records:,} records into SQLite, thousands a second"
    for what in ("checking", "importing"):
        rates = [one.records / getattr(one, what) / 1e3 for one in imports]
        yield f"  {what:9}  {median(rates):6.0f} ({', '.join(f'{rate:.0f}' for rate in rates)})"


def long_files(writing: Writing) -> Writing:
    """Leave out what is too short."""
    return writing._replace(
        files=[file for file in writing.files if file[0].records >= LONG_RECORDS]
    )


def write_raw(path: Path, size: int) -> float:
    """Return the seconds that it takes to hash so many bytes and write them durably."""
    block = Random(0).randbytes(BLOCK_BYTES)
    begin = time.perf_counter()
    with LongFile(path) as file:
        for _ in range(size // BLOCK_BYTES):
            file.put(block)
        file.end()
    took = time.perf_counter() - begin
    path.unlink()
    return took


def tell_seconds(seconds: Sequence[float]) -> str:
    each = ", ".join(f"{took:.2f}" for took in seconds)
    return f"{median(seconds):6.2f} s ({each})"


def tell_writing(writing: Writing) -> Iterator[str]:
    yield f"tables  {writing.tables:.2f} s"
    for entry, took in writing.files:
        yield (
            f"{entry.name:12} {entry.records / took / 1e6:6.2f} M records/s"
            f" {entry.bytes / took / MEGABYTE:8,.0f} MB/s"
        )


if __name__ == "__main__":
    raise SystemExit(main())
