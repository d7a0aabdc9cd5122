"""Play the day that is worked by hand through the engine: play.py DATA

It reads venue.toml, its files and orders.txt beside this script, and writes the journal of the day
under the folder DATA, as the venue would have.  The times are those of orders.txt, so the journal
is always the same.
"""

import sys
from collections import Counter
from pathlib import Path
from shutil import copytree

import numpy as np

from engine.clearing.prices import fix_closes
from engine.listings import listed
from engine.phases import day_command, day_steps
from engine.sequencer import Sequencer
from engine.storage.daybook import Daybook
from engine.storage.journal import Journal, Mode
from engine.venue import Venue
from gateway.config import load_config
from gateway.opening import Opening
from protocol.calendar import midnight, seconds_in
from protocol.records import COMMAND
from protocol.units import NANOSECONDS, parse_units
from protocol.vocabulary import (
    CommandKind,
    Currency,
    FundsEntry,
    Phase,
    Reject,
    ReportKind,
    SharesEntry,
    Side,
)

HERE = Path(__file__).parent
EVENING = 15 * 3600 + 30 * 60 + 1


class Script:
    """Makes COMMAND rows of the lines of orders.txt."""

    def __init__(self, opening):
        self.symbols = opening.symbols
        self.sessions = {user.name: n for n, user in enumerate(opening.config.users, 1)}
        self.requests = Counter()

    def row(self, user, verb, *words):
        """Return the one row of a request; each user counts its own, which is the client_seq."""
        row = np.zeros(1, COMMAND)
        self.requests[user] += 1
        row["session"], row["client_seq"] = self.sessions[user], self.requests[user]
        for name, value in getattr(self, verb)(*words).items():
            row[name] = value
        return row

    def enter(self, account, symbol, side, quantity, price):
        return {
            "kind": CommandKind.ENTER_ORDER,
            "account": int(account),
            "instrument": self.symbols.index(symbol),
            "side": Side[side.upper()],
            "quantity": int(quantity),
            "price": parse_units(price),
        }

    def cancel(self, client_seq):
        return {"kind": CommandKind.CANCEL_ORDER, "of_client_seq": int(client_seq)}

    def funds(self, account, currency, entry, amount):
        return {
            "kind": CommandKind.MOVE_FUNDS,
            "account": int(account),
            "currency": Currency[currency],
            "entry": FundsEntry[entry],
            "amount": parse_units(amount),
        }

    def shares(self, account, symbol, entry, quantity):
        return {
            "kind": CommandKind.MOVE_SHARES,
            "account": int(account),
            "instrument": self.symbols.index(symbol),
            "entry": SharesEntry[entry],
            "amount": int(quantity),
        }


def timetable(opening):
    """Return second and row of each thing in the day, in order; phases go before requests."""
    steps = [
        (second, day_command(CommandKind.CHANGE_PHASE, phase, schedules))
        for second, phase, schedules in day_steps(opening.schedules)
    ]
    script = Script(opening)
    lines = (HERE / "orders.txt").read_text("utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            clock, user, *request = line.split()
            steps.append((seconds_in(clock), script.row(user, *request)))
    return [*sorted(steps, key=lambda step: step[0]), (EVENING, day_command(CommandKind.CLOSE_DAY))]


def play(data):
    """Play the day; its folder is under `data` then, and every request of it was granted."""
    config = load_config(HERE / "venue.toml")
    date = config.venue.business_date
    daybook, opening = Daybook(data / str(date)), Opening(config, date)
    if daybook.folder.exists():
        sys.exit(f"{daybook.folder} holds a day already; name another folder, or remove it")
    daybook.begin()
    copytree(HERE / "reference", daybook.reference)
    now, told, venue = midnight(date), [], Venue(opening.limits)
    sequencer = Sequencer(lambda: now)
    journal = Journal(daybook.journal, date, Mode.SYNC)
    journal.begin()

    def hear(rows):
        sequencer.stamp(rows)
        journal.append(rows)
        told.append(venue.apply(rows))
        if (refused := told[-1]["kind"] == ReportKind.REJECTED).any():
            reason = Reject(told[-1]["reason"][refused][0]).name
            sys.exit(f"command {told[-1]['sequence'][refused][0]} is refused: {reason}")

    hear(opening.commands())
    for second, row in timetable(opening):
        now = midnight(date) + second * NANOSECONDS
        hear(row)
        if row["kind"] == CommandKind.CHANGE_PHASE and row["phase"] == Phase.POST_CLOSE:
            listings = listed(opening.listings)
            hear(fix_closes(listings, np.concatenate(told), np.arange(len(listings))))
    journal.close()


if __name__ == "__main__":
    play(Path(sys.argv[1]))
