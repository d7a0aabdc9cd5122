"""The same journal gives the same bytes: in any process, in any batches, compiled or not.

The frozen journal and what came of it lie in tests/golden/engine.  Where the format of rows or
the layout of the state has changed on purpose, freeze them anew:

    python -m tests.engine.test_determinism
"""

from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest

from bench.workload import workload
from engine.listings import listed
from engine.phases import TIMETABLE
from engine.sequencer import Sequencer
from engine.storage.journal import Journal, Mode
from engine.storage.segments import read_journal
from engine.venue import Venue
from protocol.calendar import midnight
from protocol.records import join
from protocol.vocabulary import CancelReason, CommandKind, Liquidity, ReportKind
from tests.commands import (
    BUSINESS_DATE,
    SZSE_RULES,
    admit,
    change_phase,
    close_day,
    journal,
    listing,
    open_day,
)
from tests.engine.flow import random_day
from tests.engine.replaying import LIMITS, outcome, outcome_elsewhere
from tests.engine.service_flow import random_account_day

GOLDEN = Path(__file__).parents[1] / "golden" / "engine"
FROZEN = {
    "anonymous": lambda: random_day(9, LIMITS, 2_500),
    "accounts": lambda: random_account_day(1_242, LIMITS, 4_000),
}
"""Random days that together show every kind of command and report."""

FROZEN_BATCH = 16
"""How many rows of a frozen journal have the same time."""

SECONDS = range(midnight(BUSINESS_DATE), 2**63, 10**9)
TERMINALS = 3
ORDERS = 3_000


def whole_day() -> np.ndarray:
    """Return the rows of a day of the bench's workload, not yet stamped."""
    admissions = [admit(n, 1_000 * n, 1_000 * n + 999) for n in range(1, TERMINALS + 1)]
    listings = [*listing(0), *listing(1, **SZSE_RULES), *listing(2)]
    flow = workload(listed(journal(listings)), TERMINALS, ORDERS, seed=1)
    rows, parts = flow.resolved(), iter(flow.phases)
    has_rows = {phase for phase, _ in flow.phases}
    day = [journal([open_day(), *admissions, *listings])]
    for begin in TIMETABLE:
        day.append(journal([change_phase(begin.phase)]))
        if begin.phase in has_rows:
            day.append(rows[next(parts)[1]])
    return join([*day, journal([close_day()])])


def write_journal(
    path: Path, rows: np.ndarray, batch_rows: int, times: Iterable[int] = SECONDS
) -> None:
    """Stamp the rows, each batch with the next time, and write them as the journal of a day."""
    sequencer = Sequencer(iter(times).__next__)
    log = Journal(path, BUSINESS_DATE, Mode.BUFFERED)
    log.begin()
    for start in range(0, len(rows), batch_rows):
        batch = rows[start : start + batch_rows]
        sequencer.stamp(batch)
        log.append(batch)
    log.close()


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what each file in a folder holds."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("day") / "journal"
    write_journal(path, whole_day(), 64)
    return path


@pytest.fixture(scope="module")
def expected(day) -> dict:
    return outcome(day, 4_096, 16_384)


def test_day_is_a_real_one(day):
    reports = Venue(LIMITS).apply(read_journal(day))
    counts = {kind: int((reports["kind"] == kind).sum()) for kind in ReportKind}
    assert counts[ReportKind.TRADED] > ORDERS
    assert set(ReportKind) - {kind for kind in counts if counts[kind]} <= {
        ReportKind.REPLACED,
        ReportKind.USER_CHANGED,
        ReportKind.ORDERS_CANCELED,
        ReportKind.RELEASED,
        ReportKind.HOLD_CHANGED,
        ReportKind.BLOCK_CHANGED,
        ReportKind.CLOSE_FIXED,
        ReportKind.ACCOUNT_CHANGED,
        ReportKind.FUNDS_MOVED,
        ReportKind.SHARES_MOVED,
        ReportKind.RATE_EXCEEDED,
        ReportKind.ORDER_DELAYED,
        ReportKind.CODE_CHANGED,
    }


@pytest.mark.parametrize(("batch_rows", "reports"), [(1, 3), (7, 16_384), (4_096, 7), (512, 512)])
def test_batches_and_buffers_leave_no_trace(day, expected, batch_rows, reports):
    assert outcome(day, batch_rows, reports) == expected


@pytest.mark.parametrize("hash_seed", ["0", "4294967295"])
def test_other_process_finds_the_same_and_compiles_nothing_further(day, expected, hash_seed):
    found = outcome_elsewhere(day, 7, 100, PYTHONHASHSEED=hash_seed)
    before, after = found.pop("compiled")
    assert found == expected
    assert before == after


def test_interpreter_finds_what_the_compiler_finds(day, expected):
    found = outcome_elsewhere(day, 100, 64, NUMBA_DISABLE_JIT="1")
    assert found.pop("compiled") == [[0, 0, 0], [0, 0, 0]]
    assert found == expected


def test_day_is_written_to_the_same_bytes_again(tmp_path, day):
    again = tmp_path / "journal"
    write_journal(again, whole_day(), 64)
    assert files_of(again) == files_of(day)


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_journal_gives_its_frozen_reports(name):
    rows = read_journal(GOLDEN / name / "journal")
    venue = Venue(LIMITS)
    assert venue.apply(rows).tobytes() == (GOLDEN / name / "reports.bin").read_bytes()
    assert venue.digest() == (GOLDEN / name / "digest.txt").read_text().strip()


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_journal_is_written_as_it_was(tmp_path, name):
    frozen = GOLDEN / name / "journal"
    rows = read_journal(frozen)
    times = rows["time"][::FROZEN_BATCH].tolist()
    for field in ("sequence", "time", "checksum"):
        rows[field] = 0
    write_journal(tmp_path / "journal", rows, FROZEN_BATCH, times)
    assert files_of(tmp_path / "journal") == files_of(frozen)


def test_frozen_journals_show_every_command_and_every_report():
    days = [read_journal(GOLDEN / name / "journal") for name in FROZEN]
    rows = join(days)
    reports = np.concatenate([Venue(LIMITS).apply(day) for day in days])
    assert set(rows["kind"].tolist()) >= set(CommandKind)
    assert set(reports["kind"].tolist()) == set(ReportKind)
    assert set(reports["liquidity"].tolist()) == set(Liquidity)
    canceled = reports[reports["kind"] == ReportKind.CANCELED]
    assert set(canceled["reason"].tolist()) == set(CancelReason) - {CancelReason.NOTHING}


def freeze() -> None:
    """Write the golden files anew."""
    for name, make in FROZEN.items():
        path = GOLDEN / name / "journal"
        path.parent.mkdir(parents=True, exist_ok=True)
        rmtree(path, ignore_errors=True)
        rows = make().commands
        write_journal(path, rows, FROZEN_BATCH, rows["time"][::FROZEN_BATCH].tolist())
        venue = Venue(LIMITS)
        reports = venue.apply(read_journal(path))
        path.with_name("reports.bin").write_bytes(reports.tobytes())
        path.with_name("digest.txt").write_text(f"{venue.digest()}\n")


if __name__ == "__main__":
    freeze()
