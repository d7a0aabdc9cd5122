"""A session that asks for one thing at a time, and notes how long each answer takes."""

import os
import subprocess
import sys
import time
from tempfile import TemporaryFile
from typing import NamedTuple, Self

import numpy as np

from bench.child import PASSWORD
from bench.round_trips import round_trip
from protocol.client import BlockingClient
from protocol.codec import encode
from protocol.messages import CancelOrder
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS

PAUSE_SECONDS = 0.01
PATIENCE_SECONDS = 60

WINDOW_TRIPS = 20
"""So many trips one behind the other must be fast, for the venue to be itself again."""


class Trips(NamedTuple):
    """When each trip began, and how long it took, in nanoseconds."""

    at: np.ndarray
    took: np.ndarray

    def median(self, first: int, last: int) -> float:
        """Return the median of the trips that began between two times."""
        return float(np.median(self.took[(first <= self.at) & (self.at < last)]))

    def longest(self, first: int, last: int) -> float:
        """Return the longest of the trips that began between two times."""
        return float(self.took[(first <= self.at) & (self.at < last)].max())

    def seconds_until(self, bound: float, since: int) -> float:
        """Return how long after a time the median of a window first was within a bound."""
        at, took = self.at[self.at >= since], self.took[self.at >= since]
        for first in range(len(at) - WINDOW_TRIPS + 1):
            if np.median(took[first : first + WINDOW_TRIPS]) <= bound:
                return float(at[first] - since) / NANOSECONDS
        return float("inf")


def ask_on(port: int, user: str) -> None:
    """Cancel an order that there is not, again and again, and print when and how long, for ever."""
    with BlockingClient("127.0.0.1", port, user, PASSWORD, next_report=0) as client:
        client.socket.settimeout(PATIENCE_SECONDS)
        number = client.terminal.client_seq
        while True:
            number += 1
            at = time.perf_counter_ns()
            took = round_trip(client.socket, encode(CancelOrder(number, 1)))
            print(at, took, flush=True)
            time.sleep(PAUSE_SECONDS)


class Probe:
    """Such a session in a process of its own, from entering the context to leaving it."""

    def __init__(self, port: int, user: str) -> None:
        self.words = ["-m", "bench.probe", str(port), user]

    def __enter__(self) -> Self:
        self.said = TemporaryFile()
        self.process = subprocess.Popen([sys.executable, *self.words], stdout=self.said)
        return self

    def trips(self) -> Trips:
        """Return all trips so far."""
        said = os.pread(self.said.fileno(), os.fstat(self.said.fileno()).st_size, 0)
        lines = said[: said.rfind(b"\n") + 1].split()
        at, took = np.array(lines, np.int64).reshape(-1, 2).T
        return Trips(at, took)

    def wait_for(self, trips: int) -> None:
        """Wait until there are so many more; raises Mistake where the session has ended."""
        goal = len(self.trips().at) + trips
        while len(self.trips().at) < goal:
            if self.process.poll() is not None:
                raise Mistake("the probe's session has ended; is the venue up?")
            time.sleep(PAUSE_SECONDS)

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()
        self.said.close()


if __name__ == "__main__":
    ask_on(int(sys.argv[1]), sys.argv[2])
