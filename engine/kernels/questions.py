"""What Python asks of the state between batches; nothing here changes it."""

from engine.kernels.holdings import available, funds_at, sellable, withdrawable
from engine.kernels.kernel import entrance
from engine.kernels.stakes import need_of


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
