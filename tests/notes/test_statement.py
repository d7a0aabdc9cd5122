"""What is sent to a customer says what the clearing files say, to the cent and to the share."""

import msgspec
import numpy as np
import pytest

from engine.clearing.charges import charge
from engine.clearing.close import clear
from engine.venue import Venue
from gateway.cli import main
from gateway.notes.account import Accounts
from gateway.notes.charges import charged
from gateway.notes.published import PublishedDay
from gateway.notes.words import LANGUAGES, SAID
from protocol.files import manifest
from protocol.files.rows import Movement
from protocol.vocabulary import Currency, Market, ReportKind, Side
from tests.clearing.days import small_day
from tests.engine.conftest import FUNDED, SMALL
from tests.importing.forgery import edit, replaced, seal, sign
from tests.notes.days import (
    BEGUN,
    FIRST,
    SECOND,
    THIRD,
    TRADES,
    brought_forward,
    close,
    commands_of,
    entered,
    rows_in,
)


def printed(capsys, *words: object) -> str:
    """Return what `cuohe statement` prints."""
    assert main(["statement", *map(str, words)]) == 0
    return capsys.readouterr().out


def refused(capsys, *words: object) -> str:
    """Return why `cuohe statement` refuses."""
    assert main(["statement", *map(str, words)]) == 1
    return capsys.readouterr().err


def lines_with(text: str, word: str) -> list[list[str]]:
    """Return the cells of the lines in which a word stands."""
    return [line.split() for line in text.splitlines() if word in line.split()]


def test_a_delivery_note_has_one_line_for_each_order_and_runs_to_both_balances(day, capsys):
    text = printed(capsys, day, "--account", 1, "--kind", "delivery")
    assert lines_with(text, "期初余额") == [["2026-07-06", "期初余额", "100,000.00"]]
    bought, other = lines_with(text, "证券买入")
    assert bought == [
        *("2026-07-07", "2026-07-06", "600000", "证券买入", "1,000", "10.007", "10,007.00"),
        *("5.00", "0.00", "0.10", "0.00", "-10,012.10", "89,989.1345", "1,000", "3/3"),
        *("A000000001", "上海"),
    ]
    assert other[-6:] == ["-5,000.05", "84,989.0845", "500", "4/4", "0000000001", "深圳"]
    assert lines_with(text, "其他资金变动")[0][-2:] == ["1.2345", "100,001.2345"]
    (funds,) = [row for row in rows_in(day, "funds") if row["account"] == "1"]
    assert lines_with(text, "合计")[0][-1].replace(",", "") == funds["balance"]


def test_shares_that_came_without_money_are_in_the_delivery_note(day, capsys):
    text = printed(capsys, day, "--account", 3, "--kind", "delivery")
    (bonus,) = lines_with(text, "红股入账")
    assert bonus == ["2026-07-06"] * 2 + ["600000", "红股入账", "50", "0.00", "10,050"] + [
        "A000000003",
        "上海",
    ]
    assert [line[4] for line in lines_with(text, "证券卖出")] == ["-300", "-700", "-500"]
    (sold,) = [line for line in lines_with(text, "证券卖出") if line[2] == "000001"]
    assert sold[-4] == "0"


def test_items_of_an_order_are_those_that_its_account_was_charged():
    penny = [(Side.SELL, 100, 100, 3, 0), (Side.BUY, 100, 100, 1, 0)]
    commands = commands_of(FIRST, BEGUN, entered([*TRADES, *penny]))
    reports = Venue(SMALL._replace(**FUNDED)).apply(commands)
    traded = reports[reports["kind"] == ReportKind.TRADED]
    charges = charge(commands, reports)
    for order in np.unique(traded["order_number"]).tolist():
        places = np.flatnonzero(traded["order_number"] == order)
        paid = {item: int(of[places].sum()) for item, of in charges.customer.items()}
        fills = [
            {"fees": sum(int(of[place]) for of in charges.customer.values())}
            | {item: int(of[place]) for item, of in charges.participant.items()}
            for place in places
        ]
        inside = sum(paid[item] for item in ("commission", "handling", "regulatory"))
        assert charged(fills) == (inside, paid["settlement"], paid["transfer"], paid["stamp"])


def test_a_sale_that_brought_less_than_it_owed_was_let_off_the_commission_first():
    owed = {"stamp": 40, "transfer": 30, "settlement": 20}
    assert charged([{"fees": 100, **owed}]) == (10, 20, 30, 40)
    assert charged([{"fees": 60, **owed}]) == (0, 0, 20, 40)
    assert charged([{"fees": 25, **owed}]) == (0, 0, 0, 25)


def test_a_contract_note_has_every_fill_of_an_order_and_what_it_cost(day, capsys):
    text = printed(capsys, day, "--account", 1, "--kind", "contract", "--language", "en")
    first, _ = text.split("Contract no. 3/3")[1].split("Contract no. 4/4")
    assert first.splitlines()[0].split() == ["Bought", "600000", "SSE", "CNY"]
    fills = [line.split() for line in first.splitlines() if line.endswith("2026-07-07")]
    assert [fill[2:5] for fill in fills] == [
        ["300", "10.00", "3,000.00"],
        ["700", "10.01", "7,007.00"],
    ]
    assert lines_with(first, "Total") == [["Total", "1,000", "10,007.00", "5.10", "-10,012.10"]]
    assert "commission 5.00, stamp duty 0.00, transfer 0.10, other 0.00" in first


def test_a_daily_statement_has_money_holdings_and_changes(day, capsys):
    text = printed(capsys, day, "--account", 3, "--kind", "daily", "--language", "en")
    assert lines_with(text, "CNY")[0] == [
        *("CNY", "0.00", "0.00", "15,002.00", "23.46", "0.00", "14,978.54", "0.00"),
    ]
    held = lines_with(text, "A000000003")[0]
    assert held[:9] == ["SSE", "600000", "10,000", "0", "1,000", "50", "9,050", "0", "0"]
    assert lines_with(text, "Bonus")[0][-2:] == ["Bonus", "50"]


def test_a_monthly_statement_runs_from_day_to_day(closed_days, capsys):
    words = ("--account", 1, "--kind", "monthly")
    text = printed(capsys, closed_days / str(THIRD), *words)
    rows = [lines_with(text, f"2026-07-0{number}") for number in (6, 7, 8)]
    days = [next(line for line in of_day if len(line) == 8) for of_day in rows]
    assert [line[1] for line in days[1:]] == [line[6] for line in days[:-1]]
    (total,) = lines_with(text, "合计")
    assert [total[1], total[6]] == [days[0][1], days[-1][6]]
    (held,) = [line for line in lines_with(text, "600000") if "A000000001" in line]
    assert held[2:7] == ["0", "1,000", "200", "0", "800"]
    until = printed(capsys, closed_days / str(SECOND), *words)
    assert "2026-07-06 – 2026-07-07" in until and "\n2026-07-08" not in until


def test_a_month_in_which_a_day_is_missing_is_refused(data, capsys):
    (data / str(SECOND)).rename(data / "away")
    told = refused(capsys, data / str(THIRD), "--account", 1, "--kind", "monthly")
    assert f"{THIRD}: its manifest does not follow that of {data / str(FIRST)}" in told
    assert "a day between them is missing" in told


def test_a_month_whose_days_do_not_begin_with_what_was_left_is_refused(data, capsys):
    begun = [*BEGUN[:1], *BEGUN[2:]]
    close(data / "20260709", begun, [])
    told = refused(capsys, data / "20260709", "--account", 1, "--kind", "monthly")
    assert "account 1: its money on 20260709 does not begin with what the day before" in told


def test_a_table_that_is_not_what_was_signed_is_refused_by_name(data, capsys):
    edit(data / str(FIRST) / "clearing" / "funds.csv", replaced(b"14978.5400", b"24978.5400"))
    told = refused(capsys, data / str(FIRST), "--account", 3, "--kind", "daily")
    assert "funds.csv: it is not the file that manifest.json was signed for" in told


@pytest.mark.parametrize(
    ("table", "old", "new", "reason"),
    [
        ("funds.csv", b"14978.5400", b"24978.5400", "money in CNY: its movements come to 14978.54"),
        ("balances.csv", b",9050,", b",9060,", "shares of 600000: its movements come to 9050, but"),
    ],
)
def test_balances_that_the_movements_do_not_make_are_refused(data, capsys, table, old, new, reason):
    folder = data / str(FIRST) / "clearing"
    edit(folder / table, replaced(old, new))
    seal(folder)
    told = refused(capsys, data / str(FIRST), "--account", 3, "--kind", "delivery")
    assert f"account 3 on {FIRST}: {reason}" in told


def test_an_account_that_the_day_does_not_know_is_refused(day, capsys):
    told = refused(capsys, day, "--account", 4, "--kind", "daily")
    assert "account 4: " in told and "knows neither money nor shares of it" in told


def test_a_day_without_accounts_has_nothing_to_state(tmp_path, capsys):
    traded = small_day()
    clear(traded.commands, traded.reports, tmp_path / "20260302" / "clearing")
    told = refused(capsys, tmp_path / "20260302", "--all", "--kind", "daily", "--out", tmp_path)
    assert "it was a day without accounts" in told


def test_a_day_that_is_not_closed_is_refused(tmp_path, capsys):
    told = refused(capsys, tmp_path, "--account", 1, "--kind", "daily")
    assert "not published yet" in told


def test_names_come_from_files_and_the_customers_file_must_be_private(day, tmp_path, capsys):
    customers = tmp_path / "customers.csv"
    customers.write_text(
        "account,name,identity_kind,identity_number,telephone,address\n"
        "1,欧阳明月,PASSPORT,E1234567,,\n",
        "utf-8",
    )
    instruments = tmp_path / "instruments.csv"
    instruments.write_text(
        "symbol,name,board,previous_close\n600000.SH,浦发银行,SSE_MAIN,10.00\n", "utf-8"
    )
    words = [day, "--account", 1, "--kind", "delivery", "--customers", customers]
    customers.chmod(0o644)
    assert "is open to others than its owner" in refused(capsys, *words)
    customers.chmod(0o600)
    text = printed(capsys, *words, "--instruments", instruments)
    assert "客户姓名    欧阳明月" in text
    assert lines_with(text, "浦发银行")[0][2:4] == ["600000", "浦发银行"]


def test_both_sides_of_a_day_are_told_of_every_account(day):
    accounts = Accounts(PublishedDay(day))
    assert accounts.numbers() == {1, 3}
    assert [len(accounts.of(number).orders()) for number in (1, 3)] == [2, 3]


def test_a_contract_note_of_an_account_that_did_not_trade_says_so(data, capsys):
    quiet = close(data / "20260709", brought_forward(data / str(THIRD)), [])
    text = printed(capsys, quiet, "--account", 1, "--kind", "contract", "--language", "en")
    assert "None." in text.splitlines()


def test_a_month_begins_behind_the_last_day_of_the_month_before(tmp_path, capsys):
    june = close(tmp_path / "20260630", BEGUN, entered(TRADES))
    july = close(tmp_path / "20260701", brought_forward(june), [])
    text = printed(capsys, july, "--account", 1, "--kind", "monthly")
    assert "2026-07-01" in text and "2026-06" not in text
    june.rename(tmp_path / "away")
    close(tmp_path / "20260630", BEGUN, [])
    told = refused(capsys, july, "--account", 1, "--kind", "monthly")
    assert "20260701: its manifest does not follow that of" in told


def test_the_statement_says_of_which_files_it_is_made(data, capsys):
    folder = data / str(FIRST) / "clearing"
    kept = manifest.read(folder)
    digest = manifest.digest_of(kept)
    later = msgspec.structs.replace(kept, generation=2, supersedes=digest)
    assert digest in printed(capsys, folder.parent, "--account", 1, "--kind", "daily")
    sign(folder, later)
    text = printed(capsys, folder.parent, "--account", 1, "--kind", "daily")
    assert f"清算文件第 2 版, SHA-256 {manifest.digest_of(later)}" in text


def test_every_word_of_the_vocabulary_is_said_in_every_language():
    for kind, words in {
        "movement": Movement,
        "market": Market,
        "currency": Currency,
        "side": Side,
    }.items():
        assert [word.name for word in words if f"{kind}.{word.name}" not in SAID] == []
    assert {len(said) for said in SAID.values()} == {len(LANGUAGES)}
    assert [key for key, said in SAID.items() if said[0].count("{") != said[1].count("{")] == []
