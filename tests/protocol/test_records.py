"""Rows keep their bytes, and a union of fields is what it claims to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernels import LINE_WORDS, seal
from engine.sequencer import Sequencer
from engine.storage.journal import Told
from protocol.records import COMMAND, HEAD, KINDS, ROW_BYTES, TAIL, join, union_of
from protocol.vocabulary import CommandKind, ReportKind
from tests.protocol.examples import NOON, command, golden, report
from tests.storage.journals import begun

GOLDEN = golden("rows.txt")


def name_of(kind: CommandKind | ReportKind) -> str:
    return kind.name


@pytest.mark.parametrize("kind", CommandKind, ids=name_of)
def test_bytes_of_a_command_are_frozen(kind):
    row = command(kind)
    Sequencer(lambda: NOON, sequence=499).stamp(row)
    seal(row.view(np.uint32).reshape(1, LINE_WORDS), 0)
    assert row.tobytes().hex(" ") == GOLDEN[kind.name].hex(" ")


@pytest.mark.parametrize("kind", ReportKind, ids=name_of)
def test_bytes_of_a_report_are_frozen(kind):
    assert report(kind).tobytes().hex(" ") == GOLDEN[kind.name].hex(" ")


def test_bytes_of_a_journal_are_frozen(tmp_path):
    row = command(CommandKind.ENTER_ORDER)
    Sequencer(lambda: NOON).stamp(row)
    log = begun(tmp_path / "journal", business_date=20261120)
    log.told = Told(3, 0xE3069283)
    log.append(row)
    log.close()
    content = (tmp_path / "journal" / "00000001.log").read_bytes()
    assert content[:64].hex(" ") == GOLDEN["HEADER"].hex(" ")
    assert content[64:128].hex(" ") == GOLDEN["GROUP"].hex(" ")


def crc32c(data: bytes) -> int:
    """Return the CRC-32C bit by bit, as docs/protocol/records.md describes it."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def test_checksum_is_that_of_the_document():
    assert crc32c(b"123456789") == 0xE3069283
    for row in [GOLDEN["HEADER"], *(GOLDEN[kind.name] for kind in CommandKind)]:
        assert crc32c(bytes(4) + row[:60]).to_bytes(4, "little") == row[60:]
    group, header = GOLDEN["GROUP"], GOLDEN["HEADER"]
    assert crc32c(header[60:] + group[:60]).to_bytes(4, "little") == group[60:]
    assert crc32c(group[:32]).to_bytes(4, "little") == group[32:36]


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_a_kind_lie_one_behind_another_and_fill_the_row(kind):
    offset = 0
    for name, form in (*HEAD, *KINDS[kind], *TAIL):
        if name:
            assert COMMAND.fields[name] == (np.dtype(form), offset)
        offset += np.dtype(form).itemsize
    assert offset == ROW_BYTES == COMMAND.itemsize


def test_a_field_that_would_lie_at_two_places_is_refused():
    with pytest.raises(AssertionError, match="price has moved"):
        union_of([(("price", "<i4"), ("", "S31")), (("", "S4"), ("price", "<i4"), ("", "S27"))])


def test_a_kind_that_does_not_fill_its_row_is_refused():
    with pytest.raises(AssertionError, match="fills 63 bytes"):
        union_of([(("price", "<i4"), ("", "S30"))])


def test_fields_of_one_kind_overlap_those_of_another():
    row = command(CommandKind.LIST_INSTRUMENT)
    assert row["order_number"].tobytes() == b"000001\x03\x04"
    assert row["price"] == row["lower_limit"] == 106_200


@given(st.lists(st.binary(min_size=0, max_size=3).map(lambda piece: piece * ROW_BYTES)))
def test_joining_keeps_every_byte(bodies):
    parts = [np.frombuffer(body, COMMAND) for body in bodies]
    joined = join(parts)
    assert joined.dtype == COMMAND
    assert joined.tobytes() == b"".join(bodies)


def test_joined_rows_can_be_written_and_share_nothing_with_their_parts():
    part = command(CommandKind.ENTER_ORDER)
    joined = join([part, part])
    joined["client_seq"] = [21, 22]
    assert part["client_seq"].tolist() == [12]
    assert joined["client_seq"].tolist() == [21, 22]
