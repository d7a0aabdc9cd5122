"""Begin a phase or end the day, as an operator."""

import argparse

from gateway.commands import door
from protocol.messages import DayEnded, PhaseChanged, Rejected
from protocol.vocabulary import Phase

END = "END_DAY"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("phase", choices=[*Phase.__members__, END])
    parser.add_argument("--instrument", default="", help='like "600519.SH"; all if left out')
    door.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the command and wait until it is done; return 1 where it was rejected."""
    with door.log_in(arguments) as client:
        if arguments.phase == END:
            client_seq = client.close_day()
        else:
            client_seq = client.change_phase(Phase[arguments.phase], arguments.instrument)
        while True:
            match client.receive():
                case PhaseChanged(phase=phase, instrument=arguments.instrument) if (
                    phase.name == arguments.phase
                ):
                    print(f"{arguments.instrument or 'all instruments'}: {phase.name}")
                    return 0
                case DayEnded() as report if arguments.phase == END:
                    print(f"the day {report.business_date} has ended")
                    return 0
                case Rejected(request_seq=seq) as report if seq == client_seq:
                    print(f"rejected: {report.reason.name}")
                    return 1
