"""REPORT rows into frames of readable messages, as protocol/plain.py says."""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from engine.kernels.reading import LENGTH_BYTES, write
from protocol.spelling import FLAG, NUMBER, SYMBOL
from protocol.vocabulary import NONE

FIXED_FIELDS_MAX = 15
TEXT_LENGTH_AT = 31
KIND_AT = 60

FRAME_ROOM = 160
"""More bytes than the frame of any report takes."""


@entrance
def write_frames(forms, fields, texts, reports, report_number, frames):
    """Write `reports` (n, 64, u1), numbered from `report_number` on, into `frames` (m, u1).

    `texts` are the symbols as they are written.  Return how many bytes were written; `frames` must
    have room for FRAME_ROOM bytes a report.
    """
    place = 0
    for index in range(len(reports)):
        place = write_frame(
            forms, fields, texts, reports[index], report_number + index, frames, place
        )
    return place


@kernel
def write_frame(forms, fields, texts, report, report_number, frames, start):
    """Write the frame of one report; return where it ends."""
    form = forms[report[KIND_AT]]
    place = start + LENGTH_BYTES
    count = form["fields"] + 1
    if count <= FIXED_FIELDS_MAX:
        frames[place] = 0x90 + count
        place += 1
    else:
        frames[place] = 0xDC
        write_big_endian(frames, place + 1, 2, count)
        place += 3
    place = write_whole(frames, place, form["tag"])
    for number in range(form["fields"]):
        field = fields[form["first"] + number]
        if field["form"] == NUMBER:
            place = write_whole(frames, place, report_number)
            continue
        value = signed(report, field["offset"], field["bytes"])
        if field["form"] == SYMBOL:
            place = write_text(frames, place, texts[len(texts) - 1 if value == NONE else value])
        elif field["form"] == FLAG:
            frames[place] = 0xC2 + (value != 0)
            place += 1
        else:
            place = write_whole(frames, place, value)
    write(frames[start:], 0, LENGTH_BYTES, place - start - LENGTH_BYTES)
    return place


@kernel
def signed(row, offset, width):
    """Return the integer in a row that is so many bytes wide, little-endian."""
    value = 0
    for byte in range(width):
        value |= np.int64(row[offset + byte]) << (8 * byte)
    if width < 8 and value >> (8 * width - 1):
        value -= 1 << (8 * width)
    return value


@kernel
def write_text(frames, place, text):
    length = text[TEXT_LENGTH_AT]
    for byte in range(length):
        frames[place + byte] = text[byte]
    return place + length


@kernel
def write_whole(frames, place, value):
    """Write an integer in its shortest form; return where it ends."""
    if -32 <= value < 0x80:
        frames[place] = value & 0xFF
        return place + 1
    log, limit = 0, 8
    if value < 0:
        while limit < 64 and value < -(1 << (limit - 1)):
            log, limit = log + 1, 2 * limit
        frames[place] = 0xD0 + log
    else:
        while limit < 64 and value >= 1 << limit:
            log, limit = log + 1, 2 * limit
        frames[place] = 0xCC + log
    write_big_endian(frames, place + 1, 1 << log, value)
    return place + 1 + (1 << log)


@kernel
def write_big_endian(frames, place, width, value):
    for byte in range(width):
        frames[place + byte] = (value >> (8 * (width - 1 - byte))) & 0xFF
