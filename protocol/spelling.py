"""How messages are spelled, as tables: for who reads and writes many without making objects.

A plain message is an array of small integers, flags and symbols.  The tables are filled in
protocol/plain.py.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from protocol.vocabulary import NONE

WHOLE, FLAG, SYMBOL, NUMBER = range(4)
"""Forms of a field: an integer, a bool, the symbol of an instrument, the number of a report."""

FIELD = np.dtype(
    [
        ("low", "<i8"),
        ("high", "<i8"),
        ("default", "<i8"),
        ("offset", "<i4"),
        ("bytes", "<i2"),
        ("form", "<i2"),
    ]
)
"""A field of a message: its place in the row, and for what is read, its range and default."""

FORM = np.dtype(
    [("tag", "<i2"), ("kind", "<i2"), ("first", "<i2"), ("fields", "<i2"), ("needed", "<i2")]
)
"""A message: the kind of its row, and its fields in FIELD; none where there is no such message."""

SYMBOL_BYTES = 9


def symbols_by_spelling(symbols: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash table of symbols: their letters (n, 9) u1 and numbers (n,) i4, NONE if free.

    A symbol is at the place that `slot_of` gives, or at the next free one behind it.
    """
    room = 4
    while room < 2 * len(symbols):
        room *= 2
    letters = np.zeros((room, SYMBOL_BYTES), np.uint8)
    numbers = np.full(room, NONE, np.int32)
    for number, symbol in enumerate(symbols):
        spelled = symbol.encode()
        if len(spelled) != SYMBOL_BYTES:
            continue
        slot = slot_of(spelled) % room
        while numbers[slot] != NONE:
            slot = (slot + 1) % room
        letters[slot] = np.frombuffer(spelled, np.uint8)
        numbers[slot] = number
    return letters, numbers


def slot_of(spelled: Sequence[int]) -> int:
    """Return where the search for a symbol begins, of the places modulo the table's length."""
    slot = 0
    for letter in spelled:
        slot = (slot * 31 + letter) % 1_000_003
    return slot


def symbol_texts(symbols: Sequence[str]) -> np.ndarray:
    """Return how symbols are written, (n + 1, 32) u1: a MessagePack str, its length in the last
    byte; the last row is that of "", for none."""
    texts = np.zeros((len(symbols) + 1, 32), np.uint8)
    for row, symbol in zip(texts, [*symbols, ""], strict=True):
        text = msgspec.msgpack.encode(symbol)
        row[: len(text)] = np.frombuffer(text, np.uint8)
        row[-1] = len(text)
    return texts
