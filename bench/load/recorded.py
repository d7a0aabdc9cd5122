"""A recorded day as the requests of many sessions, each due at its time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.events import Event
from bench.load.phases import Beginning
from bench.recording import OPERATOR, Recording
from bench.workload import numbered, taken
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.vocabulary import CommandKind, Phase


class Recorded(NamedTuple):
    """By session: COMMAND rows with client_seq 1, 2, 3, ..., and when each is due."""

    rows: list[np.ndarray]
    due: list[np.ndarray]
    phases: list[Beginning]


def recorded(
    events: Sequence[Event], name: str, sessions: Sequence[LoginAccepted], speed: float
) -> Recorded:
    """Return a day of events, accelerated, as what these sessions send.

    Orders go round among the sessions and among the accounts of each; a cancel is sent by the
    session of its order.  A phase begins midway between the last event before it and the first in
    it, so that the operator, whose line is another one, is ahead of the orders.

    Raises Mistake where the venue does not list an instrument of them.
    """
    recording = Recording(events, name, 0, turns=False)
    rows = recording.rows
    times = np.array([events[step.event].time for step in recording.steps])
    due = ((times - times[0]) / speed).astype(np.int64)
    is_phase = rows["session"] == OPERATOR
    symbols = [instrument.symbol for instrument in recording.instruments]
    begins = (np.concatenate([due[:1], due[:-1]]) + due) // 2
    phases = [
        Beginning(at, Phase(phase), symbols[place])
        for at, phase, place in zip(
            begins[is_phase].tolist(),
            rows["phase"][is_phase].tolist(),
            rows["instrument"][is_phase].tolist(),
            strict=True,
        )
    ]
    requests = taken(rows, np.flatnonzero(~is_phase))
    requests["instrument"] = numbers_of(symbols, sessions[0])[requests["instrument"]]
    owner = share(requests, sessions)
    of_each = [np.flatnonzero(owner == place) for place in range(len(sessions))]
    return Recorded(
        [taken(requests, places) for places in of_each],
        [due[~is_phase][places] for places in of_each],
        phases,
    )


def numbers_of(symbols: Sequence[str], accepted: LoginAccepted) -> np.ndarray:
    """Return the numbers that instruments have at the venue; raises Mistake."""
    for symbol in symbols:
        if symbol not in accepted.instruments:
            raise Mistake(f"the venue does not list {symbol}; add it to its instruments file")
    return np.array([accepted.instruments.index(symbol) for symbol in symbols])


def share(requests: np.ndarray, sessions: Sequence[LoginAccepted]) -> np.ndarray:
    """Give each request to a session, with its accounts and numbers; return whose it is.

    A cancel names its order by the number that this has in its session; where there is no such
    order it names itself, so that the venue knows none either.
    """
    count = len(requests)
    is_order = requests["kind"] == CommandKind.ENTER_ORDER
    turn = np.cumsum(is_order) - 1
    place_of = np.zeros(int(requests["client_seq"].max(initial=0)) + 1, np.int64)
    place_of[requests["client_seq"]] = np.arange(count)
    target = place_of[requests["of_client_seq"]]
    is_known = requests["of_client_seq"] > 0
    target = np.where(is_known, target, np.arange(count))
    owner = np.where(is_order, turn, turn[target]) % len(sessions)
    first, last = np.array([(one.account_first, one.account_last) for one in sessions]).T[:, owner]
    round_of = turn // len(sessions)
    requests["account"] = np.where(is_order, first + round_of % (last - first + 1), 0)
    requests["client_seq"] = numbered(owner)
    requests["of_client_seq"] = np.where(is_order, 0, requests["client_seq"][target])
    return owner
