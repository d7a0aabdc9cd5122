"""What commands that log in have in common: where the venue is, and as whom."""

import argparse
import getpass
import os

from protocol.client import BlockingClient


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the venue is and as whom to log in."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001)
    parser.add_argument("--user", required=True)
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for reports")


def log_in(arguments: argparse.Namespace) -> BlockingClient:
    """Log in with the password in CUOHE_PASSWORD, or one asked for; only new reports follow.

    Raises OSError, LoginRefused.
    """
    password = os.environ.get("CUOHE_PASSWORD") or getpass.getpass(f"{arguments.user}'s password: ")
    return BlockingClient(
        arguments.host,
        arguments.port,
        arguments.user,
        password,
        next_report=0,
        timeout=arguments.timeout,
    )
