"""Who is let in to market data: whose role may have it."""

from engine.permissions import Service, permissions
from gateway.quotes.session import Lobby
from protocol.messages import Login, LoginRejected
from protocol.vocabulary import LoginReject, Reach, Role
from tests.gateway.exchange import Exchange


def test_a_role_that_may_not_have_market_data_is_told_so(monkeypatch):
    table = dict(permissions())
    table[Service.MARKET_DATA] = {**table[Service.MARKET_DATA], Role.TERMINAL: Reach.NOBODY}
    monkeypatch.setattr("engine.permissions.permissions", lambda: table)
    lobby = Lobby(Exchange().desk.reception)
    refused = lobby.log_in(Login("alice", bytes(16)), None)
    assert isinstance(refused, LoginRejected) and refused.reason is LoginReject.NOT_PERMITTED
    assert "MARKET_DATA for EVERY, and the role TERMINAL has it for NOBODY" in refused.text
    assert lobby.sessions == {}
    lobby.log_in(Login("olivia", bytes(16)), None)
    assert list(lobby.sessions) == [3]
