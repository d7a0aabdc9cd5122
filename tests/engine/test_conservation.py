"""What is lost, or held too long, is told: the engine's own check of a day that has ended."""

from engine.conservation import amiss_in
from engine.venue import Limits, Venue
from protocol.vocabulary import Currency


def test_money_and_shares_that_are_lost_or_held_are_told():
    state = Venue(Limits(instruments=1, accounts=1, holdings=1)).state
    assert amiss_in(state) == []
    state.venue["instruments"] = state.venue["holdings"] = 1
    state.tallies["outside"][Currency.CNY] = 30_000
    state.tallies["fees"][Currency.CNY] = 10_000
    state.instruments["issued"] = 7
    state.holdings["total"] = 5
    state.funds["held"][Currency.USD] = 1
    state.holdings["held"] = 1
    assert amiss_in(state) == [
        "not conserved: 2.0000 CNY are lost",
        "not conserved: 2 shares of instrument 0 are lost",
        "not conserved: orders that are gone hold USD",
        "not conserved: orders that are gone hold shares",
    ]
