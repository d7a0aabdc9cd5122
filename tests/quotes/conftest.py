"""A market whose commands are published, in continuous trading."""

import pytest

from protocol.vocabulary import Phase
from tests.engine.conftest import SMALL
from tests.quotes.watching import OTHER, SHARE, Shown
from tests.trading import EVERYTHING, Market


@pytest.fixture
def shown() -> Shown:
    """A venue with two shares that is published."""
    return Shown([SHARE, OTHER], SMALL)


@pytest.fixture
def market(shown) -> Market:
    """What is traded there."""
    market = Market(shown, EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    return market
