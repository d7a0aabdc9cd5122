"""A snapshot: the whole state of a venue behind one of its commands, in one file.

A header and a line for each arena, sealed like the lines of a journal; what is in use of the
arenas; the CRC-32 of each block of that; and at the end the digest of the state
(docs/protocol/journal.md).  Only the same layout of the state can take it up again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from engine.kernels import LINE_WORDS, first_bad_line, seal
from engine.storage.culprit import Culprit
from engine.storage.disk import Disk, write_all
from engine.storage.journal import Behind, Told
from engine.venue import Venue
from protocol.mistake import Mistake
from protocol.records import ROW_BYTES

MAGIC = b"CUOHESNP"
VERSION = 1
BLOCK_BYTES = 1 << 16
PIECE_BYTES = 1 << 20
ZLIB_POLYNOMIAL = 0xEDB88320

HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u2"),
        ("line_bytes", "<u2"),
        ("business_date", "<i4"),
        ("sequence", "<i8"),
        ("reports", "<i8"),
        ("told", "<u4"),
        ("chain", "<u4"),
        ("spare", "V4"),
        ("arenas", "<i4"),
        ("bytes", "<i8"),
        ("block_bytes", "<u4"),
        ("checksum", "<u4"),
    ]
)
"""`bytes` is the length of all arenas; `reports` and `told` are as in a GROUP of the journal, and
`chain` is the checksum of the last command there, which tells one history from another."""

ARENA = np.dtype(
    [
        ("name", "S24"),
        ("rows", "<i8"),
        ("row_bytes", "<i4"),
        ("layout", "<u4"),
        ("spare", "V20"),
        ("checksum", "<u4"),
    ]
)
"""`layout` is the CRC-32 of the names, forms and places of the fields of a row."""

FOOTER = np.dtype([("digest", "V32"), ("blocks", "<u4"), ("spare", "V24"), ("checksum", "<u4")])
"""The SHA-256 of the state, and the CRC-32 of the checksums of the blocks before."""

for line in (HEADER, ARENA, FOOTER):
    assert line.itemsize == ROW_BYTES


class SnapshotError(Mistake):
    """A snapshot cannot be used; the text names the file, the place and the reason."""


class Snapshot(NamedTuple):
    """What a snapshot holds: the parts of the state behind a command, and what was told by then.

    `arenas` are ARENA rows, and `parts` their bytes, by name.
    """

    path: Path
    business_date: int
    sequence: int
    chain: int
    told: Told
    arenas: np.ndarray
    parts: dict[str, np.ndarray]
    digest: str

    def restore(self, venue: Venue) -> None:
        """Let an empty venue take up the state; raises SnapshotError where it does not fit."""
        own = self.fitting(venue)
        venue.restore({name: part.view(own[name].dtype) for name, part in self.parts.items()})

    def fitting(self, venue: Venue) -> dict[str, np.ndarray]:
        """Return the arenas of a venue, by name; raises SnapshotError where it cannot take the
        state up."""
        own = {name: getattr(venue.state, name) for name in venue.parts()}
        if list(self.parts) != list(own):
            raise SnapshotError(f"{self.path}: is of another version of the program")
        for arena, (name, room) in zip(self.arenas, own.items(), strict=True):
            if arena["layout"] != layout_of(room.dtype):
                raise SnapshotError(f"{self.path}: is of another version of the program: {name}")
            if arena["rows"] > len(room):
                raise SnapshotError(
                    f"{self.path}: has {arena['rows']} {name}; now there is room for {len(room)}"
                )
        return own


def write_snapshot(path: Path, venue: Venue, behind: Behind, disk: Disk) -> None:
    """Write the state of a venue into a new file, durably; its digest is made beside."""
    parts = venue.parts()
    lines = np.concatenate(
        [header_line(venue, behind, parts), *map(arena_line, parts, parts.values())]
    )
    checksum = seal(lines, 0)
    file = disk.create(path)
    try:
        write_all(disk, file, lines.data, 0)
        with ThreadPoolExecutor(1, "digest") as beside:
            digest = beside.submit(digest_of, parts)
            offset, blocks = lines.nbytes, bytearray()
            for piece in pieces_of(parts):
                write_all(disk, file, piece, offset)
                offset += len(piece)
                blocks += checksums_of(piece)
            disk.sync(file)
        footer = footer_line(digest.result(), blocks)
        seal(footer, checksum)
        write_all(disk, file, blocks + footer.tobytes(), offset)
        disk.sync(file)
    finally:
        disk.close(file)


def digest_of(parts: dict[str, np.ndarray]) -> bytes:
    """Return the SHA-256 of all parts."""
    digest = sha256()
    for piece in pieces_of(parts):
        digest.update(piece)
    return digest.digest()


def pieces_of(parts: dict[str, np.ndarray]) -> Iterator[memoryview]:
    """Yield the bytes of all parts; only the last piece of a part may end within a block."""
    for part in parts.values():
        content = part.view(np.uint8).data
        for start in range(0, len(content), PIECE_BYTES):
            yield content[start : start + PIECE_BYTES]


def checksums_of(piece: memoryview) -> bytes:
    """Return the CRC-32 of each block of a piece."""
    starts = range(0, len(piece), BLOCK_BYTES)
    return b"".join(
        crc32(piece[start : start + BLOCK_BYTES]).to_bytes(4, "little") for start in starts
    )


def header_line(venue: Venue, behind: Behind, parts: dict[str, np.ndarray]) -> np.ndarray:
    header = np.zeros(1, HEADER)
    header["magic"] = MAGIC
    header["version"] = VERSION
    header["line_bytes"] = ROW_BYTES
    header["business_date"] = behind.business_date
    header["sequence"] = venue.sequence
    header["reports"] = behind.told.reports
    header["told"] = behind.told.digest
    header["chain"] = behind.chain
    header["arenas"] = len(parts)
    header["bytes"] = sum(part.nbytes for part in parts.values())
    header["block_bytes"] = BLOCK_BYTES
    return header.view(np.uint32).reshape(1, LINE_WORDS)


def arena_line(name: str, part: np.ndarray) -> np.ndarray:
    arena = np.zeros(1, ARENA)
    arena["name"] = name.encode()
    arena["rows"] = len(part)
    arena["row_bytes"] = part.dtype.itemsize
    arena["layout"] = layout_of(part.dtype)
    return arena.view(np.uint32).reshape(1, LINE_WORDS)


def footer_line(digest: bytes, blocks: bytes) -> np.ndarray:
    footer = np.zeros(1, FOOTER)
    footer["digest"] = digest
    footer["blocks"] = crc32(blocks)
    return footer.view(np.uint32).reshape(1, LINE_WORDS)


def layout_of(row: np.dtype) -> int:
    """Return what tells one layout of rows from another."""
    return crc32(repr(row.descr).encode())


def read_snapshot(path: Path) -> Snapshot:
    """Return what a snapshot holds; raises SnapshotError where it is none, or is damaged."""
    try:
        return Reader(path).snapshot()
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror}") from None


class Reader:
    """Checks a snapshot from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = np.fromfile(path, np.uint8)

    def snapshot(self) -> Snapshot:
        header = self.header()
        lines = self.sealed(1 + int(header["arenas"]))
        arenas = lines[1:].reshape(-1).view(ARENA)
        start = lines.nbytes
        end = start + int(header["bytes"])
        blocks_end = end + 4 * sum(blocks_in(arena) for arena in arenas)
        if len(self.content) != blocks_end + ROW_BYTES:
            raise self.error(f"has {len(self.content)} bytes instead of {blocks_end + ROW_BYTES}")
        footer = self.footer(end, blocks_end, int(lines[-1, -1]))
        self.check_blocks(arenas, start, self.content[end:blocks_end].view("<u4"))
        digest = sha256(self.content[start:end].data)
        if digest.digest() != footer["digest"].tobytes():
            raise self.error("does not hold the state whose digest it ends with")
        return Snapshot(
            self.path,
            int(header["business_date"]),
            int(header["sequence"]),
            int(header["chain"]),
            Told(int(header["reports"]), int(header["told"])),
            arenas,
            self.parts(arenas, start),
            digest.hexdigest(),
        )

    def error(self, what: str) -> SnapshotError:
        return SnapshotError(f"{self.path}: {what}")

    def lines(self, begin: int, count: int) -> np.ndarray:
        """Return so many lines from a byte on."""
        end = begin + count * ROW_BYTES
        if count < 1 or len(self.content) < end:
            raise self.error(f"breaks off at byte {len(self.content)}")
        return self.content[begin:end].view(np.uint32).reshape(-1, LINE_WORDS)

    def sealed(self, count: int) -> np.ndarray:
        """Return the first lines, which have their checksums."""
        lines = self.lines(0, count)
        if (bad := first_bad_line(lines, 0)) < count:
            raise self.error(f"line {bad}, at byte {bad * ROW_BYTES}, does not have its checksum")
        return lines

    def header(self) -> np.void:
        header = self.lines(0, 1).view(HEADER)[0, 0]
        if header["magic"] != MAGIC:
            raise self.error("is no snapshot of cuohe: it does not begin with a header")
        if header["version"] != VERSION or header["line_bytes"] != ROW_BYTES:
            raise self.error(
                f"has snapshot version {header['version']}; this program reads version {VERSION}"
            )
        self.sealed(1)
        return header

    def footer(self, blocks: int, end: int, checksum: int) -> np.void:
        """Return the last line, of which the checksums of the blocks are part."""
        line = self.lines(end, 1)
        if first_bad_line(line, checksum) == 0:
            raise self.error(f"the last line, at byte {end}, does not have its checksum")
        footer = line.view(FOOTER)[0, 0]
        if crc32(self.content[blocks:end].data) != footer["blocks"]:
            raise self.error(f"the checksums of its blocks, from byte {blocks} on, are damaged")
        return footer

    def check_blocks(self, arenas: np.ndarray, start: int, checksums: np.ndarray) -> None:
        """Raise SnapshotError where a block does not have its checksum."""
        expected = iter(checksums.tolist())
        for arena in arenas:
            size = int(arena["rows"]) * int(arena["row_bytes"])
            for begin in range(0, size, BLOCK_BYTES):
                block = self.content[start + begin : start + min(begin + BLOCK_BYTES, size)].data
                change = crc32(block) ^ next(expected)
                if change:
                    name = arena["name"].decode()
                    raise self.error(f"{wrong_at(start + begin, len(block), change)}, in {name}")
            start += size

    def parts(self, arenas: np.ndarray, start: int) -> dict[str, np.ndarray]:
        """Return the bytes of each arena, by name."""
        parts = {}
        for arena in arenas:
            size = int(arena["rows"]) * int(arena["row_bytes"])
            parts[arena["name"].decode()] = self.content[start : start + size]
            start += size
        return parts


def blocks_in(arena: np.void) -> int:
    """Return how many blocks an arena has."""
    return -(-int(arena["rows"]) * int(arena["row_bytes"]) // BLOCK_BYTES)


def wrong_at(start: int, length: int, change: int) -> str:
    """Return where a block is wrong: at its wrong byte, if it is only one."""
    place = Culprit(ZLIB_POLYNOMIAL).place_in(length, change)
    if place < length:
        return f"is damaged at byte {start + place}"
    return f"is damaged from byte {start} to {start + length}"
