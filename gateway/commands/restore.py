"""Put a day back from a backup; what lies there is moved aside, never removed."""

import argparse
from pathlib import Path

from engine.storage.restore import restore


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "backup", type=Path, metavar="BACKUP", help="like backups/20261120-after-clearing-1"
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of all days")
    parser.add_argument("--force", action="store_true", help="even where newer days are there")


def run(arguments: argparse.Namespace) -> int:
    """Restore the day and print how far it goes."""
    folder, inventory, aside = restore(arguments.backup, arguments.data, arguments.force)
    print(f"{folder}: restored up to the sequence {inventory.sequence}")
    if aside is not None:
        print(f"{aside}: what was there before")
    print(f"state digest {inventory.state_digest}")
    return 0
