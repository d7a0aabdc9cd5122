"""The statement of an account: it ties on any day, and does not where anything is amiss."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.storage.daybook import replay
from engine.storage.segments import read_journal
from engine.venue import Venue
from gateway.answers import Answers
from gateway.config import DEFAULTS, load_config
from gateway.statement import Line, make_statement
from gateway.streams import Streams
from protocol.questions import AskFills, AskFunds, AskHoldings, AskMovements
from protocol.translate import Translator
from protocol.vocabulary import Currency, FundsEntry, Phase, SharesEntry, Side
from tests.engine.replaying import LIMITS
from tests.gateway.exchange import Exchange
from tests.gateway.orders import MOUTAI, PRICE

GOLDEN = Path(__file__).parents[1] / "golden" / "engine" / "accounts" / "journal"
FORMS = (AskFunds, AskHoldings, AskMovements, AskFills)
OLIVIA = 3


def rows_of(answers: Answers, account: int) -> list[list]:
    """Return what a statement is made of: funds, holdings, movements and fills."""
    return [
        [row for page in answers.pages(form(1, account), OLIVIA) for row in page.rows]
        for form in FORMS
    ]


@pytest.fixture(scope="module")
def random_day() -> list[list[list]]:
    """The rows of every account of a random day that has neither money nor shares to spare."""
    venue, streams = Venue(LIMITS), Streams(LIMITS.sessions)
    for reports in replay(venue, read_journal(GOLDEN)):
        streams.append(reports)
    translator = Translator([f"{600_000 + number}.SH" for number in range(LIMITS.instruments)])
    answers = Answers(load_config(DEFAULTS / "venue.toml"), venue, translator, streams)
    numbers = range(LIMITS.accounts)
    return [rows_of(answers, number) for number in numbers if venue.account(number) is not None]


def test_every_account_of_a_random_day_ties(random_day):
    assert len(random_day) > 20
    parts = [part for rows in random_day for part in make_statement(*rows)]
    assert [part for part in parts if not part.ties] == []
    assert sum(part.fees > 0 for part in parts) > 10
    assert {part.title for part in parts} > {currency.name for currency in Currency}


def test_a_cent_or_a_share_that_is_missing_is_found(random_day):
    tried = 0
    for funds, holdings, movements, fills in random_day:
        if fills and movements:
            fewer, later = fills[1:], movements[1:]
            richer = [replace(funds[0], balance=funds[0].balance + 100), *funds[1:]]
            more = [replace(holdings[0], total=holdings[0].total + 1), *holdings[1:]]
            dearer = [replace(holdings[0], cost=holdings[0].cost - 10**12), *holdings[1:]]
            for rows in (
                (richer, holdings, movements, fills),
                (funds, more, movements, fills),
                (funds, dearer, movements, fills),
                (funds, holdings, later, fills),
                (funds, holdings, movements, fewer),
            ):
                assert not all(part.ties for part in make_statement(*rows))
                tried += 1
    assert tried > 50


def test_a_statement_names_every_change():
    exchange = Exchange(with_accounts=True)
    olivia, line = exchange.log_in("olivia")
    alice, a = exchange.log_in("alice")
    bob, b = exchange.log_in("bob")
    exchange.ask(line, olivia.change_phase(Phase.CONTINUOUS))
    exchange.ask(b, bob.enter(2001, MOUTAI, Side.SELL, PRICE, 100))
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 200))
    exchange.ask(line, olivia.move_funds(1001, FundsEntry.DEPOSIT, 5_000_000))
    deposit = exchange.venue.sequence
    exchange.ask(line, olivia.move_funds(1001, FundsEntry.FREEZE_DAY, 5_000_000))
    oscar, o = exchange.log_in("oscar")
    for operator, their in ((olivia, line), (oscar, o)):
        back = operator.move_funds(1001, FundsEntry.DEPOSIT, 5_000_000, reverses=deposit)
        exchange.ask(their, back)
    exchange.ask(line, olivia.move_shares(1001, MOUTAI, SharesEntry.SHARES_IN, 300, cost=9_000))
    money, *_, shares = make_statement(*rows_of(exchange.desk.answers, 1001))
    turnover, fees = 100 * PRICE, 377_300
    assert (money.title, money.money, money.ties) == ("CNY", 10**11 - turnover - fees, True)
    assert money.lines == [
        Line("opening", 0, 0, 10**11),
        Line("DEPOSIT", deposit, 0, 5_000_000),
        Line("DEPOSIT taken back", deposit + 3, 0, -5_000_000),
        Line("BUY 100 600519.SH at 1451.0000", 1, 0, -turnover),
        Line("fees of 600519.SH", 0, 0, -fees),
    ]
    assert (shares.title, shares.shares, shares.fees, shares.ties) == (MOUTAI, 400, fees, True)
    assert shares.lines == [
        Line("opening", 0, 0, 0),
        Line("SHARES_IN", deposit + 4, 300, 9_000),
        Line("BUY at 1451.0000", 1, 100, turnover),
        Line("fees", 0, 0, fees),
    ]
