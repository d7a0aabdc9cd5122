"""Which steps of a day's close are done: a line of JSON for each, on the disk before the next.

A line counts only for what the step was done for: the same commands, reference and files that came
in.  Behind changed ones, all is done anew.
"""

from pathlib import Path

import msgspec

from engine.storage.disk import replace_file

NAME = "close.jsonl"


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is done, the digest of what it was done for, and what came of it."""

    step: str
    run: str
    outcome: str


class Ledger:
    """The lines of one day's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def done(self, run: str) -> dict[str, str]:
        """Return the outcome of each step that is done for a run; a torn last line is none."""
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        found = []
        for line in lines:
            try:
                found.append(msgspec.json.decode(line, type=Done))
            except msgspec.DecodeError:
                break
        return {entry.step: entry.outcome for entry in found if entry.run == run}

    def note(self, step: str, run: str, outcome: str) -> None:
        """Write that a step is done, durably."""
        kept = self.path.read_bytes() if self.path.exists() else b""
        line = msgspec.json.encode(Done(step, run, outcome)) + b"\n"
        replace_file(self.path, kept[: kept.rfind(b"\n") + 1] + line)
