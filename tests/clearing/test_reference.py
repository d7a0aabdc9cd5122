"""A day whose folder says who clears for whom, and when markets and banks are open."""

import csv
from pathlib import Path

import pytest

from gateway.cli import main
from protocol.vocabulary import Phase, Side
from tests.commands import (
    BUSINESS_DATE,
    admit,
    change_phase,
    close_day,
    define_fees,
    enter,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.test_close_command import day_of

DAY = [
    open_day(with_accounts=1, accounts_max=8, holdings_max=16, movements_max=16),
    admit(1, 1, 2, branch=7, trading_unit_sse=b"20001"),
    admit(2, 3, 4, branch=8, trading_unit_sse=b"20002"),
    define_fees(0, stamp_sell_rate=50_000, transfer_rate=1_000),
    *listing(0),
    *[open_account(number, branch=7 + number // 3) for number in (1, 3)],
    move_funds(1, 10**9),
    move_shares(3, 1_000),
    change_phase(Phase.CONTINUOUS),
    enter(Side.BUY, 300, 100_000, session=1, account=1, client_seq=1),
    enter(Side.SELL, 300, 100_000, session=2, account=3, client_seq=1),
    close_day(),
]
FIRMS = (
    "firm,name,branches,sse_participant,sse_money_account,szse_settlement_account,"
    "szse_reserve_account\n"
    "1,East,7,E0000001,EM,ES,ER\n2,South,8,S0000001,SM,SS,SR\n"
)
CALENDARS = "calendar,date,is\nSSE,{},closed\n"


@pytest.fixture
def day(tmp_path) -> Path:
    """A day of two firms on which the exchange is closed on the next day."""
    folder = day_of(tmp_path / str(BUSINESS_DATE), DAY)
    (folder / "reference").mkdir()
    (folder / "reference" / "firms.csv").write_text(FIRMS)
    return folder


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_firm_has_its_own_money_and_codes(day, capsys):
    assert main(["close", str(day)]) == 0
    money = rows_in(day / "clearing" / "money.csv")
    assert [(row["firm"], row["bought"], row["sold"]) for row in money] == [
        ("1", "3000.0000", "0.0000"),
        ("2", "0.0000", "3000.0000"),
    ]
    assert [row["net"] for row in money] == ["-3000.0300", "2998.4700"]
    assert [row["name"] for row in rows_in(day / "clearing" / "firms.csv")] == ["East", "South"]
    assert main(["import", str(day / "clearing"), "--check"]) == 0


def test_money_is_settled_when_the_market_is_open_again(day, capsys):
    fills = rows_in_of_close(day)
    usual = {row["settle_date"] for row in fills}
    (day / "reference" / "calendars.csv").write_text(CALENDARS.format(*usual))
    later = {row["settle_date"] for row in rows_in_of_close(day)}
    assert len(usual) == len(later) == 1 and max(usual) < max(later)


def rows_in_of_close(day: Path) -> list[dict[str, str]]:
    assert main(["close", str(day), "--replace"]) == 0
    return rows_in(day / "clearing" / "fills.csv")


def test_a_backup_takes_along_what_the_files_were_made_of(day, tmp_path, capsys):
    assert main(["close", str(day)]) == 0
    assert main(["verify", str(day)]) == 0
    kind = ["--kind", "after-clearing"]
    assert main(["backup", str(day), "--to", str(tmp_path / "backups"), *kind]) == 0
    (backup,) = (tmp_path / "backups").glob(f"{BUSINESS_DATE}-*")
    assert main(["restore", str(backup), "--data", str(tmp_path / "restored")]) == 0
    restored = tmp_path / "restored" / str(BUSINESS_DATE)
    assert (restored / "reference" / "firms.csv").read_text() == FIRMS
    assert main(["verify", str(restored)]) == 0


def test_a_wrong_reference_is_refused_by_line_and_nothing_is_written(day, capsys):
    (day / "reference" / "firms.csv").write_text(FIRMS.replace("\n2,", "\n1,"))
    assert main(["close", str(day)]) == 1
    assert "firms.csv: line 3: firm: 1 stands there twice" in capsys.readouterr().err
    assert not (day / "clearing").exists()


def test_the_close_writes_the_accounts_of_the_next_day(day, tmp_path, capsys):
    assert main(["close", str(day), "--next", str(tmp_path / "next")]) == 0
    holdings = rows_in(tmp_path / "next" / "holdings.csv")
    told = [(row["account"], row["symbol"], row["total"]) for row in holdings]
    assert told == [("1", "600000.SH", "300"), ("3", "600000.SH", "700")]
    accounts = rows_in(tmp_path / "next" / "accounts.csv")
    assert [(row["account"], row["branch"]) for row in accounts] == [("1", "7"), ("3", "8")]


def test_a_day_without_accounts_leaves_none(tmp_path, capsys):
    commands = [open_day(), admit(1, 1, 9), *listing(0), close_day()]
    folder = day_of(tmp_path / str(BUSINESS_DATE), commands)
    assert main(["close", str(folder), "--next", str(tmp_path / "next")]) == 1
    assert "has no accounts to leave" in capsys.readouterr().err
