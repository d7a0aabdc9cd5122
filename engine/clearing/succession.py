"""Which manifest follows which: of a day that is closed again, and of one day after another."""

from pathlib import Path

from protocol.files import manifest
from protocol.files.fault import FileFault
from protocol.files.manifest import Link, Manifest

DATE_DIGITS = 8


def link_of(directory: Path, previous: str | None) -> Link:
    """Return the place of a manifest that is written anew for `directory`.

    It is that of the one that lies there, or, where a close broke off after it was moved aside,
    the one behind it.
    """
    kept = kept_in(directory)
    return Link(kept.generation, kept.supersedes, previous) if kept else follow(directory, previous)


def next_link(directory: Path, previous: str | None) -> Link:
    """Return the place of a manifest that supersedes the one in `directory`."""
    kept = kept_in(directory)
    if kept is None:
        return follow(directory, previous)
    return Link(kept.generation + 1, manifest.digest_of(kept), previous)


def follow(directory: Path, previous: str | None) -> Link:
    """Return the place behind all that have been moved aside."""
    aside = map(kept_in, directory.parent.glob(f"{directory.name}*.superseded"))
    last = max(filter(None, aside), key=lambda kept: kept.generation, default=None)
    if last is None:
        return Link(previous=previous)
    return Link(last.generation + 1, manifest.digest_of(last), previous)


def previous_manifest(day: Path) -> str | None:
    """Return the SHA-256 of the manifest of the last closed day before that of a folder."""
    last = last_close(day)
    return None if last is None else manifest.digest_of(last)


def last_close(day: Path) -> Manifest | None:
    """Return the manifest of the last closed day before that of the folder `day`, among those that
    lie beside it under their dates, like data/20261119 beside data/20261120.
    """
    day = day.resolve()
    if not is_date(day.name):
        return None
    earlier = [path for path in day.parent.glob("[0-9]" * DATE_DIGITS) if path.name < day.name]
    for folder in sorted(earlier, reverse=True):
        kept = kept_in(folder / "clearing")
        if kept is not None:
            return kept
    return None


def is_date(name: str) -> bool:
    return len(name) == DATE_DIGITS and name.isdecimal()


def kept_in(directory: Path) -> Manifest | None:
    """Return the sound manifest of a directory, if it has one."""
    try:
        return manifest.read(directory)
    except FileFault:
        return None
