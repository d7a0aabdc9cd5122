"""Give a user a password, or a venue its secret."""

import argparse
import getpass
import os
import re
import sys
from pathlib import Path

import msgspec

from engine.storage.disk import replace_file
from gateway.config import DEFAULTS, Config, line_of, load_config
from gateway.passwords import RULE, is_weak, verifier_of
from gateway.secret import load_secret, make_secret
from protocol.mistake import Mistake

LINE = re.compile(r"""(\s*verifier\s*=\s*)(?:"[^"\\]*"|'[^']*')(\s*(?:#.*)?)""")
"""A verifier on a line of its own, with what stands before and behind it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("user", nargs="?", help="whose password is set")
    what.add_argument("--secret", type=Path, metavar="FILE", help="make a new secret of a venue")
    parser.add_argument("--config", type=Path, default=DEFAULTS / "venue.toml", metavar="TOML")
    parser.add_argument("--stdin", action="store_true", help="read the password from there")
    parser.add_argument("--print", action="store_true", help="print the verifier, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Put a user's new verifier into the configuration; it holds from the venue's next start."""
    if arguments.secret:
        make_secret(arguments.secret)
        return 0
    path, user = arguments.config, arguments.user
    config = load_config(path)
    secret = load_secret(Path(config.venue.secret))
    password = new_password(user, arguments.stdin)
    if is_weak(password, user):
        raise Mistake(f"the password is too weak; take {RULE}")
    verifier = str(verifier_of(user, password, secret))
    if arguments.print:
        print(f'verifier = "{verifier}"')
        return 0
    rewrite(path.resolve(), config, user, verifier)
    print(f"{path}: {user} has a new password, from the venue's next start on")
    return 0


def new_password(user: str, from_stdin: bool) -> str:
    """Return the password from stdin, from CUOHE_PASSWORD, or else asked for twice."""
    if from_stdin:
        return sys.stdin.readline().removesuffix("\n")
    if given := os.environ.get("CUOHE_PASSWORD"):
        return given
    try:
        first, again = (
            getpass.getpass(f"{user}'s {which} password: ") for which in ("new", "same")
        )
    except EOFError:
        raise Mistake(
            "there is no terminal to ask for a password; use --stdin, or set CUOHE_PASSWORD"
        ) from None
    if first != again:
        raise Mistake("the two passwords differ; nothing was changed")
    return first


def rewrite(path: Path, config: Config, user: str, verifier: str) -> None:
    """Put a verifier into its line of a configuration, and leave all else byte for byte."""
    names = [other.name for other in config.users]
    if user not in names:
        raise Mistake(f"{path}: has no user {user!r}; add it under [[users]]")
    index = names.index(user)
    text = path.read_bytes().decode()
    number = line_of(text, f"$.users[{index}].verifier")
    lines = text.splitlines(keepends=True)
    found = LINE.fullmatch(line := lines[number - 1].rstrip("\r\n"))
    if found is None:
        raise Mistake(
            f'{path}:{number}: is not the verifier of {user!r}; write verifier = "" there, on a '
            "line of its own"
        )
    ending = lines[number - 1][len(line) :]
    lines[number - 1] = f'{found[1]}"{verifier}"{found[2]}{ending}'
    content = "".join(lines).encode()
    check_only_changed(path, text.encode(), content, index, verifier)
    mode = path.stat().st_mode
    replace_file(path, content)
    path.chmod(mode)


def check_only_changed(path: Path, old: bytes, new: bytes, index: int, verifier: str) -> None:
    """Raise Mistake where anything but the one verifier would be another."""
    before, after = (msgspec.toml.decode(content, type=Config) for content in (old, new))
    before.users[index].verifier = verifier
    if before != after:
        raise Mistake(f"{path}: cannot be changed in one line; put the verifier there yourself")
