"""How far the venue is behind: whether more arrives than it carries out, and for how long."""

from collections.abc import Callable
from time import monotonic_ns

from gateway.throttle import MILLISECOND


class Backlog:
    """Watches what ticks begin with: one for which connections had to wait is behind."""

    def __init__(self, busy_after_ms: int, clock: Callable[[], int] = monotonic_ns) -> None:
        """Be busy when the venue has been behind for so long, never where that is 0; `clock` gives
        nanoseconds of real time."""
        self.busy_after_ms = busy_after_ms
        self.clock = clock
        self.since = 0

    def note(self, is_behind: bool) -> None:
        """Take notice of how a tick begins: behind, or caught up."""
        if not is_behind:
            self.since = 0
        elif not self.since:
            self.since = self.clock()

    @property
    def is_busy(self) -> bool:
        """Whether new requests are answered that the venue is busy."""
        return bool(
            self.busy_after_ms
            and self.since
            and self.clock() - self.since >= self.busy_after_ms * MILLISECOND
        )
