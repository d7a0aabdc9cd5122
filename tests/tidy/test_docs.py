"""What the documents say is so: their paths, tables, examples and commands."""

import fnmatch
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bench.child import ChildGateway
from engine.accounts import (
    ACCOUNTS,
    FUNDS,
    columns_of_holdings,
    columns_of_lists,
)
from engine.dividend_tax import load_tax_rules
from engine.fees import RATES, load_fee_rules
from engine.halts import HALTS
from engine.interest import load_interest_rules
from engine.kernels.state import TICKS_MAX
from engine.kernels.terms import PARTS_MAX
from engine.phases import RULES, TIMETABLE
from engine.rulebook import (
    Status,
    define,
    load_board_rules,
    load_codes,
    price_limits,
    rule_in_force,
)
from engine.settlement import load_settlement_rules
from engine.venue import Limits, Venue
from gateway.answers import PAGE_ROWS
from gateway.batch.steps import NAMES
from gateway.cli import make_parser
from gateway.config import DEFAULTS, Config
from gateway.copies import SCANNED_ROWS
from gateway.customers import COLUMNS, OPTIONAL
from gateway.failures import REMEMBERED_MAX
from gateway.intake import ROWS_MAX
from gateway.line import LEAVING_MAX, UNSENT_BYTES_MAX
from gateway.opening import INSTRUMENTS_MAX
from gateway.passwords import CHECKS_MAX
from gateway.quotes.viewing import KEPT_MAX
from gateway.session import QUESTIONS_MAX
from protocol.calendar import business_date_at
from protocol.client import BlockingClient
from protocol.framing import FRAME_BYTES_MAX, LOGIN_BYTES_MAX
from protocol.recovery import Recovery
from protocol.units import format_units, parse_units
from protocol.vocabulary import (
    Feature,
    HaltRule,
    Handling,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Schedule,
    Side,
)
from tests.commands import (
    SSE_RULES,
    SZSE_RULES,
    change_phase,
    enter,
    journal,
    listing,
    open_day,
)

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMAND_SECONDS = 60
BUSINESS_DATE = 20261120
"""The day that the documents play."""

a_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def prose_of(document: Path) -> str:
    """Return a document without its code blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def blocks_of(document: Path, language: str) -> list[str]:
    """Return the code blocks of a document that are marked with a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text("utf-8"), re.DOTALL | re.M)


def table_of(document: Path, first_column: str, second_column: str) -> list[list[str]]:
    """Return the cells of the table whose header begins so, row by row."""
    _, found, rest = document.read_text("utf-8").partition(
        f"\n| {first_column} | {second_column} |"
    )
    assert found, f"{document} has no such table"
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def folders() -> set[str]:
    """Return the names of the top-level folders that belong to the project."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    names = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    return {name for name in names if not any(fnmatch.fnmatch(name, line) for line in ignored)}


@a_document
def test_a_document_has_one_title(document):
    assert len(re.findall(r"^# \S", prose_of(document), re.M)) == 1


@a_document
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)\s]+)\)", prose_of(document))
    inside = [link.partition("#") for link in links if "://" not in link]
    targets = [(document.parent / path if path else document, place) for path, _, place in inside]
    assert [path for path, _ in targets if not path.exists()] == []
    assert [place for path, place in targets if place and place not in places_in(path)] == []


def places_in(document: Path) -> set[str]:
    """Return the headings of a document as links name them."""
    headings = re.findall(r"^#+ (.*)$", prose_of(document), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@a_document
def test_paths_in_backticks_exist(document):
    spans = re.findall(r"`([^`\s]+)`", prose_of(document))
    is_path = re.compile(rf"({'|'.join(folders())}|\.ci)/[\w./-]*|[\w.-]+\.(md|cfg)").fullmatch
    assert [span for span in spans if is_path(span) and not (ROOT / span).exists()] == []


def test_map_of_the_readme_lists_the_folders():
    rows = table_of(ROOT / "README.md", "folder", "holds")
    assert {name.strip("`") for name, _ in rows} == folders()


def test_commands_of_the_readme_are_those_that_there_are():
    rows = table_of(ROOT / "README.md", "command", "what it does")
    points = re.findall(r"^    (\w+) = [\w.]+$", (ROOT / "setup.cfg").read_text("utf-8"), re.M)
    assert sorted(name.strip("`") for name, *_ in rows) == sorted(f"cuohe {p}" for p in points)


@pytest.mark.parametrize(
    "example", [row[2] for row in table_of(ROOT / "README.md", "command", "what it does")]
)
def test_example_of_a_command_is_spelled_right(example):
    name, *words = shlex.split(example.strip("`"))
    assert name == "cuohe"
    assert make_parser(words[:1]).parse_args(words).command == words[0]


def test_table_of_settings_is_the_configuration():
    documented = {}
    for name, default, _ in table_of(ROOT / "docs/operating.md", "setting", "default"):
        is_required = default == "required"
        documented[name] = ... if is_required else tomllib.loads(f"it = {default[1:-1]}")["it"]
    assert documented == dict(settings())


def settings():
    """Yield each setting as the document names it, and its default, `...` where there is none."""
    for table in msgspec.inspect.type_info(Config).fields:
        struct = getattr(table.type, "item_type", table.type)
        struct = struct.types[0] if isinstance(struct, msgspec.inspect.UnionType) else struct
        for field in struct.fields:
            default = field.default
            if field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            elif default is msgspec.NODEFAULT:
                default = ...
            elif field.name == "instruments":
                default = str(Path(default).relative_to(ROOT))
            yield f"{table.name}.{field.name}", default


def test_limits_are_those_of_the_code():
    stated = dict(row[:2] for row in table_of(ROOT / "ARCHITECTURE.md", "what", "limit"))
    assert stated["a frame"] == f"{FRAME_BYTES_MAX >> 20} MiB"
    before_login = stated["a frame before the login is accepted"]
    assert before_login == f"{LOGIN_BYTES_MAX >> 10} KiB"
    assert stated["connections that are hanging up, beside those"] == f"{LEAVING_MAX:,}"
    assert stated["rows that wait for a tick"] == f"{ROWS_MAX:,}"
    assert stated["reports that a client leaves unread"] == f"{UNSENT_BYTES_MAX >> 20} MiB"
    scanned = stated["reports of the day that are looked through for a copy behind one batch"]
    assert scanned == f"{SCANNED_ROWS:,}"
    kept = stated["trades and changes of orders that wait for a reader of market data"]
    assert kept == f"{KEPT_MAX:,}"
    assert stated["instruments of a day"].endswith(f" {INSTRUMENTS_MAX:,}")
    assert stated["questions of a session that wait for their answers"] == str(QUESTIONS_MAX)
    assert stated["passwords whose hashes wait to be checked"] == str(CHECKS_MAX)
    counted = stated["names of no user, and addresses, whose wrong passwords are counted"]
    assert counted == f"{REMEMBERED_MAX:,} of each"
    assert stated["rows of one page of an answer"] == f"{PAGE_ROWS:,}"
    assert stated["prices of one instrument"] == f"{TICKS_MAX:,}"
    assert stated["parts in which an order shows itself"] == f"{PARTS_MAX}"


def test_errors_are_spelled_as_the_code_spells_them():
    spans = [row[0] for row in table_of(ROOT / "docs/operating.md", "it says", "do")]
    spelled = re.sub(r'"\s+f?"', "", sources("protocol", "engine", "gateway"))
    parts = [part for span in spans for part in re.split(r"`.*?\.\.\.|\.\.\..*|[`\d:]+", span)]
    assert [part for part in parts if part.strip() not in spelled] == []


def test_environment_is_what_the_code_reads():
    rows = table_of(ROOT / "docs/operating.md", "variable", "means")
    read = re.findall(
        r"\bCUOHE_[A-Z_]+", sources("protocol", "engine", "gateway", "bench", "tests")
    )
    assert {name.strip("`") for name, _ in rows} == set(read)


def sources(*names: str) -> str:
    """Return all Python code under top-level folders."""
    return "".join(
        path.read_text("utf-8") for name in names for path in (ROOT / name).rglob("*.py")
    )


def test_table_of_boards_is_the_data():
    data = [rule for rule in load_board_rules() if rule.confidence != "own choice"]
    closes = {Schedule.CLOSING_CALL: "auction", Schedule.TRADES_TO_CLOSE: "average"}
    assert table_of(ROOT / "docs/market-rules.md", "board", "from") == [
        [
            rule.board,
            rule.effective_from.isoformat(),
            f"{rule.price_limit_bp // 100} %",
            f"{rule.price_limit_st_bp // 100} %",
            str(rule.price_limit_ticks),
            f"+{rule.first_day_up_bp / 100:g} % -{rule.first_day_down_bp / 100:g} %"
            if rule.first_day_up_bp
            else "",
            str(rule.first_days_free or ""),
            rule.halts.name if rule.halts else "",
            format_units(rule.tick).rstrip("0"),
            str(rule.quantity_min),
            str(rule.quantity_step),
            str(rule.quantity_max),
            str(rule.quantity_max_market),
            str(rule.quantity_max_fixed) if OrderType.FIXED_PRICE in rule.order_types else "",
            ", ".join(
                [f"{rule.cage_bp // 100} %"] * (rule.cage_bp > 0)
                + [f"{rule.cage_ticks} ticks"] * (rule.cage_ticks > 0)
            ),
            "wait" if Feature.QUEUES_IN_GAP in rule.features else "",
            closes[rule.schedule],
            rule.source,
            rule.confidence,
        ]
        for rule in data
    ]


def test_table_of_fees_is_the_data():
    data = [rule for rule in load_fee_rules() if rule.confidence != "own choice"]
    assert table_of(ROOT / "docs/market-rules.md", "fees", "from") == [
        [
            rule.fees,
            rule.effective_from.isoformat(),
            *(
                f"{rate / 10**6:.6f}".rstrip("0").rstrip(".") + " %" if rate else ""
                for rate in (getattr(rule, name) for name in RATES)
            ),
            format_units(rule.settlement_cap, 2) if rule.settlement_cap else "",
            rule.source,
            rule.confidence,
        ]
        for rule in data
    ]


def test_table_of_settlement_is_the_data():
    assert table_of(ROOT / "docs/market-rules.md", "product", "from") == [
        [
            rule.product.name,
            rule.effective_from.isoformat(),
            str(rule.shares_days),
            str(rule.money_days),
            rule.source,
            rule.confidence,
        ]
        for rule in load_settlement_rules()
    ]


def test_table_of_the_dividend_tax_is_the_data():
    held = {1: "1 month", 12: "12 months", None: "longer"}
    assert table_of(ROOT / "docs/corporate-actions.md", "held for at most", "from") == [
        [
            held[rule.months],
            rule.effective_from.isoformat(),
            f"{rule.rate // 10**6} %",
            rule.source,
            rule.confidence,
        ]
        for rule in load_tax_rules()
    ]


def test_table_of_interest_is_the_data():
    assert table_of(ROOT / "docs/market-rules.md", "currency", "since") == [
        [
            rule.currency.name,
            rule.effective_from.isoformat(),
            f"{rule.rate / 10**6:.6f}".rstrip("0").rstrip(".") + " %",
            rule.source,
            rule.confidence,
        ]
        for rule in load_interest_rules()
    ]


def test_table_of_what_an_account_needs_is_the_data():
    sale = {0: "on the same day", 1: "on the next day"}
    needed = {
        rule.board: [
            rule.board,
            rule.fees,
            rule.permission.name,
            rule.depository.name,
            rule.currency.name,
            sale[rule.settlement_days],
        ]
        for rule in load_board_rules()
        if rule.confidence != "own choice"
    }
    rows = table_of(ROOT / "docs/market-rules.md", "board", "fees")
    assert rows == list(needed.values())


@pytest.mark.parametrize(
    ("first_column", "columns"),
    [
        ("of an account", ACCOUNTS),
        ("of funds", FUNDS),
        ("of a holding", columns_of_holdings(["600519.SH"])),
        ("of a list", columns_of_lists(["600519.SH"])),
    ],
)
def test_table_of_a_file_of_accounts_is_its_columns(first_column, columns):
    rows = table_of(ROOT / "docs/operating.md", first_column, "default")
    assert [(name, default.strip("`")) for name, default, _ in rows] == [
        (column.name, column.default or "required") for column in columns
    ]


def test_table_of_customers_is_their_columns():
    rows = table_of(ROOT / "docs/operating.md", "of a customer", "default")
    assert [(name, default) for name, default, _ in rows] == [
        (name, "blank" if name in OPTIONAL else "required") for name in COLUMNS
    ]


def test_table_of_codes_is_the_data():
    assert table_of(ROOT / "docs/market-rules.md", "codes", "of") == [
        [" ".join(code.prefixes), code.market.name, code.board, code.confidence]
        for code in load_codes()
    ]


def test_table_of_order_types_is_the_data():
    rows = dict(table_of(ROOT / "docs/market-rules.md", "boards of", "allow"))
    for rule in load_board_rules():
        others = [kind for kind in rule.order_types if kind is not OrderType.FIXED_PRICE]
        allowed = " ".join(kind.name for kind in others)
        if rule.confidence == "own choice":
            assert set(others) == set(OrderType) - {OrderType.FIXED_PRICE}
        elif "CONVERTIBLE" in rule.board:
            assert allowed == "LIMIT"
        else:
            assert allowed == rows[rule.market.name], rule.board


def test_table_of_statuses_is_all_of_them():
    rows = table_of(ROOT / "docs/market-rules.md", "status", "limits")
    assert [name for name, _ in rows] == list(Status)


def test_table_of_halts_is_the_data():
    minutes = {0: "until 14:57"}
    assert table_of(ROOT / "docs/market-rules.md", "halts", "of") == [
        [
            halt.rule.name,
            {HaltRule.NO_BAND_STOCK: "shares", HaltRule.FIRST_DAY_BOND: "bonds"}[halt.rule],
            "the opening price" if halt.from_open else "the previous close",
            f"{halt.first_bp // 100} %",
            minutes.get(halt.minutes[0], f"{halt.minutes[0]} minutes"),
            f"{halt.second_bp // 100} %",
            minutes.get(halt.minutes[1], f"{halt.minutes[1]} minutes"),
        ]
        for halt in HALTS
    ]


def test_table_of_phases_is_the_timetable():
    rules = {rule.phase: rule for rule in RULES}
    spelled = {
        Handling.NOTHING: "",
        Handling.RESTS: "rest",
        Handling.MATCHES: "match on arrival",
        Handling.QUEUES: "wait",
        Handling.FIXED: "",
    }
    begins = [(Phase.CLOSED, "")]
    begins += [(b.phase, f"{b.second // 3600:02}:{b.second // 60 % 60:02}") for b in TIMETABLE]
    begins += [(Phase.HALTED, ""), (Phase.SUSPENDED, "")]
    assert table_of(ROOT / "docs/market-rules.md", "phase", "begins") == [
        [
            phase.name,
            at,
            "yes" if rules[phase].takes_orders else "no",
            "yes" if rules[phase].takes_cancels else "no",
            spelled[rules[phase].handling],
            " ".join(market.name for market in sorted(rules[phase].takes_fixed)),
            "yes" if rules[phase].cancels_fixed else "no",
        ]
        for phase, at in begins
    ]


def test_checks_are_listed_in_the_order_of_their_numbers():
    rows = dict(table_of(ROOT / "docs/market-rules.md", "command", "checks"))
    listed = {
        command: [Reject[name] for name in names.split(", ")] for command, names in rows.items()
    }
    in_an_order_of_their_own = {"a replace", "a block of trading", "a closing price"}
    assert all(
        reasons == sorted(reasons)
        for command, reasons in listed.items()
        if command not in in_an_order_of_their_own
    )
    at_the_opening = {Reject.DAY_ALREADY_OPEN, Reject.LISTING_OUT_OF_BOUNDS}
    assert set().union(*listed.values()) == set(Reject) - {Reject.NOTHING} - at_the_opening


@pytest.mark.parametrize(
    "row", table_of(ROOT / "docs/market-rules.md", "board", "previous close"), ids=lambda r: r[1]
)
def test_example_of_price_limits_is_right(row):
    board, previous_close, *limits, _ = row
    rule = rule_in_force(load_board_rules(), board, date(2026, 11, 20))
    assert price_limits(rule, parse_units(previous_close)) == tuple(map(parse_units, limits))


@pytest.mark.parametrize(
    "row",
    table_of(ROOT / "docs/market-rules.md", "board", "best ask"),
    ids=lambda r: "-".join(r[:2]),
)
def test_example_of_the_cage_is_what_the_engine_does(row):
    board, *prices, _ = row
    best_ask, highest_buy, best_bid, lowest_sell = map(parse_units, prices)
    caged = [Reject.NOTHING, Reject.PRICE_OUTSIDE_CAGE]
    assert reasons_at(board, Side.BUY, best_ask, highest_buy) == caged
    assert reasons_at(board, Side.SELL, best_bid, lowest_sell) == caged


def reasons_at(board: str, side: Side, best: int, last: int) -> list[Reject]:
    """Return why orders are refused at `last` and one tick beyond, where `best` rests opposite."""
    rule = rule_in_force(load_board_rules(), board, date(2026, 11, 20))
    lower, upper = price_limits(rule, best, Status.FREE)
    beyond = last + (rule.tick if side == Side.BUY else -rule.tick)
    found = []
    for price in (last, beyond):
        commands = [
            open_day(),
            *listing(0, previous_close=best, lower_limit=lower, upper_limit=upper),
            change_phase(Phase.CONTINUOUS),
            enter(1 - side, 200, best),
            enter(side, 200, price),
        ]
        rows = journal(commands)
        define(rows[1], rule, 0)
        reports = Venue(Limits(instruments=1, ticks=64**3)).apply(rows)
        last_reports = reports[reports["sequence"] == len(rows)]
        is_refused = last_reports["kind"][0] == ReportKind.REJECTED
        found.append(Reject(last_reports["reason"][0] if is_refused else Reject.NOTHING))
    return found


@pytest.mark.parametrize(
    "row", table_of(ROOT / "docs/market-rules.md", "#", "bids"), ids=lambda r: f"{r[0]} {r[3]}"
)
def test_worked_example_of_an_auction_is_what_the_engine_does(row):
    _, bids, asks, rules, reference, price, quantity, _ = row
    exchange = {"SSE": SSE_RULES, "SZSE": SZSE_RULES}[rules]
    commands = [
        open_day(),
        *listing(0, previous_close=parse_units(reference), **exchange),
        change_phase(Phase.OPENING_CALL),
        *(enter(Side.BUY, *order) for order in orders(bids)),
        *(enter(Side.SELL, *order) for order in orders(asks)),
        change_phase(Phase.PRE_CONTINUOUS),
    ]
    reports = Venue(Limits(instruments=1, ticks=1_000)).apply(journal(commands))
    bought = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)]
    prices = {format_units(int(report["price"]), 2) for report in bought}
    assert (prices or {"none"}, int(bought["quantity"].sum())) == ({price}, int(quantity))


def orders(text: str) -> list[tuple[int, int]]:
    """Return quantity and price of orders that are spelled like "10.10x300 10.05x200"."""
    pairs = (order.split("x") for order in text.split())
    return [(int(quantity), parse_units(price)) for price, quantity in pairs]


@pytest.fixture
def config(tmp_path) -> Path:
    """The default configuration, but for the port and the place of the data."""
    text = (DEFAULTS / "venue.toml").read_text("utf-8")
    text = text.replace("port = 7001", "port = 0").replace('"../../data"', '"data"')
    text = text.replace("example.secret", str(DEFAULTS / "example.secret"))
    text = text.replace("instruments.csv", str(DEFAULTS / "instruments.csv"))
    text = text.replace('"accounts"', f'"{DEFAULTS / "accounts"}"')
    path = tmp_path / "venue.toml"
    path.write_text(text, "utf-8")
    return path


def test_example_of_the_client_library_trades(config):
    (example,) = blocks_of(ROOT / "README.md", "python")
    with ChildGateway(config) as gateway:
        program = example.replace("7001", str(gateway.port))
        told = run([sys.executable, "-c", program], cwd=ROOT)
    assert told.splitlines()[-1] == "bought 100 at 1450.0"


def test_examples_of_the_client_document_print_what_it_says(config):
    document = ROOT / "docs/client.md"
    printed = re.findall(r"^It prints `(.*?)`", document.read_text("utf-8"), re.M)
    told = []
    with ChildGateway(config) as gateway:
        for example in blocks_of(document, "python"):
            program = example.replace("7001", str(gateway.port))
            told.append(run([sys.executable, "-c", program], cwd=ROOT).strip())
    assert told == printed


def test_steps_of_the_close_are_told_in_their_order():
    rows = table_of(ROOT / "docs/operating.md", "step", "what it does")
    assert [name for name, _ in rows] == NAMES


def test_table_of_a_clients_patience_is_the_code():
    rows = table_of(ROOT / "docs/client.md", "Field", "Default")
    defaults = Recovery._field_defaults
    assert [row[0] for row in rows] == list(defaults)
    told = {name: float(default) for name, default, _ in rows if default}
    assert told == {name: value for name, value in defaults.items() if name in told}


def test_default_configuration_opens_the_day_of_today(config):
    before = business_date_at(time.time_ns())
    with (
        ChildGateway(config) as gateway,
        BlockingClient(gateway.host, gateway.port, "alice", "alice-of-branch-1") as alice,
    ):
        assert before <= alice.session.business_date <= business_date_at(time.time_ns())


def test_day_by_hand_goes_as_it_is_told(config, tmp_path):
    by_hand, in_continuous_trading, asked, *afterwards = blocks_of(
        ROOT / "docs/operating.md", "console"
    )
    dated = f"[venue]\nbusiness_date = {BUSINESS_DATE}"
    config.write_text(config.read_text("utf-8").replace("[venue]", dated), "utf-8")
    with ChildGateway(config) as gateway:
        day = by_hand + in_continuous_trading + asked
        assert_goes_as_told(day.replace("--user", f"--port {gateway.port} --user"), tmp_path)
    assert_goes_as_told("".join(afterwards), tmp_path)


def assert_goes_as_told(transcript: str, folder: Path) -> None:
    """Assert that commands behind a `$` print what stands under them; `...` stands for anything."""
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", transcript, re.M)
    script = "\n".join(f"echo '{index}'; {command}" for index, (command, _) in enumerate(commands))
    told = run(["bash", "-c", script], cwd=folder)
    expected = "".join(f"{index}\n{output}" for index, (_, output) in enumerate(commands))
    assert re.fullmatch(re.escape(expected).replace(r"\.\.\.", ".*"), told), told


def run(command: list[str], cwd: Path) -> str:
    """Run a command as a user would, with the installed `cuohe`; return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert ended.stderr == ""
    return ended.stdout
