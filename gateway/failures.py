"""Who has failed to log in lately, and how long that keeps others from guessing on.

All of it is in memory only: a venue that starts anew has forgotten it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

FREE_TRIES = 5
"""Wrong proofs of a user; from that one on, each locks it."""

LOCK_SECONDS_MAX = 60

FORGOTTEN_SECONDS = 600
"""After so long without another wrong proof, a user's earlier ones count no more."""

TRIES_A_SECOND = 100
"""Wrong proofs that one address may send in a second."""

REMEMBERED_MAX = 4_096
"""Names of no user, and addresses, that are remembered; the one unused for longest is forgotten."""

Record = TypeVar("Record")


class Recent(Generic[Record]):
    """Records by name, so many at most."""

    def __init__(self, make: Callable[[], Record]) -> None:
        self.make = make
        self.records: OrderedDict[str, Record] = OrderedDict()

    def of(self, name: str) -> Record:
        """Return the record of a name, a new one where there is none."""
        record = self.records.get(name) or self.make()
        self.records[name] = record
        self.records.move_to_end(name)
        if len(self.records) > REMEMBERED_MAX:
            self.records.popitem(last=False)
        return record


class Streak:
    """A user's wrong proofs without a right one."""

    def __init__(self) -> None:
        self.failures = 0
        self.last = 0.0
        self.locked_until = 0.0

    def fail(self, now: float) -> None:
        """Count a wrong proof; where it is one too many, lock for one second, two, four, ..."""
        if now - self.last > FORGOTTEN_SECONDS:
            self.failures = 0
        self.failures += 1
        self.last = now
        if self.failures >= FREE_TRIES:
            doublings = min(self.failures - FREE_TRIES, LOCK_SECONDS_MAX.bit_length())
            self.locked_until = now + min(1 << doublings, LOCK_SECONDS_MAX)


class Burst:
    """An address's wrong proofs in one second."""

    def __init__(self) -> None:
        self.second = 0
        self.failures = 0

    def fail(self, now: float) -> None:
        """Count a wrong proof."""
        if self.second != int(now):
            self.second, self.failures = int(now), 0
        self.failures += 1


class Failures:
    """Wrong proofs by user and by address; `now` tells seconds."""

    def __init__(self, users: Iterable[str], now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.of_users = {user: Streak() for user in users}
        self.of_others = Recent(Streak)
        self.of_addresses = Recent(Burst)

    def streak(self, user: str) -> Streak:
        return self.of_users.get(user) or self.of_others.of(user)

    def note(self, user: str, address: str) -> None:
        """Take notice of a wrong proof."""
        now = self.now()
        self.streak(user).fail(now)
        self.of_addresses.of(address).fail(now)

    def forgive(self, user: str) -> None:
        """Forget the wrong proofs of a user that has sent a right one."""
        self.of_users[user] = Streak()

    def lock_ms(self, user: str) -> int:
        """Return for how many milliseconds no proof of a user is looked at; 0 where it is."""
        return milliseconds(self.streak(user).locked_until - self.now())

    def wait_ms(self, address: str) -> int:
        """Return for how many milliseconds an address has sent enough; 0 where it has not."""
        now, burst = self.now(), self.of_addresses.of(address)
        if burst.failures < TRIES_A_SECOND:
            return 0
        return milliseconds(burst.second + 1 - now)


def milliseconds(seconds: float) -> int:
    """Return seconds in milliseconds, rounded up, 0 where they are over."""
    return max(0, int(-(-seconds * 1_000 // 1)))
