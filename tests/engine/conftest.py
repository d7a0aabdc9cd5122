"""Every story is played on the naive venue and on the engine."""

from collections.abc import Callable, Iterator

import numba
import pytest

from engine.venue import Limits, Venue
from protocol.vocabulary import Phase
from tests.engine.agreement import naive_venue
from tests.engine.conservation import open_quantities
from tests.trading import FundedMarket, Market, to_the_end

SMALL = Limits(
    orders_open=1_000,
    orders_day=10_000,
    instruments=16,
    sessions=16,
    rules=20,
    ticks=100_000,
    reports=512,
)

FUNDED = {"accounts": 16, "holdings": 64, "movements": 256, "lists": 8}
"""Room that accounts need besides."""

VENUES = {"naive": naive_venue, "engine": Venue}
IS_AGAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
"""Whether the tests run again for the kernels' sake; the naive venue is the same then."""


@pytest.fixture(params=["engine"] if IS_AGAIN else VENUES)
def new_venue(request) -> Callable:
    """What makes an empty venue, the naive one or the engine, with little room or as told."""
    return lambda limits=SMALL: VENUES[request.param](limits)


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    """An open day at which alice, bob, carol and dave meet; at its end nothing may be lost."""
    market = Market(new_venue())
    yield market
    market.closes()
    assert open_quantities(market.reports) == {}


@pytest.fixture
def funded(new_venue) -> Iterator[FundedMarket]:
    """The same with accounts, traded continuously."""
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)))
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)
