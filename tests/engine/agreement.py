"""Holding the engine to the naive venue: whole REPORT rows, command by command."""

import numpy as np

from engine.venue import Limits, Venue
from protocol.records import COMMAND
from tests.engine.conservation import Wealth, wealth_of
from tests.naive.venue import NaiveVenue, Room, report_rows


def naive_venue(limits: Limits) -> NaiveVenue:
    """Return a naive venue with as much room as `limits` give."""
    return NaiveVenue(Room(**{name: getattr(limits, name) for name in Room._fields}))


def naive_reports(commands: np.ndarray, limits: Limits) -> np.ndarray:
    """Return what the naive venue reports on the COMMAND rows of a day."""
    return report_rows(naive_venue(limits).apply(commands))


def engine_reports(
    commands: np.ndarray, limits: Limits, cuts: list[int] | None = None
) -> tuple[np.ndarray, str]:
    """Return what the engine reports on COMMAND rows cut at the indices `cuts`, and its digest."""
    venue = Venue(limits)
    reports = [venue.apply(batch) for batch in np.split(commands, cuts or [])]
    return np.concatenate(reports), venue.digest()


def assert_same_wealth(expected: Wealth, venue: Venue) -> None:
    """Assert that the engine tells what the naive venue has told of all accounts."""
    actual = wealth_of(venue, expected.accounts)
    for name, there, here in zip(Wealth._fields, expected, actual, strict=True):
        for key in there:
            assert here[key] == there[key], f"{name} of {key}"


def assert_same(expected: np.ndarray, actual: np.ndarray, commands: np.ndarray) -> None:
    """Assert that two arrays of REPORT rows are equal; else show the first difference."""
    shared = min(len(expected), len(actual))
    differing = np.flatnonzero(expected[:shared] != actual[:shared])
    if not len(differing) and len(expected) == len(actual):
        return
    place = int(differing[0]) if len(differing) else shared
    there, here = (told(rows, place) for rows in (expected, actual))
    sequence = (there or here)["sequence"]
    cause = commands[commands["sequence"] == sequence][0]
    raise AssertionError(
        f"report {place}: expected {there}, got {here}, "
        f"because of {dict(zip(COMMAND.names, cause.tolist(), strict=True))}"
    )


def told(rows: np.ndarray, place: int) -> dict | None:
    """Return the row at `place` as a dict, or None behind the end."""
    if place >= len(rows):
        return None
    return dict(zip(rows.dtype.names, rows[place].tolist(), strict=True))
