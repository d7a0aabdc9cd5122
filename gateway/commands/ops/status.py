"""How the venue stands: the day, phases, holds, blocks, open orders."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import asdict

from gateway.commands import door, filters
from gateway.commands.ops import action
from gateway.commands.table import lines_of
from protocol.client import BlockingClient
from protocol.questions import AskBlocks, AskPhases, AskStatus, Block, InstrumentPhase, Status
from protocol.terminal import AskRefused
from protocol.vocabulary import Hold, Phase, Schedule

Row = tuple[str, str]


def add_action(actions: action.Actions) -> None:
    """Add `status`."""
    summary = "tell the day, the phases, holds and blocks, and how many orders are open"
    action.add_action(actions, "status", summary, tell_status)


def tell_status(arguments: argparse.Namespace) -> int:
    """Print how the venue stands; return 1 where that is refused."""
    try:
        with door.log_in(arguments) as client:
            (status,), instruments, blocks = ask(client)
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    table = [*day_rows(status), *phase_rows(instruments), *hold_rows(status, instruments)]
    for line in lines_of([*table, *block_rows(blocks)]):
        print(line)
    return 0


def ask(
    client: BlockingClient,
) -> tuple[list[Status], list[InstrumentPhase], list[Block]]:
    """Ask in one go, so that the answers tell the same state; raises AskRefused."""
    status = client.terminal.ask(AskStatus)
    phases = client.terminal.ask(AskPhases)
    blocks = client.terminal.ask(AskBlocks)
    client.wait_for([status, phases, blocks])
    return status.rows, phases.rows, blocks.rows


def day_rows(status: Status) -> Iterator[Row]:
    """Yield what is said of the day."""
    yield "business date", str(status.business_date)
    yield "day", "open" if status.is_open else "ended"
    yield "orders", str(status.orders)
    yield "open orders", str(status.open_orders)
    yield "trades", str(status.trades)


def phase_rows(instruments: Sequence[InstrumentPhase]) -> Iterator[Row]:
    """Yield the phase of most instruments of each schedule, and those that are in another one."""
    for schedule in Schedule:
        followers = [row for row in instruments if row.schedule == schedule]
        if followers:
            usual = usual_phase(followers)
            yield f"schedule {schedule.name}", usual.name
            for row in followers:
                if row.scheduled != usual:
                    yield f"  {row.instrument}", row.scheduled.name


def usual_phase(followers: Sequence[InstrumentPhase]) -> Phase:
    ((phase, _),) = Counter(row.scheduled for row in followers).most_common(1)
    return phase


def hold_rows(status: Status, instruments: Sequence[InstrumentPhase]) -> Iterator[Row]:
    """Yield the hold of the venue and those of instruments."""
    if status.hold != Hold.NONE:
        yield "hold of the whole venue", status.hold.name
    for row in instruments:
        if row.hold != Hold.NONE:
            yield f"hold of {row.instrument}", row.hold.name


def block_rows(blocks: Sequence[Block]) -> Iterator[Row]:
    """Yield the orders that are refused."""
    for block in blocks:
        yield f"block of {filters.told(**asdict(block)) or 'everything'}", "REFUSED"
