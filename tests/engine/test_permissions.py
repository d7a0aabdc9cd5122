"""Every role asks for everything, for its own branch, for another one, and for what is not there.

Session 1 + role is of branch 7, which has the accounts 1 to 9; the last session is of branch 8,
which has 11 to 19.  Accounts 1 and 11 have the orders 1 and 2, accounts 2 and 12 have whatever may
be asked of them, and 9 and 19 were never opened.
"""

from typing import NamedTuple

import numpy as np
import pytest

from engine.permissions import OF_BRANCHES, permissions
from engine.venue import Limits, Venue
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    CommandKind,
    Hold,
    Market,
    Phase,
    Reach,
    Reject,
    ReportKind,
    Role,
    Side,
)
from tests.commands import (
    admit,
    block_trading,
    bring_interest,
    cancel,
    cancel_orders,
    capitalise,
    change_code,
    change_hold,
    change_list,
    change_phase,
    change_status,
    change_user,
    close_day,
    close_session,
    define_fees,
    define_interest,
    define_rules,
    edit_account,
    enter,
    fix_close,
    journal,
    lift_block,
    limit_account,
    limit_funds,
    list_instrument,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    open_session,
    release_order,
    replace,
    transfer_custody,
)
from tests.naive.permissions import EVERY, OWN

HOME, AWAY = 7, 8
STRANGER = len(Role) + 1
LIMITS = Limits(
    orders_open=16,
    orders_day=16,
    instruments=4,
    sessions=16,
    rules=8,
    blocks=4,
    ticks=2_000,
    reports=64,
    accounts=20,
    holdings=16,
    movements=16,
    lists=4,
)
SZSE = {"market": Market.SZSE}
SCENE = [
    open_day(with_accounts=1),
    *[admit(1 + role, 1, 9, role, branch=HOME) for role in sorted(Role)],
    admit(STRANGER, 11, 19, branch=AWAY),
    define_fees(0),
    *listing(0),
    *listing(1, **SZSE),
    *listing(2, **SZSE),
    *[open_account(number) for number in (1, 2, 11, 12)],
    *[move_funds(number, 10**9) for number in (1, 2, 11, 12)],
    *[move_shares(number, 1_000, instrument=1) for number in (2, 12)],
    *[bring_interest(number, 5_000) for number in (2, 12)],
    change_phase(Phase.CONTINUOUS),
    enter(Side.BUY, 100, 99_000, account=1, session=1, client_seq=1),
    enter(Side.BUY, 100, 99_000, account=11, session=STRANGER, client_seq=1),
]


class Target(NamedTuple):
    """What a command is about, whether that is of branch 7, and whether it is there."""

    account: int
    order: int
    branch: int
    is_own: bool
    is_there: bool


TARGETS = {
    "own": Target(2, 1, HOME, True, True),
    "foreign": Target(12, 2, AWAY, False, True),
    "own that is not there": Target(9, 9, HOME, True, False),
    "foreign that is not there": Target(19, 10, AWAY, False, False),
}


def commands_about(target: Target) -> dict[CommandKind, dict]:
    """Return a command of each kind, about a target where it can be."""
    account, order, branch, *_ = target
    commands = (
        enter(Side.BUY, 100, 99_000, account=account),
        cancel(order),
        replace(order, 100, 98_000),
        cancel_orders(account=account),
        change_phase(Phase.BREAK),
        close_day(),
        block_trading(account=account),
        change_hold(Hold.HALTED),
        open_account(account, branch=branch),
        edit_account(account, branch=branch),
        change_status(account),
        move_funds(account, 100),
        move_shares(account, 100),
        limit_account(account),
        limit_funds(account, 100),
        change_list(account),
        capitalise(account),
        transfer_custody(account, 100, instrument=1),
        change_code(1, 2),
        change_user(STRANGER),
        open_day(),
        admit(STRANGER + 1, 1, 9),
        list_instrument(3, rules=0),
        define_rules(3),
        fix_close(100_000),
        define_fees(1),
        release_order(order),
        define_interest(35_000),
        bring_interest(account, 5_000),
        open_session(1),
        close_session(1),
    )
    return {command["kind"]: command for command in commands}


OF_ORDERS = {CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER}
OF_FILTERS = {CommandKind.CANCEL_ORDERS, CommandKind.BLOCK_TRADING}
OF_ACCOUNTS = {
    kind
    for kind, command in commands_about(TARGETS["own"]).items()
    if "account" in command and kind not in OF_FILTERS
}


class Office:
    """The engine behind the scene, asked one thing after the other as if each were the first."""

    def __init__(self, **reaches: Reach) -> None:
        """Let terminals have these reaches besides what the table gives them."""
        self.venue = Venue(LIMITS)
        for kind, reach in reaches.items():
            self.venue.state.permissions[Role.TERMINAL, CommandKind[kind]] = reach
        reports = self.venue.apply(journal(SCENE))
        assert set(reports["kind"].tolist()) <= {ReportKind.ACCEPTED, ReportKind.PHASE_CHANGED}
        self.kept = [arena.copy() for arena in self.venue.state]

    def hears(self, role: Role, command: dict) -> np.ndarray:
        """Return what is reported on a command of a role, which is then forgotten."""
        signed = command | {"session": 1 + role, "client_seq": 9}
        reports = self.venue.apply(journal([signed], first=len(SCENE) + 1))
        for arena, kept in zip(self.venue.state, self.kept, strict=True):
            arena[:] = kept
        return reports

    def refuses(self, role: Role, command: dict) -> Reject:
        """Return why a command of a role is refused, NOTHING where it is not."""
        reports = self.hears(role, command)
        return Reject(max(reports["reason"][reports["kind"] == ReportKind.REJECTED], default=0))


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def reason_of(reach: Reach, kind: CommandKind, target: Target) -> Reject:
    """Return why a command of this kind about a target is refused by the documents."""
    if reach is Reach.NOBODY:
        return Reject.COMMAND_NOT_PERMITTED
    is_foreign = reach is Reach.OWN and not target.is_own
    if kind is CommandKind.OPEN_DAY:
        return Reject.DAY_ALREADY_OPEN
    if kind in OF_ORDERS:
        known = Reject.ORDER_NOT_YOURS if is_foreign else Reject.NOTHING
        return known if target.is_there else Reject.UNKNOWN_ORDER
    if kind is CommandKind.BLOCK_TRADING:
        return Reject.ACCOUNT_NOT_ADMITTED if is_foreign else Reject.NOTHING
    if kind not in OF_ACCOUNTS:
        return Reject.NOTHING
    if is_foreign:
        return Reject.ACCOUNT_NOT_ADMITTED
    if kind is CommandKind.OPEN_ACCOUNT:
        return Reject.ACCOUNT_EXISTS if target.is_there else Reject.NOTHING
    return Reject.NOTHING if target.is_there else Reject.UNKNOWN_ACCOUNT


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("role", Role)
def test_every_role_may_what_the_table_says_and_nothing_else(office, role, target):
    commands = commands_about(target)
    assert commands.keys() == set(CommandKind)
    assert {kind: office.refuses(role, command) for kind, command in commands.items()} == {
        kind: reason_of(permissions()[kind][role], kind, target) for kind in commands
    }


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_all_that_may_be_given_for_ones_own_is_refused_for_others(target):
    own = [kind for kind in CommandKind if kind in OF_BRANCHES]
    office = Office(**{kind.name: Reach.OWN for kind in own})
    commands = commands_about(target)
    assert {kind: office.refuses(Role.TERMINAL, commands[kind]) for kind in own} == {
        kind: reason_of(Reach.OWN, kind, target) for kind in own
    }


@pytest.mark.parametrize("role", Role)
def test_mass_cancel_takes_what_its_sender_reaches(office, role):
    reports = office.hears(role, cancel_orders())
    taken = reports["order_number"][reports["kind"] == ReportKind.CANCELED].tolist()
    reaches = {Reach.NOBODY: [], Reach.OWN: [1], Reach.EVERY: [1, 2]}
    assert taken == reaches[permissions()[CommandKind.CANCEL_ORDERS][role]]


@pytest.mark.parametrize(
    ("filters", "is_own"),
    [
        ({"of_branch": HOME}, True),
        ({"of_branch": HOME, "account": 12}, True),
        ({"account": 9}, True),
        ({"account": 1, "of_branch": AWAY}, True),
        ({"of_branch": AWAY}, False),
        ({"account": 12}, False),
        ({"of_session": 1}, False),
        ({"instrument": 0}, False),
        ({"account": NONE}, False),
    ],
    ids=str,
)
def test_ones_own_block_names_ones_branch_or_an_account_of_it(filters, is_own):
    office = Office(BLOCK_TRADING=Reach.OWN)
    reason = Reject.NOTHING if is_own else Reject.ACCOUNT_NOT_ADMITTED
    lifted = Reject.UNKNOWN_BLOCK if is_own else Reject.ACCOUNT_NOT_ADMITTED
    assert office.refuses(Role.TERMINAL, block_trading(**filters)) is reason
    assert office.refuses(Role.TERMINAL, lift_block(**filters)) is lifted


def test_ones_own_block_takes_back_ones_own_orders():
    office = Office(BLOCK_TRADING=Reach.OWN)
    reports = office.hears(Role.TERMINAL, block_trading(of_branch=HOME))
    assert reports["order_number"].tolist() == [1, 0]


@pytest.mark.parametrize(
    "command", [open_account(9, branch=AWAY), edit_account(2, branch=AWAY)], ids=["open", "edit"]
)
def test_an_account_is_not_given_to_another_branch_but_by_who_may_act_there(office, command):
    assert office.refuses(Role.COUNTER, command) is Reject.ACCOUNT_NOT_ADMITTED
    assert office.refuses(Role.OPERATOR, command) is Reject.NOTHING


def test_interest_of_all_is_nobody_s_own(office):
    everybody = capitalise(EVERY_ACCOUNT)
    assert office.refuses(Role.COUNTER, everybody) is Reject.ACCOUNT_NOT_ADMITTED
    assert office.refuses(Role.OPERATOR, everybody) is Reject.NOTHING


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (change_list(12, instrument=9), Reject.UNKNOWN_INSTRUMENT),
        (move_shares(12, 100, instrument=9), Reject.UNKNOWN_INSTRUMENT),
        (transfer_custody(12, 100, instrument=9), Reject.UNKNOWN_INSTRUMENT),
        (enter(Side.BUY, 0, 0, account=12, instrument=9), Reject.UNKNOWN_INSTRUMENT),
        (enter(Side.BUY, 0, 0, account=12), Reject.ACCOUNT_NOT_ADMITTED),
        (move_funds(12, -1), Reject.ACCOUNT_NOT_ADMITTED),
        (change_status(12, status=0), Reject.MALFORMED),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_foreign_is_refused_behind_the_instrument_and_before_all_else(command, reason):
    kind = CommandKind(command["kind"])
    assert Office(**{kind.name: Reach.OWN}).refuses(Role.TERMINAL, command) is reason


def test_permission_is_looked_at_before_the_day_and_the_number_of_the_request():
    venue = Venue(LIMITS)
    venue.apply(journal([*SCENE, close_day()]))
    late = journal([change_phase(Phase.BREAK, session=1)] * 2, first=len(SCENE) + 2)
    late["client_seq"][1] = 9
    assert set(venue.apply(late)["reason"].tolist()) == {Reject.COMMAND_NOT_PERMITTED}


def test_naive_venue_says_the_same_as_the_table():
    for kind in CommandKind:
        for role, reach in permissions()[kind].items():
            own, every = kind in OWN.get(role, ()), kind in EVERY.get(role, ())
            assert (own or every, every) == (reach > Reach.NOBODY, reach is Reach.EVERY)
