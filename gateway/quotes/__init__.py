"""Market data: a process of its own that follows the journal and tells what may be seen."""
