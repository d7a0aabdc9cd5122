"""Compiling ahead: every entry point runs once on rows that do nothing.

One process compiles at a time, since two that fill one cache at once can crash.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from engine.kernels.affected import add_affected
from engine.kernels.apply import apply
from engine.kernels.auction import indicative
from engine.kernels.cells import spell_dates, spell_numbers, spell_texts, spell_times, squeeze
from engine.kernels.checksum import LINE_WORDS, extended, first_bad_line, give_word, seal
from engine.kernels.depth import indicatives, level_changes, orders_in_turn
from engine.kernels.fills import (
    DEALING,
    MEMBER,
    ORDER,
    SECURITY,
    TERMS,
    TERMS_CHANGE,
    TURNOVER,
    add_turnovers,
    add_up,
    charge_fills,
    survey,
    tell_fills,
)
from engine.kernels.groups import gather, proof_of
from engine.kernels.questions import (
    cage_of,
    free_of_funds,
    free_of_holding,
    need_of_buy,
    order_entered,
)
from engine.kernels.reading import read_frames
from engine.kernels.readings import read_dates, read_numbers, read_texts, read_times
from engine.kernels.routing import find_answers, first_of_kind, route
from engine.kernels.sight import settle, touched, watch
from engine.kernels.stamping import stamp
from engine.kernels.state import Limits, State, Tables, allocate
from engine.kernels.vetting import note_requests, vet
from engine.kernels.view import LEVEL_CHANGE, ORDER_CHANGE, PRICED, TRADE, allocate_view
from engine.kernels.writing import FRAME_ROOM, write_frames
from protocol.files.rows import FILL
from protocol.records import COMMAND, GROUP, REPORT, ROW_BYTES
from protocol.spelling import FIELD, FORM, symbol_texts, symbols_by_spelling


def warm(tables: Tables, tell: Callable[[str], None]) -> None:
    """Compile the kernels, or load them from the cache; `tell` hears when it takes a while."""
    if numba.config.DISABLE_JIT:
        return
    cache = Path(numba.config.CACHE_DIR)
    with (cache / "warming.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "warm").exists():
            tell("compiling the kernels, once; this takes up to a minute")
        run_all(tables)
        (cache / "warm").touch()


def run_all(tables: Tables) -> None:
    limits = Limits(
        orders_open=1,
        orders_day=1,
        instruments=1,
        sessions=1,
        rules=1,
        blocks=1,
        proposals=1,
        ticks=64,
        reports=3,
        accounts=1,
        holdings=1,
        lists=1,
    )
    rows = np.zeros(1, COMMAND)
    lines = rows.view(np.uint32).reshape(-1, LINE_WORDS)
    groups = rows.view(GROUP)
    seal(lines, 0)
    first_bad_line(lines, 0)
    extended(0, lines)
    give_word(lines[0])
    gather(groups, rows, 1, 1, groups.copy(), rows.copy())
    proof_of(lines, groups, 1, 1)
    state = allocate(limits, tables)
    apply(state, rows, np.zeros(limits.reports, REPORT))
    indicative(state, 0)
    free_of_funds(state, 0, 0)
    free_of_holding(state, 0)
    need_of_buy(state, 0, 0, 0, 0)
    state.instruments["tick"] = 1
    cage_of(state, 0, 0)
    order_entered(state, 0, 0)
    add_affected(state, rows, np.zeros((1, 3), np.int64))
    run_wire()
    run_view(state, limits)
    run_close(state)


def run_wire() -> None:
    """Compile what stands between frames and rows, and between reports and sessions."""
    rows, reports = np.zeros(1, COMMAND), np.zeros(1, REPORT)
    reports["kind"] = 1
    kept = np.frombuffer(reports.tobytes(), REPORT)
    lines, told = (line.view(np.uint8).reshape(1, -1) for line in (rows, reports))
    one, numbers = np.zeros(1, np.int64), np.zeros(1, np.int32)
    runs = np.zeros((1, 2), np.int64)
    letters_and_numbers = symbols_by_spelling([])
    forms, fields = np.zeros(128, FORM), np.zeros(1, FIELD)
    windows = np.ndarray(2, COMMAND, bytearray(ROW_BYTES + 1), strides=1)
    read_frames(forms, fields, *letters_and_numbers, told[0], windows, 0, 0, 0, rows, lines, one)
    write_frames(forms, fields, symbol_texts([]), told, 1, np.zeros(FRAME_ROOM, np.uint8))
    for some in (kept, reports):
        note_requests(some, numbers)
        route(some, 0, one.copy(), runs, reports.copy(), one.copy(), one.copy())
        find_answers(some, one, 1, one.copy())
    vet(rows, numbers, one)
    stamp(rows, 0, 0)
    first_of_kind(rows, 0)


def run_view(state: State, limits: Limits) -> None:
    view = allocate_view(limits, len(state.levels))
    nothing = np.zeros(0, np.int32)
    watch(state, view, np.zeros(0, REPORT), np.zeros(0, TRADE))
    settle(state, view, np.zeros(0, ORDER_CHANGE))
    touched(view, nothing)
    level_changes(state, view, np.zeros((1, 2, 1), PRICED), nothing, np.zeros(0, LEVEL_CHANGE))
    orders_in_turn(state, 0, np.zeros(0, ORDER_CHANGE))
    indicatives(state, nothing, np.zeros((0, 4), np.int64))


def run_close(state: State) -> None:
    """Compile what makes a day's fills, and spells the rows of clearing files."""
    reports, orders = np.zeros(0, REPORT), np.zeros(0, ORDER)
    fills, dealt = np.zeros(0, FILL), np.zeros(0, DEALING)
    instruments, numbers = np.zeros(0, np.int32), np.zeros(0, np.int64)
    securities, terms = np.zeros(0, SECURITY), np.zeros(0, TERMS)
    changes = np.zeros(0, TERMS_CHANGE)
    beside, members = (instruments, numbers), np.zeros(0, MEMBER)
    for some in (np.frombuffer(b"", REPORT), reports):
        survey(some, numbers)
        tell_fills(fills, *beside, some, orders, securities, members, True)
    charge_fills(fills, instruments, numbers, orders, securities, state.fees, terms, changes)
    add_up(state, dealt, fills, instruments)
    add_turnovers(np.zeros((0, 0), TURNOVER), fills)
    cells = np.zeros((0, 1), np.uint8)
    spell_numbers(cells, 0, 1, 0, 0, numbers)
    spell_texts(cells, 0, 1, 0, np.zeros(256, np.bool_), cells)
    spell_dates(cells, 0, numbers)
    spell_times(cells, 0, numbers)
    squeeze(cells, cells.ravel())
    text, marks = np.frombuffer(b"", np.uint8), np.zeros((0, 1), np.int64)
    read_texts(text, marks, 0, cells)
    read_numbers(text, marks, 0, 0, 0, numbers)
    read_dates(text, marks, 0, numbers)
    read_times(text, marks, 0, numbers)
