"""Show on one page whether a closed day's files tie: customers, firms, depositories, yesterday.

Exit status 0 says that everything ties, 1 that something does not.
"""

import argparse
import sys
from pathlib import Path

from engine.storage.disk import replace_file
from gateway.notes.media import SUFFIXES, renderer
from gateway.notes.reconciliation import reconciliation
from gateway.notes.words import LANGUAGES
from protocol.mistake import Mistake


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120, closed")
    parser.add_argument("--as", dest="medium", choices=SUFFIXES, default="text")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="printed if left out")
    parser.add_argument("--font", type=Path, metavar="FILE", help="for PDF: TrueType")


def run(arguments: argparse.Namespace) -> int:
    """Print or write the page; return 0 only if everything ties."""
    if arguments.medium == "pdf" and not arguments.out:
        raise Mistake("a PDF cannot be printed here; name a file with --out")
    render = renderer(arguments.medium, arguments.font)
    found = reconciliation(arguments.day, arguments.language)
    body = render(found.document)
    if arguments.out:
        replace_file(arguments.out, body)
        print(found.document.remarks[-1])
    else:
        sys.stdout.write(body.decode())
    return 1 if found.amiss else 0
