"""The database that a name means."""

from pathlib import Path
from typing import TYPE_CHECKING

from protocol.mistake import Mistake

if TYPE_CHECKING:
    from gateway.importing.database import Database


def opened(target: str) -> "Database":
    """Open PostgreSQL by its URL, or SQLite by its path; raises Mistake where it cannot be."""
    try:
        from gateway.importing.postgres import Postgres
        from gateway.importing.sqlite import Sqlite
    except ModuleNotFoundError as error:
        raise Mistake(
            f"a database needs {error.name}, which is not installed; pip install 'cuohe[import]'"
        ) from None
    if target.startswith(("postgresql://", "postgres://")):
        return Postgres(target)
    return Sqlite(Path(target))
