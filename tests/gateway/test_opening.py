"""What cannot be opened is refused before the port opens and before anything is written."""

import resource
import socket
from shutil import rmtree

import numpy as np
import pytest

from bench.child import ChildGateway, GatewayFailed
from engine.storage.segments import read_journal, segment_path
from engine.venue import Venue
from gateway import opening as opening_module
from gateway.config import DEFAULTS, load_config
from gateway.opening import Opening
from gateway.server import Gateway, claim_files
from protocol.codec import encode
from protocol.framing import FRAME_BYTES_MAX, LENGTH
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    CommandKind,
    ListMode,
    RateAction,
    Reject,
    Role,
    SelfTrade,
)
from tests.gateway.conftest import BUSINESS_DATE, daybook_of, edit
from tests.storage.journals import contents, written

HEADER = "symbol,name,board,previous_close\n600519.SH,贵州茅台,SSE_MAIN,1451.02\n"


def refusal(config) -> str:
    """Return what a gateway says that may not open; it has written nothing."""
    with pytest.raises(Mistake) as refused:
        Gateway(load_config(config))
    assert not daybook_of(config).folder.exists()
    return str(refused.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("600519,贵州茅台,SSE_MAIN,1451.02", "symbol '600519' is not six digits"),
        ("601318.SH,中国平安,SSE_MIAN,58.36", "board 'SSE_MIAN' is unknown"),
        ("601318.SH,中国平安,SSE_MAIN", "has 3 fields instead of 4"),
        ("601318.SH,中国平安,SSE_MAIN,0", "previous_close 0 is not above 0"),
        ("601318.SH,中国平安,SSE_MAIN,dear", "'dear' is not a decimal number"),
        ("601318.SH,中国平安,SSE_MAIN,58.361", "601318.SH: previous_close is not a multiple"),
        ("601318.SH,中国平安,SSE_MAIN,90000", "more than 262144 ticks apart"),
        ("600519.SH,贵州茅台,SSE_MAIN,1451.02", "600519.SH is listed twice"),
        ("601318.SH,中国平安,SSE_MAIN,1300", "601318.SH: capacity.ticks of 40000 is used up"),
    ],
)
def test_an_instrument_that_cannot_be_listed_is_named_with_its_line(config, line, reason):
    instruments = config.parent / "instruments.csv"
    instruments.write_text(HEADER + line + "\n", encoding="utf-8")
    edit(config, "[capacity]\n", "[capacity]\nticks = 40_000\n")
    text = config.read_text(encoding="utf-8")
    start = text.index("instruments = ")
    stop = text.index("\n", start)
    config.write_text(text[:start] + 'instruments = "instruments.csv"' + text[stop:])
    said = refusal(config)
    assert said.startswith(f"{instruments}:3: ") and reason in said


def test_a_board_without_rules_on_the_day_is_named_with_its_line(config):
    edit(config, f"business_date = {BUSINESS_DATE}", "business_date = 20180105")
    with pytest.raises(Mistake, match=r"instruments.csv:2: 600519.SH: board SSE_MAIN has no rules"):
        Gateway(load_config(config))


def test_more_instruments_than_a_login_can_be_told_of_are_refused(config, monkeypatch):
    monkeypatch.setattr(opening_module, "INSTRUMENTS_MAX", 23)
    assert refusal(config).endswith(
        "instruments.csv: lists 24 instruments; at most 23 are allowed, so that a login can be "
        "answered in one frame"
    )


def test_a_login_can_be_told_of_as_many_instruments_as_are_allowed():
    most = 2**31 - 1
    numbers = (most, most, most, most, most, 2**63 - 1, most, most)
    symbols = ["600519.SH"] * opening_module.INSTRUMENTS_MAX
    frame = encode(LoginAccepted(*numbers, "buffered", symbols, Role.OPERATOR, most, bytes(32)))
    assert FRAME_BYTES_MAX - 128 < len(frame) - LENGTH.size <= FRAME_BYTES_MAX


def test_more_connections_than_the_system_has_files_for_are_refused(config, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1_024))
    assert refusal(config) == (
        "capacity: 1003 connections need 2067 open files, and the system allows 1024; lower "
        "connections, or raise the limit (ulimit -Hn)"
    )


def test_ten_thousand_connections_need_little_more_than_ten_thousand_files(monkeypatch):
    claimed = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 12_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: claimed.append(limits))
    claim_files(10_000)
    assert claimed == [(12_000, 12_000)]
    claim_files(100)
    assert claimed[1:] == [(1_264, 12_000)]


def test_a_port_in_use_is_named_and_nothing_is_written(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        edit(config, "port = 0", f"port = {port}")
        assert refusal(config).startswith(
            f"venue: cannot listen on host '127.0.0.1', port {port}: Address already in use"
        )


def test_a_data_folder_that_is_a_file_is_named(config):
    (config.parent / "data").write_text("not a folder")
    edit(config, 'data = "."', 'data = "data"')
    with pytest.raises(GatewayFailed, match=r"^cuohe serve: .*data/20261120: Not a directory$"):
        ChildGateway(config).__enter__()


def test_a_broken_journal_is_named_with_the_place_and_left_as_it_is(config):
    with ChildGateway(config):
        pass
    segment = segment_path(daybook_of(config).journal, 1)
    content = bytearray(segment.read_bytes())
    content[64 * 3 + 20] ^= 1
    segment.write_bytes(content)
    with pytest.raises(GatewayFailed, match=r"^cuohe serve: .*01\.log: line 3 .* at byte 212;"):
        ChildGateway(config).__enter__()
    assert segment.read_bytes() == content


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("orders_day = 10000", "orders_day = 20000", "row 1, OPEN_DAY"),
        ("account_last = 2999", "account_last = 2500", "row 4, ADMIT_SESSION"),
    ],
)
def test_another_configuration_cannot_take_up_the_day(config, old, new, row):
    with ChildGateway(config):
        pass
    before = contents(daybook_of(config).journal)
    edit(config, old, new)
    with pytest.raises(GatewayFailed, match=rf"journal: {row}, is not what configuration"):
        ChildGateway(config).__enter__()
    assert contents(daybook_of(config).journal) == before


def test_two_gateways_cannot_keep_the_same_day(config, dial):
    with ChildGateway(config) as gateway:
        with pytest.raises(GatewayFailed, match="is being written by another process"):
            ChildGateway(config).__enter__()
        assert dial(gateway, "terminal1").session.business_date == BUSINESS_DATE


def test_an_opening_that_was_cut_short_is_completed(config):
    with ChildGateway(config):
        pass
    journal = daybook_of(config).journal
    whole = read_journal(journal)
    rmtree(journal)
    written(journal, [whole[:7]], business_date=BUSINESS_DATE)
    with ChildGateway(config):
        pass
    again = read_journal(journal)
    for field in ("time", "checksum"):
        assert np.all(again[field] > 0)
        again[field] = whole[field]
    assert again.tobytes() == whole.tobytes()


def test_a_user_brings_what_is_done_about_trades_with_oneself(config):
    edit(config, 'name = "terminal2"\n', 'name = "terminal2"\nself_trade = "cancels_both"\n')
    commands = Opening(load_config(config), BUSINESS_DATE).commands()
    admitted = commands[commands["kind"] == CommandKind.ADMIT_SESSION]
    assert admitted["self_trade"].tolist() == [
        SelfTrade.ALLOWED,
        SelfTrade.CANCELS_BOTH,
        SelfTrade.ALLOWED,
        SelfTrade.ALLOWED,
    ]


ACCOUNTS_HEADER = "account,branch,depositories,permissions,commission_rate,commission_min\n"


@pytest.fixture
def with_accounts(config):
    """The configuration, with one account that has yuan and two holdings."""
    folder = config.parent / "accounts"
    folder.mkdir()
    texts = {
        "accounts": ACCOUNTS_HEADER + "1001,1,SHANGHAI_A,ORDINARY,0.00025,5\n",
        "funds": "account,currency,balance\n1001,CNY,1000\n",
        "holdings": "account,symbol,total\n1001,600519.SH,100\n1001,601318.SH,100\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    edit(config, 'accounts = ""', 'accounts = "accounts"')
    return config


def test_accounts_come_behind_the_instruments(with_accounts):
    opening = Opening(load_config(with_accounts), BUSINESS_DATE)
    commands = opening.commands()
    assert len(opening) == len(commands)
    assert commands["with_accounts"][0] == 1
    assert commands["kind"][-5:].tolist() == [
        CommandKind.DEFINE_INTEREST,
        CommandKind.OPEN_ACCOUNT,
        CommandKind.MOVE_FUNDS,
        CommandKind.MOVE_SHARES,
        CommandKind.MOVE_SHARES,
    ]
    assert commands["days"][-5] == 3
    assert commands["instrument"][-2:].tolist() == [0, 1]
    assert commands["lists_max"][0] == 65_536
    assert opening.limits[-5:-1] == (100_000, 1_000_000, 1_000_000, 65_536)


def test_without_accounts_there_is_no_room_for_them(config):
    opening = Opening(load_config(config), BUSINESS_DATE)
    commands = opening.commands()
    assert (commands["with_accounts"][0], commands["lists_max"][0]) == (0, 0)
    assert CommandKind.DEFINE_INTEREST not in commands["kind"]
    assert opening.limits[-5:-1] == (0, 0, 0, 0)


def opened(config, business_date: int) -> Venue:
    """Return a venue on which a day has begun, with nothing refused."""
    opening = Opening(load_config(config), business_date)
    commands = opening.commands().copy()
    commands["sequence"] = range(1, len(commands) + 1)
    venue = Venue(opening.limits._replace(orders_open=100, orders_day=100))
    opening.check_granted(venue.apply(commands))
    return venue


INTEREST = "account,currency,balance,product,accrued,rest\n1001,CNY,1000,45750,6350,7\n"


def test_interest_is_brought_and_paid_on_its_day(with_accounts):
    """0.635 yuan are 0.64: a venue begins the 21st with them as money of the account."""
    (with_accounts.parent / "accounts" / "funds.csv").write_text(INTEREST)
    before = opened(with_accounts, 20261218).funds(1001)
    assert (before.balance, before.product, before.interest) == (10_000_000, 4_575_000, 6_400)
    after = opened(with_accounts, 20261221).funds(1001)
    assert (after.balance, after.product, after.interest) == (10_006_400, 0, 0)


def test_a_holiday_puts_the_payment_off(with_accounts):
    (with_accounts.parent / "accounts" / "funds.csv").write_text(INTEREST)
    edit(with_accounts, "[clock]\n", "[clock]\nholidays = [2026-12-21]\n")
    assert opened(with_accounts, 20261222).funds(1001).balance == 10_006_400


def test_lists_and_limits_hold_from_the_opening_on(with_accounts):
    folder = with_accounts.parent / "accounts"
    (folder / "lists.csv").write_text("account,symbol\n1001,600519.SH\n")
    (folder / "funds.csv").write_text("account,currency,balance,spending_max\n1001,CNY,1,500\n")
    edit(folder / "accounts.csv", "commission_min\n", "commission_min,list_mode,rate_action\n")
    edit(folder / "accounts.csv", "0.00025,5\n", "0.00025,5,PERMITS,DELAY\n")
    venue = opened(with_accounts, BUSINESS_DATE)
    account = venue.account(1001)
    assert (account.list_mode, account.rate_action) == (ListMode.PERMITS, RateAction.DELAY)
    assert (account.rate_max, account.requests_max) == (300, 20_000)
    assert venue.funds(1001).spending_max == 5_000_000


def test_what_the_venue_refuses_is_named_with_its_file(with_accounts):
    """More money than the venue counts in all, in accounts that are each within bounds."""
    folder = with_accounts.parent / "accounts"
    accounts, funds = ACCOUNTS_HEADER, "account,currency,balance\n"
    for number in range(1000, 1601):
        accounts += f"{number},1,SHANGHAI_A,ORDINARY,0.00025,5\n"
        funds += f"{number},CNY,1000000000000\n"
    (folder / "accounts.csv").write_text(accounts)
    (folder / "funds.csv").write_text(funds)
    assert refusal(with_accounts) == (
        f"{folder}/funds.csv: account 1600: MOVE_FUNDS is refused: AMOUNT_TOO_LARGE; correct it"
    )


def test_of_each_kind_of_row_a_refusal_names_the_origin(with_accounts):
    opening = Opening(load_config(with_accounts), 20261221)
    rows = np.zeros(3, COMMAND)
    rows["kind"] = [CommandKind.CAPITALISE, CommandKind.OPEN_DAY, CommandKind.CHANGE_LIST]
    rows["account"] = [EVERY_ACCOUNT, 0, 1001]
    folder = with_accounts.parent / "accounts"
    assert [opening.told(row, Reject.MALFORMED).partition(" is refused")[0] for row in rows] == [
        f"{folder}/funds.csv: all accounts: CAPITALISE",
        "the configuration: OPEN_DAY",
        f"{folder}/lists.csv: account 1001: CHANGE_LIST",
    ]


def test_the_venue_opens_the_accounts_that_are_shipped():
    assert opened(DEFAULTS / "venue.toml", BUSINESS_DATE).is_open


@pytest.mark.parametrize(
    ("capacity", "reason"),
    [
        (
            "accounts = 2999",
            "venue.toml:{line}: account 2999 needs capacity.accounts of 3000 at least, which is "
            "2999; raise it",
        ),
        (
            "holdings = 1",
            "holdings.csv: capacity.holdings of 1 is too little to begin with 2; raise it in the "
            "configuration",
        ),
        (
            "ledger = 2",
            "accounts: capacity.ledger of 2 is too little to begin with 3; raise it in the "
            "configuration",
        ),
    ],
)
def test_a_day_needs_room_for_what_it_begins_with(with_accounts, capacity, reason):
    edit(with_accounts, "[capacity]\n", f"[capacity]\n{capacity}\n")
    lines = with_accounts.read_text(encoding="utf-8").splitlines()
    line = lines.index("account_last = 2999") + 1
    assert refusal(with_accounts).endswith(reason.format(line=line))


def test_a_day_needs_room_for_the_interest_that_it_pays(with_accounts):
    (with_accounts.parent / "accounts" / "funds.csv").write_text(INTEREST)
    edit(with_accounts, "[capacity]\n", "[capacity]\nledger = 3\n")
    Opening(load_config(with_accounts), 20261218)
    with pytest.raises(Mistake, match=r"capacity\.ledger of 3 is too little to begin with 4"):
        Opening(load_config(with_accounts), 20261221)


def test_a_day_needs_room_for_its_lists(with_accounts):
    path = with_accounts.parent / "accounts" / "lists.csv"
    path.write_text("account,symbol\n1001,600519.SH\n1001,601318.SH\n")
    edit(with_accounts, "[capacity]\n", "[capacity]\nlists = 1\n")
    assert refusal(with_accounts) == (
        f"{path}: capacity.lists of 1 is too little to begin with 2; raise it in the configuration"
    )


def test_a_wrong_account_is_named_with_its_line(with_accounts):
    path = with_accounts.parent / "accounts" / "accounts.csv"
    edit(path, "1001,1,", "1001,2,")
    assert refusal(with_accounts) == (
        f"{path}:2: account 1001 is none of branch 2, whose accounts are 2000 to 2999; correct "
        "either"
    )


def test_no_business_date_means_today(config):
    edit(config, f"business_date = {BUSINESS_DATE}", "business_date = 0")
    with ChildGateway(config) as gateway:
        folders = [path for path in gateway.config.parent.iterdir() if path.is_dir()]
    assert len(folders) == 1 and folders[0].name > "20250101"
