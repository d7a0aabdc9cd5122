"""What a reject costs, by the guard that fails: the later it stands, the more is checked."""

import numpy as np
import pytest

from bench.flow import CONTENDERS, LOT, MIDDLE, SHAPES, TICK, Course, make_flow
from protocol.vocabulary import CommandKind, Reject

OPERATIONS = 10_000
FLOW = make_flow(SHAPES["A"], OPERATIONS)

BAD = {
    Reject.MALFORMED: {"kind": 127},
    Reject.UNKNOWN_SESSION: {"session": 99},
    Reject.CLIENT_SEQ_NOT_INCREASING: {"client_seq": 0},
    Reject.UNKNOWN_INSTRUMENT: {"instrument": 9},
    Reject.ACCOUNT_NOT_ADMITTED: {"account": 99},
    Reject.QUANTITY_NOT_POSITIVE: {"quantity": 0},
    Reject.QUANTITY_NOT_IN_LOTS: {"quantity": LOT + 1},
    Reject.PRICE_NOT_ON_TICK: {"price": MIDDLE + TICK // 2},
    Reject.PRICE_OUTSIDE_LIMITS: {"price": 2 * MIDDLE},
}


@pytest.mark.parametrize("reason", BAD, ids=lambda reason: reason.name)
def bench_reject(benchmark, reason):
    rows = FLOW.rows.copy()
    rows[:] = rows[np.flatnonzero(rows["kind"] == CommandKind.ENTER_ORDER)[0]]
    rows["sequence"] = FLOW.rows["sequence"]
    rows["client_seq"] = FLOW.rows["client_seq"]
    rows["side"] = 0
    for field, value in BAD[reason].items():
        rows[field] = value
    course = Course(FLOW._replace(rows=rows), batch=OPERATIONS)
    step = CONTENDERS["apply"]
    benchmark.extra_info["operations"] = OPERATIONS
    benchmark.pedantic(course.play, (step,), setup=course.reset, rounds=15, warmup_rounds=1)
    assert (course.reports[:OPERATIONS]["reason"] == reason).all()
