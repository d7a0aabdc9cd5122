"""`cuohe close`: a day's files from its journal alone, the same every time, or none at all."""

import re
from pathlib import Path

import numpy as np
import pytest

from engine.venue import Limits, warm_up
from gateway.batch.ledger import NAME
from gateway.cli import main
from gateway.room import room_for
from protocol.records import REPORT
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    CommandKind,
    Phase,
    ReportKind,
    Role,
    Side,
)
from tests.commands import (
    SZSE_RULES,
    admit,
    cancel,
    change_phase,
    close_day,
    define_fees,
    enter,
    journal,
    list_instrument,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.test_determinism import write_journal

UNITS = {"branch": 7, "trading_unit_sse": b"20001", "trading_unit_szse": b"390001"}
BUY = enter(Side.BUY, 300, 100_000, session=1, account=5)
SELL = enter(Side.SELL, 200, 100_000, session=1, account=6)
OPENING = [
    open_day(orders_open_max=100, orders_day_max=1_000),
    admit(1, 1, 9, **UNITS),
    *listing(0),
    *listing(1, code=b"000001", **SZSE_RULES),
    change_phase(Phase.CONTINUOUS),
]
TRADED = [
    *OPENING,
    *[BUY | {"client_seq": 1}, SELL | {"client_seq": 2}],
    *[BUY | {"client_seq": 3, "instrument": 1}, SELL | {"client_seq": 4, "instrument": 1}],
]
SEGMENT = "journal/00000001.log"
CLOSED = [*TRADED, close_day(), cancel(1, session=1, client_seq=5)]


def day_of(folder: Path, commands: list[dict]) -> Path:
    """Write the journal of a day into `folder` and return the folder."""
    folder.mkdir()
    write_journal(folder / "journal", journal(commands), 4)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder and below, by its path, but for the ledger of its close."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def close(*words: object) -> int:
    """Run `cuohe close` and return its exit status."""
    return main(["close", *map(str, words)])


@pytest.fixture(autouse=True, scope="module")
def warmed() -> None:
    """Let the kernels be compiled, so that no command has to say that it takes a while."""
    warm_up(lambda line: None)


@pytest.fixture
def day(tmp_path) -> Path:
    return day_of(tmp_path / "20260706", CLOSED)


def test_closed_day_gets_its_reports_and_clearing_files(day, capsys):
    assert close(day) == 0
    told = capsys.readouterr().out.splitlines()
    assert list(contents(day)) == [
        "clearing/NQHB.DBF",
        "clearing/SJSMX1.DBF",
        "clearing/fills.csv",
        "clearing/gh.dbf",
        "clearing/manifest.json",
        "clearing/manifest.ok",
        SEGMENT,
        "reports.bin",
    ]
    assert ["publish", "4 files of generation 1"] in [line.split(maxsplit=1) for line in told]
    assert re.fullmatch("state digest [0-9a-f]{64}", told[-1])


@pytest.mark.parametrize("batch_rows", [1, 3, 100])
def test_closing_again_in_any_batches_changes_nothing(day, batch_rows, capsys):
    close(day)
    first, digest = contents(day), capsys.readouterr().out.splitlines()[-1]
    assert close(day, "--batch-rows", batch_rows) == 0
    assert (contents(day), capsys.readouterr().out.splitlines()[-1]) == (first, digest)


def test_another_folder_gets_the_same_files(day, tmp_path):
    assert close(day, "--out", tmp_path / "new" / "folder") == 0
    assert list(contents(day)) == [SEGMENT]
    assert close(day) == 0
    files = contents(day)
    del files[SEGMENT]
    assert contents(tmp_path / "new" / "folder") == files


def test_reports_that_broke_off_are_made_whole(day):
    close(day)
    whole = contents(day)
    (day / "reports.bin").write_bytes(whole["reports.bin"][:100])
    assert close(day) == 0
    assert contents(day) == whole


@pytest.mark.parametrize("unfinished", [TRADED, OPENING[:1], []], ids=["traded", "open", "none"])
def test_day_that_has_not_ended_is_refused_and_left_alone(tmp_path, capsys, unfinished):
    day = day_of(tmp_path / "20260706", unfinished)
    (day / "reports.bin").write_bytes(b"")
    before = contents(day)
    assert close(day) == 1
    assert capsys.readouterr().err == (
        "cuohe close: the log has no end of the day, so its fills are not whole; close the day"
        " (CLOSE_DAY) and clear it then\n"
    )
    assert contents(day) == before
    assert close(day, "--out", tmp_path / "new") == 1
    assert not (tmp_path / "new").exists()


def test_broken_journal_is_refused(day, tmp_path, capsys):
    content = bytearray((day / SEGMENT).read_bytes())
    content[3 * 64 + 40] ^= 1
    (day / SEGMENT).write_bytes(content)
    assert close(day, "--out", tmp_path / "new") == 1
    assert capsys.readouterr().err == (
        f"cuohe close: {day}/{SEGMENT}: line 3 is damaged at byte 232; it was on the disk, as line "
        "18 tells; restore the file from a backup\n"
    )
    assert not (tmp_path / "new").exists()


def test_folder_without_a_journal_is_refused(tmp_path, capsys):
    assert close(tmp_path) == 1
    assert capsys.readouterr().err == (
        f"cuohe close: {tmp_path}/journal: cannot be read: No such file or directory\n"
    )


def test_files_of_another_day_are_replaced_only_if_asked(day, tmp_path, capsys):
    other = day_of(tmp_path / "20260707", [*OPENING, close_day()])
    close(other)
    before = contents(other)
    assert close(day, "--out", other) == 1
    assert "reports.bin holds other reports than this journal gives" in capsys.readouterr().err
    assert contents(other) == before
    assert close(day, "--out", other, "--replace") == 0
    close(day)
    ours, theirs = contents(day), contents(other)
    assert theirs["reports.bin"] == ours["reports.bin"]
    assert theirs["clearing/fills.csv"] == ours["clearing/fills.csv"]
    assert theirs["clearing.superseded/fills.csv"] == before["clearing/fills.csv"]
    assert theirs[SEGMENT] == before[SEGMENT]


def test_clearing_files_that_somebody_changed_are_replaced_only_if_asked(day, capsys):
    close(day)
    whole = contents(day)
    (day / "clearing" / "fills.csv").write_bytes(b"")
    assert close(day) == 1
    assert "clearing holds other files than this day's" in capsys.readouterr().err
    assert close(day, "--replace") == 0
    files = {name: data for name, data in contents(day).items() if "superseded" not in name}
    assert files == whole


def test_room_is_what_the_venue_itself_asked_for():
    greedy = {"session": 1, "client_seq": 9}
    rows = journal(
        [
            *OPENING,
            open_day(orders_open_max=2**31 - 1, orders_day_max=2**31 - 1, **greedy),
            list_instrument(2, rules=0, lower_limit=-(2**31), upper_limit=2**31 - 1, **greedy),
            admit(2, 1, 9, **greedy),
        ]
    )
    assert room_for(rows) == Limits(
        orders_open=100, orders_day=1_000, instruments=3, sessions=2, ticks=2 * 201 + 1
    )


BY_OPERATOR = {"session": 2}
TO_GUANGZHOU = {"kind": CommandKind.TRANSFER_CUSTODY, "to_unit": b"394210", "instrument": NONE}
WITH_ACCOUNTS = [
    open_day(with_accounts=1),
    admit(1, 1, 9, **UNITS),
    admit(2, 1, 9, Role.OPERATOR, **UNITS),
    define_fees(0),
    *[row for number in range(3) for row in listing(number, **SZSE_RULES)],
    {"kind": CommandKind.DEFINE_INTEREST, "interest_rate": 50_000, "days": 3},
    *[open_account(number) for number in (1, 5)],
    open_account(7) | BY_OPERATOR | {"client_seq": 1},
    *[move_funds(number, 10**9) for number in (1, 5, 7)],
    *[move_shares(number, 100, instrument=what) for number in (1, 5) for what in (0, 1)],
    {"kind": CommandKind.CHANGE_LIST, "account": 5, "instrument": 0, "is_listed": 1},
    {"kind": CommandKind.BRING_INTEREST, "account": 1, "accrued": 50},
    {"kind": CommandKind.BRING_INTEREST, "account": 5, "accrued": 50},
    {"kind": CommandKind.CAPITALISE, "account": EVERY_ACCOUNT},
    change_phase(Phase.CONTINUOUS),
    BUY | {"client_seq": 1, "account": 7, "instrument": 1},
    {"kind": CommandKind.CHANGE_CODE, "instrument": 0, "to_instrument": 2},
    TO_GUANGZHOU | {"account": 5, **BY_OPERATOR, "client_seq": 2},
    close_day(),
]
"""A day that names no room for accounts, of which the venue and an operator ask what they may."""


def test_a_day_with_accounts_that_names_no_room_for_them_is_closed(tmp_path, capsys):
    day = day_of(tmp_path / "20260706", WITH_ACCOUNTS)
    assert close(day) == 0
    reports = np.fromfile(day / "reports.bin", REPORT)
    assert ReportKind.REJECTED not in reports["kind"]
    moved = reports[reports["kind"] == ReportKind.SHARES_MOVED]
    assert moved["instrument"].tolist() == [1, 2]


def test_room_for_accounts_is_what_the_venue_and_operators_may_use():
    greedy = open_account(1_000_000) | {"session": 1, "client_seq": 9}
    room = room_for(journal([*WITH_ACCOUNTS, greedy]))
    assert (room.accounts, room.holdings, room.movements, room.lists) == (8, 10, 3 + 4 + 24 + 3, 1)
    named = {"accounts_max": 20, "holdings_max": 30, "movements_max": 40, "lists_max": 50}
    room = room_for(journal([open_day(with_accounts=1, **named), *WITH_ACCOUNTS[1:]]))
    assert (room.accounts, room.holdings, room.movements, room.lists) == (20, 30, 40, 50)
    room = room_for(journal([open_day(**named), *WITH_ACCOUNTS[1:]]))
    assert (room.accounts, room.holdings, room.movements, room.lists) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("role", "accounts"),
    [(Role.TERMINAL, 6), (Role.COUNTER, 8), (Role.RISK, 6), (Role.OPERATOR, 8)],
)
def test_room_for_accounts_heeds_what_the_role_permits(role, accounts):
    day = [row | {"role": role} if row.get("admitted") == 2 else row for row in WITH_ACCOUNTS]
    assert room_for(journal(day)).accounts == accounts


def test_room_of_a_day_that_names_none_is_that_of_its_orders():
    room = room_for(journal([open_day(), *OPENING[1:], *[BUY] * 5]))
    assert (room.orders_open, room.orders_day) == (6, 6)
