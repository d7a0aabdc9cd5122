"""A story that fails says how to tell it again."""

import pytest

from tests.crash.seeds import seeds


def told_with(**sizes: int) -> list[tuple[int, bool]]:
    """Return with which seeds a story is told, and whether that makes it long."""

    @seeds(**sizes)
    def story(seed):
        pass

    (mark,) = story.pytestmark
    return [(seed, bool(marks)) for (seed,), marks, _ in mark.args[1]]


def test_a_story_has_a_short_and_a_long_form(monkeypatch):
    monkeypatch.delenv("CUOHE_CRASH_SEED", raising=False)
    assert told_with(count=1, long=3) == [(1, False), (2, True), (3, True)]
    monkeypatch.setenv("CUOHE_CRASH_SEED", "77")
    assert told_with(count=1, long=3) == [(77, False)]


def test_a_failure_names_its_command():
    @seeds(3)
    def test_of_nothing(seed):
        assert seed != 2

    test_of_nothing(seed=1)
    with pytest.raises(AssertionError) as failed:
        test_of_nothing(seed=2)
    assert failed.value.__notes__ == [
        "to tell it again: CUOHE_CRASH_SEED=2 .venv/bin/python -m pytest "
        "tests/crash/test_seeds.py -k test_of_nothing --timeout 3600"
    ]
