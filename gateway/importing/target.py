"""The database that a name means."""

from pathlib import Path
from typing import TYPE_CHECKING

from protocol.mistake import Mistake

if TYPE_CHECKING:
    from gateway.importing.database import Database


def opened(target: str) -> "Database":
    """Open PostgreSQL by its URL, or SQLite by its path; raises Mistake where it cannot be."""
    is_url = target.startswith(("postgresql://", "postgres://"))
    if not is_url:
        check_path(target)
    try:
        from gateway.importing.postgres import Postgres
        from gateway.importing.sqlite import Sqlite
    except ModuleNotFoundError as error:
        raise Mistake(
            f"a database needs {error.name}, which is not installed; pip install 'cuohe[import]'"
        ) from None
    return Postgres(target) if is_url else Sqlite(Path(target))


def check_path(target: str) -> None:
    """Raise Mistake where no file of SQLite can lie: SQLite itself says nothing of use."""
    remedy = "name a file in a folder that is there, or postgresql://user@host/name"
    if "://" in target:
        raise Mistake(f"{target}: no such kind of database is known; {remedy}")
    path = Path(target)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise Mistake(f"{target}: it is a folder, or would lie in one that is not there; {remedy}")
