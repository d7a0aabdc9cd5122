"""Reading a clearing file of whatever form, and what is said where that fails."""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from protocol.files import delimited
from protocol.files.dbf import Table
from protocol.files.delimited import Reader, leave
from protocol.files.fault import FileFault
from protocol.files.faults import Faults
from protocol.files.hashed import HashedFile
from protocol.files.layouts import Columns
from protocol.files.profiles import Profile


def blocks(
    path: Path,
    profile: Profile,
    business_date: int,
    faults: Faults | None = None,
    file: HashedFile | None = None,
    reader: Reader = leave,
) -> Iterator[Columns]:
    """Yield the columns of a file, block by block, as the readers of its form do.

    A `file` that is open already stays so.
    """
    if profile.layout.is_delimited:
        yield from delimited.read(path, profile.layout, faults=faults, file=file, reader=reader)
        return
    with Table(path, profile.layout, faults, file) as table:
        if table.business_date != business_date:
            raise FileFault(
                f"{path.name}: the header's date is {table.business_date}, the manifest's business"
                f" date {business_date}; fetch the file again"
            )
        yield from table.blocks()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def told(error: Exception, name: str) -> str:
    """Return what an error says of the file `name`."""
    if isinstance(error, FileNotFoundError):
        return "the file is missing; fetch it again"
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror}); mend that and load again"
    return str(error).removeprefix(f"{name}: ")
