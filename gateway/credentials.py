"""What every proof is checked with: that of a user, or of somebody who is none."""

from collections.abc import Sequence

from gateway.config import ConfigError, User
from gateway.verifier import SALT_BYTES, Credential, VerifierError, parse_verifier
from protocol.login import ITERATIONS_MIN, mac


class Credentials:
    """The credentials of all users that have a password, and one for every other name.

    Who is no user gets a salt as lasting as a user's, and keys that no password has.
    """

    def __init__(self, users: Sequence[User], secret: bytes) -> None:
        """Open all verifiers; raises ConfigError."""
        self.secret = secret
        able = [user for user in users if user.verifier]
        self.known = {user.name: open_verifier(user, secret) for user in able}
        counts = [credential.iterations for credential in self.known.values()]
        self.iterations = counts or [ITERATIONS_MIN]

    def of(self, user: str) -> Credential:
        """Return a user's credential, or a stranger's, after the same work."""
        stranger = self.of_stranger(user)
        return self.known.get(user, stranger)

    def of_stranger(self, user: str) -> Credential:
        salt, stored_key, server_key = (
            mac(self.secret, what + user.encode()) for what in (b"salt", b"stored", b"server")
        )
        some = int.from_bytes(salt[SALT_BYTES:]) % len(self.iterations)
        return Credential(self.iterations[some], salt[:SALT_BYTES], stored_key, server_key, "")


def open_verifier(user: User, secret: bytes) -> Credential:
    """Return what a user's verifier holds; raises ConfigError."""
    try:
        return parse_verifier(user.verifier).open(user.name, secret)
    except VerifierError as error:
        raise ConfigError(f"users: the verifier of {user.name!r}: {error}") from None
