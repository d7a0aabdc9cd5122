"""Replays a journal in a process of its own and prints what came of it, as one line of JSON.

python -m tests.engine.replaying JOURNAL BATCH_ROWS REPORTS [EVERY]

With EVERY it is a day of tests.engine.mixture, and what has come of it is printed so often.
"""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from engine.kernels import first_bad_line, seal
from engine.kernels.apply import apply
from engine.storage.daybook import replay
from engine.storage.segments import read_journal
from engine.venue import Limits, Venue, warm_up
from tests.engine.mixture import ROOM_FOR_ALL

ROOT = Path(__file__).parents[2]
LIMITS = Limits(
    orders_open=4_000,
    orders_day=20_000,
    instruments=16,
    sessions=16,
    rules=16,
    ticks=20_000,
    accounts=64,
    holdings=512,
    movements=4_096,
    lists=64,
)
KERNELS = (apply, first_bad_line, seal)


def outcome(path: Path, batch_rows: int, reports: int) -> dict:
    """Return the SHA-256 of the reports on a journal, and the digest of the state behind it."""
    venue = Venue(LIMITS._replace(reports=reports))
    told = sha256()
    for part in replay(venue, read_journal(path), batch_rows):
        told.update(part.tobytes())
    return {"reports": told.hexdigest(), "digest": venue.digest()}


def marks(path: Path, batch_rows: int, reports: int, every: int) -> list[str]:
    """Return the two digests of `outcome` behind each `every` commands of a mixture."""
    commands = read_journal(path)
    venue = Venue(ROOM_FOR_ALL._replace(reports=reports))
    told = sha256()
    found = []
    for start in range(0, len(commands), every):
        for part in replay(venue, commands[start : start + every], batch_rows):
            told.update(part.tobytes())
        found.append(f"{told.hexdigest()} {venue.digest()}")
    return found


def compiled() -> list[int]:
    """Return for each kernel how many types of arguments it has been compiled for."""
    return [len(getattr(kernel, "signatures", ())) for kernel in KERNELS]


def outcome_elsewhere(path: Path, *numbers: int, **environment: str) -> dict:
    """Return the outcome of another process, in whose environment these variables are set.

    The numbers are batch_rows and reports, and `every` where the marks of a mixture are wanted.
    """
    words = [sys.executable, "-m", "tests.engine.replaying", path, *map(str, numbers)]
    done = subprocess.run(
        words, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, timeout=280
    )
    assert done.returncode == 0
    return json.loads(done.stdout)


def main(path: Path, *numbers: int) -> None:
    warm_up(lambda line: print(line, file=sys.stderr))
    before = compiled()
    found = {"marks": marks(path, *numbers)} if numbers[2:] else outcome(path, *numbers)
    print(json.dumps(found | {"compiled": [before, compiled()]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
