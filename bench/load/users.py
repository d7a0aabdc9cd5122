"""Who sends: users named one by one, by a pattern, or in a file, and their passwords."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.commands.door import password_of
from protocol.mistake import Mistake

PATTERN = re.compile(r"(.*)\{(\d{1,6})\.\.(\d{1,6})\}(.*)")


class Login(NamedTuple):
    """A user's name and password."""

    user: str
    password: str


def logins_of(words: Sequence[str]) -> list[Login]:
    """Return the users that words name, each once; raises Mistake.

    A word is a name, a pattern like terminal{1..64}, or @FILE with a user in each line, `name` or
    `name:password`.  Other passwords are CUOHE_PASSWORD, or asked for once.
    """
    found = [pair for word in words for pair in named_by(word)]
    given = ""
    logins: dict[str, Login] = {}
    for user, password in found:
        if user in logins:
            raise Mistake(f"--users: {user} is named twice; a user has one session at a time")
        given = given or ("" if password else password_of(user))
        logins[user] = Login(user, password or given)
    return list(logins.values())


def named_by(word: str) -> Iterator[tuple[str, str]]:
    """Yield the users of a word and their passwords, empty where it gives none."""
    pattern = PATTERN.fullmatch(word)
    if word.startswith("@"):
        yield from users_in(Path(word[1:]))
    elif pattern is not None:
        before, first, last, behind = pattern.groups()
        if int(first) > int(last):
            raise Mistake(f"--users {word}: {first} to {last} are no users; turn them round")
        yield from (
            (f"{before}{number}{behind}", "") for number in range(int(first), int(last) + 1)
        )
    else:
        yield word, ""


def users_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the users and passwords of a file; raises Mistake where there is none in it."""
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise Mistake(f"--users @{path}: cannot be read: {reason}") from None
    if not lines:
        raise Mistake(f"--users @{path}: names no user; write one in each line")
    for line in lines:
        user, _, password = line.partition(":")
        yield user, password
