"""What a firm knows of its accounts and of what is listed, and the tables of a day held to that."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import ACCOUNTS
from engine.clearing import reader
from engine.columns import load_columns
from engine.instruments import load_listings
from engine.kernels.fills import ORDER, SECURITY, TERMS, TERMS_CHANGE, charge_fills
from engine.kernels.state import FEES
from engine.listings import listed
from protocol.calendar import to_date
from protocol.files import delimited
from protocol.files.fault import FileFault
from protocol.files.faults import Faults
from protocol.files.hashed import HashedFile
from protocol.files.layouts import FILLS_WITH_FEES
from protocol.files.load import Finding, Loaded, is_table
from protocol.files.manifest import Entry
from protocol.files.profiles import PROFILES, ROWS, rows_of
from protocol.units import UNITS_PER_CENT, format_units
from protocol.vocabulary import CommandKind, Market

ITEMS = ("handling", "regulatory", "settlement", "transfer", "stamp")
REMEDY = "have the sender correct it"


class Listings(NamedTuple):
    """What is listed on a day: LISTED rows, SECURITY rows with the numbers of their FEES rows."""

    path: Path
    rows: np.ndarray
    securities: np.ndarray
    fees: np.ndarray

    def place_of(self, rows: np.ndarray) -> np.ndarray:
        """Return which listing each row is of, one beyond the last where there is none."""
        keys = key_of(self.rows)
        order = np.argsort(keys)
        found = np.searchsorted(keys[order], key_of(rows))
        places = np.append(order, len(keys))[found]
        known = np.append(keys, -1)[places] == key_of(rows)
        return np.where(known, places, len(keys))


def key_of(rows: np.ndarray) -> np.ndarray:
    """Return one number for code and market of rows together."""
    codes = np.ascontiguousarray(rows["code"]).astype("S8").view("<i8")
    return codes + (rows["market"].astype(np.int64) << 48)


def load_day_listings(path: Path, business_date: int) -> Listings:
    """Return what an instruments file lists on a day; raises InstrumentError."""
    _, rows = load_listings(path, to_date(business_date))
    listings = rows[rows["kind"] == CommandKind.LIST_INSTRUMENT]
    defined = rows[rows["kind"] == CommandKind.DEFINE_FEES]
    fees = np.zeros(len(defined), FEES)
    for name in FEES.names or ():
        fees[name] = defined[name]
    securities = np.zeros(len(listings), SECURITY)
    securities["fees"] = listings["fees"]
    return Listings(path, listed(rows), securities, fees)


def load_numbers(folder: Path) -> tuple[Path, np.ndarray]:
    """Return the accounts of a folder, and the file that tells them; raises ColumnError."""
    path = folder / "accounts.csv"
    return path, load_columns(path, ACCOUNTS)["account"]


def held_to_master(
    loaded: Loaded, directory: Path, instruments: Path | None, accounts: Path | None
) -> Loaded:
    """Return what was loaded with what the tables have that the firm does not know.

    An account and a code must be known, a price within the limits of its day and on the tick, and
    the items of a fee right to the cent.
    """
    if not loaded.is_well or loaded.promised is None or not (instruments or accounts):
        return loaded
    date = loaded.promised.date
    listings = load_day_listings(instruments, date) if instruments else None
    numbers = load_numbers(accounts) if accounts else None
    entries = {entry.name: entry for entry in loaded.promised.files if is_of_customers(entry)}
    findings, faults = list(loaded.findings), list(loaded.faults)
    for place, finding in enumerate(findings):
        if finding.name not in entries:
            continue
        profile = PROFILES[entries[finding.name].profile]
        found = Faults(profile.layout)
        rows = rows_in(directory, entries[finding.name])
        if numbers is not None and "account" in (rows.dtype.names or ()):
            check_accounts(found, rows, *numbers)
        if listings is not None and "code" in (rows.dtype.names or ()):
            check_codes(found, rows, listings)
            if profile.table == "fills":
                check_prices(found, rows, listings)
            if profile.layout is FILLS_WITH_FEES:
                check_fees(found, rows, listings)
        if found.count:
            findings[place] = Finding(finding.name, False, found.summary())
            faults += found.found
    return Loaded(findings, faults, loaded.promised)


def is_of_customers(entry: Entry) -> bool:
    """Say whether a file is a table that tells of customers."""
    return is_table(entry) and PROFILES[entry.profile].table != "firms"


def rows_in(directory: Path, entry: Entry) -> np.ndarray:
    """Return all rows of a table; raises FileFault where it is no more what was checked."""
    profile, path = PROFILES[entry.profile], directory / entry.name
    with HashedFile(path) as file:
        blocks = delimited.read(path, profile.layout, file=file, reader=reader.column)
        parts = [rows_of(profile.table, block) for block in blocks]
        if file.digest() != entry.sha256:
            raise FileFault(
                f"{entry.name}: it was changed while it was read; wait until nobody writes there,"
                " and import it again"
            )
    return np.concatenate([np.zeros(0, ROWS[profile.table]), *parts])


def check_accounts(found: Faults, rows: np.ndarray, path: Path, numbers: np.ndarray) -> None:
    accounts = rows["account"]
    found.expect(
        np.isin(accounts, numbers),
        0,
        "account",
        lambda row: f"{accounts[row]} is not in {path}; add it there, or {REMEDY}",
    )


def check_codes(found: Faults, rows: np.ndarray, listings: Listings) -> None:
    def reason(row: int) -> str:
        code, market = rows["code"][row].decode(), Market(rows["market"][row]).name
        return f"{code} of {market} is not in {listings.path}; add it there, or {REMEDY}"

    found.expect(listings.place_of(rows) < len(listings.rows), 0, "code", reason)


def check_prices(found: Faults, rows: np.ndarray, listings: Listings) -> None:
    places = np.minimum(listings.place_of(rows), len(listings.rows) - 1)
    of = listings.rows[places]
    prices = rows["price"]
    within = (of["lower_limit"] <= prices) & (prices <= of["upper_limit"])

    def beyond(row: int) -> str:
        limits = [format_units(int(of[name][row])) for name in ("lower_limit", "upper_limit")]
        return f"{format_units(int(prices[row]))} is not from {limits[0]} to {limits[1]}; {REMEDY}"

    found.expect(within, 0, "price", beyond)
    found.expect(
        prices % of["tick"] == 0,
        0,
        "price",
        lambda row: (
            f"{format_units(int(prices[row]))} is no multiple of the tick of"
            f" {format_units(int(of['tick'][row]))}; {REMEDY}"
        ),
    )


def check_fees(found: Faults, rows: np.ndarray, listings: Listings) -> None:
    places = np.minimum(listings.place_of(rows), len(listings.rows) - 1).astype(np.int32)
    due = rows.copy()
    orders = np.zeros(int(rows["order_number"].max(initial=0)) + 1, ORDER)
    terms = np.zeros(int(rows["account"].max(initial=0)) + 1, TERMS)
    changes = np.zeros(0, TERMS_CHANGE)
    rates = (listings.securities, listings.fees, terms, changes)
    charge_fills(due, places, np.zeros(len(rows), np.int64), orders, *rates)
    for item in ITEMS:
        right = np.abs(rows[item] - due[item]) <= UNITS_PER_CENT
        found.expect(right, 0, item, partial(wrong_fee, rows[item], due[item]))


def wrong_fee(told: np.ndarray, expected: np.ndarray, row: int) -> str:
    """Return what is wrong with an item of a fee."""
    amounts = (format_units(int(one[row])) for one in (told, expected))
    return f"{' is not '.join(amounts)}, as the fees of the day have it; {REMEDY}"
