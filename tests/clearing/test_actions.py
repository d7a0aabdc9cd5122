"""Corporate actions: reckoned at the record date, booked when due, taxed when shares are sold."""

import csv
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accounts import AccountBranch, load_accounts
from engine.clearing.actions import MILLION, Action, Kind, load_actions
from engine.clearing.calendars import Calendars
from engine.clearing.closed_day import ClosedDay, usual_reference
from engine.clearing.entitlements import (
    What,
    cash_of,
    dealt_out,
    entitled,
    load_subscriptions,
)
from engine.clearing.lots import LONG_AGO, Holding, Lot, Lots, begin, go_on, load_lots, tax_of
from engine.clearing.next_listings import next_instruments, reference_price
from engine.clearing.night import symbols_of
from engine.clearing.tables import tables_of
from engine.columns import ColumnError
from engine.dividend_tax import load_tax_rules, tax_rate
from engine.storage.daybook import Daybook
from engine.venue import Venue
from gateway.cli import main
from gateway.replayed import replayed
from protocol.bounds import SHARES_MAX
from protocol.records import join
from protocol.vocabulary import Currency, Phase, ReportKind, SharesEntry, Side
from tests.commands import (
    admit,
    change_phase,
    close_day,
    define_fees,
    enter,
    journal,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY
from tests.engine.test_close_command import contents
from tests.engine.test_determinism import write_journal

SYMBOLS = ["600000.SH", "600001.SH"]
HOLDER, SELLER = 1, 3
HEADER = "event,symbol,kind,record_date,ex_date,pay_date,cash,ratio,price,to_symbol\n"
DIVIDEND = "1,600000.SH,DIVIDEND,2026-07-07,2026-07-08,2026-07-08,0.155,0,0,-\n"
BONUS = "2,600000.SH,BONUS,2026-07-07,2026-07-08,2026-07-08,0,0.3,0,-\n"
RIGHTS = "3,600000.SH,RIGHTS,2026-07-07,2026-07-08,2026-07-08,0,0.2,8.00,-\n"
CODE_CHANGE = "4,600000.SH,CODE_CHANGE,2026-07-07,2026-07-08,2026-07-08,0,0,0,600001.SH\n"
INSTRUMENTS = "symbol,name,board,previous_close\n600000.SH,浦发银行,SSE_MAIN,10.00\n"


def open_rows(business_date: int) -> np.ndarray:
    room = {"accounts_max": 8, "holdings_max": 32, "movements_max": 64}
    return journal(
        [
            open_day(business_date=business_date, with_accounts=1, **room),
            admit(1, 1, 2, branch=7),
            admit(2, 3, 4, branch=8),
            define_fees(0),
            *listing(0),
            *listing(1),
        ]
    )


class Story:
    """Days one after another in a folder, each begun with what the one before left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.morning: Path | None = None

    def day(self, business_date: int, *orders: dict, actions: str = "") -> Path:
        """Trade a day and close it; return its folder."""
        folder = self.folder / str(business_date)
        folder.mkdir()
        begun = first_morning() if self.morning is None else self.begun(folder)
        head = open_rows(business_date)
        rows = join([head, begun, journal([change_phase(Phase.CONTINUOUS), *orders, close_day()])])
        rows["sequence"] = np.arange(1, len(rows) + 1)
        rows["time"] = np.sort(rows["time"])
        write_journal(folder / "journal", rows, 4)
        reports = replayed(Daybook(folder)).reports
        assert not (reports["kind"] == ReportKind.REJECTED).any()
        if actions:
            (folder / "reference").mkdir(exist_ok=True)
            (folder / "reference" / "actions.csv").write_text(HEADER + actions)
        self.morning = self.folder / f"morning-after-{business_date}"
        assert main(["close", str(folder), *self.asked()]) == 0
        return folder

    def asked(self) -> list[str]:
        file = self.folder / "instruments.csv"
        if not file.exists():
            file.write_text(INSTRUMENTS, encoding="utf-8")
        return ["--next", str(self.morning), "--instruments", str(file)]

    def begun(self, folder: Path) -> np.ndarray:
        shutil.copytree(self.morning / "reference", folder / "reference")
        branches = [AccountBranch(number, 0, 2**31 - 1) for number in (7, 8)]
        return load_accounts(self.morning, branches, SYMBOLS, np.zeros(2, np.int8)).commands

    def left(self, name: str) -> list[dict[str, str]]:
        """Return the lines of a file that the last day left."""
        with (self.morning / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def entries(self) -> list[tuple[str, ...]]:
        names = ("what", "account", "shares", "money")
        return [tuple(row[name] for name in names) for row in self.left("entries.csv")]

    def lots(self, account: int) -> list[tuple[str, ...]]:
        names = ("symbol", "acquired", "shares", "untaxed")
        rows = self.left("reference/lots.csv")
        return [
            tuple(row[name] for name in names) for row in rows if row["account"] == str(account)
        ]


def first_morning() -> np.ndarray:
    return journal(
        [
            *(open_account(number, branch=7 + number // 3) for number in (HOLDER, SELLER)),
            move_funds(HOLDER, 10**9),
            move_shares(SELLER, 5_000, entry=SharesEntry.BROUGHT_FORWARD),
        ]
    )


def trade(quantity: int, price: int, seller: int, buyer: int) -> list[dict]:
    """Return a sale and a purchase that meet."""
    return [
        enter(side, quantity, price, session=1 + account // 3, account=account, client_seq=1)
        for side, account in ((Side.SELL, seller), (Side.BUY, buyer))
    ]


@pytest.fixture
def story(tmp_path) -> Story:
    """Shares bought on one day, which have a dividend on the next."""
    told = Story(tmp_path)
    told.day(20260706, *trade(1_000, 100_000, SELLER, HOLDER))
    return told


def test_a_dividend_is_paid_when_due_and_taxed_by_how_long_the_shares_were_held(story):
    assert story.lots(HOLDER) == [("600000.SH", "2026-07-06", "1000", "0.000000")]
    story.day(20260707, actions=DIVIDEND)
    assert story.entries() == [
        ("DIVIDEND", "1", "0", "155.0000"),
        ("DIVIDEND", "3", "0", "620.0000"),
    ]
    third = story.day(20260708, *trade(400, 99_000, HOLDER, SELLER))
    assert story.lots(HOLDER) == [("600000.SH", "2026-07-06", "600", "0.155000")]
    assert story.entries() == [("DIVIDEND_TAX", "1", "0", "12.4000")]
    with (third / "clearing" / "funds.csv").open() as file:
        other = {row["account"]: row["other"] for row in csv.DictReader(file)}
    assert other == {"1": "155.0000", "3": "620.0000"}
    story.day(20260820, *trade(600, 99_000, HOLDER, SELLER))
    assert story.entries() == [("DIVIDEND_TAX", "1", "0", "9.3000")]
    assert story.lots(HOLDER) == []


def test_bonus_shares_come_on_the_ex_date_as_a_lot_of_that_day(story):
    story.day(20260707, actions=DIVIDEND + BONUS)
    assert [entry for entry in story.entries() if entry[0] == "BONUS"] == [
        ("BONUS", "1", "300", "0.0000"),
        ("BONUS", "3", "1200", "0.0000"),
    ]
    (line,) = story.left("instruments.csv")
    assert line["previous_close"] == "7.5700", "(10.00 - 0.155) / 1.3, half up to the cent"
    folder = story.day(20260708)
    assert story.lots(HOLDER) == [
        ("600000.SH", "2026-07-06", "1000", "0.155000"),
        ("600000.SH", "2026-07-08", "300", "0.000000"),
    ]
    with (folder / "clearing" / "changes.csv").open() as file:
        moved = [(row["account"], row["movement"], row["quantity"]) for row in csv.DictReader(file)]
    assert moved == [("1", "BONUS", "300"), ("3", "BONUS", "1200")]


def test_rights_are_paid_for_or_lapse(story):
    (story.morning / "reference" / "subscriptions.csv").write_text(
        "event,account,shares\n3,1,200\n3,3,800\n"
    )
    story.day(20260707, actions=RIGHTS)
    assert story.entries() == [
        ("TRANSFER_OUT", "1", "0", "1600.0000"),
        ("TRANSFER_OUT", "3", "0", "6400.0000"),
        ("RIGHTS", "1", "200", "1600.0000"),
        ("RIGHTS", "3", "800", "6400.0000"),
    ]
    story.day(20260708)
    holdings = {row["account"]: (row["total"], row["cost"]) for row in story.left("holdings.csv")}
    assert holdings["1"] == ("1200", "11600.0000")


def test_rights_that_nobody_can_pay_lapse_and_are_told(story, capsys):
    (story.morning / "reference" / "subscriptions.csv").write_text(
        "event,account,shares\n3,3,800\n"
    )
    story.day(20260707, actions=RIGHTS.replace("8.00", "800.00"))
    assert story.entries() == []
    assert "0 entries on 20260708, 0 of them dividend tax, 1 lapsed" in capsys.readouterr().out


def test_a_code_that_changes_takes_its_lots_along(story):
    story.day(20260707, actions=DIVIDEND + CODE_CHANGE)
    assert story.left("codes.csv") == [{"symbol": "600000.SH", "to_symbol": "600001.SH"}]
    symbols = [row["symbol"] for row in story.left("instruments.csv")]
    assert symbols == ["600000.SH", "600001.SH"]
    story.day(20260708)
    assert story.lots(HOLDER) == [("600001.SH", "2026-07-06", "1000", "0.155000")]
    assert {row["symbol"] for row in story.left("holdings.csv")} == {"600001.SH"}


def test_a_new_code_that_is_listed_already_begins_at_the_price_of_the_old_one(tmp_path):
    path = tmp_path / "instruments.csv"
    old = INSTRUMENTS.splitlines()[-1]
    path.write_text(INSTRUMENTS + old.replace(SYMBOLS[0], "600001.SH") + "\n")
    change = Action(4, SYMBOLS[0], Kind.CODE_CHANGE, 1, 20260708, 3, 0, 0, 0, "600001.SH")
    told = next_instruments(path, {SYMBOLS[0]: (123_400, 100)}, [change], 20260708)
    prices = {line["symbol"]: line["previous_close"] for line in csv.DictReader(lines_in(told))}
    assert prices == {SYMBOLS[0]: "12.3400", "600001.SH": "12.3400"}


def lines_in(content: bytes) -> list[str]:
    return content.decode().splitlines()


def test_a_tax_that_cannot_be_paid_stays_due(story):
    story.day(20260707, actions=DIVIDEND.replace("0.155", "90"))
    third = story.day(20260708, *trade(1_000, 99_000, HOLDER, SELLER))
    assert story.entries() == [("DIVIDEND_TAX", "1", "0", "18000.0000")]
    (story.morning / "funds.csv").write_text(
        "account,currency,balance\n1,CNY,18000.00\n3,CNY,99999.00\n"
    )
    story.day(20260709)
    assert story.entries() == [] and third.exists()


def test_rights_come_in_the_code_that_has_changed_meanwhile(story):
    (story.morning / "reference" / "subscriptions.csv").write_text(
        "event,account,shares\n3,1,200\n"
    )
    later = RIGHTS.replace("2026-07-08,0,", "2026-07-09,0,")
    story.day(20260707, actions=later + CODE_CHANGE)
    story.day(20260708)
    assert [row["symbol"] for row in story.left("entries.csv")] == ["600001.SH", "600001.SH"]
    story.day(20260709)
    held = {row["account"]: (row["symbol"], row["total"]) for row in story.left("holdings.csv")}
    assert held["1"] == ("600001.SH", "1200")


@pytest.mark.parametrize("line", [DIVIDEND, CODE_CHANGE])
def test_what_is_due_on_a_share_that_is_not_listed_is_refused_by_its_event(story, line, capsys):
    with pytest.raises(AssertionError):
        story.day(20260707, actions=line.replace("600000", "600009"))
    assert "600009.SH is not listed on the day of its" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (DIVIDEND.replace("07-08", "07-09"), "its record date 20260707"),
        (CODE_CHANGE, "its ex-date 20260708"),
    ],
)
def test_what_a_close_that_never_was_would_have_reckoned_is_told(story, line, what, capsys):
    with pytest.raises(AssertionError):
        story.day(20260708, actions=line)
    told = f"the last close, of 20260706, and this one, of 20260708, there was none for {what};"
    assert told in capsys.readouterr().err


def test_a_subscription_to_no_rights_is_refused_by_its_line(tmp_path):
    (tmp_path / "subscriptions.csv").write_text("event,account,shares\n33,1,200\n")
    with pytest.raises(ColumnError, match=r"subscriptions.csv:2: event: 33 is no RIGHTS"):
        load_subscriptions(tmp_path, [])


def test_the_day_behind_the_first_one_has_the_usual_limits(tmp_path):
    path = tmp_path / "instruments.csv"
    path.write_text(INSTRUMENTS.replace("close\n", "close,status\n").replace("00\n", "00,first\n"))
    (line,) = csv.DictReader(next_instruments(path, {}, [], 20260707).decode().splitlines())
    assert line["status"] == "normal"


def test_a_day_closed_again_leaves_the_same_morning(story):
    folder = story.day(20260707, actions=DIVIDEND + BONUS)
    before = contents(story.morning)
    assert main(["close", str(folder), "--from", "entitle", *story.asked()]) == 0
    assert contents(story.morning) == before


@given(st.dictionaries(st.integers(0, 99), st.integers(1, 10**9)), st.integers(0, 10 * MILLION))
def test_dealt_out_shares_come_to_what_all_holdings_do(held, ratio):
    got = dealt_out(held, ratio)
    assert sum(got.values()) == sum(held.values()) * ratio // MILLION
    for account, shares in held.items():
        assert 0 <= got.get(account, 0) - shares * ratio // MILLION <= 1


def test_largest_fractions_come_first_and_of_equal_ones_the_lower_account():
    assert dealt_out({7: 105, 8: 109, 9: 105, 6: 1}, 100_000) == {7: 11, 8: 11, 9: 10}


def test_a_dividend_is_rounded_half_up_to_the_cent():
    assert cash_of(1, 5_000) == 100
    assert cash_of(1, 4_999) == 0
    assert cash_of(10**12, 155_000) == 155 * 10**13


@pytest.mark.parametrize("kind", [Kind.DIVIDEND, Kind.BONUS])
def test_more_than_can_be_booked_is_refused_by_its_event(kind):
    action = Action(3, SYMBOLS[0], kind, 1, 2, 3, SHARES_MAX, SHARES_MAX, 0, "-")
    with pytest.raises(ColumnError, match=r"event 3: of account 1 it comes to .* more than can be"):
        list(entitled(action, {1: 2 * MILLION}, {}, Currency.CNY))
    assert len(list(entitled(action, {1: MILLION}, {}, Currency.CNY))) == 1


def test_a_subscription_beyond_the_rights_is_refused_by_account():
    action = Action(3, SYMBOLS[0], Kind.RIGHTS, 1, 2, 3, 0, 200_000, 80_000, "-")
    with pytest.raises(ColumnError, match="1 subscribes to 201 shares, but has rights to 200"):
        list(entitled(action, {1: 1_000}, {1: 201}, Currency.CNY))
    assert [one.what for one in entitled(action, {1: 1_000}, {1: 200}, Currency.CNY)] == [
        What.TRANSFER_OUT,
        What.RIGHTS,
    ]


@pytest.mark.parametrize(
    ("acquired", "sold", "percent"),
    [
        (date(2026, 1, 8), date(2026, 2, 8), 20),
        (date(2026, 1, 8), date(2026, 2, 9), 10),
        (date(2026, 1, 31), date(2026, 2, 28), 20),
        (date(2026, 1, 31), date(2026, 3, 1), 10),
        (date(2025, 1, 8), date(2026, 1, 8), 10),
        (date(2025, 1, 8), date(2026, 1, 9), 0),
        (date(2014, 1, 8), date(2015, 3, 1), 5),
        (date(2012, 1, 8), date(2012, 3, 1), 0),
    ],
)
def test_months_are_those_of_the_calendar_and_rules_those_of_the_day(acquired, sold, percent):
    assert tax_rate(acquired, sold) == percent * 10**6


def test_every_rule_of_the_tax_has_its_source():
    assert all(rule.source and rule.confidence for rule in load_tax_rules())


def test_the_oldest_shares_are_sold_first_and_tax_is_rounded_once():
    lots, holding = Lots(), Holding(1, SYMBOLS[0])
    lots.add(holding, [Lot(20260706, 300), Lot(20260101, 200, 155_000)])
    taken = lots.take(holding, 250)
    assert taken == [Lot(20260101, 200, 155_000), Lot(20260706, 50)]
    assert lots.total(holding) == 250
    assert tax_of(taken, 20260707) == 3_1000
    assert tax_of([Lot(20260706, 1, 25_000)], 20260707) == 100
    assert tax_of([Lot(LONG_AGO, 10**9, 10**6)], 20260707) == 0


@pytest.mark.parametrize(
    ("close", "actions", "expected"),
    [
        (100_000, [(Kind.DIVIDEND, 155_000, 0, 0)], 98_500),
        (100_000, [(Kind.BONUS, 0, 300_000, 0)], 76_900),
        (100_000, [(Kind.RIGHTS, 0, 200_000, 80_000)], 96_700),
        (100_000, [(Kind.DIVIDEND, 100_000, 0, 0), (Kind.BONUS, 0, 1_000_000, 0)], 49_500),
        (100, [(Kind.DIVIDEND, 10**6, 0, 0)], 100),
        (100_000, [], 100_000),
    ],
)
def test_what_goes_ex_has_its_reference_price(close, actions, expected):
    told = [
        Action(1, SYMBOLS[0], kind, 1, 2, 3, cash, ratio, price, "-")
        for kind, cash, ratio, price in actions
    ]
    assert reference_price(close, 100, told) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (DIVIDEND + DIVIDEND, "3: event: 1 stands there twice"),
        (DIVIDEND.replace("2026-07-08,2026-07-08", "2026-07-07,2026-07-08"), "2: ex_date: it is"),
        (DIVIDEND.replace("2026-07-08,0.155", "2026-07-06,0.155"), "2: pay_date: it is before"),
        (DIVIDEND.replace("0.155", "0"), "2: cash: a DIVIDEND needs one above 0"),
        (BONUS.replace("0.3", "0"), "2: ratio: a BONUS needs one above 0"),
        (RIGHTS.replace("8.00", "0"), "2: price: a RIGHTS needs one above 0"),
        (CODE_CHANGE.replace("600001.SH", "-"), "2: to_symbol: a CODE_CHANGE needs one"),
        (DIVIDEND.replace("0.155", "0.1234567"), "2: cash: '0.1234567' is no number"),
        (DIVIDEND.replace("DIVIDEND", "SPLIT"), "2: kind: 'SPLIT' is unknown"),
        (DIVIDEND.replace("600000", "60000O"), "2: symbol: symbol '60000O.SH' is not six digits"),
        (DIVIDEND.replace("07-07", "07-04"), "2: record_date: SSE is closed on 2026-07-04"),
        (CODE_CHANGE.replace("07-08", "07-11"), "2: ex_date: SSE is closed on 2026-07-11"),
    ],
)
def test_a_line_of_actions_that_means_nothing_is_named(tmp_path, line, reason):
    (tmp_path / "actions.csv").write_text(HEADER + line)
    with pytest.raises(ColumnError, match=f"actions.csv:{reason}"):
        load_actions(tmp_path, Calendars())


@pytest.mark.parametrize("seed", range(10))
def test_lots_have_all_shares_of_a_day_whatever_happens_on_it(seed):
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    tables = tables_of(ClosedDay(commands, reports, venue.state, usual_reference()))
    lots = Lots()
    symbols = symbols_of(tables.balances)
    begin(lots, tables.balances, symbols)
    taxes = go_on(lots, tables.changes, symbols_of(tables.changes), 20260706)
    assert taxes == {}, "nobody has had a dividend"
    totals = tables.balances["total"].tolist()
    accounts = tables.balances["account"].tolist()
    held = [Holding(*pair) for pair in zip(accounts, symbols, strict=True)]
    assert [lots.total(holding) for holding in held] == totals


def test_lots_come_back_as_they_were_written(story):
    story.day(20260707, actions=DIVIDEND)
    lots = load_lots(story.morning / "reference")
    assert lots.kept[Holding(HOLDER, SYMBOLS[0])] == [Lot(20260706, 1_000, 155_000)]
    assert lots.kept[Holding(SELLER, SYMBOLS[0])] == [Lot(LONG_AGO, 4_000, 155_000)]


def test_an_entry_that_is_unknown_is_refused_by_its_line(story):
    path = story.morning / "entries.csv"
    path.write_text(path.read_text() + "GIFT,1,1,600000.SH,2026-07-07,0,1.00,CNY\n")
    with pytest.raises(ColumnError, match=r"entries.csv:2: what: 'GIFT' is unknown"):
        story.begun(story.folder / "later")


def test_a_day_takes_along_the_reference_that_it_has_not_got_itself(story):
    daybook = Daybook(story.folder / "20260707")
    daybook.begin()
    daybook.reference.mkdir()
    (daybook.reference / "lots.csv").write_text("mine")
    daybook.take_reference(story.morning / "reference")
    assert (daybook.reference / "lots.csv").read_text() == "mine"
    assert (daybook.reference / "entitlements.csv").read_bytes() == (
        story.morning / "reference" / "entitlements.csv"
    ).read_bytes()


def test_a_dividend_of_a_share_that_is_listed_no_more_is_paid_and_its_bonus_refused(story):
    path = story.morning / "entries.csv"
    header = path.read_text()
    path.write_text(header + "DIVIDEND,1,1,600009.SH,2026-07-07,0,1.00,CNY\n")
    assert len(story.begun(story.folder / "later"))
    path.write_text(header + "BONUS,1,1,600009.SH,2026-07-07,100,0,CNY\n")
    with pytest.raises(ColumnError, match=r"entries.csv:2: symbol: it is no instrument of the day"):
        story.begun(story.folder / "later still")
