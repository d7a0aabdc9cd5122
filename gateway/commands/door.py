"""What commands that log in have in common: where the venue is, as whom, and what it answers."""

import argparse
import getpass
import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

from gateway.commands import arguments
from protocol.client import BlockingClient
from protocol.messages import Message, Refused, Rejected
from protocol.mistake import Mistake
from protocol.terminal import LoginOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the venue is and as whom to log in."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001)
    parser.add_argument("--user", required=True)
    parser.add_argument(
        "--timeout", type=arguments.seconds, default=10.0, help="to wait for reports, in seconds"
    )
    tls = parser.add_argument_group("TLS")
    tls.add_argument("--tls-ca", type=Path, metavar="PEM", help="who signs the venue's certificate")
    tls.add_argument("--tls-cert", type=Path, metavar="PEM", help="one's own certificate")
    tls.add_argument("--tls-key", type=Path, metavar="PEM", help="its key")


def log_in(where: argparse.Namespace, **options: Unpack[LoginOptions]) -> BlockingClient:
    """Log in with the password in CUOHE_PASSWORD, or one asked for; only new reports follow, where
    the options do not say otherwise.

    Raises Mistake: LoginRefused, or that nobody listens there.
    """
    tls = tls_context(where)
    try:
        return BlockingClient(
            where.host,
            where.port,
            where.user,
            password_of(where.user),
            timeout=where.timeout,
            tls=tls,
            **(LoginOptions(next_report=0) | options),
        )
    except ssl.SSLError as error:
        raise Mistake(
            f"--host {where.host} --port {where.port}: no TLS: {error.reason or error}; compare "
            "--tls-ca with the venue's certificate"
        ) from None
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Mistake(
            f"--host {where.host} --port {where.port}: {reason}; is the venue up?"
        ) from None


def tls_context(where: argparse.Namespace) -> ssl.SSLContext | None:
    """Return how to speak TLS, None where it is not asked for; raises Mistake."""
    if where.tls_ca is None:
        if where.tls_cert or where.tls_key:
            raise Mistake("--tls-cert and --tls-key go with --tls-ca; name that, too")
        return None
    try:
        context = ssl.create_default_context(cafile=where.tls_ca)
        if where.tls_cert:
            context.load_cert_chain(where.tls_cert, where.tls_key)
    except OSError as error:
        raise Mistake(
            f"--tls-ca, --tls-cert or --tls-key: {error.strerror or error}; name files in PEM"
        ) from None
    return context


def answers(client: BlockingClient, client_seq: int) -> list[Message]:
    """Log out, so that all is carried out; return the reports that name a request."""
    return naming(client_seq, client.log_out())


def naming(client_seq: int, reports: Iterable[Message]) -> list[Message]:
    """Return those of the reports that name a request, or that it is not carried out."""
    return [report for report in reports if named_by(report) == client_seq]


def named_by(report: Message) -> int:
    """Return the client_seq of the request that a report answers, 0 where it answers none."""
    if isinstance(report, Refused):
        return report.client_seq
    return int(getattr(report, "request_seq", 0))


def is_refused(reports: Iterable[Message]) -> bool:
    """Whether a request was refused; says why."""
    refusals = [report for report in reports if isinstance(report, Rejected | Refused)]
    for refusal in refusals:
        print(f"rejected: {refusal.reason.name}")
    return bool(refusals)


def password_of(user: str) -> str:
    try:
        return os.environ.get("CUOHE_PASSWORD") or getpass.getpass(f"{user}'s password: ")
    except EOFError:
        raise Mistake("there is no terminal to ask for a password; set CUOHE_PASSWORD") from None
