"""The place of each command in the one log."""

from engine.kernels.kernel import entrance


@entrance
def stamp(rows, sequence, time):
    """Number `rows` (n, COMMAND) from behind `sequence` on, all at the same `time` in ns."""
    for index in range(len(rows)):
        rows[index]["sequence"] = sequence + 1 + index
        rows[index]["time"] = time
