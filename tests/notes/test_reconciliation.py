"""One page says whether customers, firms, depositories and yesterday tie."""

import shutil
from collections.abc import Callable

import pytest

from gateway.cli import main
from tests.importing.forgery import edit, replaced, seal
from tests.notes.days import FIRST, SECOND, THIRD


def reconciled(capsys, *words: object) -> tuple[int, list[str]]:
    """Return the exit status of `cuohe reconciliation`, and the lines that it prints."""
    status = main(["reconciliation", *map(str, words), "--language", "en"])
    return status, capsys.readouterr().out.splitlines()


def amiss(lines: list[str]) -> list[str]:
    """Return what does not tie."""
    return [line.split("  ")[0] for line in lines if line.endswith("AMISS")]


def test_all_ties_of_a_closed_day_hold_and_yesterday_is_among_them(closed_days, capsys):
    status, lines = reconciled(capsys, closed_days / str(THIRD))
    assert (status, amiss(lines)) == (0, [])
    assert lines[-2] == "All 53 ties hold."
    assert "CNY of yesterday = before" in [line.split("  ")[0] for line in lines]


def test_a_page_tells_the_totals_of_each_firm(closed_days, capsys):
    _, lines = reconciled(capsys, closed_days / str(FIRST))
    firms = [line.split() for line in lines if line.endswith(("-10,007.64", "10,001.36"))]
    assert [firm[:4] for firm in firms] == [["1", "SSE", "CNY", "2"], ["2", "SSE", "CNY", "2"]]


def test_the_first_day_has_no_yesterday_and_one_that_is_away_is_told(data, capsys):
    status, lines = reconciled(capsys, data / str(FIRST))
    assert status == 0 and lines[-3] == "The manifest names no day before."
    shutil.rmtree(data / str(SECOND))
    status, lines = reconciled(capsys, data / str(THIRD))
    assert status == 0 and lines[-3].startswith("Yesterday's files do not lie beside")


FORGED: dict[str, tuple[str, Callable, list[str]]] = {
    "a balance of the depository": (
        "zqye.dbf",
        replaced(b"            9050", b"            9051"),
        ["SSE shares in zqye.dbf = in balances.csv", "SSE securities in zqye.dbf, and"],
    ),
    "a net amount of the depository": (
        "jsmx.dbf",
        replaced(b"-3000.190000", b"-3000.910000"),
        ["SSE CNY net in jsmx.dbf = of firms, to the cent"],
    ),
    "a firm's money": (
        "money.csv",
        replaced(b",10007.0000,0.0000,", b",10008.0000,0.0000,"),
        ["CNY Bought in fills = by firms"],
    ),
    "a customer's balance": (
        "funds.csv",
        replaced(b"14978.5400", b"24978.5400"),
        ["CNY of customers: before + changes = balance", "CNY accounts of customers, and"],
    ),
    "two customers' fees": (
        "funds.csv",
        replaced(b",23.4600,", b",22.4600,"),
        [
            "CNY of customers: before + changes = balance",
            "CNY accounts of customers, and",
            "CNY Fees in fills = of customers",
        ],
    ),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_file_that_is_signed_again_does_not_tie(data, capsys, forged):
    name, change, expected = FORGED[forged]
    folder = data / str(FIRST) / "clearing"
    edit(folder / name, change)
    seal(folder)
    status, lines = reconciled(capsys, folder.parent)
    assert status == 1
    found = amiss(lines)
    assert len(found) == len(expected)
    assert all(line.startswith(what) for line, what in zip(found, expected, strict=True))
    assert lines[-2] == f"Of 47 ties {len(expected)} are AMISS."


def test_a_file_that_was_changed_behind_the_manifest_is_amiss(data, capsys):
    edit(data / str(FIRST) / "clearing" / "gh.dbf", replaced(b"10.010", b"10.020"))
    status, lines = reconciled(capsys, data / str(FIRST))
    assert status == 1
    assert [line.split() for line in lines if line.endswith("AMISS")] == [
        ["gh.dbf", "gh/2016", "4", "AMISS"]
    ]


def test_what_today_begins_with_must_be_what_yesterday_left(data, capsys):
    folder = data / str(THIRD) / "clearing"
    (line,) = [
        line for line in (folder / "funds.csv").read_text().splitlines() if ",1,1,7," in line
    ]
    before = line.split(",")[5]
    other = f"{int(before.split('.')[0]) + 1}.{before.split('.')[1]}"
    edit(folder / "funds.csv", replaced(before.encode(), other.encode()))
    seal(folder)
    status, lines = reconciled(capsys, folder.parent)
    assert status == 1
    assert amiss(lines)[:2] == [
        "CNY of yesterday = before",
        "CNY accounts, and how many are as yesterday",
    ]


def test_the_page_may_be_a_file(closed_days, tmp_path, capsys):
    out, words = tmp_path / "page.html", ["reconciliation", str(closed_days / str(FIRST))]
    assert main([*words, "--as", "html", "--out", str(out)]) == 0
    assert capsys.readouterr().out == "全部 47 项核对相符。\n"
    assert "清算对账单" in out.read_text("utf-8")
    assert main([*words, "--as", "pdf"]) == 1
    assert "name a file with --out" in capsys.readouterr().err
