"""Journals for tests: small, in a folder of their own, with groups as the test wants them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from engine.sequencer import Sequencer
from engine.storage.journal import SEGMENT_BYTES, Journal, Mode
from protocol.vocabulary import Phase, Side
from tests.commands import BUSINESS_DATE, cancel, change_phase, enter, journal, open_day

WRITTEN = [open_day(), change_phase(Phase.CONTINUOUS), enter(Side.BUY, 100, 100_000), cancel(1)]
TIME = 1_783_300_000_000_000_000


def stamped(commands: list[dict], after: int = 0) -> np.ndarray:
    """Return COMMAND rows as a sequencer leaves them that has stamped `after` rows before."""
    rows = journal(commands)
    Sequencer(lambda: TIME, after).stamp(rows)
    return rows


def begun(
    folder: Path,
    mode: Mode = Mode.SYNC,
    segment_bytes: int = SEGMENT_BYTES,
    business_date: int = BUSINESS_DATE,
    **options,
) -> Journal:
    """Return a journal that is ready to be appended to."""
    log = Journal(folder, business_date, mode, segment_bytes=segment_bytes, **options)
    log.begin()
    return log


def written(folder: Path, groups: Iterable[np.ndarray], **options) -> dict[str, bytes]:
    """Append groups to the journal in a folder and end it; return what its files hold."""
    log = begun(folder, **options)
    for rows in groups:
        log.append(rows)
    log.close()
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files of a folder hold."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def singles(rows: np.ndarray) -> list[np.ndarray]:
    """Return rows as groups of one."""
    return [rows[place : place + 1] for place in range(len(rows))]
