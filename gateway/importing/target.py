"""The database that a name means."""

from pathlib import Path

from gateway.importing.database import Database
from gateway.importing.sqlite import Sqlite


def opened(target: str) -> Database:
    """Open PostgreSQL by its URL, or SQLite by its path; raises Mistake where it cannot be."""
    if target.startswith(("postgresql://", "postgres://")):
        from gateway.importing.postgres import Postgres

        return Postgres(target)
    return Sqlite(Path(target))
