"""What the firm does not know is a fault, by file, line and field, and nothing is booked."""

import csv
from pathlib import Path

from gateway.cli import main

WORKED = Path(__file__).resolve().parents[2] / "docs/examples/close"


def imported(tmp_path: Path, capsys, *words: str) -> tuple[int, list[str]]:
    """Import the worked day held to files of the firm; return status and what is wrong."""
    into = ["--into", str(tmp_path / "db.sqlite"), "--rejects", str(tmp_path / "rejects.csv")]
    status = main(["import", str(WORKED / "clearing"), *into, *words])
    lines = capsys.readouterr().out.splitlines()
    return status, [line for line in lines if line.startswith("WRONG")]


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (WORKED / name).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / Path(name).name
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def without(tmp_path: Path, name: str, start: str) -> Path:
    lines = (WORKED / name).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) < len(lines)
    path = tmp_path / Path(name).name
    path.write_text("".join(kept), encoding="utf-8")
    return path


def test_a_day_that_the_firm_knows_is_booked(tmp_path, capsys):
    known = ["--instruments", str(WORKED / "instruments.csv"), "--accounts"]
    status, wrong = imported(tmp_path, capsys, *known, str(WORKED / "accounts"))
    assert (status, wrong) == (0, [])


def test_an_account_that_nobody_knows_is_told_in_each_table(tmp_path, capsys):
    with (WORKED / "accounts/accounts.csv").open() as file:
        number = next(csv.DictReader(file))["account"]
    without(tmp_path, "accounts/accounts.csv", f"{number},")
    status, wrong = imported(tmp_path, capsys, "--accounts", str(tmp_path))
    assert status == 1 and not (tmp_path / "db.sqlite").stat().st_size
    names = [line.split()[1].rstrip(":") for line in wrong]
    assert {"fills.csv", "balances.csv", "funds.csv"} <= set(names)
    assert all(f"account: {number} is not in" in line for line in wrong)


def test_a_code_that_is_not_listed_is_told(tmp_path, capsys):
    with (WORKED / "instruments.csv").open(encoding="utf-8") as file:
        symbol = next(csv.DictReader(file))["symbol"]
    path = without(tmp_path, "instruments.csv", symbol)
    status, wrong = imported(tmp_path, capsys, "--instruments", str(path))
    assert status == 1 and not (tmp_path / "db.sqlite").stat().st_size
    assert f"code: {symbol[:6]} of SSE is not in {path}" in wrong[0]


def test_a_price_beyond_the_limits_of_its_day_is_told(tmp_path, capsys):
    path = changed(tmp_path, "instruments.csv", "SSE_MAIN,43.15", "SSE_MAIN,1.00")
    status, wrong = imported(tmp_path, capsys, "--instruments", str(path))
    assert status == 1
    assert "is not from 0.9000 to 1.1000" in wrong[0] and "price: " in wrong[0]


def test_a_price_off_the_tick_is_told(tmp_path, capsys):
    path = changed(tmp_path, "instruments.csv", "SSE_B,0.600", "SSE_MAIN,0.60")
    status, wrong = imported(tmp_path, capsys, "--instruments", str(path))
    assert status == 1
    assert "is no multiple of the tick of 0.0100" in wrong[0]


def test_a_fee_by_other_rates_than_the_days_is_told(tmp_path, capsys):
    path = tmp_path / "instruments.csv"
    lines = (WORKED / "instruments.csv").read_text(encoding="utf-8").splitlines()
    fees = ["fees", *["SSE_FUND" if line.startswith("600036") else "" for line in lines[1:]]]
    pairs = zip(lines, fees, strict=True)
    path.write_text("".join(f"{line},{fee}\n" for line, fee in pairs), encoding="utf-8")
    status, wrong = imported(tmp_path, capsys, "--instruments", str(path))
    assert status == 1
    assert "as the fees of the day have it" in wrong[0] and "fills.csv: line" in wrong[0]
