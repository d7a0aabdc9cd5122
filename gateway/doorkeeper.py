"""Who watches the door for all connections: what proofs are checked with, and who has failed."""

import logging

from gateway.credentials import Credentials
from gateway.failures import Failures
from gateway.passwords import KeyChecks
from protocol.messages import LoginRejected
from protocol.vocabulary import LoginReject

log = logging.getLogger("cuohe")


class Doorkeeper:
    """What the entrances of all connections share.

    `verified` are the users whose keys were checked against their argon2id hashes since the start.
    """

    def __init__(self, credentials: Credentials, failures: Failures, key_checks: KeyChecks) -> None:
        self.credentials = credentials
        self.failures = failures
        self.key_checks = key_checks
        self.verified: set[str] = set()

    def refusal(self, user: str, address: str) -> LoginRejected | None:
        """Return why no proof of a user, or from an address, counts now; None where one does."""
        if wait_ms := self.failures.lock_ms(user):
            text = "too many wrong passwords for this user"
            return come_again(LoginReject.LOCKED, text, wait_ms)
        if wait_ms := self.failures.wait_ms(address):
            text = "too many wrong passwords from this address"
            return come_again(LoginReject.BUSY, text, wait_ms)
        return None

    def note_failure(self, user: str, address: str) -> None:
        """Count a wrong proof; log where a user is locked by it."""
        self.failures.note(user, address)
        if user in self.credentials.known and (lock_ms := self.failures.lock_ms(user)):
            log.warning(
                "user %r is locked for %d s: too many wrong passwords, the last from %s",
                *(user, -(-lock_ms // 1_000), address or "nowhere"),
            )


def come_again(reason: LoginReject, text: str, wait_ms: int) -> LoginRejected:
    """Return a refusal that says when to try again."""
    return LoginRejected(reason, f"{text}; try again in {wait_ms / 1_000:.1f} s", wait_ms)
