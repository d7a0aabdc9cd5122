"""Begin a phase or end the day, as an operator."""

import argparse

from gateway.commands import door
from gateway.commands.arguments import symbol
from protocol.client import BlockingClient
from protocol.mistake import Mistake
from protocol.vocabulary import Phase, Schedule

END = "END_DAY"
OF_HOLDS = (Phase.HALTED, Phase.SUSPENDED)
PHASES = [phase.name for phase in Phase if phase not in OF_HOLDS]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("phase", choices=[*PHASES, END])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--instrument", type=symbol, help='like "600519.SH"; all if left out')
    which.add_argument(
        "--schedule", choices=Schedule.__members__, help="only instruments that follow this one"
    )
    door.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the command and wait until it is done; return 1 where it was rejected."""
    if arguments.phase == END and (arguments.instrument or arguments.schedule):
        raise Mistake(f"{END} is for all instruments; leave --instrument and --schedule out")
    with door.log_in(arguments) as client:
        client_seq, done = send(client, arguments)
        if door.is_refused(door.answers(client, client_seq)):
            return 1
    print(done)
    return 0


def send(client: BlockingClient, arguments: argparse.Namespace) -> tuple[int, str]:
    """Send what was asked for; return its client_seq, and what to say when it is done."""
    if arguments.phase == END:
        return client.close_day(), f"the day {client.session.business_date} has ended"
    schedule = arguments.schedule
    client_seq = client.change_phase(
        Phase[arguments.phase],
        arguments.instrument or "",
        1 << Schedule[schedule] if schedule else 0,
    )
    which = arguments.instrument or (f"schedule {schedule}" if schedule else "all instruments")
    return client_seq, f"{which}: {arguments.phase}"
