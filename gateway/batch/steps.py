"""The steps of a close, in order: what each does, and what it says when it is done."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from engine.clearing.close import CloseRefused, clear, ended_day
from engine.clearing.matching import Matching, match
from engine.clearing.morning import morning_files
from engine.clearing.succession import previous_manifest
from engine.listings import symbols_of
from engine.storage.disk import replace_file
from engine.storage.inventory import Kind
from gateway.batch.close import NOT_ASKED, Close
from gateway.batch.export import export
from protocol.files import manifest
from protocol.files.load import blocks
from protocol.files.profiles import FACT, Profile, facts_of
from protocol.units import format_units
from protocol.vocabulary import Currency, Side


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


def take_in(close: Close) -> str:
    if close.asked.incoming is None:
        return NOT_ASKED
    told = [f"{path.name} {len(facts_in(close, profile))}" for profile, path in close.incoming]
    return ", ".join(told) or "no file has come in"


def compare(close: Close) -> str:
    """Raises CloseRefused where an execution is not told alike, and writes which."""
    if close.asked.incoming is None:
        return NOT_ASKED
    found = [(profile, matching_of(close, profile)) for profile, _ in close.incoming]
    path = close.daybook.folder / "matching.csv"
    replace_file(path, b"".join(lines_of(found)))
    amiss = sum(len(matching.amiss) for _, matching in found)
    if amiss:
        raise CloseRefused(
            f"{path}: {amiss} executions are not told alike by the venue and the files that came"
            " in; clear up each of them, or take the files away"
        )
    return f"{sum(matching.matched for _, matching in found)} executions match"


def facts_in(close: Close, profile: Profile) -> np.ndarray:
    """Return the FACT rows of a file that came in."""
    assert close.asked.incoming is not None
    path = close.asked.incoming / profile.layout.file
    date = ended_day(close.day.reports)
    parts = [profile.facts(columns) for columns in blocks(path, profile, date)]
    return np.concatenate([np.empty(0, FACT), *parts])


def matching_of(close: Close, profile: Profile) -> Matching:
    own = facts_of(profile.select(close.tables.fills))
    return match(own, facts_in(close, profile))


def lines_of(found: list[tuple[Profile, Matching]]) -> Iterator[bytes]:
    yield b"file,trade_number,side,class\n"
    for profile, matching in found:
        for number, side, what in matching.amiss:
            yield f"{profile.layout.file},{number},{Side(side).name},{what}\n".encode()


def clear_trades(close: Close) -> str:
    tables = close.tables
    return f"{len(tables.fills)} fills, {len(tables.changes)} changes; all sums tie"


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


def open_morning(close: Close) -> str:
    if close.asked.morning is None:
        return NOT_ASKED
    day, folder = close.day, close.asked.morning
    if not day.venue.with_accounts:
        raise CloseRefused(f"{folder}: the day has no accounts to leave; leave --next out")
    files = morning_files(day.venue.state, symbols_of(day.commands))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / name, content)
    return f"{len(files['accounts.csv'].splitlines()) - 1} accounts in {folder}"


def has_opened(close: Close) -> bool:
    return close.asked.morning is None or (close.asked.morning / "accounts.csv").exists()


def has_tables(close: Close) -> bool:
    return close.asked.tables is None or any(close.asked.tables.glob("business_date=*"))


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
    Step("match", "hold own executions to them", compare, is_needed=has_incoming),
    Step("back-up", "keep the day as it is", keeps(Kind.BEFORE_CLEARING), is_needed=has_backups),
    Step("clear", "make the tables of the day, and tie them", clear_trades),
    Step("settle", "tell what is due, and when", settle),
    Step("publish", "write the clearing files with their totals", publish, never),
    Step("export", "write the tables as Parquet and JSON lines", give_out, has_tables),
    Step("certify", "keep the day as cleared", keeps(Kind.AFTER_CLEARING), is_needed=has_backups),
    Step("history", "keep it for good", keeps(Kind.HISTORY), is_needed=has_backups),
    Step("open", "write what the next day begins with", open_morning, has_opened),
)
NAMES = [step.name for step in STEPS]
