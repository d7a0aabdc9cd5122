"""Write the delivery notes, contract notes and statements of a closed day's accounts.

They are made of the published clearing files alone, so the same files make the same bytes.
"""

import argparse
import sys
from pathlib import Path

from gateway.commands.arguments import account
from gateway.notes.folder import write_folder
from gateway.notes.kinds import KINDS
from gateway.notes.letters import days_of, letters, sender_of
from gateway.notes.media import SUFFIXES, renderer
from gateway.notes.words import LANGUAGES
from protocol.mistake import Mistake


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120, closed")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--account", type=account, nargs="+", default=[], metavar="N")
    whose.add_argument("--all", action="store_true", help="all accounts that it concerns")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--as", dest="medium", choices=SUFFIXES, default="text")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="a file each, and an index")
    parser.add_argument("--customers", type=Path, metavar="FILE", help="customers.csv, for names")
    parser.add_argument(
        "--instruments", type=Path, metavar="FILE", help="instruments.csv, for names of securities"
    )
    parser.add_argument("--font", type=Path, metavar="FILE", help="for PDF: TrueType")


def run(arguments: argparse.Namespace) -> int:
    """Write the documents into a folder, or print the only one; return 0."""
    kind, wanted = KINDS[arguments.kind], arguments.account
    if not arguments.out and (len(wanted) != 1 or arguments.medium == "pdf"):
        raise Mistake("only one document as text or html can be printed; name a folder with --out")
    render = renderer(arguments.medium, arguments.font)
    days = days_of(arguments.day, kind)
    sender = sender_of(days[-1], arguments.language, arguments.customers, arguments.instruments)
    documents = (
        (letter.account, render(kind.make(letter)))
        for letter in letters(days, sender, kind, wanted)
    )
    if not arguments.out:
        for _, body in documents:
            sys.stdout.write(body.decode())
        return 0
    stem, suffix = f"{days[-1].business_date}-{arguments.kind}", SUFFIXES[arguments.medium]
    files = ((f"{stem}-{number}.{suffix}", number, body) for number, body in documents)
    print(f"documents in {arguments.out}: {write_folder(arguments.out, files)}")
    return 0
