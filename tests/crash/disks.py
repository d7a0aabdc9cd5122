"""Disks that keep a record of their steps, fail at one of them, or are cut off behind it.

What a power loss leaves of a recorded disk is thrown by dice, within what can be relied on:

- the content of a file, and its length, are there as they were when the file was last synced;
- the names in a folder are there as they were when the folder was last synced, and then a number
  of the steps that changed them, in their order;
- what was written to a file since is there or not, each sector by itself and in any order; where
  it is not there, may be what was there before, zeros, other bytes of the file, or any bytes;
- a byte that nobody wrote is as it was, even where its sector was being written.
"""

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from engine.storage.disk import Disk

SECTOR_BYTES = 512
CHANGING = (
    "create",
    "allocate",
    "write",
    "sync",
    "truncate",
    "rename",
    "remove",
    "make_directory",
    "sync_directory",
)
"""The steps that change what is on a disk; to open and to close change nothing."""


class Step(NamedTuple):
    """One step: its operation, on which path below the folder, and with what.

    `offset` is where something is written, or the size that a file gets, in bytes.
    """

    operation: str
    path: str
    offset: int = 0
    data: bytes = b""
    new_path: str = ""

    @property
    def name(self) -> str:
        """The operation and the path, without the numbers in it: "write journal/N.log"."""
        return f"{self.operation} {re.sub('[0-9]+', 'N', self.path)}"


class HastyDisk(Disk):
    """A disk that has nothing on it for good, which takes its time: no test turns off the machine.

    What a process leaves that is killed, the operating system has.
    """

    def sync(self, file: int) -> None:
        pass

    def sync_directory(self, path: Path) -> None:
        pass


class WatchedDisk(HastyDisk):
    """A disk all of whose steps below a folder go through `take`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[int, str] = {}
        """The path of each descriptor."""

    def take(self, step: Step, perform: Callable, *arguments: Any) -> Any:
        """Carry out a step; `perform` does it."""
        return perform(*arguments)

    def drop(self) -> None:
        """Close all descriptors, as the end of a process does."""
        for file in self.paths:
            os.close(file)
        self.paths.clear()

    def below(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def create(self, path: Path, size: int = 0) -> int:
        file = self.take(Step("create", self.below(path)), super().create, path)
        self.paths[file] = self.below(path)
        if size:
            self.allocate(file, size)
        return file

    def allocate(self, file: int, size: int) -> None:
        self.take(Step("allocate", self.paths[file], size), super().allocate, file, size)

    def open(self, path: Path) -> int:
        file = self.take(Step("open", self.below(path)), super().open, path)
        self.paths[file] = self.below(path)
        return file

    def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
        step = Step("write", self.paths[file], offset, bytes(data))
        return self.take(step, super().write, file, data, offset)

    def sync(self, file: int) -> None:
        self.take(Step("sync", self.paths[file]), super().sync, file)

    def truncate(self, file: int, size: int) -> None:
        self.take(Step("truncate", self.paths[file], size), super().truncate, file, size)

    def close(self, file: int) -> None:
        self.take(Step("close", self.paths.pop(file)), super().close, file)

    def rename(self, old: Path, new: Path) -> None:
        one, other = self.below(old), self.below(new)
        self.take(Step("rename", one, new_path=other), super().rename, old, new)
        for file, path in self.paths.items():
            if path == one or path.startswith(f"{one}/"):
                self.paths[file] = other + path.removeprefix(one)

    def remove(self, path: Path) -> None:
        self.take(Step("remove", self.below(path)), super().remove, path)

    def make_directory(self, path: Path) -> None:
        self.take(Step("make_directory", self.below(path)), super().make_directory, path)

    def sync_directory(self, path: Path) -> None:
        self.take(Step("sync_directory", self.below(path)), super().sync_directory, path)


class RecordingDisk(WatchedDisk):
    """A disk that keeps a record of the steps that were carried out.

    What lies in its folder at first counts as being on the disk for good.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.steps = list(steps_to(folder))

    def take(self, step: Step, perform: Callable, *arguments: Any) -> Any:
        done = super().take(step, perform, *arguments)
        self.steps.append(
            step if step.operation != "write" else step._replace(data=step.data[:done])
        )
        return done


def steps_to(folder: Path) -> Iterator[Step]:
    """Yield the steps that make a folder as it is, durably."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            yield Step("make_directory", name)
        else:
            yield from (Step("create", name), Step("write", name, 0, path.read_bytes()))
            yield Step("sync", name)
        yield Step("sync_directory", parent_of(name))


class FailingDisk(RecordingDisk):
    """A disk on which an operation fails with `error`, an errno, the time that it is the `nth`.

    `for_ever` it goes on to fail from then on.  Half of what a failing write was given is on the
    disk all the same; where there is no error, the write says so.  `attempts` are all steps,
    `failures` the places of those that failed.
    """

    def __init__(
        self, folder: Path, operation: str, nth: int, error: int = 0, for_ever: bool = False
    ) -> None:
        super().__init__(folder)
        self.operation = operation
        self.nth = nth
        self.error = error
        self.for_ever = for_ever
        self.count = 0
        self.attempts: list[Step] = []
        self.failures: list[int] = []

    def take(self, step: Step, perform: Callable, *arguments: Any) -> Any:
        self.attempts.append(step)
        if not self.is_to_fail(step):
            return super().take(step, perform, *arguments)
        self.failures.append(len(self.attempts) - 1)
        if step.operation == "write":
            file, data, offset = arguments
            half = (file, data[: max(1, len(data) // 2)], offset)
            if not self.error:
                return super().take(step, perform, *half)
            perform(*half)
        raise OSError(self.error, os.strerror(self.error))

    def is_to_fail(self, step: Step) -> bool:
        self.count += step.operation == self.operation
        is_late = self.for_ever and self.count > self.nth
        return step.operation == self.operation and (self.count == self.nth or is_late)


class KillingDisk(WatchedDisk):
    """A disk at one point of whose steps the process is killed, the `nth` time it gets there.

    A point is "before", "amid" or "after" and the name of a step; amid a write, half of it is done.
    """

    def __init__(self, folder: Path, point: str, nth: int = 1) -> None:
        super().__init__(folder)
        self.when, _, self.name = point.partition(" ")
        self.rest = nth

    def take(self, step: Step, perform: Callable, *arguments: Any) -> Any:
        self.rest -= step.name == self.name
        is_here = self.rest == 0 and step.name == self.name
        if is_here and self.when == "before":
            die()
        if is_here and self.when == "amid":
            file, data, offset = arguments
            perform(file, data[: len(data) // 2], offset)
            die()
        done = super().take(step, perform, *arguments)
        if is_here:
            die()
        return done


def die() -> None:
    """End this process at once, as a fault of the machine or the operator would."""
    os.kill(os.getpid(), signal.SIGKILL)


def points_of(steps: Iterable[Step]) -> dict[str, int]:
    """Return all points at which steps may be cut off, each with how often it is reached."""
    counts: dict[str, int] = {}
    for step in steps:
        if step.operation in CHANGING:
            amid = ["amid"] if step.operation == "write" and len(step.data) > 1 else []
            for when in ("before", *amid, "after"):
                point = f"{when} {step.name}"
                counts[point] = counts.get(point, 0) + 1
    return counts


class File:
    """A file as it is on the disk, and what was done to it since."""

    def __init__(self) -> None:
        self.durable = b""
        self.pending: list[Step] = []

    def sync(self) -> None:
        content = bytearray(self.durable)
        for step in self.pending:
            carry_out(step, content)
        self.durable = bytes(content)
        self.pending = []

    def remains(self, dice: Random) -> bytes:
        """Return what a power loss leaves of the file."""
        if not self.pending:
            return self.durable
        sizes = [len(self.durable)]
        for step in self.pending:
            sizes.append(size_after(step, sizes[-1]))
        content = bytearray(self.durable).ljust(max(sizes), b"\0")
        writes = [step for step in self.pending if step.operation == "write"]
        if dice.random() < 0.3:
            dice.shuffle(writes)
        odds = dice.choice(ODDS)
        for step in writes:
            for start, end in sectors_of(step):
                fate = dice.choices(FATES, odds)[0]
                content[start:end] = become(fate, dice, content, step, start, end)
        return bytes(content[: some_size(dice, sizes)])


FATES = ("new", "old", "zero", "garbage")
ODDS = ((0, 1, 1, 1), (1, 1, 1, 1), (5, 1, 0, 0), (1, 0, 0, 0), (12, 1, 1, 1))
"""What may become of a sector, and how likely each is; a file has its own odds."""


def become(fate: str, dice: Random, content: bytearray, step: Step, start: int, end: int) -> bytes:
    """Return what is in the bytes of one sector that a write was to change."""
    if fate == "new":
        return step.data[start - step.offset : end - step.offset]
    if fate == "old":
        return bytes(content[start:end])
    if fate == "zero":
        return bytes(end - start)
    elsewhere = dice.randrange(0, len(content), SECTOR_BYTES)
    stale = bytes(content[elsewhere : elsewhere + end - start])
    return (
        stale if dice.random() < 0.5 and len(stale) == end - start else dice.randbytes(end - start)
    )


def some_size(dice: Random, sizes: list[int]) -> int:
    """Return one of the sizes that a file had one after the other, or one between them."""
    between = dice.randint(min(sizes), max(sizes))
    return dice.choice((sizes[-1], dice.choice(sizes), between))


def size_after(step: Step, size: int) -> int:
    """Return how many bytes a file has after a step, if it had `size`."""
    end = step.offset + len(step.data)
    return end if step.operation == "truncate" else max(size, end)


def sectors_of(step: Step) -> Iterator[tuple[int, int]]:
    """Yield where what is written in each sector begins and ends."""
    start, end = step.offset, step.offset + len(step.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield start, stop
        start = stop


def carry_out(step: Step, content: bytearray) -> None:
    """Do what a step does to the content of a file."""
    size = size_after(step, len(content))
    content[size:] = bytes(max(0, size - len(content)))
    if step.operation == "write":
        content[step.offset : step.offset + len(step.data)] = step.data


class Folder:
    """A folder as it is on the disk, and the changes of its names since.

    A change gives a name to something, or takes it away: None.
    """

    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self.durable: dict[str, File | Folder] = {}
        self.pending: list[dict[str, File | Folder | None]] = []

    def change(self, names: "dict[str, File | Folder | None]") -> None:
        self.pending.append(names)
        self.names = changed(self.names, [names])

    def sync(self) -> None:
        self.durable, self.pending = dict(self.names), []

    def remains(self, dice: Random, folder: Path) -> None:
        """Write into `folder` what a power loss leaves of this one, and of all in it."""
        happened = self.pending[: dice.randint(0, len(self.pending))]
        folder.mkdir()
        for name, one in changed(self.durable, happened).items():
            if isinstance(one, Folder):
                one.remains(dice, folder / name)
            else:
                (folder / name).write_bytes(one.remains(dice))


def changed(names: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the names of a folder after these changes."""
    for change in changes:
        names = {name: one for name, one in (names | change).items() if one is not None}
    return names


class Platter:
    """What a recorded disk holds for good, and what it holds besides, step by step."""

    def __init__(self) -> None:
        self.root = Folder()

    def folder(self, path: str) -> Folder:
        """Return a folder; one that the record does not make is made now."""
        here = self.root
        for name in path.split("/") if path else ():
            if name not in here.names:
                here.change({name: Folder()})
            here = here.names[name]
        return here

    def file(self, path: str) -> File:
        return self.folder(parent_of(path)).names[name_of(path)]

    def take(self, step: Step) -> None:
        """Do what a step does."""
        match step.operation:
            case "create":
                self.folder(parent_of(step.path)).change({name_of(step.path): File()})
            case "write" | "truncate" | "allocate":
                self.file(step.path).pending.append(step)
            case "sync":
                self.file(step.path).sync()
            case "make_directory":
                self.folder(step.path)
            case "sync_directory":
                self.folder(step.path.removeprefix(".")).sync()
            case "remove":
                self.folder(parent_of(step.path)).change({name_of(step.path): None})
            case "rename":
                folder = self.folder(parent_of(step.path))
                assert parent_of(step.path) == parent_of(step.new_path)
                old, new = name_of(step.path), name_of(step.new_path)
                folder.change({old: None, new: folder.names[old]})


def parent_of(path: str) -> str:
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def crash_image(steps: list[Step], upto: int, dice: Random, folder: Path) -> None:
    """Make `folder` as a power loss behind the first `upto` of these steps may leave it."""
    platter = Platter()
    for step in steps[:upto]:
        platter.take(step)
    platter.root.remains(dice, folder)
