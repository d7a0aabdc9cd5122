"""Each session's index of its orders: from the client_seq of an order to its number.

A session's orders come with growing client_seq, so its pages are in order.  Every page points to
the one before and jumps to one further back, such that any page is found in a logarithm of steps
(E. W. Myers, "An applicative random-access stack", 1983).
"""

from engine.kernels.kernel import kernel, rare
from engine.kernels.seldom import seldom
from engine.kernels.state import PAGE_LINES
from protocol.vocabulary import NONE


@kernel
def note(state, session, client_seq, order_number):
    """Write an order into the index of its session; that of the venue itself has none."""
    if session == 0:
        return
    row = state.sessions[session]
    if seldom(row["page"] == NONE or row["lines"] == PAGE_LINES):
        turn_page(state, row, client_seq)
    line = state.lines[row["page"] * PAGE_LINES + row["lines"]]
    line["client_seq"] = client_seq
    line["order_number"] = order_number
    row["lines"] += 1


@rare
def turn_page(state, session, client_seq):
    venue = state.venue[0]
    number = venue["pages"]
    venue["pages"] += 1
    page = state.pages[number]
    page["first"] = client_seq
    page["before"] = number
    page["jump"] = number
    page["depth"] = 0
    if session["page"] != NONE:
        before = state.pages[session["page"]]
        middle = state.pages[before["jump"]]
        far = state.pages[middle["jump"]]
        page["before"] = session["page"]
        page["depth"] = before["depth"] + 1
        is_even = before["depth"] - middle["depth"] == middle["depth"] - far["depth"]
        page["jump"] = middle["jump"] if is_even else session["page"]
    session["page"] = number
    session["lines"] = 0


@rare
def look_up(state, session, client_seq):
    """Return the number of the order that a session entered so, 0 where there is none."""
    row = state.sessions[session]
    number = row["page"]
    if number == NONE:
        return 0
    while state.pages[number]["first"] > client_seq:
        page = state.pages[number]
        if page["depth"] == 0:
            return 0
        is_later = state.pages[page["jump"]]["first"] > client_seq
        number = page["jump"] if is_later else page["before"]
    lines = row["lines"] if number == row["page"] else PAGE_LINES
    for place in range(number * PAGE_LINES, number * PAGE_LINES + lines):
        if state.lines[place]["client_seq"] == client_seq:
            return state.lines[place]["order_number"]
    return 0
