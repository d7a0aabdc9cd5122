"""What came in the last second, and only that."""

from collections import Counter, deque

import numpy as np

from gateway.observe.recent import STEPS, Recent


def numbers(*values) -> np.ndarray:
    return np.array(values, np.int32)


def test_the_window_slides_as_a_naive_one_does():
    random = np.random.default_rng(3)
    recent, naive = Recent(), deque([Counter()], maxlen=STEPS)
    for _ in range(5 * STEPS):
        for _ in range(random.integers(0, 3)):
            came = random.integers(0, random.integers(1, 2_000), random.integers(0, 50))
            recent.add(came.astype(np.int32))
            naive[-1].update(came.tolist())
        counts = sum(naive, Counter())
        assert {number: recent.counts[number] for number in recent.active} == counts
        recent.advance()
        naive.append(Counter())


def test_the_most_frequent_come_first_and_0_is_nobody():
    recent = Recent()
    recent.add(numbers(0, 0, 0, 0, 7, 7, 9, 9, 9, 5))
    assert recent.over(1) == [(9, 3), (7, 2)]
    assert recent.over(1, worst=1) == [(9, 3)]
    assert recent.over(3) == []


def test_a_limit_of_0_is_none():
    recent = Recent()
    recent.add(numbers(1))
    assert recent.over(0) == []


def test_numbers_out_of_bounds_are_not_counted():
    recent = Recent(numbers_max=10)
    recent.add(numbers(-1, 3, 10, 2**31 - 1, 9))
    recent.add(numbers(3, -5), np.array([4, 4]))
    assert recent.active.tolist() == [3, 9]
    assert recent.over(1) == [(3, 5)]
