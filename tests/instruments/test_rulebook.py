"""Each board has its own rules on each day, and each code its board."""

import csv
from datetime import date, timedelta

import pytest

from engine.kernels.state import TICKS_MAX
from engine.rulebook import (
    BOARDS,
    CLOSE_MAX,
    PRICE_MAX,
    SUBJECTS,
    BoardRule,
    Status,
    board_of,
    check_status,
    halts_on,
    limits_bp,
    load_board_rules,
    load_codes,
    parse_close,
    price_limits,
    rule_in_force,
    said_of,
)
from protocol.units import parse_units
from protocol.vocabulary import (
    Candidates,
    Feature,
    HaltRule,
    Market,
    OrderType,
    Schedule,
    TieBreak,
)

NEWEST = date(2026, 11, 20)
SSE_TYPES = (
    OrderType.LIMIT,
    OrderType.COUNTERPARTY_BEST,
    OrderType.OWN_SIDE_BEST,
    OrderType.BEST_FIVE_THEN_CANCEL,
    OrderType.BEST_FIVE_THEN_LIMIT,
)
SZSE_TYPES = (
    OrderType.LIMIT,
    OrderType.COUNTERPARTY_BEST,
    OrderType.OWN_SIDE_BEST,
    OrderType.BEST_FIVE_THEN_CANCEL,
    OrderType.IMMEDIATE_THEN_CANCEL,
    OrderType.ALL_OR_CANCEL,
)
FIXED_PRICE = (OrderType.FIXED_PRICE,)
THE_DAY_BEFORE, THE_DAY = date(2026, 7, 5), date(2026, 7, 6)
"""Of the new rules of both exchanges."""


def rule_on(board: str, day: str | date) -> BoardRule:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    rule = rule_in_force(load_board_rules(), board, day)
    assert rule is not None, f"{board} has no rules on {day}"
    return rule


CHANGES = [
    # board, first day of the change, field, before, from then on
    ("SSE_MAIN", "2023-04-10", "first_days_free", 0, 5),
    ("SSE_MAIN", "2023-04-10", "cage_bp", 0, 200),
    ("SSE_MAIN", "2023-04-10", "cage_ticks", 0, 10),
    ("SSE_MAIN", "2023-04-10", "price_limit_ticks", 0, 1),
    ("SSE_MAIN", "2026-07-06", "price_limit_st_bp", 500, 1000),
    ("SZSE_MAIN", "2023-04-10", "first_days_free", 0, 5),
    ("SZSE_MAIN", "2023-04-10", "cage_bp", 0, 200),
    ("SZSE_MAIN", "2023-04-10", "cage_ticks", 0, 10),
    ("SZSE_MAIN", "2026-07-06", "price_limit_st_bp", 500, 1000),
    ("STAR", "2023-04-10", "price_limit_ticks", 0, 1),
    ("CHINEXT", "2020-08-24", "price_limit_bp", 1000, 2000),
    ("CHINEXT", "2020-08-24", "price_limit_st_bp", 1000, 2000),
    ("CHINEXT", "2020-08-24", "quantity_max", 1_000_000, 300_000),
    ("CHINEXT", "2020-08-24", "quantity_max_market", 1_000_000, 150_000),
    ("CHINEXT", "2020-08-24", "first_days_free", 0, 5),
    ("CHINEXT", "2020-08-24", "cage_bp", 0, 200),
    ("CHINEXT", "2023-04-10", "cage_ticks", 0, 10),
    ("SSE_B", "2023-04-10", "price_limit_ticks", 0, 1),
    ("SSE_B", "2026-07-06", "price_limit_st_bp", 500, 1000),
    ("SZSE_B", "2026-07-06", "price_limit_st_bp", 500, 1000),
    ("SSE_FUND", "2023-04-10", "price_limit_ticks", 0, 1),
    ("SSE_FUND_20", "2023-04-10", "price_limit_ticks", 0, 1),
    ("SSE_REIT", "2023-04-10", "price_limit_ticks", 0, 1),
    ("SSE_MAIN", "2023-04-10", "halts", HaltRule.NONE, HaltRule.NO_BAND_STOCK),
    ("SZSE_MAIN", "2023-04-10", "halts", HaltRule.NONE, HaltRule.NO_BAND_STOCK),
    ("CHINEXT", "2020-08-24", "halts", HaltRule.NONE, HaltRule.NO_BAND_STOCK),
    ("CHINEXT", "2020-08-24", "order_types", SZSE_TYPES, SZSE_TYPES + FIXED_PRICE),
    *(
        (board, "2026-07-06", "order_types", types, types + FIXED_PRICE)
        for board, types in (
            ("SSE_MAIN", SSE_TYPES),
            ("SZSE_MAIN", SZSE_TYPES),
            ("SSE_FUND", SSE_TYPES),
            ("SSE_FUND_20", SSE_TYPES),
            ("SZSE_FUND", SZSE_TYPES),
            ("SZSE_FUND_20", SZSE_TYPES),
        )
    ),
    *(
        (board, "2026-07-06", "schedule", Schedule.TRADES_TO_CLOSE, Schedule.CLOSING_CALL)
        for board in ("SSE_FUND", "SSE_FUND_20", "SSE_REIT")
    ),
]
SPOKEN = ("effective_from", "source", "confidence")


@pytest.mark.parametrize(("board", "day", "field", "before", "after"), CHANGES)
def test_a_value_changes_on_its_day_and_not_before(board, day, field, before, after):
    the_day_before = date.fromisoformat(day) - timedelta(days=1)
    assert getattr(rule_on(board, the_day_before), field) == before
    assert getattr(rule_on(board, day), field) == after


def test_nothing_else_has_ever_changed():
    found = []
    newest: dict[str, BoardRule] = {}
    for rule in load_board_rules():
        before = newest.get(rule.board, rule)
        assert before.effective_from <= rule.effective_from
        found += [
            (rule.board, rule.effective_from.isoformat(), field, old, new)
            for field, old, new in zip(rule._fields, before, rule, strict=True)
            if old != new and field not in SPOKEN
        ]
        newest[rule.board] = rule
    assert sorted(found) == sorted(CHANGES)


FIRST_DAYS = {
    "SSE_MAIN": "2018-08-20",
    "STAR": "2019-07-22",
    "SZSE_MAIN": "2011-02-28",
    "CHINEXT": "2011-02-28",
    "BSE": "2021-11-15",
    "SSE_B": "2018-08-20",
    "SZSE_B": "2011-02-28",
    "SSE_FUND": "2018-08-20",
    "SSE_FUND_20": "2020-08-24",
    "SSE_REIT": "2021-06-21",
    "SSE_CONVERTIBLE": "2022-08-01",
    "SZSE_FUND": "2011-02-28",
    "SZSE_FUND_20": "2020-08-24",
    "SZSE_REIT": "2021-06-21",
    "SZSE_CONVERTIBLE": "2022-08-01",
    "SSE_OPEN": "1990-12-19",
    "SSE_OPEN_FINE": "1990-12-19",
    "SZSE_OPEN": "1990-12-19",
    "SZSE_OPEN_FINE": "1990-12-19",
    "SSE_FULL": "1990-12-19",
    "SZSE_FULL": "1990-12-19",
}


def test_every_board_begins_on_its_first_day_and_has_no_rules_before():
    rules = load_board_rules()
    assert {rule.board for rule in rules} == set(FIRST_DAYS)
    for board, text in FIRST_DAYS.items():
        day = date.fromisoformat(text)
        assert rule_on(board, day).effective_from == day
        assert rule_in_force(rules, board, day - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("board", "limit", "tick", "lots", "most", "cage"),
    [
        ("SSE_MAIN", 1000, "0.01", (100, 100), (1_000_000, 1_000_000), (200, 10)),
        ("STAR", 2000, "0.01", (200, 1), (100_000, 50_000), (200, 0)),
        ("SZSE_MAIN", 1000, "0.01", (100, 100), (1_000_000, 1_000_000), (200, 10)),
        ("CHINEXT", 2000, "0.01", (100, 100), (300_000, 150_000), (200, 10)),
        ("BSE", 3000, "0.01", (100, 1), (1_000_000, 1_000_000), (500, 10)),
        ("SSE_B", 1000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SZSE_B", 1000, "0.01", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SSE_FUND", 1000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SSE_FUND_20", 2000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SSE_REIT", 1000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SSE_CONVERTIBLE", 2000, "0.001", (10, 10), (1_000_000, 1_000_000), (1000, 0)),
        ("SZSE_FUND", 1000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SZSE_FUND_20", 2000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SZSE_REIT", 1000, "0.001", (100, 100), (1_000_000, 1_000_000), (0, 0)),
        ("SZSE_CONVERTIBLE", 2000, "0.001", (10, 10), (1_000_000, 1_000_000), (1000, 0)),
    ],
)
def test_numbers_of_every_board_today(board, limit, tick, lots, most, cage):
    rule = rule_on(board, NEWEST)
    assert (rule.price_limit_bp, rule.tick) == (limit, parse_units(tick))
    assert (rule.quantity_min, rule.quantity_step) == lots
    assert (rule.quantity_max, rule.quantity_max_market) == most
    assert (rule.cage_bp, rule.cage_ticks) == cage


def test_order_types_and_auctions_are_those_of_the_exchange():
    ways = {
        Market.SSE: (SSE_TYPES, TieBreak.MIDDLE, Candidates.ORDER_PRICES),
        Market.SZSE: (SZSE_TYPES, TieBreak.NEAREST_REFERENCE, Candidates.ALL_TICKS),
        Market.BSE: (SSE_TYPES, TieBreak.NEAREST_REFERENCE, Candidates.ALL_TICKS),
    }
    for rule in load_board_rules():
        types, *auction = ways[rule.market]
        assert [rule.tie_break, rule.candidates] == auction
        if "FULL" in rule.board:
            assert (rule.order_types, rule.features) == (tuple(OrderType), tuple(Feature))
        elif "OPEN" in rule.board:
            assert set(rule.order_types) == {*SSE_TYPES, *SZSE_TYPES}
            assert rule.features == (Feature.MINIMUM_QUANTITY, Feature.POST_ONLY)
        else:
            limited = (OrderType.LIMIT,) if "CONVERTIBLE" in rule.board else types
            assert rule.order_types[: len(limited)] == limited
            assert rule.order_types[len(limited) :] in ((), FIXED_PRICE)
            waits = (Feature.QUEUES_IN_GAP,) if rule.market is Market.SZSE else ()
            assert rule.features == waits


@pytest.mark.parametrize(
    ("boards", "first"),
    [
        ("STAR", "2019-07-22"),
        ("CHINEXT", "2020-08-24"),
        ("SSE_MAIN SSE_FUND SSE_FUND_20 SZSE_MAIN SZSE_FUND SZSE_FUND_20", "2026-07-06"),
        ("SSE_FULL SZSE_FULL", "1990-12-19"),
    ],
)
def test_fixed_price_orders_are_taken_from_a_day_on(boards, first):
    day = date.fromisoformat(first)
    for board in boards.split():
        before = rule_in_force(load_board_rules(), board, day - timedelta(days=1))
        assert before is None or OrderType.FIXED_PRICE not in before.order_types
        assert OrderType.FIXED_PRICE in rule_on(board, day).order_types


def test_other_boards_take_no_fixed_price_orders():
    taking = {
        rule.board for rule in load_board_rules() if OrderType.FIXED_PRICE in rule.order_types
    }
    assert set(FIRST_DAYS) - taking == {
        *("BSE", "SSE_B", "SZSE_B", "SSE_REIT", "SZSE_REIT", "SSE_CONVERTIBLE", "SZSE_CONVERTIBLE"),
        *("SSE_OPEN", "SSE_OPEN_FINE", "SZSE_OPEN", "SZSE_OPEN_FINE"),
    }


def test_a_fixed_price_order_may_be_of_a_million_where_others_are_smaller():
    for rule in load_board_rules():
        own = "OPEN" in rule.board or "FULL" in rule.board
        assert rule.quantity_max_fixed == (2_000_000_000 if own else 1_000_000)
        assert rule.quantity_max_fixed >= rule.quantity_max


@pytest.mark.parametrize(
    ("boards", "before", "after"),
    [
        ("SSE_FUND SSE_FUND_20 SSE_REIT", Schedule.TRADES_TO_CLOSE, Schedule.CLOSING_CALL),
        ("SSE_MAIN STAR SSE_B SZSE_B BSE", Schedule.CLOSING_CALL, Schedule.CLOSING_CALL),
        ("SZSE_MAIN CHINEXT SZSE_FUND", Schedule.CLOSING_CALL, Schedule.CLOSING_CALL),
        ("SSE_CONVERTIBLE", Schedule.TRADES_TO_CLOSE, Schedule.TRADES_TO_CLOSE),
        ("SZSE_CONVERTIBLE SZSE_REIT", Schedule.CLOSING_CALL, Schedule.CLOSING_CALL),
    ],
)
def test_funds_of_shanghai_have_a_closing_auction_since_2026(boards, before, after):
    for board in boards.split():
        assert rule_on(board, THE_DAY_BEFORE).schedule is before
        assert rule_on(board, THE_DAY).schedule is after


@pytest.mark.parametrize(
    ("board", "day", "status", "halts"),
    [
        ("STAR", "2019-07-22", Status.FREE, HaltRule.NO_BAND_STOCK),
        ("CHINEXT", "2020-08-24", Status.FREE, HaltRule.NO_BAND_STOCK),
        ("SSE_MAIN", "2023-04-10", Status.FREE, HaltRule.NO_BAND_STOCK),
        ("SZSE_MAIN", "2026-07-06", Status.FREE, HaltRule.NO_BAND_STOCK),
        ("BSE", "2026-07-06", Status.FREE, HaltRule.NO_BAND_STOCK),
        ("STAR", "2026-07-06", Status.NORMAL, HaltRule.NONE),
        ("SSE_MAIN", "2026-07-06", Status.ST, HaltRule.NONE),
        ("SSE_MAIN", "2026-07-06", Status.DELISTING, HaltRule.NONE),
        ("SSE_CONVERTIBLE", "2026-07-06", Status.FIRST, HaltRule.FIRST_DAY_BOND),
        ("SZSE_CONVERTIBLE", "2022-08-01", Status.FIRST, HaltRule.FIRST_DAY_BOND),
        ("SZSE_CONVERTIBLE", "2022-08-01", Status.NORMAL, HaltRule.NONE),
        ("SSE_REIT", "2026-07-06", Status.FIRST, HaltRule.NONE),
    ],
)
def test_only_days_without_the_usual_limits_know_halts(board, day, status, halts):
    rule = rule_on(board, day)
    check_status(rule, status)
    assert halts_on(rule, status) is halts


@pytest.mark.parametrize(
    ("board", "day", "status", "allowed"),
    [
        ("SSE_MAIN", "2023-04-09", Status.FREE, "normal, st, delisting"),
        ("SSE_MAIN", "2023-04-10", Status.FIRST, "normal, st, delisting, free"),
        ("SSE_FUND", "2026-07-06", Status.FREE, "normal, st, delisting"),
        ("SSE_REIT", "2026-07-06", Status.FREE, "normal, st, delisting, first"),
        ("SZSE_CONVERTIBLE", "2022-08-01", Status.FREE, "normal, st, delisting, first"),
        ("SSE_OPEN", "2026-07-06", Status.FIRST, "normal, st, delisting"),
    ],
)
def test_a_status_that_a_board_has_no_days_of_is_refused(board, day, status, allowed):
    with pytest.raises(ValueError, match=rf"^board {board} has no status {status} by its rules"):
        check_status(rule_on(board, day), status)
    with pytest.raises(ValueError, match=rf" on; use one of {allowed}$"):
        check_status(rule_on(board, day), status)


@pytest.mark.parametrize(
    ("board", "day", "status", "limit"),
    [
        ("SSE_MAIN", "2026-07-03", Status.ST, 500),
        ("SSE_MAIN", "2026-07-06", Status.ST, 1000),
        ("SSE_MAIN", "2026-07-03", Status.NORMAL, 1000),
        ("SSE_MAIN", "2026-07-03", Status.DELISTING, 1000),
        ("STAR", "2026-07-03", Status.ST, 2000),
        ("CHINEXT", "2026-07-06", Status.DELISTING, 2000),
        ("BSE", "2026-07-06", Status.ST, 3000),
        ("SZSE_MAIN", "2026-07-05", Status.ST, 500),
        ("SZSE_MAIN", "2026-07-06", Status.ST, 1000),
    ],
)
def test_special_treatment_halves_the_limit_of_main_boards_only_and_until_2026(
    board, day, status, limit
):
    assert limits_bp(rule_on(board, day), status) == (limit, limit)


@pytest.mark.parametrize(
    ("board", "day", "status", "close", "lower", "upper"),
    [
        ("SSE_MAIN", NEWEST, Status.NORMAL, "4.26", "3.83", "4.69"),
        ("SSE_MAIN", NEWEST, Status.NORMAL, "10.05", "9.05", "11.06"),
        ("SSE_MAIN", NEWEST, Status.NORMAL, "0.04", "0.03", "0.05"),
        ("SSE_MAIN", date(2023, 4, 7), Status.NORMAL, "0.04", "0.04", "0.04"),
        ("SZSE_MAIN", date(2023, 4, 7), Status.NORMAL, "0.04", "0.03", "0.05"),
        ("STAR", NEWEST, Status.NORMAL, "33.33", "26.66", "40"),
        ("SSE_MAIN", date(2026, 7, 3), Status.ST, "4.26", "4.05", "4.47"),
        ("SSE_MAIN", NEWEST, Status.ST, "4.26", "3.83", "4.69"),
        ("SSE_FUND", NEWEST, Status.NORMAL, "4.712", "4.241", "5.183"),
        ("BSE", NEWEST, Status.NORMAL, "12.34", "8.64", "16.04"),
        ("SZSE_MAIN", NEWEST, Status.NORMAL, "0.01", "0.01", "0.02"),
        ("SSE_REIT", NEWEST, Status.NORMAL, "3.001", "2.701", "3.301"),
        ("SSE_REIT", NEWEST, Status.FIRST, "3.001", "2.101", "3.901"),
        ("SZSE_REIT", date(2021, 6, 21), Status.FIRST, "2.500", "1.750", "3.250"),
        ("SSE_CONVERTIBLE", NEWEST, Status.NORMAL, "100", "80", "120"),
        ("SSE_CONVERTIBLE", NEWEST, Status.FIRST, "100", "56.7", "157.3"),
        ("SZSE_CONVERTIBLE", date(2022, 8, 1), Status.FIRST, "100", "56.7", "157.3"),
    ],
)
def test_limits_are_rounded_half_up_and_a_tick_away_where_the_day_says_so(
    board, day, status, close, lower, upper
):
    limits = price_limits(rule_on(board, day), parse_units(close), status)
    assert limits == (parse_units(lower), parse_units(upper))


@pytest.mark.parametrize(
    ("board", "close", "lower", "upper"),
    [
        ("SSE_MAIN", "10.00", "0.01", "2621.44"),
        ("STAR", "1310.72", "0.01", "2621.44"),
        ("STAR", "1310.73", "0.01", "2621.44"),
        ("STAR", "1310.74", "0.02", "2621.45"),
        ("SSE_MAIN", "107374.18", "106063.46", "108684.89"),
        ("SZSE_CONVERTIBLE", "100.000", "0.001", "262.144"),
    ],
)
def test_a_free_day_has_the_widest_band_around_the_previous_close(board, close, lower, upper):
    rule = rule_on(board, NEWEST)
    limits = price_limits(rule, parse_units(close), Status.FREE)
    assert limits == (parse_units(lower), parse_units(upper))
    assert (limits[1] - limits[0]) // rule.tick + 1 == TICKS_MAX


def test_limits_of_the_highest_previous_close_fit_a_price():
    for rule in load_board_rules():
        close = CLOSE_MAX // rule.tick * rule.tick
        for status in Status:
            lower, upper = price_limits(rule, close, status)
            assert rule.tick <= lower <= close <= upper <= PRICE_MAX


@pytest.mark.parametrize(
    ("board", "symbols"),
    [
        ("SSE_MAIN", "600519.SH 601318.SH 603288.SH 605499.SH"),
        ("STAR", "688981.SH 689009.SH"),
        ("SZSE_MAIN", "000001.SZ 001979.SZ 002594.SZ 003816.SZ"),
        ("CHINEXT", "300750.SZ 301269.SZ 302132.SZ"),
        ("BSE", "430047.BJ 830799.BJ 871981.BJ 920001.BJ"),
        ("SSE_B", "900901.SH"),
        ("SZSE_B", "200002.SZ"),
        ("SSE_FUND", "501018.SH 510300.SH 560050.SH 580001.SH"),
        ("SSE_FUND_20", "588000.SH 589000.SH"),
        ("SZSE_FUND", "159919.SZ 161725.SZ 184801.SZ"),
        ("SSE_REIT", "508000.SH"),
        ("SZSE_REIT", "180101.SZ"),
        ("SSE_CONVERTIBLE", "110059.SH 111000.SH 113050.SH 118000.SH"),
        ("SZSE_CONVERTIBLE", "123001.SZ 127018.SZ 128136.SZ"),
    ],
)
def test_the_longest_known_digits_of_a_code_tell_its_board(board, symbols):
    for symbol in symbols.split():
        assert board_of(symbol) == board


@pytest.mark.parametrize(
    "symbol", ["920001.SH", "600519.SZ", "000001.SH", "204001.SH", "700001.BJ"]
)
def test_a_code_that_no_board_of_its_exchange_has_is_refused(symbol):
    with pytest.raises(ValueError, match=rf"^no board of \w+ has codes like {symbol[:6]}; name"):
        board_of(symbol)


@pytest.mark.parametrize(
    "symbol", ["", "600519", "600519.HK", "60051.SH", "60051a.SH", "６００５１９.SH"]
)
def test_what_is_no_symbol_is_refused(symbol):
    with pytest.raises(ValueError, match=r"is not six digits and .SH, .SZ or .BJ"):
        board_of(symbol)


def test_codes_are_of_boards_of_their_market_that_there_are():
    boards = {(rule.market, rule.board) for rule in load_board_rules()}
    assert {(code.market, code.board) for code in load_codes()} <= boards


@pytest.mark.parametrize("text", ["0", "-1", "0.00", "107374.1824"])
def test_a_previous_close_that_none_can_be_is_refused(text):
    with pytest.raises(ValueError, match=rf"^previous_close {text} is not above 0 and at most"):
        parse_close(text)


def test_source_and_confidence_may_speak_of_one_subject_by_itself():
    assert said_of("cage", "verified; cage: own choice; lots: recalled") == "own choice"
    assert said_of("tick", "verified; cage: own choice; lots: recalled") == "verified"
    for rule in load_board_rules():
        assert {said_of(subject, rule.confidence) for subject in SUBJECTS} <= {
            "verified",
            "secondary",
            "recalled",
            "own choice",
        }


@pytest.mark.parametrize("column", ["source", "confidence"])
def test_what_speaks_of_an_unknown_subject_is_refused(tmp_path, column):
    with BOARDS.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    row[column] += "; weather: recalled"
    path = tmp_path / "boards.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    with pytest.raises(ValueError, match=r"^'weather' in .* is no subject; use one of "):
        load_board_rules(path)


BOOKS = {"SSE 2023": "2023-04-10", "SSE 2026": "2026-07-06"}
"""When rule books came into force; those of SZSE did on the same days."""


def test_nothing_is_verified_in_a_book_that_is_younger_than_the_line():
    for rule in load_board_rules():
        for subject in SUBJECTS:
            book = said_of(subject, rule.source).replace("SZSE", "SSE")[:8]
            in_force = date.fromisoformat(BOOKS.get(book, "1990-12-19"))
            sure = said_of(subject, rule.confidence)
            assert in_force <= rule.effective_from or sure != "verified", (rule.board, subject)
