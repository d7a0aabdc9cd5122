"""Passwords: which are taken, how they are hashed with argon2id, and who checks the hashes."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_bytes
from types import ModuleType
from typing import NamedTuple

from gateway.verifier import SALT_BYTES, Verifier, make_verifier
from protocol.login import Keys, derive
from protocol.mistake import Mistake

log = logging.getLogger("cuohe")

LENGTH_MIN = 12
LENGTH_MAX = 256
DIFFERENT_MIN = 6

RULE = (
    f"at least {LENGTH_MIN} and at most {LENGTH_MAX} printable characters of ASCII, "
    f"{DIFFERENT_MIN} of them different, and not the user's name among them"
)

THREADS = 2

CHECKS_MAX = 256
"""Checks that may wait; more are told to come again."""


class Cost(NamedTuple):
    """What a guess costs: iterations of PBKDF2, then argon2id of so many passes over so much."""

    iterations: int = 100_000
    passes: int = 2
    kibibytes: int = 19 * 1024


USUAL_COST = Cost()

LEAST_COST = Cost(4_096, 1, 8)
"""For tests and measurements, whose passwords everybody knows."""


class KeyChecks:
    """Checks on threads of their own, beside the loop: one takes tens of milliseconds."""

    def __init__(self) -> None:
        """Get ready; raises Mistake where the library that hashes is not installed."""
        argon2()
        self.threads = ThreadPoolExecutor(THREADS, "passwords")
        self.waiting = 0

    @property
    def is_busy(self) -> bool:
        """Whether no more should wait."""
        return self.waiting >= CHECKS_MAX

    def check(self, hashed: str, client_key: bytes, then: Callable[[bool], None]) -> None:
        """Call `then` on the loop with whether the key is the hashed one."""

        def finish(checked: "asyncio.Future[bool]") -> None:
            self.waiting -= 1
            if checked.cancelled():
                return
            if error := checked.exception():
                log.error("a password could not be checked: %s", error)
            then(not error and checked.result())

        self.waiting += 1
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self.threads, is_hashed, hashed, client_key).add_done_callback(finish)

    def close(self) -> None:
        """Forget what waits."""
        self.threads.shutdown(wait=False, cancel_futures=True)


def argon2() -> ModuleType:
    """Return the library that hashes; raises Mistake where it is not installed."""
    try:
        import argon2.low_level
    except ImportError:
        raise Mistake("passwords need argon2-cffi; pip install 'cuohe[serve]'") from None
    return argon2


def is_hashed(hashed: str, client_key: bytes) -> bool:
    """Say whether an argon2id hash is that of a client key."""
    library = argon2()
    try:
        id_ = library.low_level.Type.ID
        return bool(library.low_level.verify_secret(hashed.encode(), client_key, id_))
    except library.exceptions.VerifyMismatchError:
        return False


def verifier_of(user: str, password: str, secret: bytes, cost: Cost = USUAL_COST) -> Verifier:
    """Return a new verifier for a user's password."""
    salt = token_bytes(SALT_BYTES)
    keys = derive(password, salt, cost.iterations)
    return verifier_of_keys(user, keys, salt, secret, cost)


def verifier_of_keys(
    user: str, keys: Keys, salt: bytes, secret: bytes, cost: Cost = USUAL_COST
) -> Verifier:
    """Return a verifier for keys that were derived already, with this salt, at this cost."""
    hashes = argon2().low_level
    hashed = hashes.hash_secret(
        keys.client, token_bytes(SALT_BYTES), cost.passes, cost.kibibytes, 1, 32, hashes.Type.ID
    ).decode()
    return make_verifier(user, keys, salt, cost.iterations, hashed, secret)


def is_weak(password: str, user: str) -> bool:
    """Say whether a password breaks the rule."""
    return not (
        LENGTH_MIN <= len(password) <= LENGTH_MAX
        and password.isascii()
        and password.isprintable()
        and len(set(password)) >= DIFFERENT_MIN
        and user.lower() not in password.lower()
    )
