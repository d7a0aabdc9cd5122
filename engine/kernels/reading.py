"""Frames of plain messages into COMMAND rows, as protocol/plain.py says.

Only what is spelled as it should be is taken; at anything else the reading stops, and the one
decoder of protocol/codec.py says what it is.
"""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from protocol.spelling import FLAG, SYMBOL, SYMBOL_BYTES
from protocol.vocabulary import NONE

LENGTH_BYTES = 4
BATCH_TAG = 6
ROW_BYTES = 64
SESSION_AT = 16
KIND_AT = 24
FALSE, TRUE = 0xC2, 0xC3
UNSIGNED, SIGNED = 0xCC, 0xD0
BINARY = 0xC4


@entrance
def read_frames(
    forms, fields, letters, numbers, data, windows, start, stop, session, rows, lines, mark
):
    """Read whole frames of `data` (n, u1) from `start` to `stop`; return where they end.

    Each request becomes one of `rows` (m, COMMAND), from `mark[0]` on, which counts them; a batch
    of packed rows becomes as many.  `session` is written into each.  `windows` (n - 63, COMMAND)
    are the rows that begin at each byte of `data`, and `lines` (m, 64, u1) the bytes of `rows`.
    `letters` and `numbers` are the table of symbols.  It stops at what is not whole, not plain, or
    does not fit any more.
    """
    while stop - start > LENGTH_BYTES + 1:
        end = start + LENGTH_BYTES + little_endian(data, start, LENGTH_BYTES)
        if end > stop or end - start <= LENGTH_BYTES + 1:
            break
        body = start + LENGTH_BYTES
        if data[body] == 0x92 and data[body + 1] == BATCH_TAG:
            if not take_batch(data, windows, body + 2, end, session, rows, mark):
                break
        elif not take_message(
            forms, fields, letters, numbers, data, body, end, session, lines, mark
        ):
            break
        start = end
    return start


@kernel
def take_batch(data, windows, place, end, session, rows, mark):
    """Take the rows of a batch, whose MessagePack bin is at `place`; return whether it is whole."""
    head = np.int64(data[place])
    width = 1 << (head - BINARY) if BINARY <= head <= BINARY + 2 else 0
    if width == 0 or place + 1 + width > end:
        return False
    size = big_endian(data, place + 1, width)
    place += 1 + width
    count = size // ROW_BYTES
    if size == 0 or size % ROW_BYTES or place + size != end or mark[0] + count > len(rows):
        return False
    for _ in range(count):
        rows[mark[0]] = windows[place]
        rows[mark[0]]["session"] = session
        mark[0] += 1
        place += ROW_BYTES
    return True


@kernel
def take_message(forms, fields, letters, numbers, data, place, end, session, lines, mark):
    """Take one message; return whether it is plain."""
    form = forms[data[place + 1] & 0x7F]
    given = np.int64(data[place]) - 0x91
    if data[place + 1] > 0x7F or form["fields"] == 0 or mark[0] == len(lines):
        return False
    if not form["needed"] <= given <= form["fields"]:
        return False
    row = lines[mark[0]]
    row[:] = 0
    write(row, SESSION_AT, 4, session)
    row[KIND_AT] = form["kind"]
    place += 2
    for number in range(form["fields"]):
        field = fields[form["first"] + number]
        value = field["default"]
        if number < given:
            place, value = read_field(field, letters, numbers, data, place, end)
            if place == NONE:
                return False
        write(row, field["offset"], field["bytes"], value)
    if place != end:
        return False
    mark[0] += 1
    return True


@kernel
def read_field(field, letters, numbers, data, place, end):
    """Return where the field ends, NONE where it is not plain, and its value."""
    if place >= end:
        return NONE, 0
    if field["form"] == SYMBOL:
        if data[place] != 0xA0 + SYMBOL_BYTES or place + 1 + SYMBOL_BYTES > end:
            return NONE, 0
        number = number_of(letters, numbers, data, place + 1)
        return (NONE if number == NONE else place + 1 + SYMBOL_BYTES), number
    if field["form"] == FLAG:
        is_flag = data[place] == FALSE or data[place] == TRUE
        return (place + 1 if is_flag else NONE), np.int64(data[place]) & 1
    place, value = read_whole(data, place, end)
    return (place if field["low"] <= value <= field["high"] else NONE), value


@kernel
def read_whole(data, place, end):
    """Return where an integer ends, NONE where there is none, and its value."""
    head = np.int64(data[place])
    if head < 0x80:
        return place + 1, head
    if head >= 0xE0:
        return place + 1, head - 0x100
    is_signed = SIGNED <= head < SIGNED + 4
    if not (is_signed or UNSIGNED <= head < UNSIGNED + 4):
        return NONE, 0
    width = 1 << (head & 3)
    if place + 1 + width > end:
        return NONE, 0
    value = big_endian(data, place + 1, width)
    if is_signed and width < 8 and value >> (8 * width - 1):
        value -= 1 << (8 * width)
    if not is_signed and value < 0:
        return NONE, 0
    return place + 1 + width, value


@kernel
def number_of(letters, numbers, data, place):
    """Return the number of the instrument whose symbol is at `place`, NONE where there is none."""
    slot = 0
    for offset in range(SYMBOL_BYTES):
        slot = (slot * 31 + np.int64(data[place + offset])) % 1_000_003
    slot %= len(numbers)
    while numbers[slot] != NONE:
        is_same = True
        for offset in range(SYMBOL_BYTES):
            is_same &= letters[slot, offset] == data[place + offset]
        if is_same:
            return numbers[slot]
        slot = (slot + 1) % len(numbers)
    return NONE


@kernel
def little_endian(data, place, width):
    value = 0
    for byte in range(width):
        value |= np.int64(data[place + byte]) << (8 * byte)
    return value


@kernel
def big_endian(data, place, width):
    value = 0
    for byte in range(width):
        value = value << 8 | np.int64(data[place + byte])
    return value


@kernel
def write(row, offset, width, value):
    """Write an integer into a row, little-endian."""
    for byte in range(width):
        row[offset + byte] = (value >> (8 * byte)) & 0xFF
