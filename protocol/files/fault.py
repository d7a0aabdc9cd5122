"""What is wrong with a file."""

from protocol.mistake import Mistake


class FileFault(Mistake):
    """A file cannot be written or read: the text names the file, the place, the reason."""
