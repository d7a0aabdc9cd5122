"""Columns out of the lines of tables by compiled code: those that protocol/files would read."""

import numpy as np

from engine.kernels.readings import read_dates, read_numbers, read_texts, read_times
from protocol.files.layouts import Field


def column(field: Field, text: np.ndarray, marks: np.ndarray, number: int) -> np.ndarray | None:
    """Return the values of a field, nothing where one of them is for numpy to look at.

    `text` (n, u1) are whole lines, `marks` (rows, fields, i8) the places behind their fields,
    `number` is that of the field.
    """
    rows = len(marks)
    if field.type == "C":
        cells = np.zeros((rows, field.width), np.uint8)
        done = read_texts(text, marks, number, cells)
        return cells.view(f"S{field.width}").ravel() if done == rows else None
    values = np.empty(rows, np.int64)
    if field.type == "D":
        done = read_dates(text, marks, number, values)
    elif field.type == "T":
        done = read_times(text, marks, number, values)
    else:
        done = read_numbers(text, marks, number, field.width, field.decimals, values)
    return values if done == rows else None
