"""The groups of a journal's segment: found, checked, and taken apart."""

from engine.kernels.checksum import OWN, word_of
from engine.kernels.kernel import entrance, kernel
from protocol.records import GROUP_MAGIC


@entrance
def gather(groups, commands, end, sequence, found, rows):
    """Copy the groups of a segment, and the commands in them, out of its lines.

    The lines before `end` are sealed; `groups` (n, GROUP) and `commands` (n, COMMAND) are two views
    of them, the first of which is the header, and `sequence` is that of the first command.  `found`
    (m, GROUP) and `rows` (m, COMMAND) are filled from their beginning.  A mark is the last thing
    that is taken.  Return how many lines are of whole groups, how many groups, and how many rows.
    """
    place, groups_found, rows_found = 1, 0, 0
    while place < end:
        group = groups[place]
        if not is_group(groups, commands, place, end, sequence + rows_found):
            break
        found[groups_found] = group
        groups_found += 1
        count = group["rows"]
        if count == 0:
            break
        for offset in range(count):
            rows[rows_found + offset] = commands[place + 1 + offset]
        rows_found += count
        place += 1 + count
    return place, groups_found, rows_found


@kernel
def is_group(groups, commands, place, end, sequence):
    """Say whether a whole group begins at `place`, with the command that has this sequence."""
    group = groups[place]
    count = group["rows"]
    if group["magic"] != GROUP_MAGIC or group["sequence"] != sequence or count < 0:
        return False
    if place + 1 + count > end:
        return False
    for offset in range(count):
        if commands[place + 1 + offset]["sequence"] != sequence + offset:
            return False
    return True


@entrance
def proof_of(lines, groups, begin, sequence):
    """Return the first line from `begin` on that says that `sequence` was on the disk, or n.

    `lines` (n, 16, u4) and `groups` (n, GROUP) are two views of a segment.
    """
    for place in range(max(begin, 1), len(lines)):
        group = groups[place]
        if group["magic"] == GROUP_MAGIC and group["durable"] >= sequence:
            if word_of(lines[place]) == lines[place, OWN]:
                return place
    return len(lines)
