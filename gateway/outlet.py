"""Reports as the frames that sessions are sent."""

from collections.abc import Sequence

import numpy as np

from engine.kernels import FRAME_ROOM, write_frames
from protocol.codec import encode_reports
from protocol.plain import outbound_spelling
from protocol.records import ROW_BYTES
from protocol.spelling import symbol_texts

ROWS_AT_ONCE = 4_096


class Outlet:
    """Writes REPORT rows as readable messages, many at a time, or packs them."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.spelling = outbound_spelling()
        self.texts = symbol_texts(symbols)
        self.frames = np.zeros(FRAME_ROOM * ROWS_AT_ONCE, np.uint8)

    def packed(self, first_report: int, rows: np.ndarray) -> bytes:
        """Return the frame of a batch of REPORT rows, which must fit one."""
        return encode_reports(first_report, rows.view(np.uint8).data)

    def readable(self, first_report: int, rows: np.ndarray) -> bytes:
        """Return a frame for each of the REPORT rows."""
        lines = rows.view(np.uint8).reshape(len(rows), ROW_BYTES)
        parts = []
        for start in range(0, len(lines), ROWS_AT_ONCE):
            written = write_frames(
                self.spelling.forms,
                self.spelling.fields,
                self.texts,
                lines[start : start + ROWS_AT_ONCE],
                first_report + start,
                self.frames,
            )
            parts.append(self.frames[:written].tobytes())
        return b"".join(parts)
