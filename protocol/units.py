"""Money and prices as integers of 1/10000 of the currency unit, and their decimal spelling."""

import re

DECIMALS = 4

SCALE = 10**DECIMALS
"""Units of price and money in one yuan."""

UNITS_PER_CENT = 100

NANOSECONDS = 1_000_000_000
MILLISECOND = NANOSECONDS // 1_000

RATE_STEPS = 25
RATE_STEP = NANOSECONDS // RATE_STEPS
"""Steps of a second, and nanoseconds of a step, in which the requests of an account are counted."""

PLAIN_DECIMAL = re.compile(r"([+-]?[0-9]+)(?:\.([0-9]+))?")


def parse_units(text: str) -> int:
    """Return the decimal number `text`, in yuan, in 1/10000 yuan.

    Raises ValueError where it is no plain decimal number, or one of more than four decimals;
    zeros behind them are let pass.
    """
    parts = PLAIN_DECIMAL.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a decimal number")
    whole, fraction = parts[1], (parts[2] or "").rstrip("0")
    if len(fraction) > DECIMALS:
        raise ValueError(f"{text!r} is not a number of at most four decimals")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def format_units(units: int, decimals: int = 4) -> str:
    """Return `units` of 1/10000 yuan as a decimal string, rounded half up to `decimals` places."""
    step = 10 ** (4 - decimals)
    rounded = (2 * abs(units) + step) // (2 * step)
    whole, fraction = divmod(rounded, 10**decimals)
    sign = "-" if units < 0 and rounded else ""
    return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"


def round_to_cents(units: int) -> int:
    """Return an amount of 1/10000 yuan rounded half up to whole cents, in cents."""
    sign = -1 if units < 0 else 1
    return sign * ((2 * abs(units) + UNITS_PER_CENT) // (2 * UNITS_PER_CENT))


def apply_ratio(units: int, numerator: int, denominator: int, tick: int) -> int:
    """Return `units` x numerator / denominator, rounded half up to a multiple of `tick`.

    Floats and Python's round() are wrong here: 1.15 x 1.10 is 1.27, not 1.26.
    """
    divisor = denominator * tick
    return (2 * units * numerator + divisor) // (2 * divisor) * tick
