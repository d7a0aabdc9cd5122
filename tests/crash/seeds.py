"""Seeds of random stories; one that fails says by which command it is told again.

CUOHE_CRASH_SEED=7 tells all stories that are chosen with this seed alone.
"""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VARIABLE = "CUOHE_CRASH_SEED"

Story = Callable[..., None]


def seeds(count: int, long: int = 0) -> Callable[[Story], Story]:
    """Have a test told with each `seed` from 1 to `count`, and in its long form up to `long`."""
    only = os.environ.get(VARIABLE)
    chosen = [int(only)] if only else range(1, max(count, long) + 1)
    marked: list[Any] = [
        pytest.param(seed, marks=[pytest.mark.long] if seed > count and not only else [])
        for seed in chosen
    ]

    def told(story: Story) -> Story:
        @wraps(story)
        def telling(*args: Any, seed: int, **fixtures: Any) -> None:
            try:
                story(*args, seed=seed, **fixtures)
            except (Exception, pytest.fail.Exception) as error:
                error.add_note(f"to tell it again: {again(story, seed)}")
                raise

        return pytest.mark.parametrize("seed", marked)(telling)

    return told


def again(story: Story, seed: int) -> str:
    """Return the command that tells a story with a seed once more."""
    file = Path(story.__code__.co_filename).relative_to(ROOT)
    name = story.__name__
    return f"{VARIABLE}={seed} .venv/bin/python -m pytest {file} -k {name} --timeout 3600"
