"""The power fails at any moment: what was acknowledged is there, once, and nothing else is.

A process serves a day on a recorded disk, is killed now and then and starts again, and somewhere on
the way the power fails.  What may then be left of the disk is thrown by dice (disks.py), the day is
taken up from that, the power may fail again, and at last the day goes on to its end and is cleared.
500 such stories in CI, 10,000 in the long form.

A last write of k sectors is torn in all 2^k ways, up to 8 sectors, and at random: 500 times in CI,
10,000 times in the long form.
"""

from collections.abc import Callable
from contextlib import suppress
from itertools import count, product
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any

import pytest

from engine.storage.journal import Mode
from protocol.records import ROW_BYTES
from tests.crash.days import in_groups, rows_of_day
from tests.crash.disks import (
    SECTOR_BYTES,
    RecordingDisk,
    Step,
    become,
    crash_image,
    sectors_of,
)
from tests.crash.seeds import seeds
from tests.crash.serving import Reference, Serving

COMMANDS = 200
LOSSES_MAX = 3
LIVES_MAX = 3
LIFE_STEPS_MAX = 250
BEGINNING_STEPS = 16
ALL_STEPS = 1_000_000
GROUPS_FOLLOWED = 5
STEPS_FOLLOWED_MIN = 50
SECTORS_MAX = 8
ROWS_BEFORE = 11
IN_FIRST_SECTOR = 3
"""Lines that the last write has in its first sector, behind as many commands."""
OTHER_FATES = ("old", "zero", "garbage")


class Killed(Exception):
    """The process has come to its end; what follows happens in the next one."""


class MortalDisk(RecordingDisk):
    """A recorded disk on which each process is killed before one of its steps.

    `births` are how many steps were done before each of them; `promises` are what was acknowledged,
    each with the number of steps that were done by then.
    """

    def __init__(self, folder: Path, dice: Random) -> None:
        super().__init__(folder)
        self.dice = dice
        self.rest = 0
        self.before_sync = False
        self.promises = [(0, 0)]
        self.births: list[int] = []

    def begin_life(self) -> None:
        most = self.dice.choice((BEGINNING_STEPS, LIFE_STEPS_MAX))
        self.begin_life_of(self.dice.randint(1, most), before_sync=self.dice.random() < 0.5)

    def begin_life_of(self, steps: int, before_sync: bool = False) -> None:
        """Let a process live for so many steps, or on until it is to sync something."""
        self.drop()
        self.births.append(len(self.steps))
        self.rest = steps
        self.before_sync = before_sync

    def take(self, step: Step, perform: Callable, *arguments: Any) -> Any:
        if step.operation != "close":
            self.rest -= 1
            if self.rest < 0 and (step.operation == "sync" or not self.before_sync):
                raise Killed
        return super().take(step, perform, *arguments)

    def some_moment(self) -> int:
        """Return behind how many steps the power fails: anywhere, or soon after a start; often
        when something is just to be synced."""
        start = self.dice.choice(self.births)
        end = self.dice.choice((len(self.steps), start + BEGINNING_STEPS))
        moment = self.dice.randint(start, min(end, len(self.steps)))
        syncs = [place for place, step in enumerate(self.steps) if step.operation == "sync"]
        later = [place for place in syncs if place >= moment]
        return later[0] if later and self.dice.random() < 0.5 else moment

    def promise(self, sequence: int) -> None:
        self.promises.append((len(self.steps), sequence))

    def promised(self, upto: int) -> int:
        """Return the last sequence that was acknowledged by then, if the power fails behind the
        first `upto` steps."""
        return max(sequence for steps, sequence in self.promises if steps <= upto)


class Story:
    """A day with its dice: how it comes in groups, and how it is written."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        rows_max = self.dice.choice((1, 5, 16, 80))
        self.groups = in_groups(rows_of_day(COMMANDS), self.dice, rows_max)
        self.reference = Reference(self.groups)
        self.mode = self.dice.choice((Mode.SYNC, Mode.SYNC, Mode.SYNC, Mode.BUFFERED))
        self.segment_bytes = self.dice.choice((1 << 10, 4 << 10, 1 << 20))
        self.snapshot_every = self.dice.choice((3, 10, 1_000))

    def serve(self, folder: Path, **options: Any) -> Serving:
        return Serving(folder, mode=self.mode, segment_bytes=self.segment_bytes, **options)

    def live(self, folder: Path) -> MortalDisk:
        """Let some processes serve the day, one after the other; return their disk."""
        disk = MortalDisk(folder, self.dice)
        for _ in range(self.dice.randint(1, LIVES_MAX)):
            disk.begin_life()
            try:
                self.live_once(folder, disk).clear()
                return disk
            except Killed:
                continue
        return disk

    def live_once(self, folder: Path, disk: MortalDisk) -> Serving:
        """Serve the day to its end; what a process has found at its start it makes known."""
        acknowledge = disk.promise if self.mode is Mode.SYNC else ignore
        serving = self.serve(folder, disk=disk, acknowledge=acknowledge)
        try:
            disk.promise(serving.venue.sequence)
            self.reference.assert_agrees(serving, disk.promised(len(disk.steps)))
            serving.go_on(self.groups, self.snapshot_every)
        except BaseException:
            serving.be_gone()
            raise
        serving.close()
        disk.promise(serving.venue.sequence)
        return serving


def ignore(_sequence: int) -> None:
    """Promise nothing: in mode BUFFERED a command is not on the disk when it is acknowledged."""


@pytest.fixture(scope="module")
def cleared(tmp_path_factory) -> dict[str, bytes]:
    """The clearing files of the day."""
    serving = Serving(tmp_path_factory.mktemp("cleared"))
    serving.go_on(in_groups(rows_of_day(COMMANDS), Random(1)))
    serving.close()
    serving.clear()
    return serving.cleared()


@seeds(500, long=10_000)
def test_power_fails_and_what_was_acknowledged_is_there(tmp_path, cleared, seed):
    story = Story(seed)
    folder, promised = tmp_path / "0", 0
    folder.mkdir()
    for loss in range(1, 1 + story.dice.randint(1, LOSSES_MAX)):
        disk = story.live(folder)
        upto = disk.some_moment()
        promised = max(promised, disk.promised(upto))
        folder = tmp_path / f"{loss}"
        crash_image(disk.steps, upto, story.dice, folder)
    serving = story.serve(folder)
    story.reference.assert_agrees(serving, promised)
    assert serving.warnings == [] or story.mode is Mode.BUFFERED
    serving.go_on(story.groups)
    serving.close()
    again = story.serve(folder)
    story.reference.assert_agrees(again, story.groups[-1]["sequence"][-1])
    again.close()
    again.clear()
    assert again.cleared() == cleared


@pytest.mark.parametrize("times", [1, pytest.param(30, marks=pytest.mark.long)])
def test_power_fails_while_the_next_process_takes_up_what_a_killed_one_left(tmp_path, times):
    """What the next one finds is not all on the disk: the killed one did not come to sync it.

    The first is killed at each of its steps, and the power fails at each step of its successor.
    """
    story = Story(1)
    story.groups, story.mode = story.groups[:GROUPS_FOLLOWED], Mode.SYNC
    story.segment_bytes, story.snapshot_every = 1 << 10, 2
    for steps in count():
        folder = tmp_path / f"{steps}"
        folder.mkdir()
        disk = MortalDisk(folder, story.dice)
        disk.begin_life_of(steps)
        with suppress(Killed):
            story.live_once(folder, disk)
            break
        disk.begin_life_of(ALL_STEPS)
        successor = story.serve(folder, disk=disk)
        disk.promise(successor.venue.sequence)
        successor.be_gone()
        for upto in range(disk.births[-1], len(disk.steps) + 1):
            for time in range(times):
                image = folder / f"image-{upto}-{time}"
                crash_image(disk.steps, upto, story.dice, image)
                serving = story.serve(image)
                story.reference.assert_agrees(serving, disk.promised(upto))
                serving.be_gone()
                rmtree(image)
    assert steps > STEPS_FOLLOWED_MIN


class LastWrite:
    """A journal whose last write, of so many sectors, was not synced."""

    def __init__(self, folder: Path, sectors: int) -> None:
        rows = rows_of_day(COMMANDS)
        count = IN_FIRST_SECTOR - 1 + (sectors - 1) * SECTOR_BYTES // ROW_BYTES
        self.groups = [rows[:ROWS_BEFORE], rows[ROWS_BEFORE : ROWS_BEFORE + count]]
        folder.mkdir()
        disk = RecordingDisk(folder)
        serving = Serving(folder, disk)
        serving.carry_out(self.groups[0])
        self.path = serving.journal.folder / "00000001.log"
        self.old = self.path.read_bytes()
        begun = len(disk.steps)
        serving.carry_out(self.groups[1])
        self.write = next(step for step in disk.steps[begun:] if step.operation == "write")
        serving.be_gone()
        self.folder = folder
        self.reference = Reference(self.groups)
        self.sectors = list(sectors_of(self.write))

    def tear(self, fates: list[str], dice: Random) -> None:
        """Write the file as it is when each sector has had its fate."""
        content = bytearray(self.old)
        for (start, end), fate in zip(self.sectors, fates, strict=True):
            content[start:end] = become(fate, dice, content, self.write, start, end)
        self.path.write_bytes(content)

    def assert_read(self, fates: list[str], dice: Random) -> None:
        """Tear the write, and assert that it is there as a whole, or not at all."""
        self.tear(fates, dice)
        serving = Serving(self.folder)
        rows = ROWS_BEFORE + len(self.groups[1]) * (set(fates) == {"new"})
        assert serving.venue.sequence == rows, fates
        self.reference.assert_agrees(serving)
        serving.be_gone()


@pytest.mark.parametrize("sectors", range(1, 1 + SECTORS_MAX))
def test_last_write_is_torn_in_every_way(tmp_path, sectors):
    last, dice = LastWrite(tmp_path / "day", sectors), Random(sectors)
    assert len(last.sectors) == sectors
    for other in OTHER_FATES:
        for fates in product(("new", other), repeat=sectors):
            last.assert_read(list(fates), dice)


@pytest.mark.parametrize("times", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_last_write_is_torn_at_random(tmp_path, times):
    dice = Random(times)
    writes = [LastWrite(tmp_path / f"{sectors}", sectors) for sectors in range(1, 1 + SECTORS_MAX)]
    for _ in range(times):
        last = dice.choice(writes)
        last.assert_read(dice.choices(("new", "new", *OTHER_FATES), k=len(last.sectors)), dice)
