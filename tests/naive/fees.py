"""What an order costs: every item by itself, rounded half up to the cent.

Money is in 1/10000 of the currency unit, rates are in 1e-8.
"""

from protocol.vocabulary import Currency, Side
from tests.naive.book import Order

CENT = 100
ONE = 10**8
"""A rate of the whole."""


def share(turnover: int, rate: int) -> int:
    """Return so much of a turnover, rounded half up to the cent."""
    return (2 * turnover * rate + CENT * ONE) // (2 * CENT * ONE) * CENT


def fees_of(side: int, turnover: int, terms: dict, listing: dict, schedule: dict) -> int:
    """Return the fees of an order whose fills add up to `turnover`.

    `terms` are those of its account, `schedule` are the fees of its instrument.
    """
    if turnover == 0:
        return 0
    is_domestic = listing["listed_currency"] == Currency.CNY
    least = terms["commission_min" if is_domestic else "commission_min_foreign"]
    stamp_rate = schedule["stamp_buy_rate" if side == Side.BUY else "stamp_sell_rate"]
    cap = schedule["settlement_cap"]
    settlement = share(turnover, schedule["settlement_rate"])
    fees = max(least, share(turnover, terms["commission_rate"]))
    fees += share(turnover, stamp_rate)
    fees += share(turnover, schedule["transfer_rate"])
    fees += min(settlement, cap) if cap > 0 else settlement
    if not terms["commission_includes"]:
        fees += share(turnover, schedule["handling_rate"])
        fees += share(turnover, schedule["regulatory_rate"])
    return fees


def fees_at(venue, order: Order, turnover: int) -> int:
    """Return the fees of an order, had it traded so much."""
    instrument = venue.instruments[order.instrument]
    terms = venue.accounts[order.account].terms
    return fees_of(order.side, turnover, terms, instrument.listing, instrument.fees)
