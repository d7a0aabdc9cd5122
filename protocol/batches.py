"""Many requests at once, as packed rows, from numbers and arrays of numbers.

Each argument is one value for all rows, or an array with one for each.  An instrument is a symbol,
like "600519.SH", or its place in the `instruments` of LoginAccepted; prices are in 1/10000 of the
currency, quantities in shares.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind

Instrument = str | Sequence[str] | ArrayLike


def make_rows(kind: CommandKind, **fields: ArrayLike) -> np.ndarray:
    """Return COMMAND rows of a kind, not numbered yet, as many as the fields have values.

    Raises Mistake where the fields differ in length, or a number does not fit its field.
    """
    columns = {name: np.asarray(values) for name, values in fields.items()}
    counts = {column.size for column in columns.values() if column.ndim}
    if len(counts) > 1:
        told = ", ".join(f"{name} {column.size}" for name, column in columns.items())
        raise Mistake(
            f"the fields of a batch differ in length: {told}; give as many or one of each"
        )
    rows = np.zeros(counts.pop() if counts else 1, COMMAND)
    rows["kind"] = kind
    for name, column in columns.items():
        bounds = np.iinfo(COMMAND[name])
        if column.size and not bounds.min <= column.min() <= column.max() <= bounds.max:
            raise Mistake(f"{name} goes from {column.min()} to {column.max()}: too far for a row")
        rows[name] = column
    return rows


def numbers_of(instrument: Instrument, symbols: Sequence[str]) -> Any:
    """Return an instrument's number among the day's `symbols`, or those of many.

    Raises Mistake at a symbol that is not there.
    """
    if isinstance(instrument, str):
        return numbers_of([instrument], symbols)[0]
    wanted = np.asarray(instrument)
    if wanted.dtype.kind != "U":
        return wanted
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    if unknown := set(wanted.tolist()) - numbers.keys():
        raise Mistake(f"{min(unknown)} is not traded today; LoginAccepted lists what is")
    return np.array([numbers[symbol] for symbol in wanted.tolist()])
