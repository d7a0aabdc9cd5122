"""Which reports are whose: sorted by session as they come, and found again by their number."""

from engine.kernels.kernel import entrance, kernel
from protocol.vocabulary import EVERYONE, NONE


@entrance
def route(reports, place, counts, runs, sorted_reports, places, kinds):
    """Sort `reports` (n, REPORT) by session, each session's in their order.

    Those up to the first that is for everyone are taken.  `runs` (m, 2, i8) has behind it which
    sessions have any, and how many; return how many sessions that are.  `sorted_reports` (>= n,
    REPORT) has the reports run by run, unless there is but one run, and `places` (>= n, i8) where
    they are in the day's file if the first is at `place`.  In `kinds[0]` the bits of their kinds
    are set.  `counts` (m, i8) is all zero before and behind it.
    """
    sessions = 0
    taken = 0
    while taken < len(reports) and reports[taken]["session"] != EVERYONE:
        session = reports[taken]["session"]
        if counts[session] == 0:
            runs[sessions, 0] = session
            sessions += 1
        counts[session] += 1
        kinds[0] |= 1 << reports[taken]["kind"]
        taken += 1
    begin = 0
    for index in range(sessions):
        session = runs[index, 0]
        runs[index, 1] = counts[session]
        counts[session] = begin
        begin += runs[index, 1]
    for index in range(taken):
        session = reports[index]["session"]
        if sessions > 1:
            sorted_reports[counts[session]] = reports[index]
        places[counts[session]] = place + index
        counts[session] += 1
    for index in range(sessions):
        counts[runs[index, 0]] = 0
    return sessions


@entrance
def find_answers(reports, places, client_seq, found):
    """Find what a session's request has caused among its reports; return how many they are.

    `places` (n, i8) says where the session's reports are among `reports` (m, REPORT).  Those with
    the `request_seq` asked for, and what stands between them, begin at `found[0]` of `places`.
    A session's requests are answered in their order, so this is a search by halves.
    """
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        at = next_caused(reports, places, middle, high)
        if at == NONE or reports[places[at]]["request_seq"] >= client_seq:
            high = middle
        else:
            low = at + 1
    first = next_caused(reports, places, low, len(places))
    if first == NONE or reports[places[first]]["request_seq"] != client_seq:
        return 0
    last = first
    at = first
    while at != NONE and reports[places[at]]["request_seq"] == client_seq:
        last = at
        at = next_caused(reports, places, at + 1, len(places))
    found[0] = first
    return last - first + 1


@kernel
def next_caused(reports, places, start, stop):
    """Return the next of a session's reports that a request of its own has caused, or NONE."""
    for at in range(start, stop):
        if reports[places[at]]["request_seq"] > 0:
            return at
    return NONE


@entrance
def first_of_kind(rows, kind):
    """Return the first of `rows` (n, COMMAND) that is of this kind, or n."""
    for index in range(len(rows)):
        if rows[index]["kind"] == kind:
            return index
    return len(rows)
