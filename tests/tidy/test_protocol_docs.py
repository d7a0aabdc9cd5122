"""The documents in docs/protocol and the code say the same, table by table."""

import re
from enum import IntEnum
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest

from engine.entries import FUNDS_RULES, SHARES_RULES
from engine.kernels import POLYNOMIAL
from engine.order_types import EVERY_LEVEL
from engine.order_types import RULES as ORDER_TYPES
from engine.permissions import permissions
from engine.phases import RULES, TIMETABLE, TIMETABLES
from engine.rulebook import load_board_rules, rule_in_force
from engine.storage import snapshot
from engine.storage.journal import GROUP_ROWS_MAX
from engine.venue import Limits, Venue
from gateway.connection import UNREAD_BYTES
from gateway.desk import REACH_OF_COPIES
from gateway.intake import ROWS_MAX
from gateway.line import UNSENT_BYTES_MAX
from gateway.reading import BATCH_REPORTS_MAX, REPEATED_MAX
from gateway.session import PAUSED_BEATS_MAX, SILENT_BEATS_MAX, checked_rows
from gateway.vetting import RESENT_MAX
from protocol import messages, vocabulary
from protocol.calendar import midnight, time_of_day, to_date
from protocol.codec import encode
from protocol.framing import FRAME_BYTES_MAX, LENGTH, LOGIN_BYTES_MAX
from protocol.messages import CommandBatch, Inbound, Outbound
from protocol.records import (
    GROUP,
    GROUP_MAGIC,
    HEAD,
    HEADER,
    KINDS,
    MAGIC,
    REPORT,
    ROW_BYTES,
    TAIL,
    VERSION,
)
from protocol.translate import REPORTS, Translator
from protocol.units import NANOSECONDS, parse_units
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    AccountStatus,
    CommandKind,
    Copies,
    Currency,
    Feature,
    FundsEntry,
    Handling,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    Place,
    Pricing,
    RateAction,
    Reach,
    ReportKind,
    Rest,
    Role,
    Schedule,
    Side,
)
from tests.commands import (
    admit,
    cancel,
    change_phase,
    change_status,
    change_user,
    define_fees,
    enter,
    journal,
    limit_account,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.trading import EVERYTHING, Market

FOLDER = Path(__file__).parents[2] / "docs" / "protocol"
ORDER_ENTRY = (FOLDER / "order-entry.md").read_text(encoding="utf-8")
RECORDS = (FOLDER / "records.md").read_text(encoding="utf-8")
JOURNAL = (FOLDER / "journal.md").read_text(encoding="utf-8")
PERMISSIONS = (FOLDER / "permissions.md").read_text(encoding="utf-8")
QUESTIONS = (FOLDER / "questions.md").read_text(encoding="utf-8")
MARKET_DATA = (FOLDER / "market-data.md").read_text(encoding="utf-8")

EVERY_MESSAGE = [
    form
    for form in vars(messages).values()
    if isinstance(form, type)
    and issubclass(form, messages.Message)
    and form.__module__ == messages.__name__
]
"""Those of order-entry.md; questions have a document and tests of their own."""

UNWRITTEN = (Handling, Place, Pricing, Reach, Rest)
"""How the engine reads its tables, and keeps its orders; never written anywhere."""

ENUMERATIONS = [
    form
    for form in vars(vocabulary).values()
    if isinstance(form, type) and issubclass(form, IntEnum) and form not in (IntEnum, *UNWRITTEN)
]

TYPES = {
    "<i8": "i64",
    "<i4": "i32",
    "<i2": "i16",
    "i1": "i8",
    "|i1": "i8",
    "<u4": "u32",
    "<u2": "u16",
}


def section(document: str, title: str) -> str:
    """Return what stands under a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", document, re.M | re.S)
    assert found, f"no heading {title!r}"
    return found[1]


def tables(text: str) -> list[list[list[str]]]:
    """Return the Markdown tables in a text, each a list of rows of cells, the header first."""
    found: list[list[list[str]]] = []
    previous = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not previous.startswith("|"):
                found.append([])
            if not line.startswith("|---"):
                found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        previous = line
    return found


def table(document: str, title: str, nth: int = 0) -> list[list[str]]:
    """Return the rows of the nth table under a heading, without their header."""
    return tables(section(document, title))[nth][1:]


def columns(rows: list[list[str]], count: int) -> list[tuple[str, ...]]:
    return [tuple(row[:count]) for row in rows]


def type_name(kind: msgspec.inspect.Type) -> str:
    """Return how the document spells a field's type."""
    match kind:
        case msgspec.inspect.IntType(ge=ge, le=le):
            return {(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1): f"i{bits}" for bits in (8, 32, 64)}[
                ge, le
            ]
        case msgspec.inspect.StrType(max_length=None):
            return "str"
        case msgspec.inspect.StrType(max_length=length):
            return f"str {length}"
        case msgspec.inspect.EnumType(cls=cls):
            return cls.__name__
        case msgspec.inspect.ListType(item_type=item):
            return f"array of {type_name(item)}"
        case msgspec.inspect.StructType(cls=cls):
            return cls.__name__
        case msgspec.inspect.BoolType():
            return "bool"
        case msgspec.inspect.BytesType():
            return "bin"
        case msgspec.inspect.UnionType(types=(one, msgspec.inspect.NoneType())):
            return f"{type_name(one)} or nil"
    raise AssertionError(f"the document has no name for {kind}")


def spelled(field: msgspec.inspect.Field) -> tuple[str, str]:
    """Return a field's name and its type, with the default if there is one."""
    name = type_name(field.type)
    if field.required:
        return field.name, name
    default = "nil" if field.default is None else msgspec.json.encode(field.default).decode()
    return field.name, f"{name} = {default}"


def fields_of(form: type) -> list[tuple[str, str]]:
    return [spelled(field) for field in msgspec.inspect.type_info(form).fields]


@pytest.mark.parametrize("form", EVERY_MESSAGE, ids=lambda form: form.__name__)
def test_message_has_its_table(form):
    found = tables(section(ORDER_ENTRY, form.__name__))
    assert [columns(rows[1:], 2) for rows in found] == (
        [fields_of(form)] if fields_of(form) else []
    )


def tagged(
    forms: list[type], received: object = Inbound, sent: object = Outbound
) -> list[tuple[int, str, str]]:
    """Return tag, name and sender of messages, as the documents have them; the venue receives and
    sends messages of these unions."""
    inbound, outbound = get_args(received), get_args(sent)
    found = []
    for form in forms:
        sender = "both" if form in inbound and form in outbound else ""
        sender = sender or ("client" if form in inbound else "venue")
        found.append((form.__struct_config__.tag, form.__name__, sender))
    return found


def listed(document: str, title: str) -> list[tuple[int, str, str]]:
    """Return tag, name and sender of the messages in the table under a heading."""
    return [
        (int(tag), re.fullmatch(r"\[(\w+)\]\(#\w+\)", link)[1], sender)
        for tag, link, sender, _ in table(document, title)
    ]


def headed(document: str) -> list[tuple[int, str, str]]:
    """Return tag, name and sender of the messages that have a heading of their own."""
    heading = r"^### (\w+)\n\nTag (\d+), from (?:the )?(\w+)"
    found = re.findall(heading, document, re.M)
    return [(int(tag), name, sender) for name, tag, sender in found]


def test_messages_stand_in_the_order_of_the_code_with_tag_and_direction():
    expected = tagged(EVERY_MESSAGE)
    assert listed(ORDER_ENTRY, "Messages") == headed(ORDER_ENTRY) == expected


@pytest.mark.parametrize("form", ENUMERATIONS, ids=lambda form: form.__name__)
def test_enumeration_is_documented_once_with_every_member(form):
    own = {
        CommandKind: (RECORDS, "COMMAND rows", 0),
        ReportKind: (RECORDS, "REPORT rows", 1),
    }
    documents = (ORDER_ENTRY, RECORDS, QUESTIONS, MARKET_DATA)
    titled = [text for text in documents if f"\n### {form.__name__}\n" in text]
    places = [own[form]] if form in own else [(text, form.__name__, 0) for text in titled]
    assert len(places) == 1
    members = [(str(member.value), member.name) for member in form]
    assert columns(table(*places[0]), 2) == members


def test_phases_do_what_the_document_says():
    handled = {
        Handling.NOTHING: "are not taken",
        Handling.RESTS: "rest",
        Handling.MATCHES: "match on arrival",
        Handling.QUEUES: "wait, or are not taken",
        Handling.FIXED: "trade at the closing price",
    }
    day = midnight(20261120)
    begins: dict[Phase, list[str]] = {phase: [] for phase in Phase}
    for begin in TIMETABLE:
        begins[begin.phase].append(time_of_day(day + begin.second * NANOSECONDS))
    said = ("no", "yes")
    assert columns(table(ORDER_ENTRY, "Phases of the day"), 7) == [
        (
            rule.phase.name,
            ", ".join(begins[rule.phase]),
            said[rule.takes_orders],
            said[rule.takes_cancels],
            handled[rule.handling],
            ", ".join(market.name for market in sorted(rule.takes_fixed)),
            said[rule.cancels_fixed],
        )
        for rule in RULES
    ]


def test_schedules_lack_the_phases_that_the_document_says():
    for _, name, meaning in table(ORDER_ENTRY, "Schedule"):
        without = set(TIMETABLE) - set(TIMETABLES[Schedule[name]])
        named = {phase.name for phase in Phase if re.search(rf"\b{phase.name}\b", meaning)}
        assert named == {begin.phase.name for begin in without}


def test_holds_are_those_that_there_are():
    assert [name for name, _ in table(ORDER_ENTRY, "Holds")] == [hold.name for hold in Hold]


def test_places_where_orders_wait_are_those_that_there_are():
    rows = table(ORDER_ENTRY, "Where orders wait")
    assert [row[0] for row in rows] == [place.name for place in Place]
    words = {*Feature.__members__, *OrderType.__members__, ""}
    assert [word for _, _, word, *_ in rows if word not in words] == []
    assert [then for *_, then in rows if then and not hasattr(messages, then)] == []


def test_order_types_do_what_the_document_says():
    prices = {
        Pricing.GIVEN: "its own",
        Pricing.WORST_ALLOWED: "its protection, or the day's limit",
        Pricing.BEST_OPPOSITE: "the best of the other side",
        Pricing.BEST_OWN: "the best of its own side",
    }
    rests = {
        Rest.RESTS: "rests",
        Rest.IS_CANCELED: "is canceled",
        Rest.RESTS_AT_LAST_PRICE: "rests at its last price",
    }
    expected = []
    for rule in ORDER_TYPES:
        if rule.order_type is OrderType.FIXED_PRICE:
            continue
        reach = "all prices" if rule.levels == EVERY_LEVEL else f"the {rule.levels} best prices"
        reach += ", all of it or nothing" if rule.fills_all else ""
        expected.append((rule.order_type.name, prices[rule.pricing], reach, rests[rule.rest]))
    assert columns(table(ORDER_ENTRY, "Order types"), 4) == expected


def test_an_exchange_has_a_name_for_the_order_types_that_it_takes():
    boards, day = load_board_rules(), to_date(20261120)
    named = table(ORDER_ENTRY, "Order types", nth=1)
    for place, board in ((1, "SSE_MAIN"), (2, "SZSE_MAIN")):
        taken = {OrderType[row[0]] for row in named if row[place]}
        assert taken == set(rule_in_force(boards, board, day).order_types)


def test_limits_are_those_of_the_code():
    envelope = len(encode(CommandBatch(bytes(ROW_BYTES * 2_000)))) - ROW_BYTES * 2_000
    rows_max = (FRAME_BYTES_MAX + LENGTH.size - envelope) // ROW_BYTES
    lengths = dict(field for form in EVERY_MESSAGE for field in fields_of(form))
    limits = {what: limit.replace(",", "") for what, limit in table(ORDER_ENTRY, "Limits")}
    assert limits == {
        "bytes in the body of a frame": str(FRAME_BYTES_MAX),
        "bytes in the body of a client's frame before LoginAccepted": str(LOGIN_BYTES_MAX),
        "rows in a CommandBatch": str(rows_max),
        "rows in a ReportBatch": str(BATCH_REPORTS_MAX),
        "characters in a name (user, instrument)": lengths["user"].removeprefix("str "),
        "characters in a text (reason)": lengths["text"].removeprefix("str "),
        "bytes that wait unread before reports are held back": str(UNREAD_BYTES),
        "bytes that wait unread before TOO_SLOW": str(UNSENT_BYTES_MAX),
        "heartbeat intervals of reports held back before TOO_SLOW": str(PAUSED_BEATS_MAX),
        "requests sent again that wait for their answers": str(RESENT_MAX),
        "reports of a request that are repeated": str(REPEATED_MAX),
        "rows that wait before the venue reads no more for a while": str(ROWS_MAX),
        "heartbeat intervals without a sign of life": str(SILENT_BEATS_MAX),
        "greatest client_seq, price, quantity, account": str(2**31 - 1),
    }


def tiles(fields) -> list[tuple[str, str, str]]:
    """Return offset, name and type of fields that lie one behind another."""
    offset, found = 0, []
    for name, form in fields:
        size = np.dtype(form).itemsize
        found.append((str(offset), name, TYPES.get(form, f"{size} byte{'s' * (size > 1)}")))
        offset += size
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_command_has_its_table(kind):
    told = [row for title in ("Head", kind, "Tail") for row in columns(table(RECORDS, title), 3)]
    assert told == tiles((*HEAD, *KINDS[kind], *TAIL))


CELLS = {Reach.NOBODY: "-", Reach.OWN: "own", Reach.EVERY: "every"}


def test_copies_need_the_right_that_the_desk_asks_for():
    needed = {Copies[name]: needs for _, name, _, needs in table(ORDER_ENTRY, "Copies") if needs}
    assert needed == {copies: CELLS[reach] for copies, reach in REACH_OF_COPIES.items()}


def test_table_of_permissions_is_the_data():
    said = [
        [right.name, *[CELLS[reach] for reach in reaches.values()]]
        for right, reaches in permissions().items()
    ]
    assert table(PERMISSIONS, "Table") == said
    roles = [[role.name for role in reaches] for reaches in permissions().values()]
    assert [row[0] for row in table(PERMISSIONS, "Roles")] == roles[0]
    assert f"| {' | '.join(roles[0])} |" in section(PERMISSIONS, "Table")


def test_report_has_its_table():
    fields = [(name, REPORT[name].str) for name in REPORT.names]
    assert columns(table(RECORDS, "REPORT rows"), 3) == tiles(fields)


LINES = {
    "Header": HEADER,
    "Group": GROUP,
    "Snapshot header": snapshot.HEADER,
    "Arena": snapshot.ARENA,
    "Last line": snapshot.FOOTER,
}


@pytest.mark.parametrize("title", LINES)
def test_line_of_a_journal_or_snapshot_has_its_table(title):
    line = LINES[title]
    fields = [
        (name if name != "spare" else "", line[name].str.replace("|V", "S")) for name in line.names
    ]
    assert columns(table(JOURNAL, title), 3) == tiles(fields)


def test_numbers_of_a_journal_and_a_snapshot_are_those_of_the_code():
    notes = {title: {row[1]: row[3] for row in table(JOURNAL, title)} for title in LINES}
    for title, magic, version in [
        ("Header", MAGIC, VERSION),
        ("Snapshot header", snapshot.MAGIC, snapshot.VERSION),
    ]:
        assert notes[title]["magic"] == f"`{magic.decode()}`"
        assert notes[title]["version"] == str(version)
        assert notes[title]["line_bytes"] == str(ROW_BYTES)
    assert notes["Group"]["magic"] == f"0x{GROUP_MAGIC:X}"
    assert f"at most {GROUP_ROWS_MAX:,};" in notes["Group"]["rows"]
    assert notes["Snapshot header"]["block_bytes"] == str(snapshot.BLOCK_BYTES)
    assert f"(0x{POLYNOMIAL:X})" in section(JOURNAL, "Checksums")


@pytest.mark.parametrize("rules", [FUNDS_RULES, SHARES_RULES], ids=["FundsEntry", "SharesEntry"])
def test_entries_do_what_the_document_says(rules):
    said = []
    for entry, *signs in rules:
        withdraws = ["yes" if signs.pop() else ""] if isinstance(entry, FundsEntry) else []
        cells = [{-1: "-", 0: "", 1: "+"}[sign] for sign in signs]
        said.append([str(entry.value), entry.name, *cells, *withdraws])
    assert [row[:-1] for row in table(ORDER_ENTRY, type(rules[0].entry).__name__)] == said


FEES_EXAMPLE = table(ORDER_ENTRY, "What an order holds")


def units(text: str) -> int:
    """Return an amount of the document, like "-12,345.12", in 1/10000 yuan."""
    return parse_units(text.replace(",", ""))


def asked_of_accounts(*orders: dict, balance: int) -> Venue:
    """Return a venue where account 1 buys with so much money, and 2 sells 1,000 shares it has."""
    venue = Venue(Limits(instruments=1, ticks=1_000_000, accounts=3, holdings=3, movements=9))
    terms = {"commission_rate": 25_000, "commission_min": 50_000, "commission_includes": 1}
    commands = [
        open_day(with_accounts=1),
        define_fees(0, stamp_sell_rate=50_000, transfer_rate=1_000, handling_rate=3_410),
        *listing(0, previous_close=123_400, lower_limit=111_100, upper_limit=135_700),
        *(open_account(number, **terms) for number in (1, 2)),
        move_funds(1, balance),
        move_shares(2, 1_000),
        change_phase(Phase.CONTINUOUS),
        *orders,
    ]
    venue.apply(journal(commands))
    return venue


BUY = enter(Side.BUY, 1_000, 123_400, account=1)


@pytest.mark.parametrize("row", FEES_EXAMPLE, ids=lambda row: row[0])
def test_example_of_fees_is_what_the_engine_charges(row):
    side, *items, change = row
    *parts, fees = map(units, items)
    assert sum(parts) == fees
    sell = enter(Side.SELL, 1_000, 123_400, account=2)
    venue = asked_of_accounts(sell, BUY, balance=200_000_000)
    account, before = {"BUY": (1, 200_000_000), "SELL": (2, 0)}[side]
    assert venue.funds(account, Currency.CNY).balance - before == units(change)


def test_example_of_a_need_is_what_the_engine_holds():
    need = -units({row[0]: row[-1] for row in FEES_EXAMPLE}["BUY"])
    held = [
        asked_of_accounts(BUY, balance=balance).funds(1, Currency.CNY).held
        for balance in (need, need - 100)
    ]
    assert held == [need, 0]


@pytest.fixture(scope="module")
def eventful_day() -> np.ndarray:
    """The reports of a day on which everything happens that a report can tell."""
    limits = Limits(100, 100, instruments=2, sessions=5, ticks=10_000, reports=64)
    market = Market(Venue(limits), rules=EVERYTHING)
    market.begins(Phase.OPENING_CALL, schedules=Schedule)
    market.alice.buys(200, at="10.00")
    market.bob.sells(100, at="9.90")
    market.begins(Phase.CONTINUOUS, instrument=1)
    market.bob.sells(300, at="10.10", instrument=1)
    market.alice.buys(100, at="10.10", instrument=1)
    market.carol.sells(300, at="10.20", instrument=1)
    market.carol.cancels(100)
    market.dave.cancels(100, order=market.carol.orders[-1])
    market.begins(Phase.CONTINUOUS)
    market.bob.sells_at_once(200, at="10.00")
    market.bob.cancels(order=99)
    market.carol.replaces(200, at="10.30")
    market.dave.replaces(100, at="10.40", order=market.carol.orders[-1])
    market.carol.cancels_all(instrument=1)
    market.alice.sells_stop(200, trigger="10.20", at="10.30", instrument=1)
    market.holds(Hold.HALTED, instrument=1, cause=HoldCause.NEWS)
    market.bob.sells(100, at="10.50")
    market.dave.blocks(of_side=Side.SELL)
    market.dave.lifts(of_side=Side.SELL)
    market.dave.says(change_user(2, 1, in_flight_max=9, rate_max=8))
    market.dave.says(change_user(2, 0))
    market.holds(Hold.NONE, instrument=1)
    market.carol.sells(100, at="10.60")
    market.carol.buys_at_close(200, at="10.10", instrument=1)
    market.bob.sells_at_close(100, at="10.00", instrument=1)
    market.fixes_close(at="10.05", instrument=1)
    market.begins(Phase.FIXED_PRICE)
    market.closes()
    told = np.array([report.item() for report in market.reports], REPORT)
    return np.concatenate([told, reports_about_accounts()])


def reports_about_accounts() -> np.ndarray:
    """The answers to an operator who opens an account of a day that has them, and uses it."""
    limits = Limits(9, 9, instruments=3, sessions=2, accounts=2, holdings=2, movements=6)
    sell = enter(Side.SELL, 100, 100_000, instrument=1, account=1)
    filling = [
        open_account(1),
        limit_account(1, rate_max=1, rate_action=RateAction.DELAY),
        move_funds(1, 50_000, currency=Currency.HKD),
        move_shares(1, 200, instrument=1),
    ]
    using = [
        sell,
        sell,
        sell | {"post_only": 1},
        cancel(1),
        cancel(2),
        {"kind": CommandKind.CAPITALISE, "account": EVERY_ACCOUNT, "currency": Currency.HKD},
        {"kind": CommandKind.CHANGE_CODE, "instrument": 1, "to_instrument": 2},
        change_status(1, AccountStatus.FROZEN),
    ]
    commands = [
        open_day(with_accounts=1),
        define_fees(0),
        *[row for number in range(3) for row in listing(number)],
        admit(1, 0, 1, Role.OPERATOR),
        *asked_by_operator(filling, first_seq=1),
        {"kind": CommandKind.BRING_INTEREST, "account": 1, "currency": Currency.HKD, "accrued": 99},
        change_phase(Phase.CONTINUOUS),
        *asked_by_operator(using, first_seq=5),
    ]
    return Venue(limits).apply(journal(commands))


def asked_by_operator(commands: list[dict], first_seq: int) -> list[dict]:
    return [
        command | {"session": 1, "client_seq": seq}
        for seq, command in enumerate(commands, start=first_seq)
    ]


FIELDS = tables(section(RECORDS, "REPORT rows"))[2:]
"""What the fields of reports hold, by the tables of the document."""


def test_every_report_is_in_one_of_the_tables_of_fields():
    told = [name for header, *_ in FIELDS for name in header[1:]]
    assert sorted(told) == sorted(kind.name for kind in ReportKind)
    for header, *rows in FIELDS:
        assert header[0] == "Field"
        assert sorted(row[0] for row in rows) == sorted(
            name for name in REPORT.names if name not in ("sequence", "time", "kind")
        )


@pytest.mark.parametrize("kind", ReportKind, ids=lambda kind: kind.name)
def test_fields_of_a_report_hold_what_the_document_says(kind, eventful_day):
    ((header, *rows),) = [found for found in FIELDS if kind.name in found[0]]
    of_kind = eventful_day[eventful_day["kind"] == kind]
    told = {row[0]: row[header.index(kind.name)] for row in rows}
    held = {name: set(of_kind[name].tolist()) for name in told}
    fixed = {name: {int(cell)} for name, cell in told.items() if re.fullmatch(r"-?\d", cell)}
    assert {name: held[name] for name in fixed} == fixed
    assert [name for name in told if held[name] == {0} and name not in fixed] == []


def test_reports_do_to_an_order_what_the_document_says(eventful_day):
    does = {name: cells for name, *cells in table(ORDER_ENTRY, "What a report does to an order")}
    kinds = {kind: form.__name__ for kind, form in REPORTS.items() if form.__name__ in does}
    about_orders = [kind for kind in ReportKind if kind.name in FIELDS[0][0]]
    assert sorted(kinds) == about_orders
    open_quantity: dict[int, int] = {}
    price: dict[int, int] = {}
    for row in eventful_day[np.isin(eventful_day["kind"], about_orders)]:
        number, form = int(row["order_number"]), kinds[row["kind"]]
        if form == "Released":
            assert row["quantity"] == open_quantity[number]
        for cell, kept in zip(does[form], (open_quantity, price), strict=True):
            if cell != "stays":
                kept[number] = int(cell) if cell.isdigit() else int(row[cell.strip("`")])
        if row["kind"] in (ReportKind.CANCELED, ReportKind.EXPIRED):
            assert row["price"] == price[number]
    assert set(open_quantity.values()) == {0}


def test_the_batch_of_the_document_is_what_the_translator_makes():
    (listing,) = re.findall(r"```python\n(.*?)```", RECORDS, re.S)
    names: dict = {}
    exec(listing, names)
    translator = Translator(["600519.SH"])
    order = messages.EnterOrder(1, 1001, "600519.SH", vocabulary.Side.BUY, 14_510_200, 100)
    cancel = messages.CancelOrder(2, 1)
    assert checked_rows(names["rows"]) == b"".join(
        translator.to_row(message, session=0) for message in (order, cancel)
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for file, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", path.read_text(encoding="utf-8")):
        target = (path.parent / file if file else path).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.*)$", target, re.M)
        anchors = [title.lower().replace(" ", "-") for title in titles]
        assert not anchor or anchor in anchors, f"{file}#{anchor}"
