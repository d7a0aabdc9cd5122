"""The table of permissions is whole, and what makes no sense in it is refused with its line."""

from pathlib import Path

import pytest

from engine.permissions import (
    PERMISSIONS,
    PermissionsError,
    Service,
    load_permissions,
    permission_table,
    permissions,
    reach_of,
)
from protocol.vocabulary import CommandKind, Reach, Role

LINES = PERMISSIONS.read_text(encoding="utf-8").splitlines()
HEADER, FIRST = 0, 1


def edited(folder: Path, line: int, text: str) -> Path:
    """Return the table with one line in place of another; none where that is empty."""
    lines = [*LINES[:line], *([text] if text else []), *LINES[line + 1 :]]
    path = folder / "permissions.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_table_speaks_of_every_command_and_service_for_every_role():
    assert permissions().keys() == {*CommandKind, *Service}
    assert all(reaches.keys() == set(Role) for reaches in permissions().values())


def test_kernels_read_the_same_table():
    table = permission_table()
    for kind in CommandKind:
        assert {role: table[role, kind] for role in Role} == permissions()[kind]
    assert table[:, 0].tolist() == [Reach.NOBODY] * len(Role)


def test_order_of_lines_and_columns_changes_nothing(tmp_path):
    path = tmp_path / "permissions.csv"
    turned = [",".join([right, *reversed(cells)]) for right, *cells in map(split, LINES)]
    path.write_text("\n".join([turned[0], *reversed(turned[1:])]), encoding="utf-8")
    assert load_permissions(path) == permissions()


def split(line: str) -> list[str]:
    return line.split(",")


@pytest.mark.parametrize(
    ("line", "text", "error"),
    [
        (HEADER, "right,TERMINAL", ":1: the first line must name right, TERMINAL, "),
        (HEADER, ",".join(reversed(split(LINES[HEADER]))), ":1: the first line must name right"),
        (FIRST, "SELL_ORDER,-,-,-,-,-,-,every", ":2: 'SELL_ORDER' is neither a kind of command"),
        (FIRST, LINES[2], ":3: CANCEL_ORDER is there already; leave one line of it"),
        (FIRST, "ENTER_ORDER,own,every", ":2: ENTER_ORDER: has 2 cells instead of 7"),
        (
            FIRST,
            "ENTER_ORDER,own,own,all,-,-,own,every",
            ":2: ENTER_ORDER: 'all' makes no sense for OBSERVER: - or every or own",
        ),
        (
            FIRST,
            "ENTER_ORDER,own,own,-,-,-,own,own",
            ":2: ENTER_ORDER: 'own' makes no sense for VENUE: every",
        ),
        (
            FIRST + 4,
            "CHANGE_PHASE,-,-,-,-,-,own,every",
            ":6: CHANGE_PHASE: 'own' makes no sense for OPERATOR: - or every",
        ),
        (
            LINES.index(next(line for line in LINES if line.startswith("OPEN_DAY"))),
            "OPEN_DAY,-,-,-,-,-,every,every",
            ":22: OPEN_DAY: 'every' makes no sense for OPERATOR: -",
        ),
        (len(LINES) - 1, "", ": says nothing of MARKET_DATA; add a line for each"),
        (FIRST, " ", ":2: ' ' is neither a kind of command nor a service; correct it"),
    ],
)
def test_table_that_makes_no_sense_is_refused(tmp_path, line, text, error):
    path = edited(tmp_path, line, text)
    with pytest.raises(PermissionsError) as refused:
        load_permissions(path)
    assert str(refused.value).startswith(f"{path}{error}")


@pytest.mark.parametrize("service", Service)
def test_who_may_hear_of_every_branch_may_hear_of_its_own(service):
    assert all(reach_of(role, service) is not Reach.NOBODY for role in Role)


def test_who_only_watches_asks_for_no_change():
    for role in (Role.OBSERVER, Role.AUDITOR):
        assert {reach_of(role, kind) for kind in CommandKind} == {Reach.NOBODY}


def test_who_may_take_back_all_orders_may_take_back_one():
    for role, reach in permissions()[CommandKind.CANCEL_ORDERS].items():
        assert reach_of(role, CommandKind.CANCEL_ORDER) is reach
