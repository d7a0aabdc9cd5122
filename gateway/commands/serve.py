"""Run a gateway that stays up, as a configuration says, for one day after another."""

import argparse
import gc
import logging
from functools import partial
from pathlib import Path

import uvloop
from msgspec.structs import replace

from engine.venue import warm_up
from gateway.config import Config, load_config
from gateway.observe import log
from gateway.observe.observer import Observer
from gateway.opening import Opening
from gateway.server import Gateway


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")


def run(arguments: argparse.Namespace) -> int:
    """Serve one day after another until SIGTERM or SIGINT; return 1 where the venue had to stop by
    itself."""
    config: Config | None = load_config(arguments.config)
    assert config is not None
    with log.written(config.observe.log), Observer(config.observe) as observer:
        warm_up(logging.getLogger("cuohe").info)
        while config is not None:
            gateway = Gateway(config)
            gateway.prepare = partial(config_of, arguments.config)
            observer.attach(gateway)
            uvloop.run(serve(gateway))
            failure, config = gateway.failure, gateway.next_config
            gc.unfreeze()
    return 1 if failure else 0


def config_of(path: Path, business_date: int) -> Config:
    """Return the configuration of another day, of which all files have been looked at.

    Raises Mistake where the day could not begin with them, and ValueError where there is no such.
    """
    config = load_config(path)
    config = replace(config, venue=replace(config.venue, business_date=business_date))
    Opening(config, business_date)
    return config


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
