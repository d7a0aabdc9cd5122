"""What was to be reached, and what was."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Goal(NamedTuple):
    """A figure, and the least that it may be, or the most."""

    what: str
    figure: float
    bound: float
    is_most: bool = False

    @property
    def is_reached(self) -> bool:
        return self.figure <= self.bound if self.is_most else self.figure >= self.bound


def tell_goals(goals: Iterable[Goal]) -> Iterator[str]:
    """Say of each goal whether it is reached."""
    for goal in goals:
        bound = f"at {'most' if goal.is_most else 'least'} {goal.bound:g}"
        verdict = "reached" if goal.is_reached else "MISSED"
        yield f"{goal.what:56}{bound:>16}{goal.figure:10.2f}  {verdict}"
