"""Numbers find the bucket whose bounds enclose them, and none is lost."""

from itertools import pairwise

import numpy as np
import pytest

from gateway.observe.histogram import Histogram, Stopwatch


def naive_buckets(histogram, values):
    """Return, for the bound of each bucket, how many values are not above it."""
    return [(most, sum(value <= most for value in values)) for most, _ in histogram.buckets()]


@pytest.mark.parametrize(("unit_bits", "step_bits"), [(0, 0), (0, 2), (10, 2), (3, 1)])
def test_buckets_count_what_is_not_above_their_bounds(unit_bits, step_bits):
    histogram = Histogram(unit_bits, step_bits, largest_bits=16)
    random = np.random.default_rng(7)
    values = [0, 1, 2, 3, 4, 5, 1 << 16, (1 << 16) + 1, 1 << 40]
    values += (2 ** random.uniform(0, 18, 500)).astype(int).tolist()
    for value in values:
        histogram.put(value)
    histogram.fold()
    assert list(histogram.buckets()) == naive_buckets(histogram, values)
    assert histogram.sum == sum(values)


def test_batches_are_counted_by_powers_of_two():
    histogram = Histogram(unit_bits=0, step_bits=0, largest_bits=4)
    assert [most for most, _ in histogram.buckets()] == [1, 2, 4, 8, 16, float("inf")]


def test_bounds_of_durations_are_at_most_a_quarter_apart():
    bounds = [most for most, _ in Stopwatch().buckets()][:-1]
    assert bounds[0] == 1024
    assert bounds[-1] == 1 << 34
    assert all(after <= before * 1.25 for before, after in pairwise(bounds[3:]))


def test_a_value_may_count_for_many():
    histogram = Histogram(0, 0, 4)
    histogram.put(3, count=1_000)
    histogram.fold()
    histogram.fold()
    assert (list(histogram.buckets())[2], histogram.sum) == ((4, 1_000), 3_000)


def test_a_call_is_timed_also_when_it_fails():
    stopwatch = Stopwatch()
    assert stopwatch.timed(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        stopwatch.timed(divmod, 7, 0)
    assert list(stopwatch.timed_each(iter("ab"))) == ["a", "b"]
    stopwatch.fold()
    assert stopwatch.counts.sum() == 3
    assert stopwatch.since == 0


def test_a_call_under_way_shows_since_when():
    stopwatch = Stopwatch()
    assert stopwatch.timed(lambda: stopwatch.since) > 0
