"""Whether the venue is alive, and whether it is ready to trade."""

import time
from collections.abc import Callable

NOT_YET = "the day is not taken up yet"


class Health:
    """Asks a venue, from another thread, once there is one.

    Before that it is alive, because opening a day may take its time, but not ready.
    """

    def __init__(
        self, stuck_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take a loop that has not turned for so long for stuck."""
        self.stuck_seconds = stuck_seconds
        self.monotonic = monotonic
        self.turned: Callable[[], float] | None = None
        self.faults: Callable[[], list[str]] = lambda: [NOT_YET]

    def attach(self, turned: Callable[[], float], faults: Callable[[], list[str]]) -> None:
        """From now on ask when the loop last turned, and what is wrong with the venue."""
        self.turned = turned
        self.faults = faults

    def why_stuck(self) -> list[str]:
        """Return why the venue is not alive; nothing where it is."""
        silent = 0.0 if self.turned is None else self.monotonic() - self.turned()
        if silent <= self.stuck_seconds:
            return []
        return [f"the loop has not turned for {silent:.1f} seconds"]

    def why_not_ready(self) -> list[str]:
        """Return why nobody can trade; nothing where they can."""
        return self.why_stuck() + self.faults()
