"""Run a gateway that stays up, as a configuration says."""

import argparse
import logging
import sys
from pathlib import Path

import uvloop

from engine.venue import warm_up
from gateway.config import load_config
from gateway.server import Gateway


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return 1 where the venue had to stop by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = load_config(arguments.config)
    warm_up(logging.getLogger("cuohe").info)
    gateway = Gateway(config)
    uvloop.run(serve(gateway))
    return 1 if gateway.failure else 0


async def serve(gateway: Gateway) -> None:
    """Listen, say where, and go on until the end."""
    port = await gateway.start()
    settings = gateway.config.venue
    print(
        f"listening on {settings.host}:{port}, business date {gateway.business_date}, "
        f"journal {settings.journal}, {len(gateway.desk.symbols)} instruments",
        flush=True,
    )
    await gateway.serve()
