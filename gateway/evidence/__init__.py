"""The evidence of one order: what it was checked for, what it held, and what came of it."""
