"""How documents spell amounts, counts, dates and securities accounts."""

from functools import cache

from gateway.notes.account import Row
from protocol.units import UNITS_PER_CENT, format_units
from protocol.vocabulary import Currency, Market


def money(units: int) -> str:
    """Return money in cents with its thousands apart, with four decimals where it needs them."""
    whole, point, fraction = format_units(units, 4 if units % UNITS_PER_CENT else 2).partition(".")
    return f"{sign_in(whole)}{int(whole.lstrip('-')):,}{point}{fraction}"


def sign_in(number: str) -> str:
    return "-" if number.startswith("-") else ""


def price(units: int) -> str:
    """Return a price of at least two decimals."""
    text = format_units(units)
    return text[:-2] + text[-2:].rstrip("0")


def count(number: int) -> str:
    """Return a number of shares with its thousands apart."""
    return f"{number:,}"


@cache
def date(number: int) -> str:
    """Return a date like 20261120 as 2026-11-20, blank where there is none."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if number else ""


def securities_account(row: Row) -> str:
    """Return the account's number with the depository of the row's market."""
    if row["market"] == Market.SSE:
        return f"{'A' if row['currency'] == Currency.CNY else 'C'}{row['account']:09}"
    return f"{row['account']:010}"
