"""Trades are delivered by the venue, the close, one person or two: each once, to the same end."""

import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine.clearing.closed_day import ClosedDay, usual_reference
from engine.clearing.delivery import BY_HAND, Deliveries, Mode, amounts_of, load_modes
from engine.clearing.tables import Tables, tables_of
from engine.columns import ColumnError
from engine.storage.daybook import Daybook
from engine.venue import Venue
from gateway.batch.deliveries import DeliveryRefused, Desk, Wanted
from gateway.cli import main
from gateway.server import Gateway
from protocol.vocabulary import Side
from tests.clearing.test_reference import DAY
from tests.commands import BUSINESS_DATE
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY
from tests.engine.test_close_command import contents, day_of

BUYER, SELLER = 1, 3
TRADE = ["--trade", "1", "--side", "SELL"]
AMOUNTS = ["--money", "2998.47", "--shares", "-300"]
WHY = ["--reason", "telephone"]


@pytest.fixture
def day(tmp_path) -> Path:
    """A day on which branch 7 buys of branch 8, which both deliver in real time so far."""
    folder = day_of(tmp_path / str(BUSINESS_DATE), DAY)
    (folder / "reference").mkdir()
    return folder


def branches_deliver(day: Path, *modes: Mode) -> None:
    lines = [f"{7 + place},{mode.name}\n" for place, mode in enumerate(modes)]
    (day / "reference" / "delivery.csv").write_text("branch,mode\n" + "".join(lines))


def deliver(day: Path, *words: str) -> int:
    return main(["deliver", str(day), *words])


def by_hand(account: int, name: str) -> list[str]:
    return ["--account", str(account), "--by", name]


@pytest.mark.parametrize("mode", [Mode.REAL_TIME, Mode.AUTOMATIC])
def test_what_venue_and_close_deliver_needs_nobody(day, capsys, mode):
    branches_deliver(day, mode, mode)
    assert main(["close", str(day)]) == 0
    assert f"every trade once: 2 {mode.name}" in capsys.readouterr().out


def test_the_close_waits_for_an_account_that_a_person_delivers(day, capsys):
    branches_deliver(day, Mode.AUTOMATIC, Mode.SEMI_AUTOMATIC)
    assert main(["close", str(day)]) == 1
    assert "1 trades are not delivered, the first of them trade 1 of account 3 in branch 8" in (
        capsys.readouterr().err
    )
    assert not (day / "clearing").exists()
    assert deliver(day, *by_hand(SELLER, "olga")) == 0
    assert main(["close", str(day)]) == 0
    assert "every trade once: 1 AUTOMATIC, 1 SEMI_AUTOMATIC" in capsys.readouterr().out


def test_a_trade_takes_two_persons_who_say_the_same(day, capsys):
    branches_deliver(day, Mode.REAL_TIME, Mode.MANUAL)
    words = [*TRADE, *AMOUNTS, *WHY]
    assert deliver(day, *by_hand(SELLER, "olga"), *words) == 0
    assert "proposed; another person must ask for it" in capsys.readouterr().out
    assert deliver(day, *by_hand(SELLER, "olga"), *words) == 1
    assert "olga has proposed it; another person must ask for it" in capsys.readouterr().err
    assert main(["close", str(day)]) == 1
    assert deliver(day, *by_hand(SELLER, "oscar"), *words) == 0
    assert "the trade is delivered" in capsys.readouterr().out
    assert main(["close", str(day)]) == 0
    acts = [json.loads(line) for line in (day / "deliveries.jsonl").read_text().splitlines()]
    assert [(act["what"], act["by"], act["reason"]) for act in acts] == [
        ("proposed", "olga", "telephone"),
        ("booked", "oscar", "telephone"),
    ]


def test_another_amount_than_clearing_says_is_refused_with_both(day, capsys):
    branches_deliver(day, Mode.REAL_TIME, Mode.MANUAL)
    amounts = ["--money", "2998.48", "--shares", "-300"]
    assert deliver(day, *by_hand(SELLER, "olga"), *TRADE, *amounts, *WHY) == 1
    error = capsys.readouterr().err
    assert "2998.4800 and -300 shares are to be booked" in error
    assert "clearing says 2998.4700 and -300; book that" in error
    assert not (day / "deliveries.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "name --account and --by"),
        (by_hand(9, "olga"), "account 9: has traded nothing"),
        (by_hand(BUYER, "olga"), "account 1: the branch delivers REAL_TIME, not SEMI_AUTOMATIC"),
        ([*by_hand(SELLER, "olga"), "--trade", "1"], "with --side --money --shares --reason too"),
        (
            [*by_hand(SELLER, "olga"), "--trade", "7", "--side", "SELL", *AMOUNTS, *WHY],
            "account 3, trade 7 SELL: there is no such trade",
        ),
        (
            [*by_hand(SELLER, "olga"), *TRADE, *AMOUNTS, *WHY],
            "account 3, trade 1 SELL: the branch delivers SEMI_AUTOMATIC, not MANUAL",
        ),
    ],
)
def test_what_cannot_be_delivered_is_named(day, capsys, words, reason):
    branches_deliver(day, Mode.REAL_TIME, Mode.SEMI_AUTOMATIC)
    assert deliver(day, *words) == 1
    assert reason in capsys.readouterr().err
    assert not (day / "deliveries.jsonl").exists()


def test_a_trade_is_delivered_once(day, capsys):
    branches_deliver(day, Mode.SEMI_AUTOMATIC, Mode.REAL_TIME)
    assert deliver(day, *by_hand(BUYER, "olga")) == 0
    assert deliver(day, *by_hand(BUYER, "oscar")) == 1
    assert "account 1: is delivered already" in capsys.readouterr().err


def test_the_list_tells_what_is_open_and_what_it_would_move(day, capsys):
    branches_deliver(day, Mode.MANUAL, Mode.SEMI_AUTOMATIC)
    assert deliver(day, "--list") == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["3", "8", "SEMI_AUTOMATIC", "1", "SELL", "600000", "2998.47", "-300"],
        ["1", "7", "MANUAL", "1", "BUY", "600000", "-3000.03", "300"],
    ]
    branches_deliver(day)
    assert deliver(day, "--list") == 0
    assert capsys.readouterr().out == "every trade is delivered\n"


def test_files_are_the_same_whatever_the_mode_and_after_a_restore(day, tmp_path, capsys):
    assert main(["close", str(day)]) == 0
    usual = contents(day / "clearing")
    for mode in BY_HAND:
        (tmp_path / mode.name).mkdir()
        again = day_of(tmp_path / mode.name / str(BUSINESS_DATE), DAY)
        (again / "reference").mkdir()
        branches_deliver(again, Mode.AUTOMATIC, mode)
        if mode is Mode.MANUAL:
            for name in ("olga", "oscar"):
                assert deliver(again, *by_hand(SELLER, name), *TRADE, *AMOUNTS, *WHY) == 0
        else:
            assert deliver(again, *by_hand(SELLER, "olga")) == 0
        backups = again.parent / "backups"
        assert main(["close", str(again), "--backups", str(backups)]) == 0
        (before, *_) = sorted(backups.glob("*-before-clearing*"))
        assert main(["restore", str(before), "--data", str(tmp_path / f"{mode.name}-r")]) == 0
        assert main(["close", str(tmp_path / f"{mode.name}-r" / str(BUSINESS_DATE))]) == 0
        assert contents(again / "clearing") == usual
        assert contents(tmp_path / f"{mode.name}-r" / str(BUSINESS_DATE) / "clearing") == usual


def test_a_venue_leaves_the_files_of_such_a_day_to_the_close(day, caplog):
    branches_deliver(day, Mode.AUTOMATIC, Mode.MANUAL)
    Gateway.write_clearing_files(SimpleNamespace(daybook=Daybook(day)))
    assert "branches 8 deliver by hand: run cuohe deliver" in caplog.text
    assert not (day / "clearing").exists()


def random_tables(seed: int) -> Tables:
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    return tables_of(ClosedDay(commands, reports, venue.state, usual_reference()))


@pytest.mark.parametrize("seed", range(8))
def test_however_trades_are_delivered_the_ledger_ends_as_the_accounts_do(seed, tmp_path):
    dice = random.Random(seed)
    tables = random_tables(seed)
    fills = tables.fills.rows
    branches = set(fills["branch"].tolist())
    modes = {number: dice.choice(list(Mode)) for number in branches}
    desk = Desk(tmp_path / "deliveries.jsonl", fills, modes)
    wanted = [dice.choice(fills) for _ in range(20)] + list(desk.deliveries.open)
    dice.shuffle(wanted)
    booked = np.zeros(len(fills), int)
    for fill in wanted:
        before = desk.deliveries.is_booked
        ask(desk, fill, dice)
        tear(desk.lines.path, dice)
        after = desk.deliveries.is_booked
        assert (after >= before).all()
        booked += after & ~before
    for account in set(fills["account"][np.isin(desk.deliveries.modes, BY_HAND)].tolist()):
        (fill, *_) = fills[fills["account"] == account]
        if modes[fill["branch"]] is Mode.SEMI_AUTOMATIC:
            ask(desk, fill, dice)
    assert booked.max(initial=0) <= 1
    assert not len(desk.deliveries.open)
    money, shares = amounts_of(fills)
    for row in tables.funds:
        is_of = (fills["account"] == row["account"]) & (fills["currency"] == row["currency"])
        assert money[is_of].sum() == row["sold"] - row["bought"] - row["fees"]
    for row in tables.balances:
        is_of = (fills["account"] == row["account"]) & (fills["code"] == row["code"])
        is_of &= fills["market"] == row["market"]
        assert shares[is_of].sum() == row["bought"] - row["sold"]


def ask(desk: Desk, fill: np.void, dice: random.Random) -> None:
    """Have the fill delivered as its branch does, and see that it is refused where it is so."""
    deliveries = desk.deliveries
    place = int(np.flatnonzero(desk.fills == fill)[0])
    mode, account = Mode(deliveries.modes[place]), int(fill["account"])
    try:
        if mode is Mode.MANUAL:
            (money,), (shares,) = (column.tolist() for column in amounts_of(desk.fills[[place]]))
            side = Side(fill["side"])
            wanted = Wanted(account, int(fill["trade_number"]), side, money, shares)
            for name in ("olga", "oscar"):
                desk.book_trade(wanted, name, "by telephone")
        else:
            desk.book_account(account, "olga")
    except DeliveryRefused as refusal:
        is_delivered = mode in BY_HAND and bool(deliveries.is_booked[place])
        expected = "is delivered already" if is_delivered else f"the branch delivers {mode.name}"
        assert expected in str(refusal)


def tear(path: Path, dice: random.Random) -> None:
    """Leave the beginning of a line behind, as a writer does that is killed."""
    if path.exists() and dice.random() < 0.2:
        with path.open("ab") as file:
            file.write(b'{"what":"booked","acc')


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,MANUAL", "2: branch: 'x' is not a whole number from 1 to"),
        ("1,SLOW", "2: mode: 'SLOW' is unknown; known are REAL_TIME AUTOMATIC"),
        ("1,MANUAL\n1,AUTOMATIC", "3: branch: 1 stands there twice"),
    ],
)
def test_a_line_of_modes_that_means_nothing_is_named(tmp_path, line, reason):
    (tmp_path / "delivery.csv").write_text(f"branch,mode\n{line}\n")
    with pytest.raises(ColumnError, match=f"delivery.csv:{reason}"):
        load_modes(tmp_path)


def test_without_a_file_every_branch_delivers_in_real_time(tmp_path):
    deliveries = Deliveries(random_tables(0).fills.rows, load_modes(tmp_path), [])
    assert not len(deliveries.open)
    assert deliveries.count(Mode.REAL_TIME) == len(deliveries.fills) > 0
