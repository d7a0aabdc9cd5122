"""The instruments file becomes the commands that list its instruments, or is refused by line."""

from datetime import date

import pytest

from engine.instruments import InstrumentError, load_instruments, load_listings
from engine.kernels import Limits
from engine.listings import listed
from engine.rulebook import Status, check_status, load_board_rules, rule_in_force
from engine.venue import Venue
from gateway.config import DEFAULTS
from protocol.records import COMMAND, join
from protocol.vocabulary import (
    CommandKind,
    Currency,
    Depository,
    HaltRule,
    Market,
    Permission,
    Schedule,
)
from tests.commands import journal, open_day

DAY = date(2026, 11, 20)
PLAIN = "symbol,name,board,previous_close\n"
FULL = "symbol,name,board,previous_close,status\n"


@pytest.fixture
def written(tmp_path):
    """Return a function that writes an instruments file and returns its path."""

    def write(text: str):
        path = tmp_path / "instruments.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_rules_come_first_each_once_in_order_of_first_use(written):
    path = written(
        FULL + "300750.SZ,宁德时代,CHINEXT,372.20,normal\n"
        "600519.SH,贵州茅台,SSE_MAIN,1451.02,normal\n"
        "300059.SZ,东方财富,CHINEXT,24.16,normal\n"
        "600165.SH,*ST宁科,SSE_MAIN,2.50,st\n"
        "920001.BJ,纬达光电,BSE,20.00,free\n"
    )
    instruments, rows = load_listings(path, DAY)
    assert [instrument.status for instrument in instruments] == [
        Status.NORMAL,
        Status.NORMAL,
        Status.NORMAL,
        Status.ST,
        Status.FREE,
    ]
    defining = [CommandKind.DEFINE_RULES] * 3 + [CommandKind.DEFINE_FEES] * 3
    assert rows["kind"].tolist() == defining + [CommandKind.LIST_INSTRUMENT] * 5
    assert rows["defined"][:6].tolist() == [0, 1, 2, 0, 1, 2]
    rows = rows[6:]
    assert rows["rules"].tolist() == [0, 1, 0, 1, 2]
    assert rows["fees"].tolist() == [0, 1, 0, 1, 2]
    assert rows["instrument"].tolist() == [0, 1, 2, 3, 4]
    assert rows["market"].tolist() == [1, 0, 1, 0, 2]
    assert rows["code"].tolist() == [b"300750", b"600519", b"300059", b"600165", b"920001"]
    assert rows["lower_limit"].tolist() == [2_977_600, 13_059_200, 193_300, 22_500, 100]
    assert rows["upper_limit"].tolist() == [4_466_400, 15_961_200, 289_900, 27_500, 26_214_400]


def test_boards_with_the_same_fees_share_them(written):
    path = written(
        PLAIN + "600519.SH,贵州茅台,SSE_MAIN,1451.02\n688981.SH,中芯国际,STAR,102.50\n"
        "510300.SH,沪深300ETF,SSE_FUND,4.712\n900901.SH,云赛B股,SSE_B,0.412\n"
        "200002.SZ,万科B,SZSE_B,7.51\n"
    )
    _, rows = load_listings(path, DAY)
    fees = rows[rows["kind"] == CommandKind.DEFINE_FEES]
    assert fees["defined"].tolist() == [0, 1, 2, 3]
    assert fees["stamp_sell_rate"].tolist() == [50_000, 0, 50_000, 50_000]
    assert fees["settlement_cap"].tolist() == [0, 0, 0, 5_000_000]
    listings = rows[rows["kind"] == CommandKind.LIST_INSTRUMENT]
    assert listings["fees"].tolist() == [0, 0, 1, 2, 3]


def test_a_listing_says_what_an_account_needs(written):
    path = written(
        FULL + "600519.SH,贵州茅台,SSE_MAIN,1451.02,normal\n300750.SZ,宁德时代,CHINEXT,372.20,st\n"
        "920001.BJ,纬达光电,BSE,20.00,delisting\n900901.SH,云赛B股,SSE_B,0.412,normal\n"
        "200002.SZ,万科B,SZSE_B,7.51,normal\n123001.SZ,蓝标转债,SZSE_CONVERTIBLE,101.5,normal\n"
    )
    rows = listed(load_listings(path, DAY)[1])
    needed = [
        (Depository.SHANGHAI_A, Permission.ORDINARY, Currency.CNY, 1),
        (Depository.SHENZHEN_A, Permission.RISK_WARNING, Currency.CNY, 1),
        (Depository.BEIJING, Permission.DELISTING, Currency.CNY, 1),
        (Depository.SHANGHAI_B, Permission.B_SHARES, Currency.USD, 1),
        (Depository.SHENZHEN_B, Permission.B_SHARES, Currency.HKD, 1),
        (Depository.SHENZHEN_A, Permission.CONVERTIBLES, Currency.CNY, 0),
    ]
    names = ["depository", "permission", "listed_currency", "settlement_days"]
    assert rows[names].tolist() == needed


def test_the_file_may_say_when_shares_settle_and_what_they_cost(written):
    path = written(
        "symbol,name,board,previous_close,settlement,fees\n"
        "511880.SH,银华日利,SSE_FUND,100.000,T0,SSE_FUND_WAIVED\n"
        "518880.SH,黄金ETF,SSE_FUND,9.000,T0,\n510300.SH,沪深300ETF,SSE_FUND,4.712,,\n"
        "110059.SH,浦发转债,SSE_CONVERTIBLE,110.120,T1,\n"
    )
    _, rows = load_listings(path, DAY)
    fees = rows[rows["kind"] == CommandKind.DEFINE_FEES]
    assert fees["handling_rate"].tolist() == [0, 4_000, 4_000]
    listings = rows[rows["kind"] == CommandKind.LIST_INSTRUMENT]
    assert listings["settlement_days"].tolist() == [0, 0, 1, 1]
    assert listings["fees"].tolist() == [0, 1, 1, 2]
    assert set(listings["halts"].tolist()) == {HaltRule.NONE}


def test_a_listing_joined_with_its_rules_knows_both(written):
    path = written(
        PLAIN + "688981.SH,中芯国际,STAR,102.50\n110059.SH,浦发转债,SSE_CONVERTIBLE,110.120\n"
    )
    _, rows = load_listings(path, DAY)
    star, bond = (dict(zip(row.dtype.names, row.item(), strict=True)) for row in listed(rows))
    assert star == {
        "market": Market.SSE,
        "schedule": Schedule.CLOSING_CALL,
        "halts": HaltRule.NONE,
        "instrument": 0,
        "code": b"688981",
        "previous_close": 1_025_000,
        "lower_limit": 820_000,
        "upper_limit": 1_230_000,
        "depository": Depository.SHANGHAI_A,
        "permission": Permission.STAR,
        "listed_currency": Currency.CNY,
        "settlement_days": 1,
        "fees": 0,
        "tie_break": 0,
        "candidates": 0,
        "tick": 100,
        "quantity_min": 200,
        "quantity_step": 1,
        "quantity_max": 100_000,
        "quantity_max_market": 50_000,
        "quantity_max_fixed": 1_000_000,
        "order_types": 0b10011111,
        "features": 0,
        "cage_bp": 200,
        "cage_ticks": 0,
    }
    assert (bond["instrument"], bond["tick"], bond["order_types"]) == (1, 10, 1)


def test_without_the_column_every_status_is_normal(written):
    lines = "600519.SH,贵州茅台,SSE_MAIN,1451.02{}\n601318.SH,中国平安,SSE_MAIN,58.36{}\n"
    plain = load_listings(written(PLAIN + lines.format("", "")), DAY)
    full = load_listings(written(FULL + lines.format(",normal", ",normal")), DAY)
    assert plain[0] == full[0]
    assert plain[1].tobytes() == full[1].tobytes()


def test_the_same_file_has_other_rules_on_another_day(written):
    path = written(FULL + "600165.SH,*ST宁科,SSE_MAIN,2.50,st\n")
    limits = []
    for day in (date(2023, 4, 7), date(2026, 7, 5), date(2026, 7, 6)):
        (row,) = listed(load_listings(path, day)[1])
        limits.append((int(row["lower_limit"]), int(row["upper_limit"]), int(row["cage_bp"])))
    assert limits == [(23_800, 26_300, 0), (23_800, 26_300, 200), (22_500, 27_500, 200)]


def test_a_fund_of_shanghai_closes_by_auction_and_trades_after_it_since_2026(written):
    path = written(PLAIN + "510300.SH,沪深300ETF,SSE_FUND,4.712\n")
    found = []
    for day in (date(2026, 7, 5), date(2026, 7, 6)):
        (row,) = listed(load_listings(path, day)[1])
        found.append((row["schedule"], row["order_types"], row["quantity_max_fixed"]))
    assert found == [
        (Schedule.TRADES_TO_CLOSE, 0b00011111, 1_000_000),
        (Schedule.CLOSING_CALL, 0b10011111, 1_000_000),
    ]


def test_orders_wait_until_9_30_in_shenzhen_only(written):
    path = written(
        PLAIN + "600519.SH,贵州茅台,SSE_MAIN,1451.02\n000001.SZ,平安银行,SZSE_MAIN,11.83\n"
        "920001.BJ,纬达光电,BSE,20.00\n"
    )
    assert listed(load_listings(path, DAY)[1])["features"].tolist() == [0, 0b10000, 0]


def test_on_its_first_day_a_security_has_a_band_and_halts_of_its_own(written):
    path = written(
        FULL + "508000.SH,张江REIT,SSE_REIT,3.001,first\n"
        "118000.SH,嘉元转债,SSE_CONVERTIBLE,100.000,first\n"
        "123001.SZ,蓝标转债,SZSE_CONVERTIBLE,100.000,first\n"
        "123002.SZ,国祯转债,SZSE_CONVERTIBLE,100.000,normal\n"
        "688981.SH,中芯国际,STAR,27.46,free\n"
    )
    rows = listed(load_listings(path, DAY)[1])
    assert rows["lower_limit"].tolist() == [21_010, 567_000, 567_000, 800_000, 100]
    assert rows["upper_limit"].tolist() == [39_010, 1_573_000, 1_573_000, 1_200_000, 26_214_400]
    bond, stock = HaltRule.FIRST_DAY_BOND, HaltRule.NO_BAND_STOCK
    assert rows["halts"].tolist() == [HaltRule.NONE, bond, bond, HaltRule.NONE, stock]


def test_the_venue_takes_every_board_and_status(written):
    lines = [
        "600519.SH,贵州茅台,SSE_MAIN,1451.02",
        "688981.SH,中芯国际,STAR,102.50",
        "000001.SZ,平安银行,SZSE_MAIN,0.01",
        "300750.SZ,宁德时代,CHINEXT,372.20",
        "430047.BJ,诺思兰德,BSE,13.05",
        "900901.SH,云赛B股,SSE_B,0.412",
        "200002.SZ,万科B,SZSE_B,7.51",
        "510300.SH,沪深300ETF,SSE_FUND,4.712",
        "588000.SH,科创50ETF,SSE_FUND_20,1.427",
        "159919.SZ,沪深300ETF,SZSE_FUND,4.836",
        "159915.SZ,创业板ETF,SZSE_FUND_20,3.085",
        "508000.SH,张江REIT,SSE_REIT,3.001",
        "180101.SZ,蛇口产园,SZSE_REIT,2.500",
        "110059.SH,浦发转债,SSE_CONVERTIBLE,110.120",
        "123001.SZ,蓝标转债,SZSE_CONVERTIBLE,101.500",
        "601825.SH,沪农商行,SSE_OPEN,8.97",
        "601826.SH,a,SSE_OPEN_FINE,8.971",
        "000002.SZ,b,SZSE_OPEN,8.97",
        "000003.SZ,c,SZSE_OPEN_FINE,8.971",
        "600001.SH,d,SSE_FULL,8.97",
        "000004.SZ,e,SZSE_FULL,8.97",
    ]
    for status in Status:
        known = [line for line in lines if knows(line.split(",")[2], status)]
        path = written(FULL + "".join(f"{line},{status}\n" for line in known))
        _, rows = load_listings(path, DAY)
        commands = join([journal([open_day()]), rows])
        commands["sequence"] = range(1, len(commands) + 1)
        venue = Venue(Limits(orders_open=1, orders_day=1, ticks=len(lines) * 64**3, reports=64))
        assert len(venue.apply(commands)) == 0
        assert int(venue.state.venue[0]["instruments"]) == len(known)


def knows(board: str, status: Status) -> bool:
    rule = rule_in_force(load_board_rules(), board, DAY)
    assert rule is not None, f"{board} has no rules on {DAY}"
    try:
        check_status(rule, status)
    except ValueError:
        return False
    return True


def test_the_default_instruments_open_a_day():
    instruments, rows = load_listings(DEFAULTS / "instruments.csv", DAY)
    assert len(instruments) == count(rows, CommandKind.LIST_INSTRUMENT) == 24
    assert count(rows, CommandKind.DEFINE_RULES) == 8
    assert count(rows, CommandKind.DEFINE_FEES) == 4


def count(rows, kind) -> int:
    assert rows.dtype == COMMAND
    return int((rows["kind"] == kind).sum())


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "must be symbol,name,board,previous_close; behind that, status, settlement, fees"),
        ("symbol,name,board,previous_close,tick\n", 1, "behind that, status, settlement, fees may"),
        ("symbol,name,board,previous_close,fees,fees\n", 1, "may follow, each once"),
        ("symbol,name\n", 1, "the first line must be"),
        (PLAIN + "600519,a,SSE_MAIN,1\n", 2, "symbol '600519' is not six digits and .SH, .SZ or"),
        (PLAIN + "600519.HK,a,SSE_MAIN,1\n", 2, "symbol '600519.HK' is not six digits"),
        (PLAIN + "600519.SH,a,MAIN,1\n", 2, "board 'MAIN' is unknown; known are BSE, CHINEXT, SSE"),
        (PLAIN + "600519.SH,a,SZSE_MAIN,1\n", 2, "600519.SH: board SZSE_MAIN is of SZSE; name one"),
        (PLAIN + "920001.BJ,a,SSE_B,1\n", 2, "920001.BJ: board SSE_B is of SSE; name one"),
        (PLAIN + "600519.SH,a,SSE_MAIN\n", 2, "has 3 fields instead of 4"),
        (PLAIN + "600519.SH,a,SSE_MAIN,1,st\n", 2, "has 5 fields instead of 4"),
        (FULL + "600519.SH,a,SSE_MAIN,1\n", 2, "has 4 fields instead of 5"),
        (FULL + "600519.SH,a,SSE_MAIN,1,ST\n", 2, "status 'ST' is unknown; known are normal, st,"),
        (
            "symbol,name,board,previous_close,settlement\n600519.SH,a,SSE_MAIN,1,T+1\n",
            2,
            "settlement 'T+1' is unknown; known are T0, T1",
        ),
        (
            "symbol,name,board,previous_close,fees\n600519.SH,a,SSE_MAIN,1,SSE\n",
            2,
            "600519.SH: fees 'SSE' are unknown; known are BSE_A, NO_FEES, SSE_A, SSE_B,",
        ),
        (PLAIN + "600519.SH,a,SSE_MAIN,0\n", 2, "previous_close 0 is not above 0 and at most"),
        (PLAIN + "600519.SH,a,SSE_MAIN,107375\n", 2, "is not above 0 and at most 107374.1823"),
        (PLAIN + "600519.SH,a,SSE_MAIN,x\n", 2, "'x' is not a decimal number"),
        (PLAIN + "600519.SH,a,SSE_MAIN,1.001\n", 2, "600519.SH: previous_close is not a multiple"),
        (PLAIN + "600519.SH,a,SSE_MAIN,90000\n", 2, "600519.SH: the price limits 81000.0000 and"),
        (PLAIN + "600519.SH,a,STAR,1\n600519.SH,a,STAR,1\n", 3, "600519.SH is listed twice"),
        (
            FULL + "600519.SH,a,SSE_MAIN,1,first\n",
            2,
            "600519.SH: board SSE_MAIN has no status first by its rules from 2026-07-06 on; "
            "use one of normal, st, delisting, free",
        ),
        (
            FULL + "688981.SH,a,STAR,1,free\n508000.SH,b,SSE_REIT,1,free\n",
            3,
            "508000.SH: board SSE_REIT has no status free by its rules from 2026-07-06 on; "
            "use one of normal, st, delisting, first",
        ),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(written, text, line, reason):
    path = written(text)
    with pytest.raises(InstrumentError) as refused:
        load_listings(path, DAY)
    said = str(refused.value)
    assert said.startswith(f"{path}:{line}: ") and reason in said


def test_a_board_without_rules_on_the_day_is_named_with_its_line(written):
    path = written(PLAIN + "600519.SH,a,SSE_OPEN,1\n920001.BJ,b,BSE,1\n")
    with pytest.raises(InstrumentError) as refused:
        load_listings(path, date(2021, 11, 14))
    assert str(refused.value) == f"{path}:3: 920001.BJ: board BSE has no rules on 2021-11-14"


def test_fees_without_rules_on_the_day_are_named_with_their_line(written):
    path = written("symbol,name,board,previous_close,fees\n600519.SH,a,SSE_OPEN,1,BSE_A\n")
    with pytest.raises(InstrumentError) as refused:
        load_listings(path, date(2021, 11, 14))
    assert str(refused.value) == f"{path}:2: 600519.SH: fees BSE_A have no rules on 2021-11-14"


def test_a_file_that_lists_nothing_or_cannot_be_read_is_named(written, tmp_path):
    empty = written(PLAIN)
    with pytest.raises(InstrumentError, match="lists no instrument; add at least one line"):
        load_instruments(empty)
    with pytest.raises(InstrumentError, match=r"absent\.csv: cannot be read: No such file"):
        load_instruments(tmp_path / "absent.csv")
    empty.write_bytes(PLAIN.encode() + "600519.SH,贵州茅台,SSE_MAIN,1\n".encode("gbk"))
    with pytest.raises(InstrumentError, match="is not UTF-8"):
        load_instruments(empty)
