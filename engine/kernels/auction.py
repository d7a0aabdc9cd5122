"""The call auction: one price for all trades, as much quantity as can be.

SSE 2026 rules 3.6.2 and SZSE 2026 rules 3.5.2 name three conditions: the price trades the greatest
quantity; all bids above it and all asks below it are filled; one side at it is filled.  The second
implies the others: no other price can trade more than the better orders of one side, and the
smaller side is always filled.  tests/naive/auction.py states all three, by brute force.
"""

from engine.kernels import reporting
from engine.kernels.icebergs import clip
from engine.kernels.kernel import entrance, kernel
from engine.kernels.ladder import half_of, price_at, rank_of, reduce
from engine.kernels.pool import give_back
from engine.kernels.trades import number_trade, trade
from protocol.vocabulary import Candidates, Liquidity, Side, TieBreak


@kernel
def uncross(state, instrument, reports):
    """Trade the crossing orders of an instrument at the auction price; return whether done."""
    venue = state.venue[0]
    if venue["auction_leaves"] == 0:
        price, traded = find_price(state, instrument)
        venue["auction_price"] = price
        venue["auction_leaves"] = traded
    bids = state.halves[half_of(instrument, Side.BUY)]
    asks = state.halves[half_of(instrument, Side.SELL)]
    while venue["auction_leaves"] > 0:
        if not reporting.has_room_for(state, reports, 2):
            return False
        buyer = state.levels[bids["levels"] + bids["best"]]["oldest"]
        seller = state.levels[asks["levels"] + asks["best"]]["oldest"]
        quantity = min(state.orders[buyer]["leaves"], state.orders[seller]["leaves"])
        quantity = min(quantity, venue["auction_leaves"])
        venue["auction_leaves"] -= quantity
        number_trade(state, instrument, venue["auction_price"])
        fill(state, buyer, quantity, reports)
        fill(state, seller, quantity, reports)
    return True


@kernel
def fill(state, slot, quantity, reports):
    order = state.orders[slot]
    reduce(state, slot, quantity)
    trade(state, reports, slot, state.venue[0]["auction_price"], quantity, Liquidity.AUCTION)
    clip(state, slot)
    if order["leaves"] == 0:
        give_back(state, slot)


@kernel
def find_price(state, index):
    """Return the auction's price and quantity, quantity 0 where none crosses.

    Walks up from the best ask to the best bid with the quantities `bought` by bids at or above
    the price and `sold` by asks at or below it.  Of the prices that fill all better orders, those
    with the smallest imbalance remain; `choose` settles between them.
    """
    instrument = state.instruments[index]
    bids = state.halves[half_of(index, Side.BUY)]
    asks = state.halves[half_of(index, Side.SELL)]
    every_tick = instrument["candidates"] == Candidates.ALL_TICKS
    highest_bid = bids["ticks"] - 1 - bids["best"]
    bought = quantity_from(state, bids, bids["ticks"] - 1 - asks["best"])
    sold = 0
    traded = 0
    smallest = bought
    lowest = highest = nearest = 0
    for rank in range(asks["best"], highest_bid + 1):
        bid = state.levels[bids["levels"] + bids["ticks"] - 1 - rank]["quantity"]
        ask = state.levels[asks["levels"] + rank]["quantity"]
        sold += ask
        fills_better = max(bought - bid, sold - ask) <= min(bought, sold)
        imbalance = abs(bought - sold)
        if fills_better and (every_tick or bid + ask > 0):
            price = price_at(instrument, Side.SELL, rank)
            if traded == 0 or imbalance < smallest:
                traded = min(bought, sold)
                smallest = imbalance
                lowest = highest = nearest = price
            elif imbalance == smallest:
                highest = price
                nearest = nearer(instrument, nearest, price)
        bought -= bid
    if traded == 0:
        return 0, traded
    return choose(instrument, lowest, highest, nearest), traded


@entrance
def indicative(state, index):
    """Return what an auction would do now: see `would_do`."""
    return would_do(state, index)


@kernel
def would_do(state, index):
    """Return what an auction would do now: price, quantity, and what it would leave of each side.

    The unmatched quantities are of the bids at or above the price and the asks at or below it;
    all four are 0 where nothing crosses.
    """
    price, traded = find_price(state, index)
    if traded == 0:
        return 0, 0, 0, 0
    instrument = state.instruments[index]
    bids = state.halves[half_of(index, Side.BUY)]
    asks = state.halves[half_of(index, Side.SELL)]
    bought = quantity_from(state, bids, rank_of(instrument, Side.BUY, price))
    sold = quantity_from(state, asks, rank_of(instrument, Side.SELL, price))
    return price, traded, bought - traded, sold - traded


@kernel
def quantity_from(state, half, worst):
    """Return the quantity of a half from its best rank to `worst`."""
    quantity = 0
    for rank in range(half["best"], worst + 1):
        quantity += state.levels[half["levels"] + rank]["quantity"]
    return quantity


@kernel
def choose(instrument, lowest, highest, nearest):
    """SSE takes the middle of the remaining prices, half up to the tick; SZSE the nearest one."""
    if instrument["tie_break"] == TieBreak.NEAREST_REFERENCE:
        return nearest
    tick = instrument["tick"]
    return lowest + ((highest - lowest) // tick + 1) // 2 * tick


@kernel
def nearer(instrument, lower, higher):
    """Return the price nearer to the last one, to the previous close before the first trade.

    Of two equally near prices the higher one, as a half is rounded up; no rule says.
    """
    reference = instrument["last"]
    if reference == 0:
        reference = instrument["previous_close"]
    return higher if abs(higher - reference) <= abs(lower - reference) else lower
