"""Which steps of a day's close are done: a line of JSON for each, on the disk before the next.

A line counts only for what the step was done for: the same commands, reference and files that came
in.  Behind changed ones, all is done anew.
"""

from pathlib import Path

import msgspec

from gateway.batch.lines import Lines

NAME = "close.jsonl"


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is done, the digest of what it was done for, and what came of it."""

    step: str
    run: str
    outcome: str


class Ledger:
    """The lines of one day's folder."""

    def __init__(self, folder: Path) -> None:
        self.lines = Lines(folder / NAME, Done)

    def done(self, run: str) -> dict[str, str]:
        """Return the outcome of each step that is done for a run."""
        return {entry.step: entry.outcome for entry in self.lines.read() if entry.run == run}

    def note(self, step: str, run: str, outcome: str) -> None:
        """Write that a step is done, durably."""
        self.lines.add(Done(step, run, outcome))
