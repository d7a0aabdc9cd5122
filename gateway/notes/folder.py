"""A folder of documents and their index, all there at once or not at all."""

import csv
import shutil
from collections.abc import Iterable
from hashlib import sha256
from io import StringIO
from pathlib import Path

from engine.storage.disk import DISK
from protocol.mistake import Mistake

OWNER_ONLY = 0o700
"""Documents name customers."""

INDEX = "index.csv"
HEADER = ("file", "account", "bytes", "sha256")
Entry = tuple[str, int, int, str]


def write_folder(folder: Path, documents: Iterable[tuple[str, int, bytes]]) -> int:
    """Write documents, each with its file's name and its account, and an index with their SHA-256.

    They are written aside and renamed into place; a folder that holds the same stays.  Returns how
    many there are; raises Mistake where the folder holds something else.
    """
    folder = folder.resolve()
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=OWNER_ONLY, parents=True)
    try:
        entries = [written(aside, *document) for document in documents]
        index = index_of(entries)
        (aside / INDEX).write_bytes(index)
        if folder.exists():
            check_same(folder, index)
        else:
            DISK.rename(aside, folder)
            DISK.sync_directory(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return len(entries)


def index_of(entries: Iterable[Entry]) -> bytes:
    told = StringIO()
    csv.writer(told, lineterminator="\n").writerows([HEADER, *entries])
    return told.getvalue().encode()


def written(folder: Path, name: str, account: int, body: bytes) -> Entry:
    (folder / name).write_bytes(body)
    return name, account, len(body), sha256(body).hexdigest()


def check_same(folder: Path, index: bytes) -> None:
    """Raise Mistake where a folder holds other documents than the index, or they were changed."""
    kept = folder / INDEX
    is_same = kept.exists() and kept.read_bytes() == index
    lines = csv.DictReader(index.decode().splitlines()) if is_same else []
    if not is_same or any(digest(folder / line["file"]) != line["sha256"] for line in lines):
        raise Mistake(
            f"{folder}: it holds other files than would be written; name another folder with --out,"
            " or take it away"
        )


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""
