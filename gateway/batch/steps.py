"""The steps of a close, in order: what each does, and what it says when it is done."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from engine.clearing.aggregate import COLUMNS, aggregate
from engine.clearing.close import CloseRefused, clear, ended_day
from engine.clearing.delivery import Mode
from engine.clearing.succession import previous_manifest
from engine.storage.disk import replace_file
from engine.storage.inventory import Kind
from gateway.batch.close import NOT_ASKED, Close
from gateway.batch.control import control
from gateway.batch.deliveries import Desk
from gateway.batch.export import export, folder_of
from gateway.batch.incoming import compare, take_in
from gateway.batch.morning import REFERENCE, morning_of
from protocol.files import manifest
from protocol.units import format_units
from protocol.vocabulary import Currency

NO_ACCOUNTS = "the day has no accounts"


def always(close: Close) -> bool:
    return True


def never(close: Close) -> bool:
    return False


class Step(NamedTuple):
    """A part of the close that is done whole or not at all; `act` returns what came of it.

    `holds` says whether what it made is still there; what never holds is looked at each time, and
    made again only where it is not as it was.  `is_needed` says whether it has been asked for.
    """

    name: str
    does: str
    act: Callable[[Close], str]
    holds: Callable[[Close], bool] = always
    is_needed: Callable[[Close], bool] = always


def stop(close: Close) -> str:
    date = ended_day(close.day.reports)
    replace_file(close.daybook.reports, close.day.reports.view(np.uint8).data)
    return f"the day {date} has ended"


def release(close: Close) -> str:
    """Raises CloseRefused where an order is open still, or something held for one."""
    venue = close.day.venue
    held = {
        "open orders": venue.count_open_orders(),
        "money held": int(venue.state.funds["held"].sum()),
        "shares held": int(venue.state.holdings["held"].sum()),
    }
    for what, count in held.items():
        if count:
            raise CloseRefused(f"{what}: {count} when the day is over; check it with cuohe verify")
    return "nothing is open or held"


def clear_trades(close: Close) -> str:
    tables = close.tables
    return f"{len(tables.fills)} fills, {len(tables.changes)} changes; all sums tie"


def deliver(close: Close) -> str:
    """Raises CloseRefused while a trade is not delivered that a person has to."""
    fills = close.tables.fills
    if not close.modes:
        return told_of({Mode.REAL_TIME: len(fills)})
    deliveries = Desk(close.daybook.deliveries, fills.rows, close.modes).deliveries
    left = deliveries.open
    if len(left):
        first = left[0]
        raise CloseRefused(
            f"{len(left)} trades are not delivered, the first of them trade"
            f" {first['trade_number']} of account {first['account']} in branch {first['branch']};"
            f" see cuohe deliver {close.daybook.folder} --list"
        )
    return told_of({mode: deliveries.count(mode) for mode in Mode})


def told_of(counts: Mapping[Mode, int]) -> str:
    """Tell how many trades were delivered in each mode."""
    told = [f"{count} {mode.name}" for mode, count in counts.items() if count]
    return f"every trade once: {', '.join(told)}" if told else "no trades"


def settle(close: Close) -> str:
    """Tell when how much is due."""
    money = close.tables.money
    dues = sorted({(row["settle_date"], row["currency"]) for row in money})
    told = [
        f"{Currency(currency).name} {format_units(net_of(money, date, currency), 2)} on {date}"
        for date, currency in dues
    ]
    return ", ".join(told) or "nothing is due"


def net_of(money: np.ndarray, date: int, currency: int) -> int:
    is_due = (money["settle_date"] == date) & (money["currency"] == currency)
    return int(money["net"][is_due].sum())


def add_up(close: Close) -> str:
    """Write what the day came to in each branch beside its journal."""
    if not close.day.venue.with_accounts:
        return NO_ACCOUNTS
    rows = list(aggregate(close.tables))
    lines = [",".join(COLUMNS), *(",".join(row.values()) for row in rows)]
    path = close.daybook.folder / "branches.csv"
    replace_file(path, "".join(line + "\n" for line in lines).encode())
    return f"{len(rows)} lines of branches and currencies"


def has_added_up(close: Close) -> bool:
    is_made = (close.daybook.folder / "branches.csv").exists()
    return is_made or not close.day.venue.with_accounts


def publish(close: Close) -> str:
    day, target = close.day, close.daybook
    written = clear(
        day.commands,
        day.reports,
        target.clearing,
        replace=close.asked.replace,
        previous=previous_manifest(target.folder),
        state=day.venue.state,
        reference=close.reference,
        is_alone=True,
    )
    return f"{len(written.files)} files of generation {written.generation}"


def give_out(close: Close) -> str:
    if close.asked.tables is None:
        return NOT_ASKED
    place = export(close.tables, manifest.read(close.daybook.clearing), close.asked.tables)
    return f"{len(list(place.iterdir()))} files in {place}"


def entitle(close: Close) -> str:
    return str(close.night) if close.day.venue.with_accounts else NO_ACCOUNTS


def open_morning(close: Close) -> str:
    if close.asked.morning is None:
        return NOT_ASKED
    folder = close.asked.morning
    if not close.day.venue.with_accounts:
        raise CloseRefused(f"{folder}: the day has no accounts to leave; leave --next out")
    files = morning_of(close)
    (folder / REFERENCE).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / name, content)
    return f"{len(files['accounts.csv'].splitlines()) - 1} accounts in {folder}"


def has_tables(close: Close) -> bool:
    date = ended_day(close.day.reports)
    return close.asked.tables is None or folder_of(close.asked.tables, date).exists()


def has_incoming(close: Close) -> bool:
    return close.asked.incoming is not None


def has_backups(close: Close) -> bool:
    return close.asked.backups is not None


def keeps(kind: Kind) -> Callable[[Close], str]:
    """Return the act that makes a backup of a kind."""
    return lambda close: close.backed_up(kind)


STEPS = (
    Step("stop", "see that the day has ended", stop, never),
    Step("release", "see that nothing is open or held", release),
    Step("import", "read the files of exchange and depository", take_in, is_needed=has_incoming),
    Step("match", "hold the day's records to theirs", compare, is_needed=has_incoming),
    Step("back-up", "keep the day as it is", keeps(Kind.BEFORE_CLEARING), is_needed=has_backups),
    Step("clear", "make the tables of the day, and tie them", clear_trades),
    Step("deliver", "see that every trade is booked, by the mode of its branch", deliver, never),
    Step("settle", "tell what is due, and when", settle),
    Step("entitle", "reckon what corporate actions and dividend tax bring the next day", entitle),
    Step("aggregate", "add up what the day came to in each branch", add_up, has_added_up),
    Step("publish", "write the clearing files with their totals", publish, never),
    Step("control", "hold what lies on the disk to its control totals", control, never),
    Step("export", "write the tables as Parquet and JSON lines", give_out, has_tables),
    Step("certify", "keep the day as cleared", keeps(Kind.AFTER_CLEARING), is_needed=has_backups),
    Step("history", "keep it for good", keeps(Kind.HISTORY), is_needed=has_backups),
    Step("open", "write what the next day begins with", open_morning, never),
)
NAMES = [step.name for step in STEPS]
