"""Where the records of a day's files go while they are checked."""

from collections.abc import Sequence

from protocol.files.layouts import Columns
from protocol.files.manifest import Entry, Manifest


class Sink:
    """Takes the records of files that are well so far, in their order; this one keeps nothing.

    What is wrong is found later perhaps: what was taken counts only when all are found well.
    """

    def begin(self, promised: Manifest, entries: Sequence[Entry]) -> None:
        """Learn which files come of which day; called once, where the manifest is sound."""

    def take(self, entry: Entry, columns: Columns) -> None:
        """Take the next records of a file, as its reader would tell them."""

    def forget(self, entry: Entry) -> None:
        """Forget what was taken of a file: it comes anew from its first record."""


NOWHERE = Sink()
