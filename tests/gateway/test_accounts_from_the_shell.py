"""An operator keeps accounts with `cuohe account`, and what is said holds for orders that come."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.child import PASSWORD, ChildGateway
from gateway.cli import main
from gateway.config import DEFAULTS
from tests.gateway.conftest import configure
from tests.gateway.orders import MOUTAI

BANK, LIQUOR, FUND = "000001.SZ", "000858.SZ", "159915.SZ"
FUNDS = """\
account,currency,balance,product,accrued
1001,CNY,10000000,457500.00,6354
1002,CNY,250000,,149
2001,CNY,10000000,,
2002,CNY,1000000,,49
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    """A gateway with the accounts that are shipped, to some of which interest is due."""
    folder: Path = tmp_path_factory.mktemp("venue")
    shutil.copytree(DEFAULTS / "accounts", folder / "accounts")
    (folder / "accounts" / "funds.csv").write_text(FUNDS)
    with ChildGateway(configure(folder, accounts=folder / "accounts")) as gateway:
        yield gateway


@pytest.fixture
def say(gateway, monkeypatch, capsys) -> Callable[[str, str], tuple[int, list[str]]]:
    """Run a command as a user; return status and lines, without the numbers of movements."""
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)

    def say(user: str, words: str) -> tuple[int, list[str]]:
        status = main([*words.split(), "--user", user, "--port", str(gateway.port)])
        told = re.sub(r" is movement \d+", "", capsys.readouterr().out)
        return status, told.splitlines()

    return say


def test_limits_hold_for_the_orders_that_come(say):
    assert say("operator", "ops phase CONTINUOUS")[0] == 0
    order = f"order buy {MOUTAI} 100 1451.00 --account 1001"
    limit = "account limit 1001 --requests 1 --rate-action REFUSE"
    assert say("operator", limit) == (0, ["account 1001: NORMAL"])
    assert say("terminal1", order) == (0, ["accepted as order 1"])
    assert say("terminal1", order) == (1, ["rejected: RATE_EXCEEDED"])
    assert say("operator", "account limit 1001 --requests 0 --collar-bp 10")[0] == 0
    assert say("terminal1", order.replace("1451.00", "1453.00")) == (
        1,
        ["rejected: PRICE_OUTSIDE_COLLAR"],
    )


def test_a_list_holds_as_long_as_it_is_used(say):
    order = f"order sell {BANK} 100 11.90 --account 1002"
    assert say("operator", f"account list 1002 add {BANK}")[0] == 0
    assert say("terminal1", order) == (0, ["accepted as order 2"])
    assert say("operator", "account limit 1002 --list FORBIDS")[0] == 0
    assert say("terminal1", order) == (1, ["rejected: INSTRUMENT_NOT_PERMITTED"])
    assert say("operator", f"account list 1002 remove {BANK}")[0] == 0
    assert say("terminal1", order) == (0, ["accepted as order 3"])


def test_spending_is_limited(say):
    assert say("operator", "account limit-funds 2002 10000.00") == (0, ["account 2002: NORMAL"])
    assert say("terminal3", f"order buy {LIQUOR} 100 120.00 --account 2002") == (
        1,
        ["rejected: SPENDING_TOO_LARGE"],
    )


def test_interest_is_paid_to_one_and_then_to_the_others(say):
    assert say("operator", "account interest 1001") == (
        0,
        ["account 1001: 10000000.6400 CNY, INTEREST"],
    )
    assert say("operator", "account interest 1001") == (
        1,
        ["account 1001: rejected: AMOUNT_NOT_POSITIVE"],
    )
    assert say("operator", "account interest all") == (
        0,
        ["all accounts: 0.0100 CNY to 1, INTEREST"],
    )
    assert say("operator", "account interest all") == (
        1,
        ["all accounts: rejected: AMOUNT_NOT_POSITIVE"],
    )


def test_shares_leave_for_another_firm(say):
    assert say("operator", f"account custody 2001 394210 {BANK} {MOUTAI} --quantity 100") == (
        1,
        [
            f"account 2001, {BANK}: 49900 of {BANK}, CUSTODY_OUT",
            f"account 2001, {MOUTAI}: rejected: CUSTODY_NOT_TRANSFERABLE",
        ],
    )
    everything = "account custody 2002 394210 --everything"
    assert say("operator", everything) == (
        0,
        [
            f"account 2002: 0 of {LIQUOR}, CUSTODY_OUT",
            f"account 2002: 0 of {FUND}, CUSTODY_OUT",
        ],
    )
    assert say("operator", everything) == (1, ["account 2002: rejected: INSUFFICIENT_SHARES"])


def test_a_code_changes_when_no_order_is_open(say):
    change = f"account code {BANK} {LIQUOR}"
    assert say("operator", change) == (1, [f"{BANK} to {LIQUOR}: rejected: ORDERS_ARE_OPEN"])
    assert say("terminal1", "order cancel-all --account 1002")[0] == 0
    assert say("operator", change) == (0, [f"{BANK} to {LIQUOR}: done"])
    order = f"order sell {LIQUOR} 5050 121.00 --account 1002"
    assert say("terminal1", order) == (0, ["accepted as order 4"])
