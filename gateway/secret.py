"""The venue's secret: a file of its own, under which is sealed what a login is checked with.

The file is one line of text: what it is, and the secret in hexadecimal digits.
"""

import logging
import os
import re
from pathlib import Path
from secrets import token_hex

from protocol.mistake import Mistake

log = logging.getLogger("cuohe")

SECRET_BYTES = 32

LABEL = "cuohe secret"
FOR_TRYING_OUT = "cuohe secret for trying out only"
"""Says of itself that it is nobody's secret; who may read it does not matter."""


class SecretError(Mistake):
    """A secret cannot be used or made; the text names file, reason and remedy."""


def load_secret(path: Path) -> bytes:
    """Return the secret in a file; raises SecretError, also where others may read the file."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            said = file.read(256)
    except OSError as error:
        raise SecretError(
            f"{path}: the venue's secret cannot be read: {error.strerror}; name another file as "
            "venue.secret, or make one with cuohe passwd --secret"
        ) from None
    found = re.fullmatch(rf"({LABEL}|{FOR_TRYING_OUT}) ([0-9a-f]{{{2 * SECRET_BYTES}}})\n", said)
    if found is None:
        raise SecretError(f"{path}: is no secret; make one with cuohe passwd --secret")
    if found[1] == FOR_TRYING_OUT:
        log.warning("%s: everybody knows this secret; it is for trying out only", path)
    elif mode & 0o077:
        raise SecretError(
            f"{path}: others may use the venue's secret, its mode is {mode:04o}; chmod 600 it"
        )
    return bytes.fromhex(found[2])


def make_secret(path: Path) -> None:
    """Write a new secret, for its owner only; raises SecretError where the file is there."""
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SecretError(
            f"{path}: is there already, and verifiers may be sealed under it; name another file"
        ) from None
    with os.fdopen(place, "w", encoding="ascii") as file:
        file.write(f"{LABEL} {token_hex(SECRET_BYTES)}\n")
        file.flush()
        os.fsync(place)
