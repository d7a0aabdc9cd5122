"""What it takes until a file or a name is on the disk for good."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes | bytearray | memoryview) -> None:
    """Put `content` in place of a file as a whole, durably."""
    unfinished = path.with_name(f".{path.name}.partial")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
