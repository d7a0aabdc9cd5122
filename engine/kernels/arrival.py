"""An order that arrives: it finds its price, trades what it can, and rests, or does not.

Trades are at the price of the resting order, the better price first and the older order first at
the same price.  The venue's row says which order is under way, so that it goes on where it stopped
for want of room in the report buffer.
"""

from engine.kernels import reporting
from engine.kernels.ahead import touch_stake
from engine.kernels.holds import halt_if_volatile, is_matching
from engine.kernels.icebergs import show, shown_of, use_up
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import (
    append,
    best_price,
    half_of,
    occupied_after,
    rank_of,
    reduce,
)
from engine.kernels.pool import give_back
from engine.kernels.seldom import seldom
from engine.kernels.stakes import rehold
from engine.kernels.state import ICEBERG, IMMEDIATE
from engine.kernels.terms import is_beyond
from engine.kernels.trades import drop, number_trade, trade
from protocol.vocabulary import (
    NONE,
    CancelReason,
    Liquidity,
    Pricing,
    ReportKind,
    Rest,
    SelfTrade,
)

REPORTS_OF_TRADE = 3
"""At most: one to each side, and that the trade has halted the instrument."""


@kernel
def find_price(state, order):
    """Return the price that an arriving order's type gives it now, 0 where there is none.

    The order's price so far is its limit, its protection price, or the day's limit.
    """
    pricing = state.order_types[order["order_type"]]["pricing"]
    if pricing == Pricing.GIVEN or pricing == Pricing.WORST_ALLOWED:
        return order["price"]
    side = order["side"]
    best = 1 - side if pricing == Pricing.BEST_OPPOSITE else side
    price = best_price(state, order["instrument"], best)
    return 0 if is_beyond(side, price, order["price"]) else price


@kernel
def set_price(state, order, price):
    order["price"] = price
    order["rank"] = rank_of(state.instruments[order["instrument"]], order["side"], price)


@kernel
def opposite_half(state, order):
    return state.halves[half_of(order["instrument"], 1 - order["side"])]


@kernel
def worst_rank(state, order):
    """Return the opposite rank of an order's price, up to which it trades."""
    return opposite_half(state, order)["ticks"] - 1 - order["rank"]


@kernel
def rank_of_level(state, order, levels):
    """Return the opposite rank up to which an order trades at so many prices, 0 for any."""
    limit = worst_rank(state, order)
    if levels == 0:
        return limit
    half = opposite_half(state, order)
    rank = half["best"]
    for _ in range(levels - 1):
        if rank < limit:
            rank = occupied_after(state, half, rank)
    return min(rank, limit)


@kernel
def tradable(state, order, limit, enough):
    """Return how much an order could trade up to a rank now; at least `enough` ends the count.

    Orders of its own account do not count where it would not trade with them, and nothing behind
    the first of them where matching would end there.
    """
    half = opposite_half(state, order)
    self_trade = state.sessions[order["session"]]["self_trade"]
    quantity = 0
    rank = half["best"]
    while rank <= limit and quantity < enough:
        level = state.levels[half["levels"] + rank]
        others = level["quantity"]
        if self_trade != SelfTrade.ALLOWED:
            others = of_others(state, level, order["account"])
            if others < level["quantity"] and self_trade != SelfTrade.CANCELS_RESTING:
                return quantity + before_own(state, level, order["account"])
        quantity += others
        rank = occupied_after(state, half, rank)
    return quantity


@kernel
def of_others(state, level, account):
    """Return the quantity at a level that belongs to other accounts."""
    quantity = 0
    slot = level["oldest"]
    while slot != NONE:
        if state.orders[slot]["account"] != account:
            quantity += state.orders[slot]["leaves"]
        slot = state.orders[slot]["newer"]
    return quantity


@kernel
def before_own(state, level, account):
    """Return what is shown at a level before the first order of the account.

    What is hidden comes behind that one.
    """
    quantity = 0
    slot = level["oldest"]
    while state.orders[slot]["account"] != account:
        quantity += shown_of(state, slot)
        slot = state.orders[slot]["newer"]
    return quantity


@kernel
def launch(state, slot, minimum, request_seq, reports):
    """Put an order under way, unless it cannot trade the least that it must.

    Reports about its arrival carry `request_seq`, 0 where no command of its session made it come.
    """
    order = state.orders[slot]
    form = state.order_types[order["order_type"]]
    limit = rank_of_level(state, order, form["levels"])
    if form["fills_all"]:
        minimum = order["leaves"]
    if minimum > 0 and tradable(state, order, limit, minimum) < minimum:
        state.venue[0]["working_request"] = request_seq
        drop_arrival(state, order, reports, CancelReason.MINIMUM_NOT_MET)
        give_back(state, slot)
        return
    set_out(state, slot, limit, form["rest"], request_seq)


@kernel
def set_out(state, slot, limit, rest, request_seq):
    """Put an order under way that trades up to a rank."""
    venue = state.venue[0]
    order = state.orders[slot]
    venue["working"] = slot
    venue["working_limit"] = limit
    venue["working_quantity"] = order["leaves"]
    venue["working_request"] = request_seq
    venue["working_rest"] = rest
    if order["traits"] & IMMEDIATE:
        venue["working_rest"] = Rest.IS_CANCELED


@kernel
def arrive(state, reports):
    """Match the order under way if its phase matches, rest what is left; return whether done."""
    venue = state.venue[0]
    slot = venue["working"]
    order = state.orders[slot]
    instrument = state.instruments[order["instrument"]]
    if is_matching(state, instrument) and not match(state, order, reports):
        return False
    if order["leaves"] > 0 and venue["working_rest"] != Rest.RESTS:
        if not reporting.has_room_for(state, reports, 1):
            return False
        settle_rest(state, order, reports)
    if order["leaves"] > 0:
        append(state, slot)
        if seldom(order["traits"] & ICEBERG != 0):
            show(state, slot)
    else:
        give_back(state, slot)
    venue["working"] = NONE
    return True


@kernel
def match(state, incoming, reports):
    """Trade the incoming order against the other half up to its limit; return whether done."""
    venue = state.venue[0]
    half = opposite_half(state, incoming)
    self_trade = state.sessions[incoming["session"]]["self_trade"]
    while incoming["leaves"] > 0 and half["best"] <= venue["working_limit"]:
        if not reporting.has_room_for(state, reports, REPORTS_OF_TRADE):
            return False
        oldest = state.levels[half["levels"] + half["best"]]["oldest"]
        resting = state.orders[oldest]
        if venue["with_accounts"]:
            touch_stake(state, oldest)
        if seldom(self_trade != SelfTrade.ALLOWED) and resting["account"] == incoming["account"]:
            prevent(state, incoming, oldest, self_trade, reports)
            continue
        quantity = min(incoming["leaves"], shown_of(state, oldest))
        incoming["leaves"] -= quantity
        reduce(state, oldest, quantity)
        number_trade(state, incoming["instrument"], resting["price"])
        slot = venue["working"]
        row = trade(state, reports, slot, resting["price"], quantity, Liquidity.INCOMING)
        reports[row]["request_seq"] = venue["working_request"]
        trade(state, reports, oldest, resting["price"], quantity, Liquidity.RESTING)
        if resting["leaves"] == 0:
            give_back(state, oldest)
        elif seldom(resting["traits"] & ICEBERG != 0):
            use_up(state, oldest, quantity)
        if halt_if_volatile(state, incoming["instrument"], reports):
            break
    return True


@rare
def prevent(state, incoming, slot, self_trade, reports):
    """Cancel the resting order in `slot`, the incoming one, or both, so that they do not trade."""
    if self_trade != SelfTrade.CANCELS_INCOMING:
        resting = state.orders[slot]
        quantity = resting["leaves"]
        reduce(state, slot, quantity)
        row = reports[reporting.about(state, reports, ReportKind.CANCELED, resting, quantity)]
        row["reason"] = CancelReason.SELF_TRADE
        give_back(state, slot)
    if self_trade != SelfTrade.CANCELS_RESTING:
        drop_arrival(state, incoming, reports, CancelReason.SELF_TRADE)


@kernel
def drop_arrival(state, order, reports, reason):
    row = reports[drop(state, reports, order, reason)]
    row["request_seq"] = state.venue[0]["working_request"]


@kernel
def settle_rest(state, order, reports):
    """Cancel the rest of an order, or give it the price at which it rests."""
    if seldom(state.venue[0]["working_rest"] == Rest.RESTS_AT_LAST_PRICE):
        find_rest_price(state, order, reports)
    else:
        drop_arrival(state, order, reports, CancelReason.IMMEDIATE_REST)


@rare
def find_rest_price(state, order, reports):
    venue = state.venue[0]
    price = state.instruments[order["instrument"]]["last"]
    if order["leaves"] == venue["working_quantity"]:
        price = best_price(state, order["instrument"], order["side"])
    if price == 0 or is_beyond(order["side"], price, order["price"]):
        drop_arrival(state, order, reports, CancelReason.NO_PRICE)
        return
    set_price(state, order, price)
    rehold(state, venue["working"])
    row = reports[reporting.about(state, reports, ReportKind.REPLACED, order, order["leaves"])]
    row["request_seq"] = venue["working_request"]
