"""How plain messages spell rows, as tables: for who reads and writes many without making objects.

A plain message is an array of small integers, flags and symbols.  The tables follow from the
messages themselves; what they cannot say is left to protocol.translate.
"""

from collections.abc import Sequence
from enum import EnumMeta
from typing import NamedTuple

import msgspec
import numpy as np

from protocol import messages
from protocol.message import Message
from protocol.records import COMMAND, REPORT
from protocol.translate import COMMANDS, MEANINGS, REPORTS
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

PLAIN = (messages.EnterOrder, messages.CancelOrder, messages.ReplaceOrder)
"""What heavy clients send as readable messages."""

SYMBOL_BYTES = 9


FieldRows = list[tuple[int, ...]]


class Spelling(NamedTuple):
    """`forms` (n, FORM) by tag or by kind, and their `fields` (m, FIELD) one after another."""

    forms: np.ndarray
    fields: np.ndarray


def inbound_spelling() -> Spelling:
    """Return how PLAIN messages spell COMMAND rows, by tag."""
    forms, fields = np.zeros(128, FORM), FieldRows()
    for message in PLAIN:
        described = fields_of(message)
        needed = sum(field.required for field in described)
        forms[tag_of(message)] = (
            *(tag_of(message), COMMANDS[message].kind),
            *(len(fields), len(described), needed),
        )
        fields += [readable_field(field) for field in described]
    return Spelling(forms, np.array(fields, FIELD))


def outbound_spelling() -> Spelling:
    """Return how reports spell REPORT rows, by kind."""
    forms, fields = np.zeros(max(REPORTS) + 1, FORM), FieldRows()
    for kind, message in REPORTS.items():
        described = fields_of(message)
        forms[kind] = tag_of(message), kind, len(fields), len(described), len(described)
        fields += [writable_field(field) for field in described]
    return Spelling(forms, np.array(fields, FIELD))


def fields_of(message: type[Message]) -> tuple[msgspec.inspect.Field, ...]:
    described = msgspec.inspect.type_info(message)
    assert isinstance(described, msgspec.inspect.StructType)
    return described.fields


def tag_of(message: type[Message]) -> int:
    tag = message.__struct_config__.tag
    assert isinstance(tag, int)
    return tag


def readable_field(field: msgspec.inspect.Field) -> tuple[int, ...]:
    low, high, form = 0, 0, WHOLE
    match field.type:
        case msgspec.inspect.IntType(ge=ge, le=le):
            low, high = bound(ge), bound(le)
        case msgspec.inspect.EnumType(cls=cls):
            low, high = range_of(cls)
        case msgspec.inspect.BoolType():
            form = FLAG
        case _:
            assert field.name == "instrument"
            form = SYMBOL
    default = 0 if field.required else int(field.default)
    row, offset = COMMAND.fields[field.name][:2]  # type: ignore[index]
    return low, high, default, offset, row.itemsize, form


def bound(limit: float | None) -> int:
    assert isinstance(limit, int)
    return limit


def range_of(words: EnumMeta) -> tuple[int, int]:
    """Return the least and the greatest of the numbers of an enumeration without gaps."""
    numbers = [word.value for word in words]  # type: ignore[var-annotated]
    low, high = min(numbers), max(numbers)
    assert sorted(numbers) == list(range(low, high + 1))
    return low, high


def writable_field(field: msgspec.inspect.Field) -> tuple[int, ...]:
    if field.name == "report_number":
        return 0, 0, 0, 0, 0, NUMBER
    form = WHOLE
    if isinstance(field.type, msgspec.inspect.BoolType):
        form = FLAG
    elif isinstance(field.type, msgspec.inspect.StrType):
        form = SYMBOL
    row, offset = REPORT.fields[MEANINGS.get(field.name, field.name)][:2]  # type: ignore[index]
    return 0, 0, 0, offset, row.itemsize, form


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
