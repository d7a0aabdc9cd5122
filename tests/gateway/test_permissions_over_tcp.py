"""One session of each role asks a real gateway for everything, about its branch and about another.

The venue must refuse for want of a right what the table says, and nothing else for that reason.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from bench.child import ChildGateway, user_table, verifiers
from engine.permissions import Service, permissions
from gateway.config import DEFAULTS
from gateway.secret import load_secret
from protocol.client import BlockingClient
from protocol.messages import Accepted
from protocol.questions import AskFunds
from protocol.terminal import AskRefused, rows_of
from protocol.vocabulary import (
    AskReject,
    CommandKind,
    Phase,
    Reach,
    Reject,
    ReportKind,
    Role,
    Side,
)
from tests.commands import journal
from tests.engine.test_permissions import Target, commands_about, reason_of
from tests.gateway.conftest import configure
from tests.gateway.orders import MOUTAI, PRICE
from tests.gateway.test_serve import begin

OWN = Target(account=1001, order=1, branch=1, is_own=True, is_there=True)
FOREIGN = Target(account=2001, order=2, branch=2, is_own=False, is_there=True)
WANT_OF_RIGHT = {
    Reject.COMMAND_NOT_PERMITTED,
    Reject.ACCOUNT_NOT_ADMITTED,
    Reject.ORDER_NOT_YOURS,
}
NAMES = ("request_seq", "reason")
ROLES = (Role.TERMINAL, Role.COUNTER, Role.OBSERVER, Role.AUDITOR, Role.OPERATOR, Role.RISK)
"""In this order, so that an order is there as long as somebody may not touch it."""


@pytest.fixture
def gateway(tmp_path, dial) -> Iterator[ChildGateway]:
    """Continuous trading; branches 1 and 2 have an order each, and branch 1 a user of each role."""
    config = configure(tmp_path, accounts=DEFAULTS / "accounts")
    verifier = verifiers(load_secret(tmp_path / "venue.secret"))
    users = [user_table(role.name, OWN.branch, verifier, role.name.lower()) for role in ROLES]
    config.write_text(config.read_text(encoding="utf-8") + "".join(users), encoding="utf-8")
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        for user, target in (("terminal1", OWN), ("terminal3", FOREIGN)):
            client = dial(gateway, user, next_report=0)
            client.enter(target.account, MOUTAI, Side.BUY, PRICE, 100)
            accepted = client.receive()
            assert isinstance(accepted, Accepted)
            assert accepted.order_number == target.order
        yield gateway


def wants(client: BlockingClient, target: Target, closes: bool) -> dict[CommandKind, Reject]:
    """Ask for everything about a target, and log out; return what was refused for want of a right.

    A replacement is asked for before any cancel, and the close last of all, or not at all.
    """
    commands = commands_about(target)
    others = [kind for kind in commands if kind is not CommandKind.CLOSE_DAY]
    order = [CommandKind.REPLACE_ORDER, *others, *[CommandKind.CLOSE_DAY] * closes]
    rows = journal(commands[kind] for kind in order)
    rows["client_seq"] = client.terminal.client_seq + 1 + np.arange(len(rows))
    kinds = dict(zip(rows["client_seq"].tolist(), order, strict=True))
    client.send(rows)
    reports = np.concatenate([rows_of(batch) for batch in client.log_out()])
    refused = reports[np.isin(reports["reason"], list(WANT_OF_RIGHT))]
    refused = refused[refused["kind"] == ReportKind.REJECTED]
    return {
        kinds[seq]: Reject(reason)
        for seq, reason in zip(*(refused[name].tolist() for name in NAMES), strict=True)
    }


def lacks(role: Role, target: Target) -> dict[CommandKind, Reject]:
    """Return what the table refuses a role about a target."""
    reasons = {
        kind: reason_of(permissions()[kind][role], kind, target) for kind in commands_about(target)
    }
    return {kind: reason for kind, reason in reasons.items() if reason in WANT_OF_RIGHT}


def may_ask(client: BlockingClient, target: Target) -> bool:
    """Whether a question about the account of a target is answered."""
    try:
        return len(client.ask(AskFunds, target.account)) > 0
    except AskRefused as refused:
        assert refused.reason is AskReject.ACCOUNT_NOT_ADMITTED
        return False


def test_each_role_may_what_the_table_says_over_the_wire_as_well(gateway, dial):
    for role in ROLES:
        for target, least in ((FOREIGN, Reach.EVERY), (OWN, Reach.OWN)):
            client = dial(gateway, role.name, packed=True, next_report=0)
            assert may_ask(client, target) == (permissions()[Service.ASK][role] >= least)
            ends = permissions()[CommandKind.CLOSE_DAY][role] is not Reach.NOBODY
            closes = not ends or (role, target) == (ROLES[-1], OWN)
            assert wants(client, target, closes) == lacks(role, target), role.name
