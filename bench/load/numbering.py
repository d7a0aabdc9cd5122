"""Whether the reports of a session are numbered without gaps: which are missing, late, or twice."""

from bench.load.spans import Span, common, without


class Numbering:
    """The numbers of the reports that a session has been sent."""

    def __init__(self) -> None:
        self.missing: list[Span] = []
        self.late: list[Span] = []
        self.doubled: list[Span] = []

    def take(self, due: int, span: Span) -> None:
        """Take the numbers of reports that have come where `due` was the next."""
        first, end = span
        if first > due:
            self.missing.append((due, first))
        elif first < due:
            self.take_old((first, min(end, due)))

    def take_old(self, span: Span) -> None:
        """Take numbers that had their turn before: they were missing, or have come already."""
        late = [part for gap in self.missing if (part := common(gap, span))]
        self.missing = [part for gap in self.missing for part in without(gap, span)]
        self.late += late
        doubled = [span]
        for found in late:
            doubled = [part for left in doubled for part in without(left, found)]
        self.doubled += doubled
