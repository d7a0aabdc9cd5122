"""The command `cuohe`.  Its subcommands are the entry points `cuohe.commands` of setup.cfg.

A subcommand is a module: the first line of its docstring is its help, `configure(parser)` adds its
arguments, and `run(arguments)` returns its exit status.  A user's mistake is one line and status 1
or 2, never a traceback.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import NoReturn

from protocol.mistake import Mistake

MORE_MEMORY = (
    "end what else needs it, or lower the largest numbers under [capacity] in the configuration"
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the subcommand that `words`, or the command line, names; return its exit status."""
    words = sys.argv[1:] if words is None else words
    arguments = make_parser(words[:1]).parse_args(words)
    try:
        return int(arguments.run(arguments))
    except (Mistake, OSError, MemoryError) as error:
        print(f"cuohe {arguments.command}: {told(error)}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def told(error: Exception) -> str:
    """Return an error as one line, without the operating system's number for it."""
    if isinstance(error, MemoryError):
        what, _, _ = str(error).partition(" for an array")
        return f"out of memory: {what or 'Unable to allocate more'}; {MORE_MEMORY}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of the subcommand that the first word names, of all where it names none."""
    parser = Parser("cuohe", description="A securities exchange day.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    points = sorted(entry_points(group="cuohe.commands"), key=lambda point: point.name)
    for point in [point for point in points if point.name in words] or points:
        module = point.load()
        summary = module.__doc__.splitlines()[0]
        command = commands.add_parser(point.name, help=summary, description=summary)
        module.configure(command)
        command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
