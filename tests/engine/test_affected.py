"""What a command would end, asked before it comes, is what it then ends."""

from collections import Counter

import numba
import numpy as np
import pytest

from engine.questions import Affected
from engine.venue import Venue
from protocol.vocabulary import CommandKind, Currency, ReportKind
from tests.engine.flow import random_day
from tests.engine.test_against_naive import ROOMY

COMMANDS = 8_000 if numba.config.DISABLE_JIT else 20_000
ENDING = (CommandKind.CANCEL_ORDERS, CommandKind.BLOCK_TRADING, CommandKind.CLOSE_DAY)
ENDED = (ReportKind.CANCELED, ReportKind.EXPIRED)


def ended(venue: Venue, reports: np.ndarray) -> list[Affected]:
    """Add up, by currency, the orders that the reports of a command say have ended."""
    rows = reports[np.isin(reports["kind"], ENDED)]
    assert len(np.unique(rows["order_number"])) == len(rows)
    currencies = venue.state.instruments["currency"][rows["instrument"]]
    quantities = rows["quantity"].astype(np.int64)
    return [
        Affected(
            int(is_of.sum()),
            int(quantities[is_of].sum()),
            int((quantities * rows["price"])[is_of].sum()),
        )
        for is_of in (currencies == currency for currency in Currency)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_before_is_what_comes_after_on_days_of_random_commands(seed):
    venue = Venue(ROOMY)
    seen: Counter[int] = Counter()
    commands = random_day(seed, ROOMY, COMMANDS).commands
    for command in np.split(commands, len(commands)):
        kind = int(command["kind"][0])
        told = venue.affected(command) if is_plain(venue, command) else None
        reports = venue.apply(command)
        if told and not (reports["kind"] == ReportKind.REJECTED).any():
            assert told == ended(venue, reports)
            seen[kind] += sum(one.orders for one in told)
    assert all(seen[kind] for kind in ENDING[:2])


def is_plain(venue: Venue, command: np.ndarray) -> bool:
    """Whether a command ends orders, and comes from a session that there is."""
    is_known = 0 <= command["session"][0] < venue.state.venue[0]["sessions"]
    return bool(is_known and command["kind"][0] in ENDING and not lifts(command))


def lifts(command: np.ndarray) -> bool:
    return bool(command["kind"][0] == CommandKind.BLOCK_TRADING and command["lifts"][0])
