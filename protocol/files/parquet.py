"""Parquet files: a layout's columns in typed, compressed columns, a group of rows at a time.

Text (C) is a dictionary of strings, a number (N) an int64, or a decimal128 if it has decimals, a
date (D) a date32 and a time (T) a timestamp in Shanghai, to the nanosecond.  Null stands for a date
of 0, and for a number that may overflow and does.  The bytes depend on the rows, the metadata and
the release of pyarrow alone, not on how the rows are cut into blocks.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from protocol.files.fault import FileFault
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.files.moments import dates_of, days_of
from protocol.files.numerals import OVERFLOWN, misfits

GROUP_ROWS = 1 << 17
"""Rows of a group: what is in memory at a time."""

DIGITS_MAX = 18
"""Decimals of so many digits lie in the file as 64-bit integers."""

TEXT = pa.dictionary(pa.int32(), pa.string())
TIME = pa.timestamp("ns", tz="Asia/Shanghai")
PRODUCER = "cuohe"
VERSION = "schema_version"


def type_of(field: Field) -> pa.DataType:
    """Return the type of a field's column."""
    if field.type == "N" and field.decimals:
        return pa.decimal128(min(field.width - 1, DIGITS_MAX), field.decimals)
    return {"C": TEXT, "N": pa.int64(), "D": pa.date32(), "T": TIME}[field.type]


def may_lack(field: Field) -> bool:
    return field.type == "D" or field.may_overflow


def schema_of(layout: Layout) -> pa.Schema:
    """Return the columns of a layout, their names and types."""
    return pa.schema(
        [pa.field(field.name, type_of(field), may_lack(field)) for field in layout.fields]
    )


def write(
    file: BinaryIO,
    layout: Layout,
    business_date: int,
    blocks: Iterable[Columns],
    metadata: Mapping[str, object],
) -> None:
    """Write a table whose columns come in `blocks`; `file` stays open.

    `metadata` (the run, the control totals) is kept as text beside schema_version, producer,
    business_date and rows.  It is read behind the last block, so totals may grow meanwhile.
    Raises FileFault where a value does not fit its field.
    """
    schema = schema_of(layout)
    rows = 0
    with parquet.ParquetWriter(
        file,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=1,
        use_dictionary=[field.name for field in layout.fields if field.type in "CD"],
        store_decimal_as_integer=True,
    ) as writer:
        for columns in groups(layout, blocks):
            arrays = [array_of(layout, field, columns, rows) for field in layout.fields]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), GROUP_ROWS)
            rows += row_count(columns)
        told = {
            VERSION: layout.profile,
            "producer": PRODUCER,
            "business_date": iso_date(business_date),
            "rows": rows,
        }
        told |= metadata
        writer.add_key_value_metadata({name: str(value) for name, value in told.items()})


def iso_date(date: int) -> str:
    return f"{date // 10_000:04}-{date // 100 % 100:02}-{date % 100:02}"


def groups(layout: Layout, blocks: Iterable[Columns]) -> Iterator[Columns]:
    """Yield the rows of the blocks in groups of GROUP_ROWS; the last may be shorter."""
    kept: list[Columns] = []
    count = 0
    for block in blocks:
        rows, start = row_count(block), 0
        while start < rows:
            end = min(rows, start + GROUP_ROWS - count)
            kept.append(part(layout, block, start, end))
            count += end - start
            start = end
            if count == GROUP_ROWS:
                yield joined(layout, kept)
                kept, count = [], 0
    if kept:
        yield joined(layout, kept)


def part(layout: Layout, block: Columns, start: int, end: int) -> Columns:
    columns = {field.name: block[field.name] for field in layout.fields}
    return {name: column[start:end] if column.ndim else column for name, column in columns.items()}


def joined(layout: Layout, parts: list[Columns]) -> Columns:
    if len(parts) == 1:
        return parts[0]
    return {
        field.name: np.concatenate(
            [np.broadcast_to(columns[field.name], row_count(columns)) for columns in parts]
        )
        for field in layout.fields
    }


def array_of(layout: Layout, field: Field, columns: Columns, first: int) -> pa.Array:
    """Return a column as Arrow has it; `first` is the number of its first row."""
    rows, column = row_count(columns), columns[field.name]
    if field.type == "C":
        return text_array(layout, field, column, rows, first)
    values = np.array(np.broadcast_to(column, rows), np.int64)
    if field.type == "T":
        return pa.Array.from_buffers(TIME, rows, [None, pa.py_buffer(values)])
    if field.type == "D":
        days, right = days_of(values)
        check(layout, field, values, ~right & (values != 0), first, "is no date")
        return pa.array(days.astype(np.int32), mask=values == 0).cast(pa.date32())
    wrong = misfits(values, field.width, field.decimals)
    if not field.may_overflow:
        check(layout, field, values, wrong, first, f"does not fit {field.width} characters")
    return number_array(field, values, wrong)


def number_array(field: Field, values: np.ndarray, lacking: np.ndarray) -> pa.Array:
    type_, data = type_of(field), values
    if field.decimals:
        data = np.stack([values, values >> 63], axis=1)
    there = None
    if lacking.any():
        there = pa.py_buffer(np.packbits(~lacking, bitorder="little"))
    return pa.Array.from_buffers(type_, len(values), [there, pa.py_buffer(data)])


def text_array(layout: Layout, field: Field, column: np.ndarray, rows: int, first: int) -> pa.Array:
    if column.ndim:
        encoded = pa.array(column, pa.binary()).dictionary_encode()
        places, words = encoded.indices, encoded.dictionary.to_pylist()
    else:
        places, words = np.zeros(rows, np.int32), [column.item()]
    texts, wrong = [], []
    for word in words:
        text = word.decode(layout.encoding, "replace")
        texts.append(text)
        wrong.append(len(word) > field.width or text.encode(layout.encoding, "replace") != word)
    if any(wrong):
        values, kind = np.array(words), layout.encoding.upper()
        text = f"is not {kind} text of at most {field.width} bytes"
        check(layout, field, values[places], np.array(wrong)[places], first, text)
    return pa.DictionaryArray.from_arrays(places, pa.array(texts, pa.string()))


def check(
    layout: Layout, field: Field, values: np.ndarray, wrong: np.ndarray, first: int, text: str
) -> None:
    """Raise FileFault at the first value that is wrong; `values` begin at row number `first`."""
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FileFault(
            f"{layout.file}: row {first + row + 1}: {field.name}: {values[row]} {text};"
            " correct it, or use a profile with a wider field"
        )


def read(path: Path, layout: Layout) -> Iterator[Columns]:
    """Yield the columns of a table, GROUP_ROWS rows at most at a time.

    Raises FileFault, naming the column, where it is not a table of the layout, and OSError where
    the file cannot be read.
    """
    try:
        with parquet.ParquetFile(path) as file:
            check_schema(path.name, file, layout)
            first = 0
            for batch in file.iter_batches(GROUP_ROWS):
                yield {
                    field.name: column_of(path.name, layout, field, batch[field.name], first)
                    for field in layout.fields
                }
                first += batch.num_rows
    except pa.ArrowException as error:
        raise FileFault(
            f"{path.name}: it is no whole Parquet file ({error}); fetch it again"
        ) from None


def check_schema(name: str, file: parquet.ParquetFile, layout: Layout) -> None:
    found, expected = file.schema_arrow, schema_of(layout)
    if found.names != expected.names:
        pairs = zip([*found.names, None], [*expected.names, None], strict=False)
        has, lacks = next((has, lacks) for has, lacks in pairs if has != lacks)
        raise FileFault(
            f"{name}: column {lacks or has}: it has {has or 'none'} there, {layout.profile} has"
            f" {lacks or 'none'}; load it with the profile it was written in"
        )
    for column in expected:
        type_ = found.field(column.name).type
        if type_ != column.type and (column.type != TEXT or type_ != pa.string()):
            raise FileFault(
                f"{name}: column {column.name}: it is {type_}, not {column.type} as in"
                f" {layout.profile}; load it with the profile it was written in"
            )
    told = file.metadata.metadata or {}
    version = told.get(VERSION.encode(), layout.profile.encode()).decode()
    if version != layout.profile:
        raise FileFault(
            f"{name}: {VERSION}: it is {version}, not {layout.profile};"
            " load it with the profile it was written in"
        )
    rows = str(file.metadata.num_rows)
    if told.get(b"rows", rows.encode()) != rows.encode():
        raise FileFault(
            f"{name}: rows: it has {rows}, its metadata says"
            f" {told[b'rows'].decode()}; fetch it again"
        )


def column_of(name: str, layout: Layout, field: Field, column: pa.Array, first: int) -> np.ndarray:
    """Return a column as Columns have it."""
    if column.null_count and not may_lack(field):
        row = first + np.argmax(column.is_null().to_numpy(zero_copy_only=False)) + 1
        raise FileFault(f"{name}: row {row}: {field.name}: it is null; fetch the file again")
    if field.type == "C":
        return text_of(name, layout, field, column)
    if field.type == "D":
        days = column.cast(pa.int32()).fill_null(0).to_numpy()
        values = dates_of(days.astype(np.int64))
    else:
        words = 2 if field.decimals else 1
        data = np.frombuffer(column.buffers()[1], np.int64)
        values = data[column.offset * words : (column.offset + len(column)) * words : words].copy()
    if field.type == "N" and (wrong := misfits(values, field.width, field.decimals)).any():
        raise FileFault(
            f"{name}: row {first + np.argmax(wrong) + 1}: {field.name}: it does not fit"
            f" {field.width} characters; load it with the profile it was written in"
        )
    if column.null_count:
        lacking = column.is_null().to_numpy(zero_copy_only=False)
        values[lacking] = 0 if field.type == "D" else OVERFLOWN
    return values


def text_of(name: str, layout: Layout, field: Field, column: pa.Array) -> np.ndarray:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = column.dictionary.to_pylist()
    words = [text.encode(layout.encoding, "replace") for text in texts]
    for text, word in zip(texts, words, strict=True):
        if len(word) > field.width or "\0" in text or word.decode(layout.encoding) != text:
            raise FileFault(
                f"{name}: {field.name}: {text!r} is not {layout.encoding.upper()} text of at most"
                f" {field.width} bytes; load it with the profile it was written in"
            )
    return np.array(words or [b""], f"S{field.width}")[column.indices.to_numpy()]
