"""Many orders taken back at once: which ones, in what order, and who hears of it."""

import pytest

from protocol.vocabulary import Phase, ReportKind, Role, Side
from tests.commands import admit, cancel_orders, change_phase, enter, journal, listing, open_day
from tests.trading import Market

SELL, BUY = Side.SELL, Side.BUY
ORDERS = (
    # session, account, instrument, side
    (1, 1, 0, SELL),
    (2, 2, 0, SELL),
    (1, 1, 1, BUY),
    (3, 3, 1, SELL),
    (4, 1, 0, BUY),
    (0, 9, 1, BUY),
)
SCENE = [
    open_day(),
    admit(1, 1, 2, branch=7),
    admit(2, 1, 3, branch=8),
    admit(3, 3, 3, branch=7),
    admit(4, 1, 1, Role.OPERATOR, branch=8),
    admit(5, 3, 3, Role.VENUE),
    *listing(0),
    *listing(1),
    change_phase(Phase.CONTINUOUS),
    *[
        enter(
            side,
            100,
            99_000 if side == BUY else 101_000,
            session=session,
            client_seq=number,
            account=account,
            instrument=instrument,
        )
        for number, (session, account, instrument, side) in enumerate(ORDERS, start=1)
    ],
]
"""Orders 1 to 6 as in ORDERS; the branches are 7, 8, 7 and 8, and 0 of the venue itself."""


def canceled(venue, **fields) -> list[int]:
    """Return the numbers of the orders that a mass cancel takes back, in order."""
    venue.apply(journal(SCENE))
    command = cancel_orders(**{"client_seq": 9} | fields)
    *reports, last = venue.apply(journal([command], first=len(SCENE) + 1))
    assert {int(report["kind"]) for report in reports} <= {ReportKind.CANCELED}
    assert (last["kind"], last["quantity"]) == (ReportKind.ORDERS_CANCELED, len(reports))
    return [int(report["order_number"]) for report in reports]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"instrument": 0}, [1, 2, 5]),
        ({"instrument": 1}, [3, 4, 6]),
        ({"account": 1}, [1, 3, 5]),
        ({"account": 0}, []),
        ({"of_session": 1}, [1, 3]),
        ({"of_session": 0}, [6]),
        ({"of_session": 99}, []),
        ({"of_branch": 7}, [1, 3, 4]),
        ({"of_branch": 8}, [2, 5]),
        ({"of_branch": 0}, [6]),
        ({"of_side": BUY}, [3, 5, 6]),
        ({"of_side": SELL}, [1, 2, 4]),
        ({"of_side": SELL, "any_side": 1}, [1, 2, 3, 4, 5, 6]),
        ({"instrument": 1, "of_side": BUY, "account": 1}, [3]),
        ({"of_branch": 7, "of_session": 2}, []),
    ],
    ids=str,
)
def test_filters_choose_the_orders(new_venue, filters, numbers):
    assert canceled(new_venue(), **filters) == numbers


@pytest.mark.parametrize(
    ("session", "numbers"),
    [
        (0, [1, 2, 3, 4, 5, 6]),
        (1, [1, 2, 3, 5]),
        (2, [1, 2, 3, 4, 5]),
        (3, [4]),
        (4, [1, 2, 3, 4, 5, 6]),
        (5, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_session_reaches_its_accounts_and_the_operator_all(new_venue, session, numbers):
    assert canceled(new_venue(), session=session) == numbers


def test_phase_that_takes_no_cancels_keeps_its_orders(new_venue):
    venue = new_venue()
    venue.apply(journal([*SCENE, change_phase(Phase.CLOSING_CALL, 0)]))
    reports = venue.apply(journal([cancel_orders()], first=len(SCENE) + 2))
    assert [int(report["order_number"]) for report in reports] == [3, 4, 6, 0]


def test_everybody_hears_of_his_own_and_the_asker_of_the_count(new_venue):
    venue = new_venue()
    venue.apply(journal(SCENE))
    rows = journal([cancel_orders(session=1, client_seq=9)], first=len(SCENE) + 1)
    names = ("session", "client_seq", "request_seq", "order_number", "quantity", "instrument")
    assert [tuple(int(r[name]) for name in names) for r in venue.apply(rows)] == [
        (1, 1, 9, 1, 100, 0),
        (2, 2, 0, 2, 100, 0),
        (1, 3, 9, 3, 100, 1),
        (4, 5, 0, 5, 100, 0),
        (1, 9, 9, 0, 4, -1),
    ]


def test_what_was_taken_back_no_longer_trades(new_venue):
    market = Market(new_venue())
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.00")
    market.alice.sells(200, at="10.01")
    market.bob.sells(100, at="10.01")
    assert market.alice.cancels_all() == [
        "alice hears of 100 taken back at 10.00, 0 left",
        "alice hears of 200 taken back at 10.01, 0 left",
        "alice hears of 2 orders taken back",
    ]
    assert market.carol.buys(400, at="10.01") == ["carol takes 100 from bob at 10.01"]
    assert market.alice.cancels_all() == ["alice hears of 0 orders taken back"]


@pytest.mark.parametrize("instrument", [2, -2])
def test_instrument_must_be_one(new_venue, instrument):
    market = Market(new_venue())
    assert market.alice.cancels_all(instrument=instrument) == [
        "alice is refused: UNKNOWN_INSTRUMENT"
    ]
