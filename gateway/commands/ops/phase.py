"""Begin a phase."""

import argparse

from gateway.commands import door
from gateway.commands.arguments import symbol
from gateway.commands.ops import action
from protocol.vocabulary import Phase, Schedule

OF_HOLDS = (Phase.HALTED, Phase.SUSPENDED)
PHASES = [phase.name for phase in Phase if phase not in OF_HOLDS]


def add_action(actions: action.Actions) -> None:
    """Add `phase`."""
    parser = action.add_action(actions, "phase", "begin a phase", begin_phase)
    parser.add_argument("phase", choices=PHASES)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--instrument", type=symbol, help='like "600519.SH"; all if left out')
    which.add_argument(
        "--schedule", choices=Schedule.__members__, help="only instruments that follow this one"
    )


def begin_phase(arguments: argparse.Namespace) -> int:
    """Begin a phase and say of what; return 1 where it was rejected."""
    schedule = arguments.schedule
    with door.log_in(arguments) as client:
        client_seq = client.change_phase(
            Phase[arguments.phase],
            arguments.instrument or "",
            1 << Schedule[schedule] if schedule else 0,
        )
        if door.is_refused(door.answers(client, client_seq)):
            return 1
    which = arguments.instrument or (f"schedule {schedule}" if schedule else "all instruments")
    print(f"{which}: {arguments.phase}")
    return 0
