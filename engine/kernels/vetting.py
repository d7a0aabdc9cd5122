"""What a batch of requests must pass before it is journaled: each once, and not too many."""

from engine.kernels.kernel import entrance, kernel
from protocol.vocabulary import CommandKind

VENUE = 0
RESENT = -1
REFUSED = -2


@entrance
def vet(rows, heard, room):
    """Mark those of `rows` (n, COMMAND) that are not to be carried out; return how many they are.

    Marked is the `sequence`, as RESENT where the client_seq is not greater than the last that was
    `heard` (m, i4) of the session, or as REFUSED where the session has no more `room` (m, i8).
    Cancels need no room, and the venue itself sends what it will.
    """
    marked = 0
    for index in range(len(rows)):
        row = rows[index]
        session = row["session"]
        if session == VENUE:
            continue
        if row["client_seq"] <= heard[session]:
            row["sequence"] = RESENT
            marked += 1
            continue
        heard[session] = row["client_seq"]
        row["sequence"] = 0
        if is_cancel(row["kind"]):
            continue
        if room[session] <= 0:
            row["sequence"] = REFUSED
            marked += 1
        room[session] -= 1
    return marked


@kernel
def is_cancel(kind):
    return kind == CommandKind.CANCEL_ORDER or kind == CommandKind.CANCEL_ORDERS


@entrance
def note_requests(reports, heard):
    """Raise `heard` (m, i4) of each session to the greatest request that `reports` answer."""
    for index in range(len(reports)):
        report = reports[index]
        if report["session"] >= 0:
            session = report["session"]
            heard[session] = max(heard[session], report["request_seq"])
