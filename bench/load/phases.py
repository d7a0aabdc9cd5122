"""The operator of a load: begins the phases in which orders can trade."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from protocol.client import Client
from protocol.messages import PhaseChanged, Rejected
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS
from protocol.vocabulary import Phase

WAITING_SECONDS = 30.0
"""How long the venue may take to begin a phase."""


class Beginning(NamedTuple):
    """A phase that begins, for one instrument or for all, in ns after the start."""

    due: int
    phase: Phase
    symbol: str


async def begin_first(operator: Client, beginnings: Sequence[Beginning]) -> None:
    """Begin the phases that are due at the start, and wait until they are; raises Mistake."""
    for beginning in beginnings:
        if beginning.due == 0:
            await operator.change_phase(beginning.phase, beginning.symbol)
            await asyncio.wait_for(until_begun(operator, beginning), WAITING_SECONDS)


async def until_begun(operator: Client, beginning: Beginning) -> None:
    """Receive until a phase has begun; raises Mistake where the venue refuses it."""
    while True:
        match await operator.receive():
            case PhaseChanged(phase=phase) if phase == beginning.phase:
                return
            case Rejected(reason=reason):
                raise Mistake(f"{beginning.phase.name} does not begin: {reason.name}")


async def begin_others(
    operator: Client, beginnings: Sequence[Beginning], clock: Callable[[], int]
) -> None:
    """Begin the later phases, each when it is due."""
    for beginning in beginnings:
        if beginning.due > 0:
            await asyncio.sleep(max(0, beginning.due - clock()) / NANOSECONDS)
            await operator.change_phase(beginning.phase, beginning.symbol)
