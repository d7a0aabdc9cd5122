"""The room that a journal needs, so that its day can be gone through again."""

import numpy as np

from engine.permissions import reach_of
from engine.venue import Limits
from protocol.vocabulary import CommandKind, Feature, Reach, Role


def room_for(commands: np.ndarray) -> Limits:
    """Return the room that the COMMAND rows of a whole journal need at most.

    Only what the role of its session permits counts: all else is refused.
    """
    own = commands[commands["session"] == 0]
    commands = permitted(commands, own[own["kind"] == CommandKind.ADMIT_SESSION])
    listings = own[own["kind"] == CommandKind.LIST_INSTRUMENT]
    rules = own[own["kind"] == CommandKind.DEFINE_RULES]
    coarse_to_fine = np.argsort(-rules["tick"].astype(np.int64))
    finest = {int(row["defined"]): max(int(row["tick"]), 1) for row in rules[coarse_to_fine]}
    tick = np.array([finest.get(int(number), 1) for number in listings["rules"]], np.int64)
    ticks = (listings["upper_limit"].astype(np.int64) - listings["lower_limit"]) // tick + 1
    ladders = 2 if (rules["features"] & Feature.STOP).any() else 1
    opening = own[own["kind"] == CommandKind.OPEN_DAY][:1]
    orders = number_of(commands, CommandKind.ENTER_ORDER) + 1
    return Limits(
        orders_open=room_named(opening, "orders_open_max") or orders,
        orders_day=room_named(opening, "orders_day_max") or orders,
        instruments=len(listings) + 1,
        sessions=number_of(own, CommandKind.ADMIT_SESSION) + 1,
        ticks=ladders * int(ticks.clip(0).sum()) + 1,
        **room_for_accounts(commands, own, opening),
    )


def room_for_accounts(commands: np.ndarray, own: np.ndarray, opening: np.ndarray) -> dict[str, int]:
    """Return the room for accounts and what they have, none on a day without any.

    Where the day began with no word about it, it is what all that is asked for may need: a code
    change gives its holders another holding, and some requests move something of every account.
    """
    if not room_named(opening, "with_accounts"):
        return {}
    opened = commands["account"][commands["kind"] == CommandKind.OPEN_ACCOUNT]
    accounts = room_named(opening, "accounts_max") or int(opened.max(initial=0)) + 1
    instruments = number_of(own, CommandKind.LIST_INSTRUMENT)
    changes = number_of(commands, CommandKind.CHANGE_CODE)
    orders = number_of(commands, CommandKind.ENTER_ORDER)
    holdings = (number_of(commands, CommandKind.MOVE_SHARES) + orders) * (1 + changes)
    movements = (
        number_of(commands, CommandKind.MOVE_FUNDS, CommandKind.MOVE_SHARES)
        + accounts * (number_of(commands, CommandKind.CAPITALISE) + 2 * changes)
        + instruments * number_of(commands, CommandKind.TRANSFER_CUSTODY)
    )
    return {
        "accounts": accounts,
        "holdings": room_named(opening, "holdings_max") or min(holdings, accounts * instruments),
        "movements": room_named(opening, "movements_max") or movements,
        "lists": room_named(opening, "lists_max") or number_of(commands, CommandKind.CHANGE_LIST),
    }


def permitted(commands: np.ndarray, admissions: np.ndarray) -> np.ndarray:
    """Return the COMMAND rows that the roles of their sessions permit, by these admissions."""
    is_permitted = commands["session"] == 0
    for role in Role:
        sessions = admissions["admitted"][admissions["role"] == role]
        kinds = [kind for kind in CommandKind if reach_of(role, kind) is not Reach.NOBODY]
        is_permitted |= np.isin(commands["session"], sessions) & np.isin(commands["kind"], kinds)
    return commands[is_permitted]


def number_of(commands: np.ndarray, *kinds: CommandKind) -> int:
    return int(np.isin(commands["kind"], kinds).sum())


def room_named(opening: np.ndarray, name: str) -> int:
    """Return the room that the day began with, 0 where it does not say."""
    return max(0, int(opening[name].max(initial=0)))
