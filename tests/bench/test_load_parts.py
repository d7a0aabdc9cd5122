"""The parts of the load harness: when requests are due, what they are, and how they are counted."""

import gzip

import numpy as np
import pytest
from msgspec.structs import replace

from bench.dice import Dice
from bench.events import read_events
from bench.load.hdr import write_hdr
from bench.load.histogram import BUCKETS, LONGEST, Histogram, bucket_of, highest_in
from bench.load.intervals import Intervals
from bench.load.ledger import Ledger
from bench.load.numbering import Numbering
from bench.load.orders import LAG, make_orders, market_of
from bench.load.recorded import recorded
from bench.load.reel import packed_reel, readable_reel
from bench.load.seconds import Seconds
from bench.load.shape import Burst, Ramp, spread
from bench.load.spans import spans_of, told
from bench.load.users import logins_of
from gateway.config import DEFAULTS
from protocol.codec import decode_inbound
from protocol.framing import Frames
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.translate import Translator
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase, Side
from tests.bench.false_venue import SYMBOLS, orders
from tests.protocol.examples import OUTBOUND

PERCENTS = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0)
INSTRUMENTS = DEFAULTS / "instruments.csv"
EVENTS = """\
seq,time,phase,action,order_no,side,price,qty
1,09:15:00.000,OPEN_CALL,NEW,11,B,9.100,300
2,09:15:01.000,OPEN_CALL,NEW,12,S,8.950,200
3,09:25:00.000,OPEN_CALL,UNCROSS,,,,
4,09:30:00.000,CONT,NEW,21,S,9.100,300
5,09:30:02.000,CONT,CANCEL,12,S,,200
6,09:30:03.000,CONT,CANCEL,21,S,,100
7,09:30:04.000,CONT,CANCEL,99,S,,100
"""


def session(symbols=SYMBOLS, first=1_000, last=1_009):
    (accepted,) = (message for message in OUTBOUND if isinstance(message, LoginAccepted))
    return replace(accepted, account_first=first, account_last=last, instruments=symbols)


@pytest.fixture
def durations():
    """A million durations from nanoseconds to minutes, as many small as large."""
    exponents = np.random.default_rng(1).uniform(0, np.log2(60 * NANOSECONDS), 1_000_000)
    return np.exp2(exponents).astype(np.int64)


def test_percentiles_are_exact_to_three_digits(durations):
    histogram = Histogram()
    for part in np.array_split(durations, 7):
        histogram.record(part)
    exact = np.percentile(durations, PERCENTS, method="inverted_cdf")
    assert histogram.percentiles(PERCENTS) == pytest.approx(exact, rel=1e-3)
    assert histogram.total == len(durations)
    assert histogram.longest == durations.max()


def test_each_bucket_begins_behind_the_highest_value_of_the_one_before():
    highest = highest_in(np.arange(BUCKETS))
    assert bucket_of(np.minimum(highest, LONGEST)).tolist() == list(range(BUCKETS))
    assert bucket_of(highest[:-1] + 1).tolist() == list(range(1, BUCKETS))


def test_a_histogram_of_nothing_says_nothing():
    histogram = Histogram()
    histogram.record(np.array([], np.int64))
    assert histogram.percentiles(PERCENTS) == [0] * len(PERCENTS)


def test_what_lasts_longer_than_an_hour_or_ended_before_it_began_is_counted_at_the_ends():
    histogram = Histogram()
    histogram.record(np.array([-5, 2 * LONGEST]))
    assert histogram.percentiles([50.0, 100.0]) == [0, LONGEST]


def test_a_log_is_read_back_with_the_same_percentiles(tmp_path, durations):
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader

    ledger = Ledger([np.zeros(1, np.int64)], [1], 1)
    intervals = Intervals(ledger)
    for second, part in enumerate(np.array_split(durations, 3), 1):
        ledger.latency.record(part)
        ledger.service.record(part // 2)
        intervals.cut(second * NANOSECONDS)
    path = tmp_path / "load.hdr"
    write_hdr(path, 1_795_000_000.5, intervals.all)
    reader = HistogramLogReader(str(path), HdrHistogram(1, LONGEST, 3))
    read = {tag: HdrHistogram(1, LONGEST, 3) for tag in ("latency", "service")}
    begins = []
    while (histogram := reader.get_next_interval_histogram()) is not None:
        read[histogram.get_tag()].add(histogram)
        begins.append(histogram.get_start_time_stamp() / 1_000)
    reader.input_file.close()
    assert begins == [1_795_000_000.5 + second for second in (0, 0, 1, 1, 2, 2)]
    for tag, histogram in read.items():
        ours = getattr(ledger, tag)
        assert histogram.get_total_count() == ours.total == len(durations)
        theirs = [histogram.get_value_at_percentile(percent) for percent in PERCENTS[1:]]
        assert theirs == pytest.approx(ours.percentiles(PERCENTS[1:]), rel=1e-3)


def test_intervals_hold_what_came_in_them_alone():
    ledger = Ledger([np.zeros(1, np.int64)], [1], 1)
    intervals = Intervals(ledger)
    ledger.latency.record(np.array([100]))
    assert intervals.cut(NANOSECONDS).latencies((50.0,)) == [100]
    ledger.latency.record(np.array([2_000]))
    assert intervals.cut(2 * NANOSECONDS).latencies((50.0,)) == [2_000]
    assert intervals.cut(3 * NANOSECONDS).latencies((50.0,)) == [0]


def test_a_rate_is_even_and_a_ramp_is_summed_up():
    assert Ramp(4, 4, 1.0).due(np.arange(4)).tolist() == [250e6, 500e6, 750e6, 1e9]
    ramp = Ramp(0, 1_000, 2.0)
    due = ramp.due(np.arange(ramp.requests))
    assert ramp.requests == 1_000
    assert due[249] == NANOSECONDS and due[-1] == 2 * NANOSECONDS
    falling = Ramp(1_000, 0, 2.0).due(np.arange(1_000))
    assert falling[749] == NANOSECONDS and falling[-1] == 2 * NANOSECONDS
    assert Burst(3).due(np.arange(3)).tolist() == [0, 0, 0]


def test_sessions_take_turns_frame_by_frame_and_a_frame_is_due_with_its_last_request():
    due = spread(Ramp(10, 10, 2.0), 2, 4)
    assert [one.tolist() for one in due] == [[400e6, 1_200e6, 2_000e6], [800e6, 1_600e6]]
    assert [len(one) for one in spread(Burst(3), 5, 1)] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_a_reel_is_what_the_messages_would_be_under_their_own_numbers(batch):
    rows = orders(12)
    reel = packed_reel(rows, batch)
    stop = reel.end_of_turn(0)
    for first in range(2 * stop):
        last = reel.end_of_turn(first)
        (body, *_) = Frames().feed(bytes(reel.cut(first, last, 700)))
        sent = np.frombuffer(decode_inbound(body).rows, COMMAND)
        turn, frame = divmod(first, stop)
        expected = orders(12)[frame * batch : frame * batch + batch]
        expected["client_seq"] += 700 + 12 * turn
        is_cancel = expected["kind"] == CommandKind.CANCEL_ORDER
        expected["of_client_seq"][is_cancel] += 700 + 12 * turn
        assert sent.tobytes() == expected.tobytes()


def test_a_reel_of_readable_messages_says_the_same_as_the_packed_one():
    rows = orders(12)
    readable, packed = readable_reel(rows, SYMBOLS), packed_reel(rows, 12)
    to_row = Translator(SYMBOLS).to_row
    for turn, before in ((0, 0), (0, 2**31 - 13), (3, 5)):
        bodies = Frames().feed(bytes(readable.cut(12 * turn, 12 * turn + 12, before)))
        messages = [decode_inbound(body) for body in bodies]
        (batch,) = Frames().feed(bytes(packed.cut(turn, turn + 1, before)))
        said = b"".join(to_row(message, 0) for message in messages)
        assert said == decode_inbound(batch).rows


def test_orders_are_what_the_venue_takes_and_cancels_are_of_earlier_orders():
    accepted = session(symbols=["000001.SZ", "600519.SH", "999999.SH"])
    market = market_of(INSTRUMENTS, accepted)
    rows = make_orders(Dice(1), market, (1_000, 1_009), 20_000, 25)
    entered = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    assert set(entered["instrument"]) == {0, 1}
    assert set(entered["account"]) == set(range(1_000, 1_010))
    assert set(entered["quantity"]) == {100, 200, 300, 400, 500}
    maotai = entered[entered["instrument"] == 1]
    assert maotai["price"].min() == 14_510_200 - 1_000 and not (maotai["price"] % 100).any()
    is_cancel = rows["kind"] == CommandKind.CANCEL_ORDER
    assert is_cancel.mean() == pytest.approx(0.25, abs=0.02)
    targets = rows["of_client_seq"][is_cancel]
    assert (rows["kind"][targets - 1] == CommandKind.ENTER_ORDER).all()
    away = (
        rows["price"]
        - market.listings["previous_close"][np.argsort(market.numbers)][rows["instrument"]]
    )
    assert (np.where(rows["side"] == Side.BUY, -away, away)[targets - 1] > 0)[LAG:].all()
    behind = rows["client_seq"][is_cancel] - targets
    assert behind.min() == 1 and LAG <= behind.max() < 2 * LAG
    assert not rows[0]["of_client_seq"]


def test_a_venue_without_the_instruments_is_refused():
    with pytest.raises(Mistake, match="lists none of these instruments; name its own file"):
        market_of(INSTRUMENTS, session(symbols=["999999.SH"]))


def test_a_recorded_day_is_shared_and_cancels_stay_with_their_orders(tmp_path):
    path = tmp_path / "601825_SH.csv.gz"
    path.write_bytes(gzip.compress(EVENTS.encode()))
    sessions = [
        session(["1", "601825.SH"], 1_000, 1_000),
        session(["1", "601825.SH"], 2_000, 2_001),
    ]
    day = recorded(read_events(path, "sse"), "601825_SH", sessions, 60.0)
    assert [rows["client_seq"].tolist() for rows in day.rows] == [[1, 2, 3, 4], [1, 2]]
    assert [rows["of_client_seq"].tolist() for rows in day.rows] == [[0, 0, 2, 4], [0, 1]]
    assert [rows["account"].tolist() for rows in day.rows] == [[1_000, 1_000, 0, 0], [2_000, 0]]
    assert set(day.rows[0]["instrument"][:2]) == {1}
    minutes = 15 * NANOSECONDS
    assert day.due[0].tolist() == [0, minutes, minutes + 50_000_000, minutes + 66_666_666]
    assert day.phases == [
        (0, Phase.OPENING_CALL, "601825.SH"),
        (5_008_333_333, Phase.PRE_CONTINUOUS, "601825.SH"),
        (12_500_000_000, Phase.CONTINUOUS, "601825.SH"),
    ]
    with pytest.raises(Mistake, match=r"does not list 601825\.SH; add it to its instruments file"):
        recorded(read_events(path, "sse"), "601825_SH", [session()], 1.0)


def test_report_numbers_are_missing_until_they_come_late_and_doubled_after_that():
    numbering = Numbering()
    due = 1
    for first, end in ((1, 4), (8, 10), (4, 5), (6, 8), (6, 7), (8, 12)):
        numbering.take(due, (first, end))
        due = max(due, end)
    assert numbering.missing == [(5, 6)]
    assert numbering.late == [(4, 5), (6, 8)]
    assert numbering.doubled == [(6, 7), (8, 10)]


def test_many_numbers_are_told_shortly():
    assert told(spans_of(np.array([3]))) == "3"
    assert told(spans_of(np.array([3, 5, 6, 7]))) == "3, 5 to 7"
    assert told(spans_of(np.arange(1, 2_001, 2))) == "1, 3, 5, 7, 9 and 995 more"


def test_seconds_are_counted_in_tenths_and_grow_as_they_must():
    seconds = Seconds()
    seconds.add(np.array([0, 50_000_000, 150_000_000, 2_999_999_999]))
    seconds.add_many(61 * NANOSECONDS, 7)
    assert seconds.by_second(4) == [3, 0, 1, 0]
    assert seconds.by_tenth(1).tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert seconds.by_second(100)[61] == 7 and sum(seconds.by_second(100)) == 11


def test_users_are_named_by_patterns_and_files(tmp_path, monkeypatch):
    monkeypatch.setenv("CUOHE_PASSWORD", "shared")
    path = tmp_path / "users"
    path.write_text("alice:wonder:land\n\nbob\n")
    assert logins_of(["terminal{9..11}", "carol", f"@{path}"]) == [
        ("terminal9", "shared"),
        ("terminal10", "shared"),
        ("terminal11", "shared"),
        ("carol", "shared"),
        ("alice", "wonder:land"),
        ("bob", "shared"),
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["alice", "alice"], "alice is named twice"),
        (["t{3..1}"], r"t\{3..1\}: 3 to 1 are no users"),
        (["@nowhere"], "@nowhere: cannot be read: No such file"),
    ],
)
def test_users_that_are_none_are_refused(words, told, monkeypatch):
    monkeypatch.setenv("CUOHE_PASSWORD", "shared")
    with pytest.raises(Mistake, match=told):
        logins_of(words)


def test_a_file_without_users_is_refused(tmp_path):
    (tmp_path / "users").write_text("\n")
    with pytest.raises(Mistake, match="names no user; write one in each line"):
        logins_of([f"@{tmp_path / 'users'}"])
