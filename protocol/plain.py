"""Plain messages: those that are read and written without making objects, and how they are spelled.

The tables follow from the messages themselves; what they cannot say is left to protocol.translate.
"""

from enum import EnumMeta
from typing import NamedTuple

import msgspec
import numpy as np

from protocol import messages
from protocol.message import Message
from protocol.records import COMMAND, REPORT
from protocol.spelling import FIELD, FLAG, FORM, NUMBER, SYMBOL, WHOLE
from protocol.translate import COMMANDS, MEANINGS, REPORTS

PLAIN = (messages.EnterOrder, messages.CancelOrder, messages.ReplaceOrder)
"""What heavy clients send as readable messages."""

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
