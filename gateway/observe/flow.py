"""Alarms of the flow: accounts and sessions that send too much."""

from collections.abc import Iterator

import numpy as np

from gateway.config import AlarmSettings
from gateway.observe.alarms import Finding
from gateway.observe.breaker import Breaker
from gateway.observe.meters import Meters
from gateway.observe.recent import WORST_MAX

NEAR = 0.8
"""Of its limit of the day an account may use so much without an alarm."""


class Flow:
    """Looks at what accounts and sessions have sent in the last second, and today."""

    def __init__(self, settings: AlarmSettings, meters: Meters, breaker: Breaker) -> None:
        self.settings = settings
        self.meters = meters
        self.breaker = breaker
        self.venue = breaker.venue

    def find(self) -> Iterator[Finding]:
        """Find what should be told, and block what has run away, if that is wanted."""
        yield from self.busy_accounts()
        yield from self.busy_days()
        yield from self.exceeded()
        yield from self.runaways()

    def busy_accounts(self) -> Iterator[Finding]:
        """Find accounts that send too often, or whose orders are canceled too often."""
        for account, count in self.meters.requests_by_account.over(self.settings.order_rate):
            text = f"account {account} sends many requests: {count} in a second"
            yield Finding("order_rate", f"account {account}", text)
        for account, count in self.meters.cancels_by_account.over(self.settings.cancel_rate):
            text = f"account {account} has many orders canceled: {count} in a second"
            yield Finding("cancel_rate", f"account {account}", text)

    def busy_days(self) -> Iterator[Finding]:
        """Find accounts that have just sent something and near their limit of the day."""
        accounts = self.venue.state.accounts
        active = self.meters.requests_by_account.active
        active = active[active < len(accounts)]
        limits = accounts["requests_max"][active]
        near = (limits > 0) & (accounts["requests"][active] > NEAR * limits)
        for account in active[np.flatnonzero(near)[:WORST_MAX]].tolist():
            count, limit = accounts["requests"][account], accounts["requests_max"][account]
            text = f"account {account} has sent {count} of the {limit} requests of a day"
            yield Finding("requests_today", f"account {account}", text)

    def exceeded(self) -> Iterator[Finding]:
        """Find the accounts of which the engine has said that they send too much."""
        for account, (second, today) in self.meters.exceeded.items():
            counts = f"{second} requests in this second, {today} today"
            text = f"account {account} sends too much: {counts}"
            yield Finding("rate_exceeded", f"account {account}", text)
        self.meters.exceeded.clear()

    def runaways(self) -> Iterator[Finding]:
        """Find accounts and sessions that send so much that nobody can have meant it."""
        settings, meters = self.settings, self.meters
        for account, count in meters.requests_by_account.over(settings.runaway_account):
            is_blocked = settings.runaway_blocks and self.breaker.trip(account=account)
            yield runaway(f"account {account}", count, is_blocked)
        for session, count in meters.requests_by_session.over(settings.runaway_session):
            is_blocked = settings.runaway_blocks and self.breaker.trip(session=session)
            yield runaway(f"session {session}", count, is_blocked)


def runaway(of: str, count: int, is_blocked: bool) -> Finding:
    text = f"{of} has run away: {count} requests in a second"
    return Finding("runaway", of, f"{text}; its trading is blocked" if is_blocked else text)
