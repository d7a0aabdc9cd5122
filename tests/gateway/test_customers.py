"""Who the customers are: found and masked by `cuohe customer`, and nowhere else to be seen."""

import shutil
from pathlib import Path

import pytest

from bench.child import OPERATOR, ChildGateway
from gateway.cli import main
from gateway.commands.customer import described
from gateway.config import DEFAULTS
from gateway.customers import Customer, CustomerError, IdentityKind, load_customers, mask
from protocol.messages import Traded
from protocol.vocabulary import Phase, Side
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.orders import MOUTAI, PRICE

HEADER = "account,name,identity_kind,identity_number,telephone,address"
WANG = "1001,王小明,ID_CARD,110101190001011234,13800001234,北京市建国路1号"
SMITH = "2001,Ann Smith,PASSPORT,X1234567,,"
LIU = '1002,刘备,TRAVEL_PERMIT,H12345678,,"上海市淮海路2号, 3楼"'
PRIVATE = ("王小明", "110101190001011234", "13800001234", "建国路", "Ann Smith", "X1234567")

WANG_MASKED = (
    "account 1001: 王*明, ID_CARD 1101**********1234, telephone 138****1234, address 北京市*****\n"
)


@pytest.fixture
def accounts(tmp_path) -> Path:
    """The default folder of accounts, with customers."""
    folder = tmp_path / "accounts"
    shutil.copytree(DEFAULTS / "accounts", folder)
    write(folder, WANG, SMITH, LIU)
    return folder


def write(folder: Path, *lines: str, header: str = HEADER) -> None:
    """Write the customers' file, for its owner alone."""
    path = folder / "customers.csv"
    path.write_text("\n".join([header, *lines, ""]), "utf-8")
    path.chmod(0o600)


@pytest.fixture
def find(tmp_path, accounts, capsys):
    """Run `cuohe customer find`; return its status and what it said, errors behind the rest."""
    config = configure(tmp_path, accounts=accounts)

    def find(*words: str) -> tuple[int, str]:
        status = main(["customer", "find", *words, "--config", str(config)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return find


@pytest.mark.parametrize(
    "words", [("--account", "1001"), ("--name", "王小明"), ("--identity", "110101190001011234")]
)
def test_customer_is_found_and_masked(find, words):
    assert find(*words) == (0, WANG_MASKED)


def test_what_is_not_known_of_a_customer_is_left_out(find):
    assert find("--account", "2001") == (0, "account 2001: A*******h, PASSPORT X*******\n")


def test_owner_of_the_file_may_have_all_revealed(find):
    told = "account 1002: 刘备, TRAVEL_PERMIT H12345678, address 上海市淮海路2号, 3楼\n"
    assert find("--account", "1002", "--reveal") == (0, told)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_nothing_is_revealed_of_a_file_that_is_open_to_others(find, accounts, mode):
    path = accounts / "customers.csv"
    path.chmod(mode)
    assert find("--account", "1001") == (0, WANG_MASKED)
    assert find("--account", "1001", "--reveal") == (
        1,
        f"cuohe customer: {path}: is open to others than its owner, so nothing of it is revealed;"
        " chmod 600 it\n",
    )


@pytest.mark.parametrize("words", [("--account", "1003"), ("--name", "王"), ("--identity", "1234")])
def test_nobody_is_found_by_a_part_of_what_is_known(find, words):
    assert find(*words) == (1, "no such customer\n")


def test_accounts_without_customers_are_told_so(find, accounts):
    path = accounts / "customers.csv"
    path.unlink()
    refused = f"cuohe customer: {path}: cannot be read: No such file or directory\n"
    assert find("--account", "1001") == (1, refused)


def test_day_without_accounts_has_no_customers(tmp_path, capsys):
    config = configure(tmp_path)
    assert main(["customer", "find", "--account", "1", "--config", str(config)]) == 1
    assert "names no folder of accounts; set venue.accounts" in capsys.readouterr().err


FAULTS = {
    "a column is missing": (HEADER[:-8], [WANG], ":1: the first line must be account,name,"),
    "an account is there twice": (HEADER, [WANG, LIU, WANG], ":4: has the account of line 2;"),
    "an identity is there twice": (
        HEADER,
        [WANG, WANG.replace("1001", "1002", 1)],
        ":3: has the identity of line 2; correct either",
    ),
    "an account is unknown": (
        HEADER,
        [WANG.replace("1001", "1009", 1)],
        ":2: account 1009 is not in accounts.csv; add it there",
    ),
    "an account is none": (
        HEADER,
        [WANG.replace("1001", "王小明", 1)],
        ":2: account: is not a whole number",
    ),
    "a name is blank": (HEADER, [WANG.replace("王小明", "")], ":2: name: is blank"),
    "a name has a blank": (
        HEADER,
        [WANG.replace("王小明", "王小明 ")],
        ":2: name: is blank, or has",
    ),
    "a name would write on the screen": (
        HEADER,
        [WANG.replace("王小明", "王\x1b[2J")],
        ":2: name: has control characters; take them out",
    ),
    "a quotation mark is open": (
        HEADER,
        [WANG.replace("王小明", '"' + "王" * 140_000)],
        ": field larger than field limit (131072); is a quotation mark missing?",
    ),
    "a field is missing behind an address of two lines": (
        HEADER,
        [WANG[: WANG.rindex(",")] + ',"上海市\n浦东"', LIU[: LIU.rindex(",")]],
        ":3: address: has control characters",
    ),
    "a field is missing": (HEADER, [WANG[: WANG.rindex(",")]], ":2: has 5 fields instead of 6"),
    "an identity is unknown": (
        HEADER,
        [WANG.replace("ID_CARD", "110101190001011234")],
        ":2: identity_kind: is unknown; known are ID_CARD PASSPORT TRAVEL_PERMIT LICENCE",
    ),
    "an identity card lacks a digit": (
        HEADER,
        [WANG.replace("011234,", "01123,")],
        ":2: identity_number: an ID_CARD has 17 digits, and one more or an X",
    ),
}


@pytest.mark.parametrize(("header", "lines", "reason"), FAULTS.values(), ids=FAULTS)
def test_faulty_file_is_refused_without_telling_what_stands_there(accounts, header, lines, reason):
    write(accounts, *lines, header=header)
    with pytest.raises(CustomerError) as refused:
        load_customers(accounts)
    assert f"customers.csv{reason}" in str(refused.value)
    assert not any(word in str(refused.value) for word in PRIVATE)


def test_file_in_another_encoding_is_refused(accounts):
    (accounts / "customers.csv").write_text(f"{HEADER}\n{WANG}\n", "gbk")
    with pytest.raises(CustomerError, match="is not UTF-8"):
        load_customers(accounts)


def test_customer_does_not_tell_of_itself(accounts):
    customer = load_customers(accounts)[0]
    assert customer == Customer(
        1001,
        "王小明",
        IdentityKind.ID_CARD,
        "110101190001011234",
        "13800001234",
        "北京市建国路1号",
    )
    assert (str(customer), repr([customer])) == (
        "<customer of account 1001>",
        "[<customer of account 1001>]",
    )
    assert not any(word in described(customer.masked()) for word in PRIVATE)


@pytest.mark.parametrize(
    ("text", "first", "last", "masked"),
    [
        ("王明", 1, 1, "王*"),
        ("王小明", 1, 1, "王*明"),
        ("司马相如", 1, 1, "司**如"),
        ("王", 1, 1, "*"),
        ("", 3, 4, ""),
        ("12345678", 4, 4, "1*******"),
        ("E12345678", 4, 4, "E********"),
        ("110101190001011234", 4, 4, "1101**********1234"),
        ("13812345678", 3, 4, "138****5678"),
    ],
)
def test_mask_leaves_the_ends_and_of_a_short_text_the_first_letter(text, first, last, masked):
    assert mask(text, first, last) == masked


def test_nothing_of_the_customers_stands_in_what_a_day_leaves_behind(tmp_path, accounts, dial):
    config = configure(tmp_path, accounts=accounts, terminals=[1, 2])
    with ChildGateway(config) as gateway:
        operator = dial(gateway, OPERATOR)
        operator.change_phase(Phase.CONTINUOUS)
        seller, buyer = dial(gateway, "terminal2"), dial(gateway, "terminal1")
        seller.enter(2001, MOUTAI, Side.SELL, PRICE, 100)
        buyer.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        while not isinstance(buyer.receive(), Traded):
            continue
        operator.close_day()
        said = operator.log_out()
        assert gateway.stop() == 0
    left = [path for path in tmp_path.rglob("*") if path.is_file() and accounts not in path.parents]
    names = {path.name for path in left}
    assert {"00000001.log", "reports.bin", "fills.csv", "gh.dbf", "gateway.log"} <= names
    assert daybook_of(config).reports in left and said
    for path in left:
        body = path.read_bytes()
        for word in PRIVATE:
            assert word.encode() not in body and word.encode("gbk") not in body, path
