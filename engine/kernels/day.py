"""Opening, listing and close: what makes the day rather than a book."""

from engine.kernels import reporting
from engine.kernels.checks import check_close
from engine.kernels.interest import accrue
from engine.kernels.kernel import kernel
from engine.kernels.ladder import half_at, reduce, word_count
from engine.kernels.pool import find, give_back
from engine.kernels.state import QUEUES, TICKS_MAX
from engine.kernels.terms import BASIS_POINTS
from protocol.bounds import FEE_RATE_MAX
from protocol.vocabulary import NONE, Feature, Hold, Phase, Place, Reject, ReportKind


@kernel
def open_day(state, command, reports):
    """Begin the business day; nothing is traded or listed before.

    How many orders, accounts, holdings and movements there may be is part of the log, so that a
    replay with more room rejects the same ones; where it is 0, it is what the arenas hold.
    """
    venue = state.venue[0]
    if command["with_accounts"] and len(state.accounts) == 0:
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    venue["with_accounts"] = command["with_accounts"]
    venue["orders_open_max"] = within(command["orders_open_max"], len(state.orders))
    venue["orders_day_max"] = within(command["orders_day_max"], len(state.slots) - 1)
    if command["with_accounts"]:
        venue["accounts_max"] = within(command["accounts_max"], len(state.accounts))
        venue["holdings_max"] = within(command["holdings_max"], len(state.holdings))
        venue["movements_max"] = within(command["movements_max"], len(state.movements))
        venue["lists_max"] = within(command["lists_max"], len(state.lists))
    venue["four_eyes"] = command["four_eyes"]
    venue["business_date"] = command["business_date"]
    venue["is_open"] = 1
    return True


@kernel
def within(asked, room):
    return min(asked, room) if asked > 0 else room


@kernel
def admit(state, command, reports):
    """Make a session known, with the accounts that it may act for."""
    venue = state.venue[0]
    number = command["admitted"]
    if number != venue["sessions"] or number >= len(state.sessions):
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    venue["sessions"] += 1
    session = state.sessions[number]
    session["client_seq"] = 0
    session["role"] = command["role"]
    session["branch"] = command["branch"]
    session["account_first"] = command["account_first"]
    session["account_last"] = command["account_last"]
    session["self_trade"] = command["self_trade"]
    session["page"] = NONE
    session["is_locked"] = 0
    session["rate_max"] = 0
    session["in_flight_max"] = 0
    return True


@kernel
def define_rules(state, command, reports):
    """Give a number to rules that many instruments share."""
    venue = state.venue[0]
    number = command["defined"]
    if number != venue["rules"] or number >= len(state.rules) or not can_hold(command):
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    venue["rules"] += 1
    rules = state.rules[number]
    rules["tick"] = command["tick"]
    rules["quantity_min"] = command["quantity_min"]
    rules["quantity_step"] = command["quantity_step"]
    rules["quantity_max"] = command["quantity_max"]
    rules["quantity_max_market"] = command["quantity_max_market"]
    rules["quantity_max_fixed"] = command["quantity_max_fixed"]
    rules["order_types"] = command["order_types"]
    rules["features"] = command["features"]
    rules["cage_bp"] = command["cage_bp"]
    rules["cage_ticks"] = command["cage_ticks"]
    rules["tie_break"] = command["tie_break"]
    rules["candidates"] = command["candidates"]
    return True


@kernel
def define_fees(state, command, reports):
    """Give a number to fees that many instruments share."""
    venue = state.venue[0]
    number = command["defined"]
    if number != venue["fees"] or number >= len(state.fees) or not are_fees(command):
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    venue["fees"] += 1
    fees = state.fees[number]
    fees["stamp_buy_rate"] = command["stamp_buy_rate"]
    fees["stamp_sell_rate"] = command["stamp_sell_rate"]
    fees["transfer_rate"] = command["transfer_rate"]
    fees["handling_rate"] = command["handling_rate"]
    fees["regulatory_rate"] = command["regulatory_rate"]
    fees["settlement_rate"] = command["settlement_rate"]
    fees["settlement_cap"] = command["settlement_cap"]
    return True


@kernel
def are_fees(command):
    """Say whether each rate is a small part of the turnover."""
    return (
        0 <= command["stamp_buy_rate"] <= FEE_RATE_MAX
        and 0 <= command["stamp_sell_rate"] <= FEE_RATE_MAX
        and 0 <= command["transfer_rate"] <= FEE_RATE_MAX
        and 0 <= command["handling_rate"] <= FEE_RATE_MAX
        and 0 <= command["regulatory_rate"] <= FEE_RATE_MAX
        and 0 <= command["settlement_rate"] <= FEE_RATE_MAX
        and command["settlement_cap"] >= 0
    )


@kernel
def can_hold(command):
    """Say whether the numbers of rules make sense."""
    return (
        command["tick"] > 0
        and command["quantity_min"] > 0
        and command["quantity_step"] > 0
        and command["quantity_max"] > 0
        and command["quantity_max_market"] > 0
        and command["quantity_max_fixed"] > 0
        and 0 <= command["cage_bp"] <= BASIS_POINTS
        and command["cage_ticks"] >= 0
    )


@kernel
def list_instrument(state, command, reports):
    """Give an instrument its limits, its rules and room for its two ladders."""
    venue = state.venue[0]
    if not has_place(state, command):
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    rules = state.rules[command["rules"]]
    ticks = (command["upper_limit"] - command["lower_limit"]) // rules["tick"] + 1
    ladders = 4 if rules["features"] & Feature.STOP else 2
    words = ladders * words_of(ticks) + QUEUES * words_of(1)
    ticks_used = venue["levels"] - QUEUES * venue["instruments"]
    has_levels = ticks_used + ladders * ticks <= len(state.levels) - QUEUES * len(state.instruments)
    if not has_levels or venue["words"] + words > len(state.words):
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    number = venue["instruments"]
    venue["instruments"] += 1
    instrument = state.instruments[number]
    instrument["phase"] = Phase.CLOSED
    instrument["lower_limit"] = command["lower_limit"]
    instrument["upper_limit"] = command["upper_limit"]
    instrument["previous_close"] = command["previous_close"]
    instrument["market"] = command["market"]
    instrument["schedule"] = command["schedule"]
    instrument["halts"] = command["halts"]
    instrument["depository"] = command["depository"]
    instrument["permission"] = command["permission"]
    instrument["currency"] = command["listed_currency"]
    instrument["settlement_days"] = command["settlement_days"]
    instrument["fees"] = command["fees"]
    instrument["tick"] = rules["tick"]
    instrument["quantity_min"] = rules["quantity_min"]
    instrument["quantity_step"] = rules["quantity_step"]
    instrument["quantity_max"] = rules["quantity_max"]
    instrument["quantity_max_market"] = rules["quantity_max_market"]
    instrument["quantity_max_fixed"] = rules["quantity_max_fixed"]
    instrument["order_types"] = rules["order_types"]
    instrument["features"] = rules["features"]
    instrument["cage_bp"] = rules["cage_bp"]
    instrument["cage_ticks"] = rules["cage_ticks"]
    instrument["tie_break"] = rules["tie_break"]
    instrument["candidates"] = rules["candidates"]
    for side in range(2):
        lay_out(state, Place.BOOK, number, side, ticks)
        lay_out(state, Place.GAP, number, side, 1)
        lay_out(state, Place.FIXED, number, side, 1)
        lay_out(state, Place.DELAYED, number, side, 1)
        if ladders == 4:
            lay_out(state, Place.STOPS, number, side, ticks)
    return True


@kernel
def lay_out(state, place, instrument, side, ticks):
    """Give a half its part of the levels and words."""
    venue = state.venue[0]
    half = state.halves[half_at(place, instrument, side)]
    half["levels"] = venue["levels"]
    half["words"] = venue["words"]
    half["ticks"] = ticks
    half["best"] = ticks
    venue["levels"] += ticks
    venue["words"] += words_of(ticks)


@kernel
def words_of(ticks):
    """Return how many words mark so many ranks on three levels."""
    return word_count(ticks) + word_count(word_count(ticks)) + 1


@kernel
def has_place(state, command):
    """Say whether an instrument's number is the next one, its rules known and its limits sound."""
    venue = state.venue[0]
    if not 0 <= command["rules"] < venue["rules"]:
        return False
    if venue["with_accounts"] and not 0 <= command["fees"] < venue["fees"]:
        return False
    tick = state.rules[command["rules"]]["tick"]
    lower = command["lower_limit"]
    upper = command["upper_limit"]
    return (
        command["instrument"] == state.venue[0]["instruments"]
        and command["instrument"] < len(state.instruments)
        and 0 < lower <= upper
        and lower % tick == 0
        and upper % tick == 0
        and (upper - lower) // tick < TICKS_MAX
        and command["previous_close"] > 0
    )


@kernel
def fix_close(state, command, reports):
    """Fix the closing price of an instrument, before trading at it begins."""
    reason = check_close(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    state.instruments[command["instrument"]]["close"] = command["price"]
    row = reporting.announce(state, reports, ReportKind.CLOSE_FIXED, command["instrument"])
    reports[row]["price"] = command["price"]
    return True


@kernel
def close_day(state, reports):
    """Expire what is open, in order of order number, and end the day."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        venue["has_begun"] = 1
        venue["cursor"] = 1
    while venue["cursor"] <= venue["orders"]:
        slot = find(state, venue["cursor"])
        if slot != NONE:
            if not reporting.has_room_for(state, reports, 1):
                return False
            expire(state, slot, reports)
        venue["cursor"] += 1
    if not reporting.has_room_for(state, reports, 1):
        return False
    row = reporting.announce(state, reports, ReportKind.DAY_ENDED, NONE)
    reports[row]["quantity"] = venue["business_date"]
    for number in range(venue["instruments"]):
        instrument = state.instruments[number]
        instrument["phase"] = Phase.CLOSED
        instrument["scheduled"] = Phase.CLOSED
        instrument["hold"] = Hold.NONE
    venue["hold"] = Hold.NONE
    if venue["with_accounts"]:
        thaw(state)
        accrue(state)
    venue["is_open"] = 0
    venue["has_begun"] = 0
    return True


@kernel
def expire(state, slot, reports):
    order = state.orders[slot]
    quantity = order["leaves"]
    reduce(state, slot, quantity)
    reporting.about(state, reports, ReportKind.EXPIRED, order, quantity)
    give_back(state, slot)


@kernel
def thaw(state):
    """End what was frozen for the day."""
    for funds in range(len(state.funds)):
        state.funds[funds]["frozen_day"] = 0
    for holding in range(state.venue[0]["holdings"]):
        state.holdings[holding]["frozen_day"] = 0
