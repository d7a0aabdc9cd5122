"""What commands that log in have in common: where the venue is, and as whom."""

import argparse
import getpass
import os
from contextlib import suppress

from protocol.client import BlockingClient
from protocol.mistake import Mistake

SECONDS_MAX = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the venue is and as whom to log in."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001)
    parser.add_argument("--user", required=True)
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, help="to wait for reports, in seconds"
    )


def seconds(text: str) -> float:
    """Return a number of seconds; raises ArgumentTypeError."""
    with suppress(ValueError):
        if 0 < (number := float(text)) < SECONDS_MAX:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, as 2.5")


def log_in(arguments: argparse.Namespace) -> BlockingClient:
    """Log in with the password in CUOHE_PASSWORD, or one asked for; only new reports follow.

    Raises Mistake: LoginRefused, or that nobody listens there.
    """
    try:
        return BlockingClient(
            arguments.host,
            arguments.port,
            arguments.user,
            password_of(arguments.user),
            next_report=0,
            timeout=arguments.timeout,
        )
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Mistake(
            f"--host {arguments.host} --port {arguments.port}: {reason}; is the venue up?"
        ) from None


def password_of(user: str) -> str:
    try:
        return os.environ.get("CUOHE_PASSWORD") or getpass.getpass(f"{user}'s password: ")
    except EOFError:
        raise Mistake("there is no terminal to ask for a password; set CUOHE_PASSWORD") from None
