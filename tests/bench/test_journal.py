"""The bench of what durability costs: it writes what it says, and recovers what it wrote."""

import pytest

from bench.appends import GROUPS, PARTS, measure_appends
from bench.flow import ROOM, SESSIONS, Shape, limits_of, make_flow
from bench.goals import Goal, tell_goals
from bench.journal import main
from bench.recoveries import measure_replays, recover, write_day
from bench.snapshots import make_state, measure_pauses, measure_writing, snapshot_goals
from engine.storage.daybook import Daybook
from engine.storage.journal import Mode
from engine.storage.segments import read_log
from protocol.records import ROW_BYTES, join

SMALL = Shape(symbols=1, depth=1_000, distance=20, taker=11)
SNAPSHOT_AT = 5_000


@pytest.fixture(scope="module")
def flow():
    return make_flow(SMALL, 4_000)


@pytest.fixture(scope="module")
def commands(flow):
    return join([flow.opening, flow.filling, flow.rows])


@pytest.mark.parametrize(("mode", "syncs"), [(Mode.SYNC, {1}), (Mode.BUFFERED, {0})])
def test_a_group_costs_one_sync_or_none(tmp_path, commands, mode, syncs):
    figures = measure_appends(tmp_path, commands, mode, 16, 20)
    assert figures.syncs == syncs
    assert len(figures.raw) == len(figures.journal) == 20
    assert set(figures.parts) == set(PARTS)


def test_journal_and_raw_file_hold_all_that_was_appended(tmp_path, commands):
    measure_appends(tmp_path, commands, Mode.BUFFERED, 50, 30)
    log = read_log(tmp_path / "journal")
    assert len(log.commands) == 50 * 30
    assert (log.groups["rows"] == 50).sum() == 30
    assert (tmp_path / "raw").stat().st_size == 30 * 51 * ROW_BYTES


@pytest.fixture(scope="module")
def days(tmp_path_factory, flow, commands):
    """The same day in large groups and in small ones, and the room that it needs."""
    limits = limits_of(SMALL, ROOM * SMALL.depth, flow.orders_most)
    days = {group: Daybook(tmp_path_factory.mktemp(f"groups{group}")) for group in (16, 500)}
    for group, daybook in days.items():
        write_day(daybook, commands, limits, group, SNAPSHOT_AT)
    return days, limits


def test_a_day_is_the_same_whatever_its_groups(days, commands):
    daybooks, limits = days
    logs = [read_log(daybook.journal) for daybook in daybooks.values()]
    small, large = (daybook.read_reports() for daybook in daybooks.values())
    assert {len(log.commands) for log in logs} == {len(commands)}
    assert len(logs[0].groups) > len(logs[1].groups)
    assert small.tobytes() == large.tobytes()
    figures = measure_replays(daybooks, limits, 2)
    assert figures.commands == len(commands)
    assert [len(seconds) for seconds in (figures.kernel, *figures.replay.values())] == [2, 2, 2]


def test_a_snapshot_leads_where_the_journal_does(days):
    daybook, limits = days[0][500], days[1]
    alone = recover(daybook, limits, 1 + SESSIONS, from_snapshot=False)
    shortened = recover(daybook, limits, 1 + SESSIONS, from_snapshot=True)
    assert alone.digest == shortened.digest
    assert alone.reports == shortened.reports == len(daybook.read_reports())
    assert alone.seconds == pytest.approx(sum(alone.steps.values()))


def test_snapshots_of_a_venue_that_goes_on(tmp_path):
    venue, rows = make_state(SMALL._replace(accounts=200), 2_000)
    writing = measure_writing(tmp_path, venue, 2)
    assert writing.size > sum(part.nbytes for part in venue.parts().values())
    assert len(writing.snapshot) == len(writing.plain) == 2
    before = venue.sequence
    pauses = measure_pauses(tmp_path, venue, rows, 2, 100)
    applied = len(pauses.with_child) + len(pauses.without)
    assert venue.sequence == before + 100 * applied
    assert len(list(snapshot_goals(writing, pauses))) == 3
    assert not list(tmp_path.iterdir())


def test_goals_say_whether_they_are_reached(flow, days):
    assert Goal("speed", 0.9, 0.8).is_reached
    assert not Goal("speed", 0.7, 0.8).is_reached
    assert Goal("time", 1.9, 2.0, is_most=True).is_reached
    assert not Goal("time", 2.1, 2.0, is_most=True).is_reached
    reached, missed = tell_goals([Goal("speed", 0.9, 0.8), Goal("time", 2.1, 2.0, is_most=True)])
    assert reached.endswith("at least 0.8      0.90  reached")
    assert missed.endswith("at most 2      2.10  MISSED")


def test_the_bench_prints_every_part_and_every_goal(tmp_path, capsys):
    few = ["--commands", "20000", "--orders", "1000", "--accounts", "200", "--rounds", "0.02"]
    assert main([*few, "--runs", "1", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for part in ("in mode sync", "in mode buffered", "replaying", "recovering", "snapshots of"):
        assert part in said
    goals = said[said.index("goals") :].splitlines()[1:]
    assert len(goals) == len(GROUPS) + 2 * 2 + 3
    assert all(line.endswith(("reached", "MISSED")) for line in goals)
    assert not list(tmp_path.iterdir())
