"""The log on disk: what goes in comes out, and whatever is not as it was written is named."""

import os

import numpy as np
import pytest

from engine.kernels import seal
from engine.sequencer import Sequencer
from engine.storage.journal import Journal, Mode, header_bytes
from engine.storage.segments import JournalError, read_journal
from protocol.records import COMMAND, ROW_BYTES
from protocol.vocabulary import Phase, Side
from tests.commands import BUSINESS_DATE, cancel, change_phase, enter, journal, open_day

ON_DISK = (Mode.SYNC, Mode.BUFFERED)
WRITTEN = [open_day(), change_phase(Phase.CONTINUOUS), enter(Side.BUY, 100, 100_000), cancel(1)]


def sealed(commands: list[dict], after: int = 0) -> np.ndarray:
    """Return COMMAND rows as a sequencer leaves them that has stamped `after` rows before."""
    rows = journal(commands)
    Sequencer(lambda: 1_783_300_000_000_000_000, after).stamp(rows)
    return rows


def written(path, rows: np.ndarray, mode: Mode = Mode.BUFFERED) -> bytes:
    """Append sealed rows to the journal at `path`; return what the file then holds."""
    log = Journal(path, BUSINESS_DATE, mode)
    log.append(rows)
    log.close()
    return path.read_bytes()


def refusal(path, content: bytes) -> str:
    """Return why a file of this content is refused as a journal."""
    path.write_bytes(content)
    with pytest.raises(JournalError) as refused:
        read_journal(path)
    return str(refused.value).removeprefix(f"{path}: ")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.bin"


@pytest.fixture
def content(path) -> bytes:
    return written(path, sealed(WRITTEN))


def crc_by_the_bit(data: bytes) -> int:
    """Return CRC-32C as its definition says, a bit at a time."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def test_checksum_is_crc_32c():
    assert crc_by_the_bit(b"123456789") == 0xE3069283
    rows = np.random.default_rng(1).integers(0, 256, (50, ROW_BYTES), np.uint8)
    rows[:2] = [[0], [255]]
    seal(rows)
    assert rows.view(COMMAND)["checksum"].ravel().tolist() == [
        crc_by_the_bit(row[:60].tobytes()) for row in rows
    ]


@pytest.mark.parametrize("mode", ON_DISK)
def test_what_is_appended_is_read_back(path, mode):
    rows = sealed(WRITTEN)
    content = written(path, rows, mode)
    assert content == header_bytes(BUSINESS_DATE) + rows.tobytes()
    assert read_journal(path).tobytes() == rows.tobytes()


def test_batches_leave_no_trace(path, content):
    other = path.with_name("other.bin")
    log = Journal(other, BUSINESS_DATE, Mode.SYNC)
    for row in sealed(WRITTEN).reshape(-1, 1):
        log.append(row)
    log.append(sealed([]))
    log.close()
    assert other.read_bytes() == content


def test_header_names_format_and_day(path, content):
    assert content[:24] == (
        b"CUOHEJNL"
        + (1).to_bytes(4, "little")
        + (64).to_bytes(4, "little")
        + BUSINESS_DATE.to_bytes(8, "little")
    )
    assert content[24:60] == bytes(36)
    assert int.from_bytes(content[60:64], "little") == crc_by_the_bit(content[:60])


def test_new_journal_holds_no_rows(path):
    assert written(path, sealed([])) == header_bytes(BUSINESS_DATE)
    assert read_journal(path).dtype == COMMAND
    assert len(read_journal(path)) == 0


def test_journal_goes_on_where_it_ended(path, content):
    more = sealed([cancel(2), cancel(3)], after=len(WRITTEN))
    assert written(path, more) == content + more.tobytes()
    assert read_journal(path)["sequence"].tolist() == [1, 2, 3, 4, 5, 6]


def test_mode_none_writes_nothing(path):
    log = Journal(path, BUSINESS_DATE, Mode.NONE)
    log.append(sealed(WRITTEN))
    log.close()
    assert not path.exists()


@pytest.mark.parametrize(("mode", "flushes"), [(Mode.SYNC, 3), (Mode.BUFFERED, 0)])
def test_only_mode_sync_waits_for_the_disk_at_every_append(path, monkeypatch, mode, flushes):
    flushed = []
    monkeypatch.setattr(os, "fdatasync", flushed.append)
    log = Journal(path, BUSINESS_DATE, mode)
    for _ in range(3):
        log.append(sealed(WRITTEN))
    assert flushed == [log.file] * flushes
    log.close()


@pytest.mark.parametrize("most", [1, 7, 100])
def test_short_writes_are_gone_on_with(path, monkeypatch, content, most):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:most]))
    assert written(path.with_name("other.bin"), sealed(WRITTEN)) == content


def test_full_disk_is_told_and_not_tried_again(path, monkeypatch):
    log = Journal(path, BUSINESS_DATE, Mode.BUFFERED)
    calls = []

    def fail(file, data):
        calls.append(len(data))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fail)
        with pytest.raises(OSError, match="No space left"):
            log.append(sealed(WRITTEN))
    assert calls == [len(WRITTEN) * ROW_BYTES]
    log.close()


def test_cut_anywhere_is_noticed_but_between_rows(path, content):
    for size in range(len(content)):
        row, torn = divmod(size, ROW_BYTES)
        if size < ROW_BYTES:
            assert "it does not begin with a header" in refusal(path, content[:size])
        elif torn:
            assert refusal(path, content[:size]).startswith(
                f"breaks off {torn} bytes into row {row}, at byte {row * ROW_BYTES};"
            )
        else:
            path.write_bytes(content[:size])
            assert len(read_journal(path)) == row - 1


def test_flipped_bit_anywhere_is_noticed(path, content):
    for place in range(len(content)):
        row = place // ROW_BYTES
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        said = refusal(path, flipped)
        if row:
            assert said.startswith(f"row {row}, at byte {row * ROW_BYTES}, does not have")
        elif place < 8:
            assert said.startswith("is no journal of cuohe")
        elif place < 16:
            assert said.startswith("has journal version")
        else:
            assert said.startswith("the header, at byte 0, does not have its checksum")


def test_row_that_is_missing_doubled_or_elsewhere_is_noticed(path, content):
    head, *rows = (content[start : start + 64] for start in range(0, len(content), 64))
    orders = {
        (1, 2, 3): "row 1, at byte 64, has the sequence 2",
        (0, 0, 1): "row 2, at byte 128, has the sequence 1",
        (0, 2, 1, 3): "row 2, at byte 128, has the sequence 3",
        (0, 1, 3): "row 3, at byte 192, has the sequence 4",
    }
    for order, said in orders.items():
        assert refusal(path, head + b"".join(rows[place] for place in order)).startswith(said)


def test_file_that_is_not_there_cannot_be_read(path):
    with pytest.raises(JournalError, match=r"journal\.bin: cannot be read: No such file"):
        read_journal(path)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 4 * 64 + 63])
def test_torn_journal_is_not_appended_to(path, content, size):
    path.write_bytes(content[:size])
    with pytest.raises(JournalError, match=r"journal\.bin: (is no journal|breaks off)"):
        Journal(path, BUSINESS_DATE, Mode.SYNC)
    assert path.read_bytes() == content[:size]


def test_journal_of_another_day_is_not_appended_to(path, content):
    with pytest.raises(JournalError, match=f"is the journal of {BUSINESS_DATE}, not of 20260707"):
        Journal(path, 20260707, Mode.SYNC)
    assert path.read_bytes() == content


def test_journal_of_another_program_is_not_appended_to(path):
    path.write_bytes(b"#!/bin/sh\n" * 64)
    with pytest.raises(JournalError, match="is no journal of cuohe"):
        Journal(path, BUSINESS_DATE, Mode.SYNC)


def test_journal_has_one_writer(path):
    log = Journal(path, BUSINESS_DATE, Mode.SYNC)
    with pytest.raises(JournalError, match="is being written by another process"):
        Journal(path, BUSINESS_DATE, Mode.SYNC)
    log.append(sealed(WRITTEN))
    log.close()
    assert len(read_journal(path)) == len(WRITTEN)
