"""The clearing files: their layouts, how they are written, read back and checked."""
