"""Who may ask for what, and for whom: permissions.csv beside this module, role by role.

A row is a kind of command, or a service that changes nothing and so is not in the log.  `own` is
what concerns an account of the session's branch, or an order of such an account; of a mass cancel
it is the orders of those accounts.  A block must then name the branch, or an account of it.
"""

import csv
from collections.abc import Mapping, Sequence, Set
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np

from protocol.mistake import Mistake
from protocol.vocabulary import CommandKind, Reach, Role

PERMISSIONS = Path(__file__).with_name("permissions.csv")


class Service(StrEnum):
    """What a session may have besides commands: answers, reports of others, and market data."""

    ASK = "ASK"
    COPY_REPORTS = "COPY_REPORTS"
    MARKET_DATA = "MARKET_DATA"


Right = CommandKind | Service
Permissions = Mapping[Right, Mapping[Role, Reach]]

RIGHTS: dict[str, Right] = {right.name: right for right in (*CommandKind, *Service)}
CELLS = {"-": Reach.NOBODY, "own": Reach.OWN, "every": Reach.EVERY}
HEADER = ("right", *Role.__members__)

OF_BRANCHES = {
    CommandKind.ENTER_ORDER,
    CommandKind.CANCEL_ORDER,
    CommandKind.REPLACE_ORDER,
    CommandKind.CANCEL_ORDERS,
    CommandKind.BLOCK_TRADING,
    CommandKind.OPEN_ACCOUNT,
    CommandKind.EDIT_ACCOUNT,
    CommandKind.CHANGE_STATUS,
    CommandKind.MOVE_FUNDS,
    CommandKind.MOVE_SHARES,
    CommandKind.LIMIT_ACCOUNT,
    CommandKind.LIMIT_FUNDS,
    CommandKind.CHANGE_LIST,
    CommandKind.CAPITALISE,
    CommandKind.TRANSFER_CUSTODY,
    Service.ASK,
    Service.COPY_REPORTS,
}
"""What concerns an account, an order or a branch, so that it may be one's own."""

OF_VENUE = {kind for kind in CommandKind if kind >= CommandKind.OPEN_DAY}
"""What the venue itself says, and nobody else: a day is opened again from its word alone."""


class PermissionsError(Mistake):
    """The table is refused; the text names file, line, reason and remedy."""


@cache
def permissions() -> Permissions:
    """Return the table of this venue."""
    return load_permissions()


def reach_of(role: Role, right: Right) -> Reach:
    """Return for whom a role may ask for something."""
    return permissions()[right][role]


def permission_table() -> np.ndarray:
    """Return a Reach for each Role and each number of a CommandKind, for the kernels."""
    table = np.zeros((len(Role), max(CommandKind) + 1), np.uint8)
    for kind in CommandKind:
        for role, reach in permissions()[kind].items():
            table[role, kind] = reach
    return table


def load_permissions(path: Path = PERMISSIONS) -> Permissions:
    """Return the table in a file; raises PermissionsError."""
    table: dict[Right, Mapping[Role, Reach]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        try:
            roles = read_header(next(lines, []))
            for cells in lines:
                right = read_right(cells[0] if cells else "", table)
                table[right] = read_reaches(right, roles, cells[1:])
        except ValueError as error:
            raise PermissionsError(f"{path}:{lines.line_num}: {error}") from None
    if missing := [name for name, right in RIGHTS.items() if right not in table]:
        raise PermissionsError(f"{path}: says nothing of {', '.join(missing)}; add a line for each")
    return table


def read_header(names: Sequence[str]) -> list[Role]:
    """Return the roles of the columns; raises ValueError where they are not all of them."""
    if names[:1] != ["right"] or sorted(names) != sorted(HEADER):
        raise ValueError(f"the first line must name {', '.join(HEADER)}, right first, each once")
    return [Role[name] for name in names[1:]]


def read_right(name: str, known: Mapping[Right, object]) -> Right:
    """Return what a line is about; raises ValueError where that is nothing, or known already."""
    if name not in RIGHTS:
        raise ValueError(f"{name!r} is neither a kind of command nor a service; correct it")
    if RIGHTS[name] in known:
        raise ValueError(f"{name} is there already; leave one line of it")
    return RIGHTS[name]


def read_reaches(right: Right, roles: Sequence[Role], cells: Sequence[str]) -> Mapping[Role, Reach]:
    """Return what the cells of a line say; raises ValueError where one makes no sense."""
    if len(cells) != len(roles):
        raise ValueError(f"{right.name}: has {len(cells)} cells instead of {len(roles)}")
    for role, cell in zip(roles, cells, strict=True):
        if cell not in sensible(right, role):
            choices = " or ".join(sorted(sensible(right, role)))
            raise ValueError(f"{right.name}: {cell!r} makes no sense for {role.name}: {choices}")
    return {role: CELLS[cell] for role, cell in zip(roles, cells, strict=True)}


def sensible(right: Right, role: Role) -> Set[str]:
    """Return which cells a role may have: the venue itself may do everything."""
    if role is Role.VENUE:
        return {"every"}
    if right in OF_VENUE:
        return {"-"}
    return CELLS.keys() if right in OF_BRANCHES else {"-", "every"}
