"""Lets another process run for a part of each moment only, as a slower machine would."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Self

PERIOD_SECONDS = 0.02


def brake(process: int, share: float) -> None:
    """Let a process run for so large a share of its time, until it is gone or this is ended."""
    with suppress(ProcessLookupError):
        while True:
            os.kill(process, signal.SIGCONT)
            time.sleep(share * PERIOD_SECONDS)
            os.kill(process, signal.SIGSTOP)
            time.sleep((1 - share) * PERIOD_SECONDS)


class Brake:
    """Such a brake as a child process, from entering the context to leaving it."""

    def __init__(self, process: int, share: float) -> None:
        self.process = process
        self.share = share

    def __enter__(self) -> Self:
        words = ["-m", "bench.brake", str(self.process), str(self.share)]
        self.child = subprocess.Popen([sys.executable, *words])
        return self

    def __exit__(self, *exception: object) -> None:
        self.child.kill()
        self.child.wait()
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGCONT)


if __name__ == "__main__":
    brake(int(sys.argv[1]), float(sys.argv[2]))
