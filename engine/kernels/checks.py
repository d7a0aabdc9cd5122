"""What a command must satisfy, as ladders of guards.

The first guard that fails gives the reason; their order is part of the contract with clients
(docs/protocol/order-entry.md) and follows the order of the enumeration Reject.
"""

import numpy as np

from engine.kernels.accounts import is_open
from engine.kernels.blocks import is_blocked
from engine.kernels.forms import is_well_formed
from engine.kernels.guards import check_guards, is_outside_collar
from engine.kernels.holdings import (
    available,
    funds_at,
    has_holding_or_room,
    sellable,
    sellable_of,
)
from engine.kernels.index import look_up
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import best_price
from engine.kernels.lists import is_forbidden
from engine.kernels.pool import find
from engine.kernels.rates import check_rate
from engine.kernels.rights import may_act_for, reach_of
from engine.kernels.seldom import seldom
from engine.kernels.stakes import need_of, present_need
from engine.kernels.state import ICEBERG
from engine.kernels.terms import (
    check_price,
    check_quantity,
    is_beyond,
    is_in_lots,
    is_outside_cage,
    shows_enough,
    worst_price,
)
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    AccountStatus,
    CommandKind,
    Feature,
    Handling,
    ListMode,
    OrderType,
    Place,
    Reach,
    Reject,
    Side,
    TimeInForce,
)


@kernel
def check_command(state, command):
    """Return why the sender may not ask for this at all, or NOTHING."""
    venue = state.venue[0]
    if not is_well_formed(command):
        return Reject.MALFORMED
    if not 0 <= command["session"] < venue["sessions"]:
        return Reject.UNKNOWN_SESSION
    session = state.sessions[command["session"]]
    if reach_of(state, command) == Reach.NOBODY:
        return Reject.COMMAND_NOT_PERMITTED
    if seldom(session["is_locked"] != 0) and not takes_back(command["kind"]):
        return Reject.USER_LOCKED
    if command["session"] > 0 and command["client_seq"] <= session["client_seq"]:
        return Reject.CLIENT_SEQ_NOT_INCREASING
    session["client_seq"] = command["client_seq"]
    if command["kind"] == CommandKind.OPEN_DAY:
        return Reject.DAY_ALREADY_OPEN if venue["business_date"] > 0 else Reject.NOTHING
    if not venue["is_open"]:
        return Reject.NOTHING if is_of_sessions(command["kind"]) else Reject.DAY_NOT_OPEN
    if is_of_accounts(command["kind"]) and not venue["with_accounts"]:
        return Reject.ACCOUNTS_ARE_OFF
    return Reject.NOTHING


@kernel
def takes_back(kind):
    """Say whether a kind of command takes orders back, which nobody is kept from."""
    return kind == CommandKind.CANCEL_ORDER or kind == CommandKind.CANCEL_ORDERS


@kernel
def is_of_sessions(kind):
    """Say whether a kind of command makes sense on a day that is over, too."""
    return kind == CommandKind.OPEN_SESSION or kind == CommandKind.CLOSE_SESSION


@kernel
def is_of_accounts(kind):
    """Say whether a kind of command makes sense only where accounts are on."""
    is_of_operators = CommandKind.OPEN_ACCOUNT <= kind <= CommandKind.CHANGE_CODE
    return is_of_operators or kind == CommandKind.BRING_INTEREST


@kernel
def check_order(state, command, reports):
    """Return why the order cannot be accepted, or NOTHING; count it for its account."""
    if not is_listed(state, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    if not may_act_for(state, command, command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    instrument = state.instruments[command["instrument"]]
    if state.venue[0]["with_accounts"]:
        reason = check_request(state, instrument, command, reports)
        if reason != Reject.NOTHING:
            return reason
    if seldom(state.venue[0]["blocks"] > 0) and is_blocked(
        state, command["instrument"], command["account"], command["session"], command["side"]
    ):
        return Reject.TRADING_BLOCKED
    if seldom(not is_plain(command)):
        reason = check_special(state, instrument, command)
    elif not phase_takes_plain(state, instrument, command["time_in_force"]):
        reason = Reject.PHASE_REFUSES_ORDER
    else:
        reason = check_limit_order(state, command)
    return reason


@kernel
def check_request(state, instrument, command, reports):
    """Return why the account may not trade this so, or so fast, or NOTHING; count its request."""
    if not is_open(state, command["account"]):
        return Reject.UNKNOWN_ACCOUNT
    reason = check_rate(state, command["account"], may_be_delayed(command), reports)
    return reason if reason != Reject.NOTHING else check_rights(state, instrument, command)


@kernel
def check_rights(state, instrument, command):
    """Return why the account may not trade this so, or NOTHING."""
    account = state.accounts[command["account"]]
    if account["status"] != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    if account["channels"] >> command["channel"] & 1 == 0:
        return Reject.CHANNEL_NOT_PERMITTED
    has_depository = account["depositories"] >> instrument["depository"] & 1
    if not has_depository or account["permissions"] >> instrument["permission"] & 1 == 0:
        return Reject.BOARD_NOT_PERMITTED
    if seldom(account["list_mode"] != ListMode.NONE):
        if is_forbidden(state, command["account"], command["instrument"]):
            return Reject.INSTRUMENT_NOT_PERMITTED
    return Reject.NOTHING


@kernel
def is_plain(command):
    """Say whether an order asks for nothing more than a limit."""
    return command["order_type"] | asked_beyond_type(command) == 0


@kernel
def phase_takes_plain(state, instrument, time_in_force):
    """Say whether the phase takes a plain order; immediate ones only where it would match."""
    phase = state.phases[instrument["phase"]]
    if not phase["takes_orders"]:
        return False
    if phase["handling"] == Handling.MATCHES:
        return True
    if phase["handling"] == Handling.QUEUES:
        return instrument["features"] & Feature.QUEUES_IN_GAP != 0
    return time_in_force == TimeInForce.DAY


@kernel
def check_limit_order(state, command):
    """Return why a plain order may not have its quantity and price, or NOTHING."""
    instrument = state.instruments[command["instrument"]]
    reason = check_quantity(command["quantity"], instrument["quantity_max"])
    if reason != Reject.NOTHING:
        return reason
    if not is_lot(state, instrument, command):
        return Reject.QUANTITY_NOT_IN_LOTS
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = check_price(instrument, command["price"])
    if reason != Reject.NOTHING:
        return reason
    if is_outside_cage(state, command["instrument"], command["side"], command["price"]):
        return Reject.PRICE_OUTSIDE_CAGE
    return Reject.NOTHING


@rare
def check_special(state, instrument, command):
    """Return why an order may not have what it asks for beyond a limit, or NOTHING."""
    if not phase_takes_special(state, instrument, command):
        return Reject.PHASE_REFUSES_ORDER
    if instrument["order_types"] >> command["order_type"] & 1 == 0:
        return Reject.ORDER_TYPE_NOT_ALLOWED
    if not has_features(instrument, command):
        return Reject.FEATURE_NOT_ALLOWED
    reason = check_terms(state, instrument, command)
    if reason != Reject.NOTHING:
        return reason
    if command["post_only"] and would_trade(state, command):
        return Reject.WOULD_TRADE
    return Reject.NOTHING


@kernel
def first_need(state, command):
    """Return what an order holds when it is accepted: money, or shares."""
    if command["side"] == Side.SELL:
        return np.int64(command["quantity"])
    index = command["instrument"]
    price = worst_price(state.instruments[index], Side.BUY, command["price"])
    return need_of(state, command["account"], index, price, command["quantity"], 0, 0)


@kernel
def check_means(state, command, need):
    """Return why the account cannot bear an order of such a need, or NOTHING."""
    instrument = state.instruments[command["instrument"]]
    number = command["account"]
    account = state.accounts[number]
    most = account["open_orders_max"]
    if most > 0 and account["open_orders"] >= most:
        return Reject.TOO_MANY_OPEN_ORDERS
    price = worst_price(instrument, command["side"], command["price"])
    value = np.int64(price) * command["quantity"]
    if account["order_value_max"] > 0 and value > account["order_value_max"]:
        return Reject.ORDER_VALUE_TOO_LARGE
    if seldom(account["has_guards"]):
        reason = check_guards(state, command, price)
        if reason != Reject.NOTHING:
            return reason
    index = command["instrument"]
    if command["side"] == Side.SELL:
        has = sellable_of(state, number, index)
        return Reject.INSUFFICIENT_SHARES if need > has else Reject.NOTHING
    reason = check_money(state.funds[funds_at(number, instrument["currency"])], need)
    if reason != Reject.NOTHING:
        return reason
    if not has_holding_or_room(state, number, index):
        return Reject.HOLDINGS_EXHAUSTED
    return Reject.NOTHING


@kernel
def check_money(funds, more):
    """Return why open buys may not hold so much more, or NOTHING."""
    most = funds["spending_max"]
    if most > 0 and more > 0 and funds["spent"] + funds["held"] + more > most:
        return Reject.SPENDING_TOO_LARGE
    return Reject.INSUFFICIENT_FUNDS if more > available(funds) else Reject.NOTHING


@kernel
def phase_takes_special(state, instrument, command):
    """Say whether the phase takes an order that is not plain; a call auction takes none."""
    phase = state.phases[instrument["phase"]]
    if command["order_type"] == OrderType.FIXED_PRICE:
        return phase["takes_fixed"] >> instrument["market"] & 1 == 1
    if phase["handling"] == Handling.QUEUES and not is_simple(command):
        return False
    return phase_takes_simple(state, instrument)


@kernel
def phase_takes_simple(state, instrument):
    """Say whether the phase takes an order that asks for nothing beyond its type, not a limit."""
    phase = state.phases[instrument["phase"]]
    if not phase["takes_orders"]:
        return False
    if phase["handling"] == Handling.QUEUES:
        return instrument["features"] & Feature.QUEUES_IN_GAP != 0
    return phase["handling"] == Handling.MATCHES


@kernel
def is_simple(command):
    """Say whether an order asks for nothing beyond its type."""
    return asked_beyond_type(command) == 0


@kernel
def asked_beyond_type(command):
    """Return 0 where an order asks for nothing beyond its type: one test instead of four."""
    return (
        command["minimum_quantity"]
        | command["post_only"]
        | command["display_quantity"]
        | command["trigger_price"]
    )


@kernel
def may_be_delayed(command):
    """Say whether an order may wait for its time; what asks for more would wait twice."""
    return command["order_type"] != OrderType.FIXED_PRICE and is_simple(command)


@kernel
def has_features(instrument, command):
    """Say whether the rules allow what the order asks for beyond its type, and it makes sense."""
    features = instrument["features"]
    is_day = command["time_in_force"] == TimeInForce.DAY
    if command["order_type"] == OrderType.FIXED_PRICE:
        return is_day and is_simple(command)
    if command["trigger_price"] != 0:
        is_alone = command["minimum_quantity"] == 0 and not command["post_only"]
        return features & Feature.STOP != 0 and is_alone and command["display_quantity"] == 0
    if is_simple(command):
        return True
    return (
        command["order_type"] == OrderType.LIMIT
        and (command["minimum_quantity"] == 0 or features & Feature.MINIMUM_QUANTITY != 0)
        and (command["post_only"] == 0 or (is_day and features & Feature.POST_ONLY != 0))
        and (command["display_quantity"] == 0 or may_hide(features, command))
    )


@kernel
def may_hide(features, command):
    return (
        features & Feature.ICEBERG != 0
        and command["time_in_force"] == TimeInForce.DAY
        and command["minimum_quantity"] == 0
        and command["post_only"] == 0
    )


@kernel
def check_terms(state, instrument, command):
    """Return why the order may not have its quantities and prices, or NOTHING."""
    reason = check_quantity(command["quantity"], most_of(instrument, command["order_type"]))
    if reason != Reject.NOTHING:
        return reason
    if not is_lot(state, instrument, command):
        return Reject.QUANTITY_NOT_IN_LOTS
    if not 0 <= command["minimum_quantity"] <= command["quantity"]:
        return Reject.MINIMUM_OUT_OF_RANGE
    if command["display_quantity"] != 0 and not is_displayable(instrument, command):
        return Reject.DISPLAY_OUT_OF_RANGE
    reason = check_limit(state, instrument, command)
    if reason != Reject.NOTHING or command["trigger_price"] == 0:
        return reason
    trigger = command["trigger_price"]
    if trigger < 0 or check_price(instrument, trigger) != Reject.NOTHING:
        return Reject.TRIGGER_OUT_OF_RANGE
    return Reject.NOTHING


@kernel
def is_lot(state, instrument, command):
    """Say whether the quantity is in lots; a sale may also have the odd rest of a holding in it.

    SSE 2023 rules 3.3.8: the rest is sold in one order.
    """
    quantity = command["quantity"]
    if is_in_lots(instrument, quantity):
        return True
    if command["side"] == Side.BUY:
        return False
    if not state.venue[0]["with_accounts"]:
        return True
    has = sellable_of(state, command["account"], command["instrument"])
    step = instrument["quantity_step"]
    return quantity == has or (step > 1 and has % step != 0 and quantity % step == has % step)


@kernel
def most_of(instrument, order_type):
    """Return the largest quantity that an order of a type may have."""
    if order_type == OrderType.LIMIT:
        return instrument["quantity_max"]
    if order_type == OrderType.FIXED_PRICE:
        return instrument["quantity_max_fixed"]
    return instrument["quantity_max_market"]


@kernel
def is_displayable(instrument, command):
    shown = command["display_quantity"]
    return (
        0 < shown <= command["quantity"]
        and is_in_lots(instrument, shown)
        and shows_enough(shown, command["quantity"])
    )


@kernel
def check_limit(state, instrument, command):
    """Return why the order may not have its limit or protection price, or NOTHING."""
    is_limit = command["order_type"] == OrderType.LIMIT
    is_fixed = command["order_type"] == OrderType.FIXED_PRICE
    if command["price"] == 0 and not is_limit and not is_fixed:
        return Reject.NOTHING
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = check_price(instrument, command["price"])
    if reason != Reject.NOTHING:
        return reason
    if is_limit and command["trigger_price"] == 0:
        if is_outside_cage(state, command["instrument"], command["side"], command["price"]):
            return Reject.PRICE_OUTSIDE_CAGE
    if is_fixed and instrument["close"] > 0:
        if is_beyond(command["side"], instrument["close"], command["price"]):
            return Reject.PRICE_WORSE_THAN_CLOSE
    return Reject.NOTHING


@kernel
def would_trade(state, command):
    best = best_price(state, command["instrument"], 1 - command["side"])
    return best > 0 and not is_beyond(command["side"], best, command["price"])


@kernel
def check_cancel(state, command):
    """Return why the order cannot be canceled, or NOTHING."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    return check_target(state, command, named_order(state, command))


@kernel
def named_order(state, command):
    """Return the number of the order that a cancel names, by its number or its client_seq."""
    if seldom(command["of_client_seq"] > 0):
        return look_up(state, command["session"], command["of_client_seq"])
    return command["order_number"]


@kernel
def check_target(state, command, order_number):
    """Return why the open order that a command names may not be touched, or NOTHING."""
    slot = find(state, order_number)
    if slot == NONE:
        return Reject.UNKNOWN_ORDER
    order = state.orders[slot]
    if not may_act_for(state, command, order["account"]):
        return Reject.ORDER_NOT_YOURS
    if not takes_cancel(state, order):
        return Reject.PHASE_REFUSES_CANCEL
    return Reject.NOTHING


@kernel
def takes_cancel(state, order):
    """Say whether an open order may be canceled now."""
    phase = state.phases[state.instruments[order["instrument"]]["phase"]]
    if seldom(order["place"] == Place.FIXED):
        return phase["cancels_fixed"] == 1
    return phase["takes_cancels"] == 1


@kernel
def check_replace(state, command, reports):
    """Return why the open order cannot have this price and open quantity, or NOTHING.

    Where it could be replaced at all, that is counted for its account.
    """
    reason = check_target(state, command, command["order_number"])
    if reason != Reject.NOTHING:
        return reason
    slot = find(state, command["order_number"])
    order = state.orders[slot]
    if order["place"] != Place.BOOK:
        return Reject.ORDER_WAITS
    if state.venue[0]["with_accounts"]:
        reason = check_rate(state, order["account"], False, reports)
        if reason != Reject.NOTHING:
            return reason
        if state.accounts[order["account"]]["status"] != AccountStatus.NORMAL:
            return Reject.ACCOUNT_NOT_NORMAL
    if seldom(state.venue[0]["blocks"] > 0) and is_blocked(
        state, order["instrument"], order["account"], order["session"], order["side"]
    ):
        return Reject.TRADING_BLOCKED
    instrument = state.instruments[order["instrument"]]
    if not state.phases[instrument["phase"]]["takes_orders"]:
        return Reject.PHASE_REFUSES_ORDER
    reason = check_quantity(command["quantity"], instrument["quantity_max"])
    if reason != Reject.NOTHING:
        return reason
    grows = command["quantity"] > order["leaves"]
    if grows and order["side"] == Side.BUY and not is_in_lots(instrument, command["quantity"]):
        return Reject.QUANTITY_NOT_IN_LOTS
    if order["traits"] & ICEBERG:
        if not shows_enough(state.displays[slot]["display"], command["quantity"]):
            return Reject.DISPLAY_OUT_OF_RANGE
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = check_price(instrument, command["price"])
    if reason != Reject.NOTHING:
        return reason
    if is_outside_cage(state, order["instrument"], order["side"], command["price"]):
        return Reject.PRICE_OUTSIDE_CAGE
    if state.venue[0]["with_accounts"]:
        return check_growth(state, command)
    return Reject.NOTHING


@kernel
def check_growth(state, command):
    """Return why the account cannot bear what an order shall become, or NOTHING."""
    slot = find(state, command["order_number"])
    order = state.orders[slot]
    stake = state.stakes[slot]
    account = state.accounts[order["account"]]
    value = np.int64(command["price"]) * command["quantity"]
    if account["order_value_max"] > 0 and value > account["order_value_max"]:
        return Reject.ORDER_VALUE_TOO_LARGE
    if seldom(account["has_guards"]) and is_outside_collar(
        state, order["account"], order["instrument"], order["side"], command["price"]
    ):
        return Reject.PRICE_OUTSIDE_COLLAR
    need = present_need(state, order, stake, command["price"], command["quantity"])
    more = need - stake["held"]
    if order["side"] == Side.SELL:
        has = sellable(state.holdings[stake["holding"]])
        return Reject.INSUFFICIENT_SHARES if more > has else Reject.NOTHING
    currency = state.instruments[order["instrument"]]["currency"]
    return check_money(state.funds[funds_at(order["account"], currency)], more)


@kernel
def check_close(state, command):
    """Return why the closing price cannot be fixed so, or NOTHING."""
    if not is_listed(state, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = state.instruments[command["instrument"]]
    if state.phases[instrument["phase"]]["handling"] == Handling.FIXED:
        return Reject.CLOSE_IS_FIXED
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    if command["price"] % instrument["tick"] != 0:
        return Reject.PRICE_NOT_ON_TICK
    return Reject.NOTHING


@kernel
def check_instrument(state, command):
    """Return why a command cannot be meant for its instrument, or NOTHING."""
    if command["instrument"] == EVERY_INSTRUMENT or is_listed(state, command["instrument"]):
        return Reject.NOTHING
    return Reject.UNKNOWN_INSTRUMENT


@kernel
def is_listed(state, instrument):
    return 0 <= instrument < state.venue[0]["instruments"]
