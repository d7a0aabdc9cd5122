"""The SHA-256 of a segment while it grows, read again behind what is written, beside the writer."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256

PIECE_BYTES = 1 << 20


class SegmentDigest:
    """Digests a file from its beginning on, as far as it is final."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.sha = sha256()
        self.digested = 0
        self.worker = ThreadPoolExecutor(1, "segment")
        self.ahead: Future[None] | None = None

    def follow(self, end: int) -> None:
        """Digest up to `end` beside the caller, once there is enough that is worth it."""
        is_busy = self.ahead is not None and not self.ahead.done()
        if end - self.digested >= PIECE_BYTES and not is_busy:
            self.ahead = self.worker.submit(self.digest_to, end)

    def digest_to(self, end: int) -> None:
        while self.digested < end:
            piece = os.pread(self.file, min(PIECE_BYTES, end - self.digested), self.digested)
            if not piece:
                raise OSError("a segment is shorter than what was written to it")
            self.sha.update(piece)
            self.digested += len(piece)

    def of(self, end: int) -> bytes:
        """Return the digest up to `end`, with which it is done."""
        self.worker.shutdown()
        if self.ahead is not None:
            self.ahead.result()
        self.digest_to(end)
        return self.sha.digest()

    def close(self) -> None:
        """Digest no more."""
        self.worker.shutdown()
