"""How far a recovery has come: a bar on a terminal, a line now and then in a log."""

import logging
import sys

log = logging.getLogger("cuohe")

WIDTH = 40
STEPS = 10
NOTABLE = 1_000_000
"""Fewer commands than this are gone through before anybody could read about it."""


class Progress:
    """Tells of commands that are gone through again, `done` of `total` so far."""

    def __init__(self, total: int, done: int = 0) -> None:
        self.total = total
        self.is_notable = total - done >= NOTABLE
        self.is_bar = sys.stderr.isatty()
        self.steps = WIDTH if self.is_bar else STEPS
        self.step = self.step_of(done)

    def step_of(self, done: int) -> int:
        return self.steps * done // max(1, self.total)

    def reach(self, done: int) -> None:
        """Take notice that so many are done."""
        step = self.step_of(done)
        if not self.is_notable or step == self.step:
            return
        self.step = step
        if self.is_bar:
            bar = "#" * step + "." * (WIDTH - step)
            end = "\n" if done == self.total else ""
            print(f"\r[{bar}] {done} of {self.total} commands", end=end, file=sys.stderr)  # noqa: T201
        else:
            log.info("%d of %d commands are gone through again", done, self.total)
