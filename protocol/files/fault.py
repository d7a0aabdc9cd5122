"""What is wrong with a clearing file."""

from protocol.mistake import Mistake


class FileFault(Mistake):
    """A clearing file is refused; the text names file, place, field, reason and remedy."""
