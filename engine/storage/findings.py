"""What is found of a day on the disk: a line for each thing, whether it is well or wrong."""

from pathlib import Path

from protocol.files.load import Finding


def well(path: Path, text: str) -> Finding:
    """Return what is well with a file or folder."""
    return Finding(f"{path}", True, text)


def wrong(path: Path, text: str) -> Finding:
    """Return what is wrong with a file or folder."""
    return Finding(f"{path}", False, text)


def wrong_by(error: Exception) -> Finding:
    """Return the finding that an error tells, whose text begins with the file."""
    name, _, text = str(error).partition(": ")
    return Finding(name, False, text)
