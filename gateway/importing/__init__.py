"""The import's database side: checked clearing files into SQLite or PostgreSQL."""
