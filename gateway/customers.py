"""Who the customers are: customers.csv beside accounts.csv, which matching needs nothing of.

Only the commands that tell of customers read it.  What it says stands in no error, in no log, and
in nothing that a day leaves behind: errors name the line and the column.
"""

import csv
import re
import stat
from collections.abc import Iterator, Set
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from engine.accounts import ACCOUNTS
from engine.columns import load_columns
from protocol.mistake import Mistake

FILE = "customers.csv"
ID_CARD = re.compile(r"[0-9]{17}[0-9X]")


class CustomerError(Mistake):
    """The customers' file is refused; the text names file, line, column, reason and remedy."""


class IdentityKind(StrEnum):
    """What a customer is known by."""

    ID_CARD = "ID_CARD"
    PASSPORT = "PASSPORT"
    TRAVEL_PERMIT = "TRAVEL_PERMIT"
    LICENCE = "LICENCE"


@dataclass(frozen=True, slots=True, repr=False)
class Customer:
    """Whose account it is; telephone and address may be blank."""

    account: int
    name: str
    identity_kind: IdentityKind
    identity_number: str
    telephone: str
    address: str

    def __repr__(self) -> str:
        """Name the account and nothing else."""
        return f"<customer of account {self.account}>"

    def masked(self) -> Self:
        """Return what may be shown to whoever has the customer on the telephone."""
        return replace(
            self,
            name=mask(self.name, 1, 1),
            identity_number=mask(self.identity_number, 4, 4),
            telephone=mask(self.telephone, 3, 4),
            address=mask(self.address, 3, 0),
        )


COLUMNS = [field.name for field in fields(Customer)]
OPTIONAL = ("telephone", "address")


def mask(text: str, first: int, last: int) -> str:
    """Return a text with asterisks but for its ends; but for its first letter where the ends are
    almost all of it."""
    if 2 * (len(text) - first - last) + 1 < first + last:
        first, last = int(len(text) > 1), 0
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


def load_customers(folder: Path) -> list[Customer]:
    """Return the customers in a folder of accounts, or raise CustomerError or ColumnError."""
    known = set(load_columns(folder / "accounts.csv", ACCOUNTS)["account"].tolist())
    return customers_in(folder / FILE, known)


def customers_in(path: Path, known: Set[int]) -> list[Customer]:
    """Return the customers in a file, or raise CustomerError; `known` are all accounts."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            lines = ((reader.line_num, texts) for texts in reader)
            return list(read_customers(path, lines, known))
    except csv.Error as error:
        raise CustomerError(f"{path}: {error}; is a quotation mark missing?") from None
    except OSError as error:
        raise CustomerError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CustomerError(f"{path}: is not UTF-8: {error.reason}") from None


def read_customers(
    path: Path, lines: Iterator[tuple[int, list[str]]], known: Set[int]
) -> Iterator[Customer]:
    if next(lines, (0, []))[1] != COLUMNS:
        raise CustomerError(f"{path}:1: the first line must be {','.join(COLUMNS)}")
    accounts: dict[int, int] = {}
    identities: dict[tuple[str, str], int] = {}
    for number, texts in lines:
        try:
            customer = read_customer(texts)
            if customer.account not in known:
                raise ValueError(f"account {customer.account} is not in accounts.csv; add it there")
            check_new("account", accounts.setdefault(customer.account, number), number)
            identity = (customer.identity_kind, customer.identity_number)
            check_new("identity", identities.setdefault(identity, number), number)
        except ValueError as error:
            raise CustomerError(f"{path}:{number}: {error}") from None
        yield customer


def read_customer(texts: list[str]) -> Customer:
    """Return the customer of a line; raises ValueError without telling what stands there."""
    if len(texts) != len(COLUMNS):
        raise ValueError(f"has {len(texts)} fields instead of {len(COLUMNS)}")
    told = dict(zip(COLUMNS, texts, strict=True))
    for column, text in told.items():
        if text != text.strip() or not (text or column in OPTIONAL):
            raise ValueError(f"{column}: is blank, or has blanks around it; correct it")
        if not text.isprintable():
            raise ValueError(f"{column}: has control characters; take them out")
    if not (told["account"].isascii() and told["account"].isdigit()):
        raise ValueError("account: is not a whole number")
    if told["identity_kind"] not in IdentityKind.__members__:
        raise ValueError(f"identity_kind: is unknown; known are {' '.join(IdentityKind)}")
    kind = IdentityKind(told["identity_kind"])
    if kind is IdentityKind.ID_CARD and not ID_CARD.fullmatch(told["identity_number"]):
        raise ValueError("identity_number: an ID_CARD has 17 digits, and one more or an X")
    return Customer(
        int(told["account"]),
        told["name"],
        kind,
        told["identity_number"],
        told["telephone"],
        told["address"],
    )


def check_new(what: str, first: int, number: int) -> None:
    """Raise ValueError where a line repeats what the line `first` says."""
    if first != number:
        raise ValueError(f"has the {what} of line {first}; correct either")


def check_private(path: Path) -> None:
    """Raise CustomerError where others than its owner may open a file."""
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise CustomerError(
            f"{path}: is open to others than its owner, so nothing of it is revealed; chmod 600 it"
        )
