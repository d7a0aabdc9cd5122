"""The fills of a day out of its reports, with what each of them cost, and what they add up to."""

import numpy as np

from engine.kernels.fees import fees_of, settlement_fee, share_of
from engine.kernels.holdings import find_holding
from engine.kernels.kernel import entrance, kernel
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Market, ReportKind, Side

SECURITY = np.dtype(
    [
        ("fees", "i4"),
        ("settle_date", "i4"),
        ("code", "S6"),
        ("market", "i1"),
        ("currency", "i1"),
        ("product", "i1"),
    ]
)
"""What a fill has from its instrument; `fees` is the number of its FEES row."""

MEMBER = np.dtype([("branch", "i4"), ("firm", "i4"), ("unit_sse", "S6"), ("unit_szse", "S6")])
"""What a fill has from its account, or its session."""

TERMS = np.dtype(
    [
        ("commission_rate", "i4"),
        ("commission_min", "i4"),
        ("commission_min_foreign", "i4"),
        ("commission_includes", "i1"),
    ]
)
"""What an account pays its broker, named as the engine's ACCOUNT rows name it."""

TERMS_CHANGE = np.dtype([("sequence", "i8"), ("account", "i4"), ("terms", TERMS)])
"""An account has other terms behind the command with this sequence."""

ORDER = np.dtype([("time", "i8"), ("turnover", "i8"), ("charged", "i8")])
"""When an order was accepted, what it has traded so far, and what its account has paid on that."""

TURNOVER = np.dtype(
    [
        ("value", "i8"),
        ("handling", "i8"),
        ("regulatory", "i8"),
        ("settlement", "i8"),
        ("transfer", "i8"),
        ("stamp", "i8"),
    ]
)
"""What fills of a currency come to on one side; the value is price x quantity."""

DEALING = np.dtype(
    [
        ("fills", "i8"),
        ("quantity", "i8"),
        ("value", "i8"),
        ("fees", "i8"),
        ("handling", "i8"),
        ("regulatory", "i8"),
        ("settlement", "i8"),
        ("transfer", "i8"),
        ("stamp", "i8"),
        ("account", "i4"),
        ("instrument", "i4"),
        ("side", "i1"),
    ]
)
"""What an account bought, or sold, of an instrument.  The value is price x quantity, the fees are
the account's, the items behind them its firm's."""


@entrance
def survey(reports, counts):
    """Count the TRADED reports of each instrument in `counts` (n, i8), and return the highest
    number that an order was accepted under."""
    highest = np.int64(0)
    for place in range(len(reports)):
        report = reports[place]
        if report["kind"] == ReportKind.ACCEPTED:
            highest = max(highest, report["order_number"])
        elif report["kind"] == ReportKind.TRADED:
            counts[report["instrument"]] += 1
    return highest


@entrance
def tell_fills(fills, instruments, sequences, reports, orders, securities, members, by_account):
    """Tell in a FILL row of each TRADED report who traded what, and beside it in `instruments`
    (n, i4) and `sequences` (n, i8) which it was and by which command; return how many there are.

    `orders` has ORDER rows by number, `securities` SECURITY rows by instrument, `members` MEMBER
    rows by account, or by session where not `by_account`.
    """
    told = 0
    for place in range(len(reports)):
        report = reports[place]
        if report["kind"] == ReportKind.ACCEPTED:
            orders[report["order_number"]]["time"] = report["time"]
        elif report["kind"] == ReportKind.TRADED:
            member = members[report["account"] if by_account else report["session"]]
            security = securities[report["instrument"]]
            tell_trade(fills[told], report, orders[report["order_number"]])
            tell_belongings(fills[told], security, member)
            instruments[told] = report["instrument"]
            sequences[told] = report["sequence"]
            told += 1
    return told


@kernel
def tell_trade(fill, report, order):
    fill["order_number"] = report["order_number"]
    fill["order_time"] = order["time"]
    fill["trade_time"] = report["time"]
    fill["trade_number"] = report["trade_number"]
    fill["account"] = report["account"]
    fill["price"] = report["price"]
    fill["quantity"] = report["quantity"]
    fill["client_seq"] = report["client_seq"]
    fill["side"] = report["side"]
    fill["liquidity"] = report["liquidity"]
    value = value_of(fill)
    fill["turnover"] = (value + UNITS_PER_CENT // 2) // UNITS_PER_CENT * UNITS_PER_CENT


@kernel
def tell_belongings(fill, security, member):
    fill["code"] = security["code"]
    fill["market"] = security["market"]
    fill["currency"] = security["currency"]
    fill["product"] = security["product"]
    fill["settle_date"] = security["settle_date"]
    fill["branch"] = member["branch"]
    fill["firm"] = member["firm"]
    if security["market"] == Market.SSE:
        fill["trading_unit"] = member["unit_sse"]
    elif security["market"] == Market.SZSE:
        fill["trading_unit"] = member["unit_szse"]


@kernel
def value_of(fill):
    return np.int64(fill["price"]) * fill["quantity"]


@entrance
def charge_fills(fills, instruments, sequences, orders, securities, fees, terms, changes):
    """Say in FILL rows, in the order of their reports, what each has cost.

    `sequences` (n, i8) are those of the reports, `fees` FEES rows by number, `terms` TERMS rows by
    account, into which `changes`, TERMS_CHANGE rows by rising sequence, go one after another;
    return how many of them have.
    """
    changed = 0
    for place in range(len(fills)):
        while changed < len(changes) and changes[changed]["sequence"] < sequences[place]:
            terms[changes[changed]["account"]] = changes[changed]["terms"]
            changed += 1
        fill = fills[place]
        rates = fees[securities[instruments[place]]["fees"]]
        charge(fill, orders[fill["order_number"]], rates, terms[fill["account"]])
    return changed


@kernel
def charge(fill, order, rates, terms):
    """Charge a fill what its order owes by now and has not paid yet, on both levels.

    A sale is charged no more than it brings; the firm pays its items in full.
    """
    side = np.int64(fill["side"])
    value = value_of(fill)
    before = order["turnover"]
    after = before + value
    charged = fees_of(rates, terms, fill["currency"], side, after) - order["charged"]
    stamp_rate = rates["stamp_buy_rate"]
    if side == Side.SELL:
        charged = min(charged, value // UNITS_PER_CENT * UNITS_PER_CENT)
        stamp_rate = rates["stamp_sell_rate"]
    order["turnover"] = after
    order["charged"] += charged
    fill["fees"] = charged
    fill["handling"] = gained(before, after, rates["handling_rate"])
    fill["regulatory"] = gained(before, after, rates["regulatory_rate"])
    fill["settlement"] = settlement_fee(rates, after) - settlement_fee(rates, before)
    fill["transfer"] = gained(before, after, rates["transfer_rate"])
    fill["stamp"] = gained(before, after, stamp_rate)


@kernel
def gained(before, after, rate):
    """Return by how much an item has grown with an order's turnover."""
    return share_of(after, rate) - share_of(before, rate)


@entrance
def add_up(state, dealt, fills, instruments):
    """Add FILL rows to DEALING rows, two for each holding: what it bought, and behind it what it
    sold."""
    for place in range(len(fills)):
        fill = fills[place]
        holding = find_holding(state, fill["account"], instruments[place])
        row = dealt[2 * holding + fill["side"]]
        row["fills"] += 1
        row["quantity"] += fill["quantity"]
        row["value"] += value_of(fill)
        row["fees"] += fill["fees"]
        row["handling"] += fill["handling"]
        row["regulatory"] += fill["regulatory"]
        row["settlement"] += fill["settlement"]
        row["transfer"] += fill["transfer"]
        row["stamp"] += fill["stamp"]


@entrance
def add_turnovers(turnovers, fills):
    """Add FILL rows to TURNOVER rows (currencies, sides)."""
    for place in range(len(fills)):
        fill = fills[place]
        row = turnovers[fill["currency"], fill["side"]]
        row["value"] += value_of(fill)
        row["handling"] += fill["handling"]
        row["regulatory"] += fill["regulatory"]
        row["settlement"] += fill["settlement"]
        row["transfer"] += fill["transfer"]
        row["stamp"] += fill["stamp"]
