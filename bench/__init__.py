"""Measurements: the shared order flow, and what is timed with it."""
