"""The kinds of documents that there are of an account."""

from collections.abc import Callable
from typing import NamedTuple

from gateway.notes.account import AccountDay
from gateway.notes.contract import contract
from gateway.notes.daily import daily
from gateway.notes.delivery import delivery
from gateway.notes.document import Document
from gateway.notes.letter import Letter
from gateway.notes.monthly import monthly


class Kind(NamedTuple):
    """How a document is made, whether of a month, and which accounts have something to be told."""

    make: Callable[[Letter], Document]
    is_of_month: bool
    is_due: Callable[[AccountDay], bool]


def always(day: AccountDay) -> bool:
    return True


def has_moved(day: AccountDay) -> bool:
    return bool(day.fills or day.changes or any(row["other"] for row in day.funds))


def has_traded(day: AccountDay) -> bool:
    return bool(day.fills)


KINDS = {
    "delivery": Kind(delivery, False, has_moved),
    "daily": Kind(daily, False, always),
    "contract": Kind(contract, False, has_traded),
    "monthly": Kind(monthly, True, always),
}
