"""What Python asks of the state between batches; nothing here changes it."""

import numpy as np

from engine.kernels.holdings import available, funds_at, sellable, withdrawable
from engine.kernels.index import look_up
from engine.kernels.kernel import entrance
from engine.kernels.stakes import need_of
from engine.kernels.terms import cage_bound, cage_reference


@entrance
def free_of_funds(state, account, currency):
    """Return how much money of an account is available, and withdrawable."""
    funds = state.funds[funds_at(account, currency)]
    return available(funds), withdrawable(funds)


@entrance
def free_of_holding(state, index):
    """Return how many shares of a holding are sellable."""
    return sellable(state.holdings[index])


@entrance
def need_of_buy(state, account, instrument, price, quantity):
    """Return what an order to buy would hold at once."""
    return need_of(state, account, instrument, price, quantity, 0, 0)


@entrance
def cage_of(state, instrument, side):
    """Return the reference of a price cage, and the most aggressive price that it allows."""
    reference = np.int64(cage_reference(state, instrument, side))
    return reference, cage_bound(state.instruments[instrument], side, reference)


@entrance
def order_entered(state, session, client_seq):
    """Return the number of the order that a session entered so, 0 where there is none."""
    return look_up(state, session, client_seq)
