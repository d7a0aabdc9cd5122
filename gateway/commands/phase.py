"""Begin a phase or end the day, as an operator."""

import argparse

from gateway.commands import door
from protocol.messages import Rejected
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
            done = f"the day {client.session.business_date} has ended"
        else:
            client_seq = client.change_phase(Phase[arguments.phase], arguments.instrument)
            done = f"{arguments.instrument or 'all instruments'}: {arguments.phase}"
        for report in client.log_out():
            if isinstance(report, Rejected) and report.request_seq == client_seq:
                print(f"rejected: {report.reason.name}")
                return 1
    print(done)
    return 0
