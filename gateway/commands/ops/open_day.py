"""Begin the next day, when this one is over."""

import argparse

from gateway.commands import door
from gateway.commands.arguments import checked
from gateway.commands.ops import action
from protocol.calendar import to_date
from protocol.messages import Refused
from protocol.terminal import SessionEnded


@checked
def business_date(text: str) -> int:
    """Return a date like "20261123" as a number; raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a date like 20261123")
    to_date(int(text))
    return int(text)


def add_action(actions: action.Actions) -> None:
    """Add `open-day`."""
    summary = "begin the next day, or another one, when this one is over; all sessions end"
    parser = action.add_action(actions, "open-day", summary, open_day)
    parser.add_argument("--date", type=business_date, default=0, help="like 20261123")


def open_day(arguments: argparse.Namespace) -> int:
    """Ask for the day and wait until this one lets go; return 1 where it was refused."""
    with door.log_in(arguments) as client:
        client_seq = client.open_day(arguments.date)
        try:
            while True:
                answer = client.receive()
                if isinstance(answer, Refused) and answer.client_seq == client_seq:
                    print(f"rejected: {answer.reason.name}")
                    return 1
        except SessionEnded as end:
            print(end)
    return 0
