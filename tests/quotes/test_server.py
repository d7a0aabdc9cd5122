"""The server of market data, when its journal cannot be followed any further."""

import asyncio

import pytest

from engine.storage.segment import JournalError
from gateway.commands.quotes import serve
from gateway.config import load_config
from gateway.quotes.follower import Follower
from gateway.quotes.server import QuotesServer
from tests.gateway.conftest import configure


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (JournalError("00000002.log: does not follow"), "00000002.log: does not follow"),
        (ZeroDivisionError(), "an error in the market data itself"),
    ],
    ids=["journal", "itself"],
)
def test_an_error_ends_it_with_its_reason(tmp_path, monkeypatch, capsys, error, failure):
    def step(follower: Follower) -> bool:
        raise error

    monkeypatch.setattr(Follower, "step", step)
    server = QuotesServer(load_config(configure(tmp_path)))
    asyncio.run(asyncio.wait_for(serve(server), 30))
    assert server.failure == failure
    assert capsys.readouterr().out == ""
