"""Run a gateway that stays up, as a configuration says."""

import argparse
import gc
import logging
from pathlib import Path

import uvloop

from engine.venue import warm_up
from gateway.config import load_config
from gateway.observe import log
from gateway.observe.observer import Observer
from gateway.server import Gateway


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return 1 where the venue had to stop by itself."""
    config = load_config(arguments.config)
    with log.written(config.observe.log), Observer(config.observe) as observer:
        warm_up(logging.getLogger("cuohe").info)
        gateway = Gateway(config)
        observer.attach(gateway)
        uvloop.run(serve(gateway))
    return 1 if gateway.failure else 0


async def serve(gateway: Gateway) -> None:
    """Listen, say where, and go on until the end."""
    port = await gateway.start()
    # What has been made by now lasts as long as the venue, and a full collection of garbage would
    # stop it for 40 ms to look at all of that.
    gc.freeze()
    settings = gateway.config.venue
    print(
        f"listening on {settings.host}:{port}, business date {gateway.business_date}, "
        f"journal {settings.journal}, {len(gateway.desk.reception.symbols)} instruments",
        flush=True,
    )
    await gateway.serve()
