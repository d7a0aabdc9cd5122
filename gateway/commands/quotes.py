"""Serve market data of a venue, beside it: follows its journal, on a port of its own."""

import argparse
import logging
import os
import sys
from pathlib import Path

import uvloop

from engine.venue import warm_up
from gateway.config import load_config
from gateway.quotes.server import QuotesServer

NICENESS = 5
"""How far it stands back where processors are few, so that orders come first."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="that of the venue")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return 1 where the journal could not be followed further."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = load_config(arguments.config)
    warm_up(logging.getLogger("cuohe").info)
    os.nice(NICENESS)
    server = QuotesServer(config)
    uvloop.run(serve(server))
    return 1 if server.failure else 0


async def serve(server: QuotesServer) -> None:
    """Listen as soon as the venue has opened its day, say where, and go on until the end."""
    port = await server.start()
    if port:
        print(
            f"quotes on {server.config.quotes.host}:{port}, business date {server.business_date}, "
            f"{len(server.opening.symbols)} instruments",
            flush=True,
        )
    await server.serve()
