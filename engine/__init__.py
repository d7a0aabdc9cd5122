"""The deterministic core: the same commands in, the same reports out, on any machine."""
