"""Arguments that are more than words: each function here makes one a value.

All raise ArgumentTypeError, which the parser tells in one line with the argument's name.
"""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from functools import wraps
from math import isfinite
from typing import TypeVar

from protocol.calendar import seconds_in
from protocol.units import NANOSECONDS, parse_units

TIME_OF_DAY = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]{1,9}))?")
RAMP = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?):([0-9]{1,9}(?:\.[0-9]{1,9})?)")
SECONDS_MAX = 86_400
ACCOUNT_DIGITS = 9
PORT_MAX = 65_535
COUNT_DIGITS = 15
"""So that a number fits 64 bits, also in 1/10000."""

Value = TypeVar("Value")


def checked(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return `parse`, whose ValueError is told as an argument's."""

    @wraps(parse)
    def argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return argument


@checked
def yuan(text: str) -> int:
    """Return a price like "1845.00" in 1/10000 yuan."""
    if len(text) > COUNT_DIGITS:
        raise ValueError(f"{text[:COUNT_DIGITS]}... is more money than there can be")
    return parse_units(text)


def price(text: str) -> int:
    """Return a price above 0 in 1/10000 yuan."""
    units = yuan(text)
    if units <= 0:
        raise ArgumentTypeError(f"{text!r} is not a price above 0")
    return units


def symbol(text: str) -> str:
    """Return the symbol of an instrument as it is; none at all would mean every instrument."""
    if not text:
        raise ArgumentTypeError(f"{text!r} names no instrument")
    return text


def count(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    if len(text) > COUNT_DIGITS:
        raise ArgumentTypeError(f"{text[:COUNT_DIGITS]}... is larger than anything here can be")
    return int(text)


def account(text: str) -> int:
    """Return the number of an account."""
    if not (text.isascii() and text.isdigit() and len(text) <= ACCOUNT_DIGITS):
        raise ArgumentTypeError(f"{text!r} is not the number of an account, like 1001")
    return int(text)


def session(text: str) -> int:
    """Return the number of a session."""
    if not (text.isascii() and text.isdigit() and len(text) <= ACCOUNT_DIGITS):
        raise ArgumentTypeError(f"{text!r} is not the number of a session, like 1; 0 is the venue")
    return int(text)


def moment(text: str) -> int:
    """Return a time of day, to the second or finer, in nanoseconds since midnight."""
    parts = TIME_OF_DAY.fullmatch(text)
    if parts is None:
        raise ArgumentTypeError(f"{text!r} is no time of day, as 09:30:00 or 09:30:00.125")
    return seconds_in(parts[1]) * NANOSECONDS + int((parts[2] or "").ljust(9, "0"))


def address(text: str) -> tuple[str, int]:
    """Return a host and a port, like 127.0.0.1:7001."""
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX):
        raise ArgumentTypeError(f"{text!r} is no HOST:PORT, as 127.0.0.1:7001")
    return host.removeprefix("[").removesuffix("]"), int(port)


def percent(text: str) -> int:
    """Return a whole number from 0 to 100."""
    if not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise ArgumentTypeError(f"{text!r} is not a percentage, from 0 to 100")
    return int(text)


def ramp(text: str) -> tuple[float, float]:
    """Return two rates, of which one may be 0, like 0:50000."""
    rates = RAMP.fullmatch(text)
    if rates is None or not any(map(float, rates.groups())):
        raise ArgumentTypeError(f"{text!r} is no FROM:TO, as 1000:50000")
    return float(rates[1]), float(rates[2])


def seed(text: str) -> int:
    """Return a whole number of 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def factor(text: str) -> float:
    """Return a number above 0."""
    number = number_in(text)
    if not number > 0:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def seconds(text: str) -> float:
    """Return a time of at most a day."""
    number = number_in(text)
    if not 0 < number <= SECONDS_MAX:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds, as 2.5")
    return number


def number_in(text: str) -> float:
    """Return a finite number, 0 where the text is none."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0
