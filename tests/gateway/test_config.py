"""A bad configuration is refused with file, line and reason, before anything else happens."""

from typing import get_args

import pytest

from gateway.config import DEFAULTS, ConfigError, RoleName, SelfTradeName, load_config
from protocol.vocabulary import Role, SelfTrade

VERIFIER = "scram-sha-256$4096$c2FsdA==$c2VhbGVk$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"

GOOD = f"""\
# A small venue.
[venue]
port = 7001
business_date = 20261120

[clock]
kind = "accelerated"
start = "09:14:50"
close = "15:30:00"

[[branches]]
number = 1
name = "one"
account_first = 1000
account_last = 1999
trading_unit_sse = "20001"
trading_unit_szse = "390001"

[[branches]]
number = 2
name = "two"
account_first = 2000
account_last = 2999
trading_unit_sse = "20002"
trading_unit_szse = "390002"

[[users]]
name = "alice"
verifier = "{VERIFIER}"
branch = 1

[[users]]
name = "bob"
verifier = "{VERIFIER}"
branch = 2
"""

BOB_IS = 'name = "bob"\n'
BOB = f'{BOB_IS}verifier = "{VERIFIER}"'

BAD = [
    ("port = 7001", "port = 70010", 3, "<= 65535"),
    ("port = 7001", 'port = "7001"', 3, "Expected `int`"),
    ("port = 7001", "prot = 7001", 3, "unknown field `prot`"),
    ("port = 7001", "port = ", 3, "is no TOML"),
    ("[clock]", "[clocks]", 6, "unknown field `clocks`"),
    ("[clock]", "[clock", 6, "is no TOML"),
    ("business_date = 20261120", "business_date = 20261320", 4, "write it like 20261120"),
    ('kind = "accelerated"', 'kind = "atomic"', 7, "'atomic'"),
    ("branch = 2", 'branch = 2\nrole = "venue"', 36, "Invalid enum value 'venue'"),
    ("branch = 2", "branch = 2\noperator = true", 36, "unknown field `operator`"),
    ('start = "09:14:50"', 'start = "29:14:50"', 8, "$.clock.start"),
    ('close = "15:30:00"', 'close = "15:29:59"', 9, "close must not be before 15:30:00"),
    ('close = "15:30:00"', 'holidays = ["2026-13-01"]', 9, "$.clock.holidays"),
    ('close = "15:30:00"', "holidays = [2026-13-01]", 9, "is no TOML"),
    ('close = "15:30:00"', "holidays = [9999-12-31]", 9, "is of no year from 1990 to 2100"),
    ("business_date = 20261120", "business_date = 99991220", 4, "no year from 1990 to 2100"),
    (
        'close = "15:30:00"',
        "holidays = [" + ", ".join(f"2026-10-{day:02}" for day in range(1, 21)) + "]",
        9,
        "holidays: 2026-09-30 and 2026-10-21",
    ),
    ("number = 2\n", "", 19, "missing required field `number`"),
    ("number = 2", "number = 1", 20, "branch 1 is there twice"),
    ("account_first = 2000", "account_first = 1999", 22, "account 1999 belongs to branch 1"),
    ("account_last = 2999", "account_last = 1999", 22, "account_first is above account_last"),
    ('trading_unit_sse = "20002"', 'trading_unit_sse = "浦东"', 24, "$.branches[1].trading"),
    ('name = "bob"', 'name = "alice"', 33, "user 'alice' is there twice"),
    (BOB, BOB.replace("verifier", "password"), 34, "unknown field `password`"),
    (BOB, f'{BOB_IS}verifier = "bob"', 34, "the verifier of 'bob': it is no verifier; set the"),
    (BOB, BOB.replace("id$", "i$"), 34, "no verifier of scram-sha-256 and argon2id; set the"),
    (BOB, BOB.replace("$4096", "$4095"), 34, "of 4095 iterations; terminals take from 4096 to"),
    (
        "port = 7001",
        "port = 7001\nheartbeat_seconds = 90",
        4,
        "heartbeat_seconds is 90, and not from heartbeat_seconds_min to heartbeat_seconds_max",
    ),
    ("[clock]", "[tls]\ncertificate = 'a'\n[clock]", 6, "missing required field `key`"),
    (
        f"{BOB}\nbranch = 2",
        f'{BOB}\nbranch = 2\nself_trade = "never"',
        36,
        "'never'",
    ),
    (
        f"{BOB}\nbranch = 2",
        f"{BOB}\nbranch = 3",
        35,
        "branch 3, which is not",
    ),
    (
        "business_date = 20261120",
        'business_date = 20261120\naccounts = "accounts"\n[capacity]\naccounts = 2999',
        26,
        "account 2999 needs capacity.accounts of 3000 at least, which is 2999; raise it",
    ),
    ('[[users]]\nname = "bob"', '[users]\nname = "bob"', 32, "is no TOML"),
]


def refusal(path) -> str:
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    return str(refused.value)


@pytest.mark.parametrize(("good", "bad", "line", "reason"), BAD)
def test_a_bad_setting_is_named_with_its_line(tmp_path, good, bad, line, reason):
    assert GOOD.count(good) == 1
    path = tmp_path / "venue.toml"
    path.write_text(GOOD.replace(good, bad), encoding="utf-8")
    said = refusal(path)
    assert said.startswith(f"{path}:{line}: ") and reason in said


def test_the_good_one_is_taken_with_its_paths_beside_it(tmp_path):
    path = tmp_path / "venue.toml"
    path.write_text(GOOD, encoding="utf-8")
    config = load_config(path)
    assert config.venue.data == str(tmp_path / "data")
    assert config.venue.accounts == ""
    assert [user.name for user in config.users] == ["alice", "bob"]


def test_accounts_lie_beside_the_file_too(tmp_path):
    path = tmp_path / "venue.toml"
    path.write_text(GOOD.replace("[venue]", '[venue]\naccounts = "accounts"'), encoding="utf-8")
    assert load_config(path).venue.accounts == str(tmp_path / "accounts")


def test_trades_with_oneself_are_spelled_like_the_vocabulary():
    assert list(get_args(SelfTradeName)) == [member.name.lower() for member in SelfTrade]


def test_roles_are_spelled_like_the_vocabulary_and_nobody_is_the_venue():
    assert sorted(get_args(RoleName)) == sorted(
        role.name.lower() for role in Role if role is not Role.VENUE
    )


def test_what_is_missing_altogether_is_missed_in_line_1(tmp_path):
    path = tmp_path / "venue.toml"
    path.write_text("", encoding="utf-8")
    assert refusal(path).startswith(f"{path}:1: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "venue.toml"
    assert refusal(path) == f"{path}: cannot be read: No such file or directory"
    path.write_bytes(b"\xff\xfe")
    assert refusal(path) == f"{path}: is not UTF-8: invalid start byte"


def test_the_example_that_is_shipped_is_good():
    config = load_config(DEFAULTS / "venue.toml")
    assert [user.role for user in config.users] == ["terminal", "terminal", "operator", "operator"]
