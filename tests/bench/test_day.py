"""A whole day, played with sockets and without, ends in files that tie."""

import filecmp

import numpy as np
import pytest

from engine.clearing.charges import charge
from engine.storage.daybook import Daybook
from gateway.cli import main
from protocol.files.profiles import profiles_of
from protocol.vocabulary import Liquidity, Phase, Reject, ReportKind
from tests.storage.journals import contents

EVENING = (Phase.POST_CLOSE, Phase.FIXED_PRICE)
SMALL = ["--orders", "3000", "--terminals", "8", "--seed", "7"]


def overcharge(*rows):
    """Return charges of which one is a cent too much."""
    charges = charge(*rows)
    charges.customer["commission"][0] += 100
    return charges


def files_of(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def is_same(one, other):
    names = files_of(one)
    assert names == files_of(other)
    return filecmp.cmpfiles(one, other, names, shallow=False) == (names, [], [])


def test_a_day_without_sockets_gives_the_same_bytes_twice(tmp_path, capsys):
    for folder in ("once", "again"):
        assert main(["day", "--in-process", *SMALL, "--data", str(tmp_path / folder)]) == 0
    days = [tmp_path / folder / "20261120" for folder in ("once", "again")]
    assert is_same(*days)
    files = [profile.layout.file for profile in profiles_of(with_fees=True)]
    clearing = sorted(path.name for path in (days[0] / "clearing").iterdir())
    assert clearing == sorted([*files, "manifest.json", "manifest.ok"])
    others = [path.name for path in files_of(days[0]) if path.parent.name != "clearing"]
    assert others == ["00000001.log", "reports.bin"]


def test_accounts_that_have_too_little_are_refused_and_the_others_pay(tmp_path, capsys):
    assert main(["day", "--in-process", *SMALL, "--data", str(tmp_path)]) == 0
    reports = Daybook(tmp_path / "20261120").read_reports()
    rejects = reports[reports["kind"] == ReportKind.REJECTED]["reason"]
    money, shares = (
        np.count_nonzero(rejects == reason)
        for reason in (Reject.INSUFFICIENT_FUNDS, Reject.INSUFFICIENT_SHARES)
    )
    accepted = np.count_nonzero(reports["kind"] == ReportKind.ACCEPTED)
    assert 0 < money < accepted / 10 and 0 < shares < accepted / 10
    said = capsys.readouterr().out
    assert f"\norders refused for want of money {money:,}, for want of shares {shares:,}\n" in said
    assert "\nconserved: of " in said


@pytest.mark.parametrize(
    ("patched", "put", "claim"),
    [
        ("amiss_in", lambda state: ["1.0000 CNY are lost"], "no money and no share is lost"),
        ("charge", overcharge, "the ledgers of fees tie with the accounts"),
    ],
)
def test_a_day_that_loses_money_fails(patched, put, claim, capsys, monkeypatch):
    monkeypatch.setattr(f"bench.summary.{patched}", put)
    assert main(["day", "--in-process", "--orders", "500"]) == 1
    said = capsys.readouterr().out
    assert said.count("\nyes ") == 6 and f"\nNO  {claim}\n" in said


def test_the_close_is_fixed_before_orders_trade_at_it(tmp_path, capsys):
    assert main(["day", "--in-process", *SMALL, "--data", str(tmp_path)]) == 0
    check_evening(tmp_path / "20261120")


def test_there_is_room_for_every_order_of_the_day_and_of_its_evening(tmp_path, capsys):
    arguments = ["day", "--in-process", "--orders", "5000", "--data", str(tmp_path)]
    assert main(arguments) == 0
    reports = Daybook(tmp_path / "20261120").read_reports()
    rejects = reports[reports["kind"] == ReportKind.REJECTED]
    assert Reject.PRICE_WORSE_THAN_CLOSE in rejects["reason"]
    assert Reject.ORDERS_EXHAUSTED not in rejects["reason"]


def check_evening(day):
    """Check that closing prices follow POST_CLOSE at once, and trades at them FIXED_PRICE."""
    reports = Daybook(day).read_reports()
    changes = np.flatnonzero(reports["kind"] == ReportKind.PHASE_CHANGED)
    closing, trading = (changes[reports["reason"][changes] == phase][0] for phase in EVENING)
    fixed = np.flatnonzero(reports["kind"] == ReportKind.CLOSE_FIXED)
    assert len(fixed) == 24 and closing < fixed[0] and fixed[-1] - fixed[0] == 23
    close = dict(reports[fixed][["instrument", "price"]].tolist())
    between = reports[fixed[-1] + 1 : trading]
    assert set(between["kind"]) <= {ReportKind.ACCEPTED, ReportKind.REJECTED}
    at_close = np.flatnonzero(reports["liquidity"] == Liquidity.FIXED_PRICE)
    assert len(at_close) > 0 and at_close[0] > trading
    for trade in reports[at_close]:
        assert trade["price"] == close[trade["instrument"]]


def test_another_seed_is_another_day(tmp_path, capsys):
    for seed in ("1", "2"):
        arguments = ["day", "--in-process", "--orders", "500", "--seed", seed]
        assert main([*arguments, "--data", str(tmp_path / seed)]) == 0
    one, other = (Daybook(tmp_path / seed / "20261120") for seed in ("1", "2"))
    assert contents(one.journal) != contents(other.journal)


def test_a_day_over_tcp_ties_and_replays_to_the_same_bytes(tmp_path, capsys):
    assert main(["day", *SMALL, "--speed", "20000", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "NO " not in said and "WRONG" not in said
    assert said.count("\nyes ") == 7
    day = tmp_path / "20261120"
    check_evening(day)
    digests = set()
    for batch_rows in ("1", "77", "100000"):
        replayed = tmp_path / batch_rows
        assert main(["close", str(day), "--out", str(replayed), "--batch-rows", batch_rows]) == 0
        digests.add(capsys.readouterr().out.splitlines()[-1])
        assert (replayed / "reports.bin").read_bytes() == (day / "reports.bin").read_bytes()
        assert is_same(replayed / "clearing", day / "clearing")
    assert len(digests) == 1


def test_a_folder_that_holds_a_day_already_is_left_alone(tmp_path, capsys):
    arguments = ["day", "--in-process", "--orders", "200", "--data", str(tmp_path)]
    assert main(arguments) == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.bin")}
    assert main(arguments) == 1
    assert "holds a day already" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.bin")} == before
