"""The command line: what it does well, and a mistake is one line and a status."""

import re
from pathlib import Path

import pytest

from bench.child import PASSWORD
from gateway.cli import main, make_parser
from protocol.messages import Accepted
from protocol.vocabulary import Side
from tests.gateway.orders import MOUTAI

PINGAN = "000001.SZ"
OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture
def say(shared_gateway, monkeypatch, capsys):
    """Run a command at the gateway of this module as a user; return status and what it printed."""
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)

    def say(user: str, *words: str) -> tuple[int, str]:
        status = main([*words, "--user", user, "--port", str(shared_gateway.port)])
        return status, capsys.readouterr().out

    return say


MISTAKES = [
    (["serve"], 2, "required: CONFIG.toml"),
    (["serve", "nowhere.toml"], 1, "nowhere.toml: cannot be read: No such file"),
    (["close", "nowhere"], 1, "nowhere/journal: cannot be read: No such file"),
    (["close", "nowhere", "--batch-rows", "many"], 2, "'many' is not a whole number"),
    (["replay", "nowhere.csv"], 1, "nowhere.csv"),
    (["day", "--orders", "0"], 2, "--orders: '0' is not a whole number above 0"),
    (["day", "--orders", "9" * 20], 2, "--orders: 999999999999999... is larger than anything here"),
    (["day", "--terminals", "x"], 2, "--terminals: 'x' is not a whole number"),
    (["day", "--seed", "-1"], 2, "--seed: '-1' is not a whole number of 0 or more"),
    (["day", "--speed", "nan"], 2, "--speed: 'nan' is not a number above 0"),
    (["replay", "e.csv", "--previous-close", "x"], 2, "--previous-close: 'x' is not a decimal"),
    (["order"], 2, "required: buy|sell|replace|cancel|cancel-all"),
    (["order", "buy", MOUTAI, "100"], 2, "required: --account, --user"),
    (["order", "buy", MOUTAI], 2, "required: quantity"),
    (
        ["order", "buy", MOUTAI, "100", "--account", "1", "--user", "u"],
        1,
        "price: a limit order needs one",
    ),
    (["order", "sell", MOUTAI, "100", "--type", "market"], 2, "invalid choice: 'market'"),
    (["order", "replace", "1", "dear", "100", "--user", "u"], 2, "price: 'dear' is not a decimal"),
    (["order", "cancel-all", "--side", "both"], 2, "invalid choice: 'both'"),
    (["order", "cancel-all", "--instrument", "", "--user", "u"], 2, "'' names no instrument"),
    (["order", "buy", "", "100", "1", "--account", "1", "--user", "u"], 2, "'' names no instrum"),
    (
        ["order", "buy", MOUTAI, "100", "1", "--trigger", "0", "--account", "1", "--user", "u"],
        2,
        "--trigger: '0' is not a price above 0",
    ),
    (["order", "cancel", "one", "--user", "u"], 2, "invalid int value: 'one'"),
    (["order", "cancel", "--user", "u"], 2, "order_number --client-seq is required"),
    (["order", "cancel", "1", "--client-seq", "1", "--user", "u"], 2, "not allowed with"),
    (
        ["order", "buy", MOUTAI, "100", "--type", "fixed-price", "--account", "1", "--user", "u"],
        1,
        "price: a fixed-price order needs one",
    ),
    (["order", "cancel", "1", "--user", "u", "--timeout", "-1"], 2, "'-1' is not a number of sec"),
    (
        ["order", "buy", MOUTAI, "100", "dear", "--account", "1", "--user", "u"],
        2,
        "price: 'dear' is not a decimal number",
    ),
    (["order", "cancel", "1", "--user", "u", "--port", "1"], 1, "--port 1: Connection refused"),
    (["order", "cancel", "1", "--user", "u", "--port", "99999"], 1, "--port 99999: "),
    (["ops", "phase", "LUNCH", "--user", "u"], 2, "invalid choice: 'LUNCH'"),
    (["ops", "phase", "BREAK"], 2, "required: --user"),
    (["ops", "phase", "HALTED", "--user", "u"], 2, "invalid choice: 'HALTED'"),
    (["ops", "phase", "BREAK", "--schedule", "LUNCH", "--user", "u"], 2, "invalid choice: 'LUNCH'"),
    (
        [
            "ops",
            "phase",
            "BREAK",
            "--schedule",
            "CLOSING_CALL",
            "--instrument",
            MOUTAI,
            "--user",
            "u",
        ],
        2,
        "not allowed with",
    ),
    (
        ["ops"],
        2,
        "required: status|phase|hold|block|cancel|users|lock|unlock|limit|close-day|open-day",
    ),
    (["ops", "status"], 2, "required: --user"),
    (["ops", "phase", "END_DAY", "--user", "u"], 2, "invalid choice: 'END_DAY'"),
    (["ops", "phase", "BREAK", "--instrument", "", "--user", "u"], 2, "'' names no instrument"),
    (["ops", "hold", "HALTED", "--user", "u"], 2, "--instrument --everything is required"),
    (["ops", "hold", "NONE", "--instrument", "", "--user", "u"], 2, "'' names no instrument"),
    (
        ["ops", "hold", "NONE", "--everything", "--instrument", MOUTAI, "--user", "u"],
        2,
        "not allowed",
    ),
    (
        ["ops", "hold", "HALTED", "--everything", "--cause", "VOLATILITY_FIRST", "--user", "u"],
        2,
        "invalid choice: 'VOLATILITY_FIRST'",
    ),
    (["ops", "hold", "STOPPED", "--user", "u"], 2, "invalid choice: 'STOPPED'"),
    (
        ["ops", "hold", "HALTED", "--cause", "WEATHER", "--user", "u"],
        2,
        "invalid choice: 'WEATHER'",
    ),
    (["ops", "block", "--user", "u"], 1, "say what to block, or --everything"),
    (["ops", "block", "--lift", "--user", "u"], 1, "say what to block, or --everything"),
    (["ops", "block", "--instrument", "", "--user", "u"], 2, "'' names no instrument"),
    (["ops", "block", "--everything", "--account", "1", "--user", "u"], 1, "more than account 1"),
    (
        ["ops", "block", "--everything", "--lift", "--dry-run", "--user", "u"],
        1,
        "--lift ends no orders; leave --dry-run out",
    ),
    (["ops", "cancel", "--dry-run", "--user", "u"], 1, "say what to cancel, or --everything"),
    (["ops", "cancel", "--everything", "--side", "buy", "--user", "u"], 1, "more than buys"),
    (["ops", "close-day", "--instrument", MOUTAI, "--user", "u"], 2, "unrecognized arguments"),
    (["account"], 2, "required: open|edit|status|limit|limit-funds|list|deposit|withdraw|move"),
    (["account", "open", "1001", "--user", "u"], 2, "required: --branch"),
    (["account", "edit", "1001", "--branch", "1", "--user", "u"], 2, "required: --account-kind"),
    (["account", "status", "1001", "NONE", "--user", "u"], 2, "invalid choice: 'NONE'"),
    (["account", "deposit", "1001", "much", "--user", "u"], 2, "'much' is not a decimal number"),
    (["account", "move", "1001", "GIFT", "1", "--user", "u"], 2, "invalid choice: 'GIFT'"),
    (
        ["account", "open", "1001", "--branch", "1", "--commission-rate", "0.0031", "--user", "u"],
        2,
        "0.0031 is not a rate from 0 to 0.003",
    ),
    (["ask"], 2, "required: account|funds|holdings|orders|fills|movements|most|statement"),
    (["ask", "funds", "--user", "u"], 2, "required: account"),
    (["ask", "funds", "1001"], 2, "required: --user"),
    (["ask", "wealth", "1001", "--user", "u"], 2, "invalid choice: 'wealth'"),
    (["ask", "most", "1001", MOUTAI, "--user", "u"], 2, "required: side"),
    (["ask", "most", "1001", MOUTAI, "hold", "--user", "u"], 2, "invalid choice: 'hold'"),
    (["ask", "most", "1001", "", "buy", "--user", "u"], 2, "'' names no instrument"),
    (["ask", "most", "1001", MOUTAI, "buy", "0", "--user", "u"], 2, "'0' is not a price above 0"),
    (["ask", "funds", "1001", "--user", "u", "--port", "1"], 1, "--port 1: Connection refused"),
    (["verify"], 2, "required: DAY"),
    (["verify", "nowhere"], 1, "nowhere: is no day, and has none"),
    (["backup", "nowhere", "--kind", "ad-hoc"], 2, "required: --to"),
    (["backup", "nowhere", "--to", "b"], 2, "required: --kind"),
    (["backup", "nowhere", "--to", "b", "--kind", "weekly"], 2, "invalid choice: 'weekly'"),
    (["backup", "nowhere", "--to", "b", "--kind", "ad-hoc"], 1, "cannot be read: No such file"),
    (["restore", "nowhere"], 2, "required: --data"),
    (["restore", "nowhere", "--data", "d"], 1, "nowhere: cannot be read: No such file"),
    (["nonsense"], 2, "invalid choice: 'nonsense'"),
    ([], 2, "required: COMMAND"),
]


@pytest.mark.parametrize(("words", "status", "reason"), MISTAKES)
def test_a_mistake_is_one_line_and_a_status(words, status, reason, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    try:
        returned = main(words)
    except SystemExit as left:
        returned = left.code
    said = capsys.readouterr().err
    assert returned == status
    assert said.startswith("cuohe") and reason in said
    assert said.count("\n") == 1


def test_an_import_of_nothing_says_what_is_missing(tmp_path, capsys):
    assert main(["import", str(tmp_path)]) == 1
    assert "manifest.json" in "".join(capsys.readouterr())


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    for command in (
        "account",
        "ask",
        "close",
        "day",
        "import",
        "order",
        "ops",
        "serve",
    ):
        assert f"\n    {command} " in said


def test_commands_of_operators_are_spelled_as_the_document_has_them():
    told = re.findall(r"^\| `cuohe (.*?)` \|", OPERATING.read_text(encoding="utf-8"), re.M)
    parsed = [
        make_parser(words[:1]).parse_args([*words, "--user", "u"]).command
        for words in map(str.split, told)
    ]
    assert sorted(set(parsed)) == ["account", "ask", "ops"]


def test_without_a_terminal_a_password_must_be_in_the_environment(monkeypatch, capsys):
    monkeypatch.delenv("CUOHE_PASSWORD", raising=False)

    def ask(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ask)
    assert main(["order", "cancel", "1", "--user", "u"]) == 1
    assert capsys.readouterr().err == (
        "cuohe order: there is no terminal to ask for a password; set CUOHE_PASSWORD\n"
    )


def test_phases_and_orders_from_the_shell(say):
    order = [MOUTAI, "300", "1451.00", "--account"]
    assert say("operator", "ops", "phase", "CONTINUOUS") == (0, "all instruments: CONTINUOUS\n")
    assert say("terminal1", "order", "sell", *order, "1001") == (0, "accepted as order 1\n")
    assert say("terminal3", "order", "buy", MOUTAI, "200", "1451.00", "--account", "2001") == (
        0,
        "accepted as order 2\ntraded 200 at 1451.0000, 0 still open\n",
    )
    assert say("terminal3", "order", "buy", *order, "2001", "--ioc") == (
        0,
        "accepted as order 3\ntraded 100 at 1451.0000, 200 still open\n"
        "canceled 200 of order 3: IMMEDIATE_REST\n",
    )
    assert say("terminal1", "order", "cancel", "1") == (1, "rejected: UNKNOWN_ORDER\n")
    assert say("terminal1", "order", "sell", *order, "2001") == (
        1,
        "rejected: ACCOUNT_NOT_ADMITTED\n",
    )
    assert say("terminal1", "ops", "phase", "BREAK") == (1, "rejected: COMMAND_NOT_PERMITTED\n")
    assert say("operator", "ops", "phase", "BREAK", "--instrument", MOUTAI) == (
        0,
        f"{MOUTAI}: BREAK\n",
    )
    assert say("operator", "ops", "phase", "BREAK", "--instrument", "000000.SH") == (
        1,
        "rejected: UNKNOWN_INSTRUMENT\n",
    )


def test_orders_of_every_kind_from_the_shell(say):
    assert say("operator", "ops", "phase", "CONTINUOUS") == (0, "all instruments: CONTINUOUS\n")

    def alice(*words: str) -> str:
        return say("terminal1", "order", *words)[1]

    def bob(*words: str) -> str:
        return say("terminal3", "order", *words)[1]

    a, b = ("--account", "1001"), ("--account", "2001")
    assert alice("sell", PINGAN, "300", "11.80", *a) == "accepted as order 4\n"
    assert bob("buy", PINGAN, "100", "--type", "counterparty-best", *b) == (
        "accepted as order 5\ntraded 100 at 11.8000, 0 still open\n"
    )
    assert bob("buy", PINGAN, "300", "--type", "all-or-cancel", *b) == (
        "accepted as order 6\ncanceled 300 of order 6: MINIMUM_NOT_MET\n"
    )
    assert bob("buy", PINGAN, "100", "--type", "best-five-then-limit", *b) == (
        "rejected: ORDER_TYPE_NOT_ALLOWED\n"
    )
    assert bob("buy", PINGAN, "100", "11.80", "--post-only", *b) == (
        "rejected: FEATURE_NOT_ALLOWED\n"
    )
    assert bob("buy", PINGAN, "100", "11.80", "--minimum", "100", *b) == (
        "rejected: FEATURE_NOT_ALLOWED\n"
    )
    assert bob("buy", PINGAN, "100", "11.70", *b) == "accepted as order 7\n"
    assert alice("replace", "4", "11.75", "200") == "order 4: 200 open at 11.7500\n"
    assert bob("replace", "7", "11.75", "300") == (
        "order 7: 300 open at 11.7500\ntraded 200 at 11.7500, 100 still open\n"
    )
    assert bob("replace", "4", "11.75", "300") == "rejected: UNKNOWN_ORDER\n"
    assert bob("cancel-all", "--instrument", PINGAN, "--side", "sell") == "canceled orders: 0\n"
    assert bob("buy", PINGAN, "100", "11.60", *b) == "accepted as order 8\n"
    assert bob("cancel-all", *b) == (
        "canceled 100 of order 7: MASS_CANCEL\ncanceled 100 of order 8: MASS_CANCEL\n"
        "canceled orders: 2\n"
    )


def test_an_order_is_canceled_by_the_number_of_its_request(say, shared_gateway, dial):
    client = dial(shared_gateway, "terminal1", next_report=0)
    seq = client.enter(1001, PINGAN, Side.BUY, 116_000, 100)
    assert isinstance(client.receive(), Accepted)
    client.close()
    assert say("terminal1", "order", "cancel", "--client-seq", str(seq)) == (
        0,
        "canceled 100 of order 9\n",
    )


def test_what_an_instrument_does_not_allow_is_refused_by_name(say):
    order = ("order", "buy", PINGAN, "200", "11.60", "--account", "1001")
    for extra in (("--display", "100"), ("--trigger", "11.90")):
        assert say("terminal1", *order, *extra) == (1, "rejected: FEATURE_NOT_ALLOWED\n")


def test_an_order_says_by_which_channel_it_came(say):
    order = ("order", "buy", PINGAN, "100", "11.60", "--account", "1001", "--channel", "ONLINE")
    assert say("terminal1", *order) == (0, "accepted as order 10\n")


def test_orders_and_fills_are_told_on_a_day_without_accounts(say):
    status, told = say("terminal3", "ask", "orders", "2001", "--all")
    assert status == 0 and " 300 " in told and len(told.splitlines()) > 4
    status, told = say("terminal1", "ask", "fills", "1001", "--json")
    assert status == 0 and told.startswith('[{"trade_number":1,')
    assert say("terminal1", "ask", "fills", "2001") == (1, "rejected: ACCOUNT_NOT_ADMITTED\n")
    assert say("operator", "ask", "fills", "1999") == (0, "none\n")
    for action in ("account", "funds", "holdings", "movements", "statement"):
        assert say("operator", "ask", action, "1001") == (1, "rejected: ACCOUNTS_ARE_OFF\n")


def test_accounts_are_refused_where_the_day_has_none(say):
    deposit = ("account", "deposit", "1001", "500.00")
    assert say("operator", *deposit) == (1, "account 1001: rejected: ACCOUNTS_ARE_OFF\n")
    assert say("terminal1", *deposit) == (1, "account 1001: rejected: COMMAND_NOT_PERMITTED\n")


def test_a_login_that_is_refused_is_one_line(shared_gateway, capsys, monkeypatch):
    monkeypatch.setenv("CUOHE_PASSWORD", "a guess")
    port = str(shared_gateway.port)
    assert main(["order", "cancel", "1", "--user", "terminal1", "--port", port]) == 1
    assert capsys.readouterr().err == (
        "cuohe order: UNKNOWN_USER_OR_PASSWORD: check user name and password\n"
    )
