"""The follower without sockets: from the beginning, from a snapshot, and on while it is written."""

import asyncio
from random import Random

import numpy as np
import pytest

from engine.storage.segment import JournalError
from engine.storage.snapshots import Snapshots
from gateway.quotes import follower as follower_module
from gateway.quotes.follower import Follower
from tests.commands import BUSINESS_DATE
from tests.crash.days import LIMITS, in_groups, rows_of_day
from tests.crash.serving import Serving
from tests.engine.flow import INSTRUMENTS
from tests.quotes.watching import Watcher, assert_same

ROWS = 1_200
SYMBOLS = [f"{600_000 + number}.SH" for number in range(INSTRUMENTS)]


@pytest.fixture
def groups() -> list[np.ndarray]:
    """A day in groups, so far as it is under way."""
    return in_groups(rows_of_day(ROWS)[: ROWS - 100], Random(1))


def follow(serving: Serving, **options) -> Follower:
    given = {"business_date": BUSINESS_DATE, "only_durable": True} | options
    return Follower(serving.daybook, limits=LIMITS, symbols=SYMBOLS, **given)


def watch(follower: Follower) -> Watcher:
    return Watcher(follower.publisher).subscribe(orders=True)


def assert_agree(one: Watcher, other: Watcher) -> None:
    """Assert that two consumers know the same of every instrument."""
    for symbol in SYMBOLS:
        assert_same(one.book(symbol), other.book(symbol))


def go_through(follower: Follower) -> None:
    """Let a follower do what is there."""
    while follower.step():
        pass


def test_a_follower_from_a_snapshot_knows_what_one_from_the_beginning_knows(tmp_path, groups):
    serving = Serving(tmp_path)
    early = follow(serving)
    assert not early.has_begun
    serving.go_on(groups[: len(groups) // 2])
    go_through(early)
    assert early.has_begun
    watcher = watch(early)
    assert Snapshots(serving.daybook.snapshots).paths()
    late = follow(serving)
    assert late.publisher.at == early.publisher.at
    later = watch(late)
    assert_agree(watcher, later)
    serving.go_on(groups[len(groups) // 2 :])
    for follower in (early, late):
        go_through(follower)
        assert follower.publisher.venue.digest() == serving.venue.digest()
    assert_agree(watcher, later)
    assert sum(len(watcher.book(symbol).shown) for symbol in SYMBOLS) > 0
    serving.close()


def test_a_follower_that_begins_behind_the_end_of_the_day_says_so(tmp_path):
    serving = Serving(tmp_path)
    serving.go_on(in_groups(rows_of_day(ROWS), Random(1)))
    assert follow(serving).publisher.day_end is not None
    serving.close()


def test_what_was_not_on_the_disk_at_the_start_is_not_shown_before_it_is(
    tmp_path, groups, monkeypatch
):
    serving = Serving(tmp_path)
    serving.go_on(groups[:40])
    before = serving.venue.sequence
    with monkeypatch.context() as patch:
        patch.setattr(serving.journal, "sync", lambda: None)
        serving.go_on(groups[:41], snapshot_every=1_000)
    hasty, careful = follow(serving, only_durable=False), follow(serving)
    assert hasty.publisher.venue.sequence == serving.venue.sequence > before
    assert careful.publisher.venue.sequence == before
    serving.go_on(groups[:42])
    for follower in (hasty, careful):
        go_through(follower)
        assert follower.publisher.venue.sequence == serving.venue.sequence
    serving.close()


def test_a_snapshot_taken_between_two_readings_is_no_damage(tmp_path, groups, monkeypatch):
    serving = Serving(tmp_path)
    serving.go_on(groups[:20])
    read, readings = follower_module.read_log, []

    def read_log(folder):
        log = read(folder)
        readings.append(log)
        if len(readings) == 1:
            serving.go_on(groups[:60])
        return log

    monkeypatch.setattr(follower_module, "read_log", read_log)
    assert follow(serving).publisher.venue.sequence == serving.venue.sequence
    assert len(readings) == 2
    serving.close()


def test_a_journal_that_has_lost_commands_is_refused(tmp_path, groups):
    serving = Serving(tmp_path)
    serving.go_on(groups)
    serving.close()
    for path in sorted(serving.daybook.journal.glob("*.log"))[2:]:
        path.unlink()
    with pytest.raises(JournalError, match=r"stands on .* commands that were on the disk"):
        follow(serving)


def test_the_journal_of_another_day_is_refused(tmp_path, groups):
    serving = Serving(tmp_path)
    serving.go_on(groups[:5])
    with pytest.raises(JournalError, match=f"is the journal of {BUSINESS_DATE}, not of 20260707"):
        follow(serving, business_date=20260707)
    serving.close()


def test_what_comes_is_done_as_it_comes_and_an_error_ends_it(tmp_path, groups):
    serving = Serving(tmp_path)
    follower = follow(serving)

    async def follow_on() -> None:
        following = asyncio.create_task(follower.go_on())
        for end in range(0, len(groups), 20):
            serving.go_on(groups[:end])
            while follower.publisher.venue.sequence < serving.venue.sequence:
                await asyncio.sleep(0.001)
        damage(follower)
        with pytest.raises(JournalError, match="is not what it was"):
            await following

    asyncio.run(asyncio.wait_for(follow_on(), 30))
    serving.journal.failed = "damaged"
    serving.close()


def damage(follower: Follower) -> None:
    """Change the last line that a follower has read."""
    with follower.tail.path.open("r+b") as file:
        file.seek(follower.tail.end.offset - 1)
        file.write(b"\0\1\2\3")
