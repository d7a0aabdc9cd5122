"""The proof of a password by challenge and response, as both sides reckon it.

In the manner of SCRAM (RFC 5802 and RFC 7677): the password makes two keys, and each side shows by
a MAC over what both have said that it knows its own.  docs/protocol/order-entry.md says it for
other languages.
"""

import hashlib
import hmac
from typing import NamedTuple

from protocol.messages import Challenge, Login

NONCE_BYTES = 32
"""Of the nonces that this package makes."""

ITERATIONS_MIN = 4_096
"""A terminal proves nothing to a venue that asks for less: its proof would be cheap to guess."""

ITERATIONS_MAX = 10_000_000
"""Nor to one that asks for more, which would keep it busy for seconds."""


class Keys(NamedTuple):
    """What a password is turned into: the one key proves the terminal, the other the venue."""

    client: bytes
    server: bytes


def derive(password: str, salt: bytes, iterations: int) -> Keys:
    """Return the keys of a password; it takes some 0.4 µs for each iteration."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    return Keys(mac(salted, b"Client Key"), mac(salted, b"Server Key"))


def stored(client_key: bytes) -> bytes:
    """Return what a venue needs of a client key in order to check a proof."""
    return hashlib.sha256(client_key).digest()


def transcript(login: Login, challenge: Challenge) -> bytes:
    """Return what both sides have said, each part behind its length."""
    iterations = challenge.iterations.to_bytes(4, "little")
    user = login.user.encode()
    parts = (user, login.nonce, challenge.salt, iterations, challenge.nonce)
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def masked(client_key: bytes, said: bytes, stored_key: bytes) -> bytes:
    """Return the proof that hides a client key; of the proof, it returns the client key."""
    mask = mac(stored_key, said)
    return bytes(one ^ other for one, other in zip(client_key, mask, strict=True))


def mac(key: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of a message: 32 bytes."""
    return hmac.digest(key, message, "sha256")
