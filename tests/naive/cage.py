"""The price cage: how far beyond the market a limit order may be while trading is continuous.

Prices are in 1/10000 yuan.
"""

from protocol.vocabulary import Side


def is_outside_cage(side: int, price: int, instrument) -> bool:
    """Whether a limit order of `side` at `price` is beyond the cage of its instrument."""
    rules = instrument.rules
    if rules["cage_bp"] == 0:
        return False
    reference = cage_reference(side, instrument)
    margin = rules["cage_ticks"] * rules["tick"]
    if side == Side.BUY:
        share = share_of(reference, 10_000 + rules["cage_bp"], rules["tick"])
        return price > max(share, reference + margin)
    share = share_of(reference, 10_000 - rules["cage_bp"], rules["tick"])
    return price < min(share, reference - margin)


def cage_reference(side: int, instrument) -> int:
    """Return the best opposite price, or else the best own one, or else the last of the day."""
    book = instrument.book
    return book.best_opposite(side) or book.best(side) or instrument.reference


def share_of(price: int, basis_points: int, tick: int) -> int:
    """Return so many basis points of `price`, rounded half up to the tick."""
    ticks, half = 10_000 * tick, 5_000 * tick
    return (price * basis_points + half) // ticks * tick
