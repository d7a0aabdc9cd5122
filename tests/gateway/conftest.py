"""A folder with a configuration of two terminals and an operator, and gateways that serve it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.child import PASSWORD, ChildGateway, write_config
from engine.storage.daybook import Daybook
from gateway.config import DEFAULTS
from protocol.client import BlockingClient

BUSINESS_DATE = 20261120


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration: terminal1 and terminal2 of branch 1, terminal3 of branch 2, operator."""
    return configure(tmp_path)


@pytest.fixture(scope="module")
def shared_gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    """A gateway that all tests of a module talk to; its heartbeats are far apart."""
    with ChildGateway(configure(tmp_path_factory.mktemp("venue"))) as gateway:
        yield gateway


@pytest.fixture
def dial() -> Iterator[Callable[..., BlockingClient]]:
    """Log in at a gateway as a user; the client hangs up when the test is over."""
    clients: list[BlockingClient] = []

    def dial(gateway: ChildGateway, user: str, **options) -> BlockingClient:
        clients.append(
            BlockingClient(gateway.host, gateway.port, user, PASSWORD, timeout=20, **options)
        )
        return clients[-1]

    yield dial
    for client in clients:
        client.close()


def configure(folder: Path, **options) -> Path:
    options = {"orders": 10_000, "terminals": [1, 1, 2]} | options
    return write_config(
        folder,
        business_date=BUSINESS_DATE,
        instruments=DEFAULTS / "instruments.csv",
        branches=[1, 2],
        **options,
    )


def daybook_of(config: Path) -> Daybook:
    """Return where the gateway of a configuration keeps its day."""
    return Daybook(config.parent / str(BUSINESS_DATE))


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one place of a text file that reads `old`."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
