"""Every command gets its place in the log: the next number, and a time."""

import numpy as np

from engine.sequencer import Sequencer
from protocol.records import COMMAND
from tests.commands import cancel, journal


def stamped(sequencer: Sequencer, *counts: int) -> tuple[list[int], list[int]]:
    """Return the sequences and the times that batches of so many rows get, one after the other."""
    rows = [np.zeros(count, COMMAND) for count in counts]
    for batch in rows:
        sequencer.stamp(batch)
    return [[int(n) for batch in rows for n in batch[name]] for name in ("sequence", "time")]


def clock_of(*times: int):
    """Return a clock that shows these times, one at each look."""
    return iter(times).__next__


def test_batches_are_numbered_on_and_share_one_time_each():
    sequences, times = stamped(Sequencer(clock_of(10, 20, 30)), 2, 1, 3)
    assert sequences == [1, 2, 3, 4, 5, 6]
    assert times == [10, 10, 20, 30, 30, 30]


def test_clock_that_goes_back_stops_the_time_until_it_has_caught_up():
    _, times = stamped(Sequencer(clock_of(50, 40, -(2**63), 49, 51, 2**62, 0)), *[1] * 7)
    assert times == [50, 50, 50, 50, 51, 2**62, 2**62]


def test_resumed_log_goes_on_behind_its_last_command():
    sequences, times = stamped(Sequencer(clock_of(60, 80), sequence=7, time=70), 1, 1)
    assert sequences == [8, 9]
    assert times == [70, 80]


def test_empty_batch_takes_no_number():
    assert stamped(Sequencer(clock_of(1, 2)), 0, 1) == [[1], [2]]


def test_stamp_is_written_over_whatever_a_client_wrote_there():
    rows = journal([cancel(1), cancel(2)])
    for name in ("sequence", "time"):
        rows[name] = 77
    Sequencer(clock_of(5)).stamp(rows)
    assert rows[["sequence", "time"]].tolist() == [(1, 5), (2, 5)]
