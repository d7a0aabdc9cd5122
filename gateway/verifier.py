"""Verifiers: what the configuration holds instead of a password.

`scram-sha-256$ITERATIONS$SALT$SEALED$argon2id$...`: how the client makes its key, the keys of the
venue's side encrypted and authenticated under the venue's secret, and an argon2id hash of the
client's key.  docs/decisions/0016-login.md says why.
"""

import binascii
from base64 import b64decode, b64encode
from hmac import compare_digest
from secrets import token_bytes
from typing import NamedTuple

from protocol.login import ITERATIONS_MAX, ITERATIONS_MIN, Keys, mac, stored
from protocol.mistake import Mistake

SCHEME = "scram-sha-256"

SALT_BYTES = 16
MAC_BYTES = 32

REMEDY = "set the password anew with cuohe passwd"


class VerifierError(Mistake):
    """A verifier cannot be used; the text gives the reason and the remedy."""


class Credential(NamedTuple):
    """What the venue checks the proof of a user with, and answers it by."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes
    hashed: str


class Verifier(NamedTuple):
    """A verifier's parts; `hashed` is the argon2id hash, in its usual notation."""

    iterations: int
    salt: bytes
    sealed: bytes
    hashed: str

    def __str__(self) -> str:
        """Return the text that stands in the configuration."""
        salt, sealed = (b64encode(part).decode() for part in (self.salt, self.sealed))
        return f"{SCHEME}${self.iterations}${salt}${sealed}{self.hashed}"

    def open(self, user: str, secret: bytes) -> Credential:
        """Return what it holds, or raise VerifierError where it is not this user's or secret's."""
        plain = unseal(secret, bound(user, self.iterations, self.salt, self.hashed), self.sealed)
        keys = plain[:MAC_BYTES], plain[MAC_BYTES:]
        return Credential(self.iterations, self.salt, *keys, self.hashed)


def parse_verifier(text: str) -> Verifier:
    """Return the parts of a verifier; raises VerifierError."""
    try:
        scheme, iterations, salt, sealed, hashed = text.split("$", 4)
        verifier = Verifier(
            int(iterations),
            b64decode(salt, validate=True),
            b64decode(sealed, validate=True),
            "$" + hashed,
        )
    except (ValueError, binascii.Error):
        raise VerifierError(f"it is no verifier; {REMEDY}") from None
    if scheme != SCHEME or not verifier.hashed.startswith("$argon2id$"):
        raise VerifierError(f"it is no verifier of {SCHEME} and argon2id; {REMEDY}")
    if not ITERATIONS_MIN <= verifier.iterations <= ITERATIONS_MAX:
        raise VerifierError(
            f"it is of {verifier.iterations} iterations; terminals take from {ITERATIONS_MIN} to "
            f"{ITERATIONS_MAX}; {REMEDY}"
        )
    return verifier


def make_verifier(
    user: str, keys: Keys, salt: bytes, iterations: int, hashed: str, secret: bytes
) -> Verifier:
    """Return the verifier of a user with these keys, `hashed` of its client key among them."""
    plain = stored(keys.client) + keys.server
    sealed = seal(secret, bound(user, iterations, salt, hashed), plain)
    return Verifier(iterations, salt, sealed, hashed)


def bound(user: str, iterations: int, salt: bytes, hashed: str) -> bytes:
    """Return what a seal is bound to: moved to another user or changed, it does not open."""
    return "\0".join((user, str(iterations), salt.hex(), hashed)).encode()


def seal(secret: bytes, bound_to: bytes, plain: bytes) -> bytes:
    """Return `plain` encrypted and authenticated, together with what it is bound to.

    HMAC-SHA256 is both the stream (of a new nonce and a counter) and the tag, under keys of their
    own: encrypt, then authenticate.
    """
    nonce = token_bytes(SALT_BYTES)
    hidden = nonce + streamed(secret, nonce, plain)
    return hidden + tag(secret, bound_to, hidden)


def unseal(secret: bytes, bound_to: bytes, sealed: bytes) -> bytes:
    """Return what was sealed; raises VerifierError where anything has changed."""
    hidden, tagged = sealed[:-MAC_BYTES], sealed[-MAC_BYTES:]
    if len(sealed) != SALT_BYTES + 3 * MAC_BYTES or not compare_digest(
        tag(secret, bound_to, hidden), tagged
    ):
        raise VerifierError(
            f"it was not sealed for this user under the venue's secret; name the right file as "
            f"venue.secret, or {REMEDY}"
        )
    return streamed(secret, hidden[:SALT_BYTES], hidden[SALT_BYTES:])


def streamed(secret: bytes, nonce: bytes, text: bytes) -> bytes:
    """Return a text encrypted or, the same, decrypted."""
    key = mac(secret, b"stream")
    blocks = range(-(-len(text) // MAC_BYTES))
    stream = b"".join(mac(key, nonce + block.to_bytes(4, "little")) for block in blocks)
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def tag(secret: bytes, bound_to: bytes, hidden: bytes) -> bytes:
    return mac(mac(secret, b"tag"), hidden + bound_to)
