"""Compiled code.  Its cache is named after these sources, so it cannot go stale.

numba looks only at the file of a kernel when it decides whether a cached one still holds, not at
the kernels that it calls, nor at flags.  Here any change gives a new directory.  The directory is
$CUOHE_CACHE, or else ~/.cache/cuohe; the newest few are kept.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path

import numba
import numpy

from protocol import bounds, records, spelling, units, vocabulary
from protocol.mistake import Mistake

KEPT = 6

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("CUOHE_CACHE") or Path.home() / ".cache" / "cuohe")


def cache_directory() -> Path:
    """Return the directory whose name says which sources, versions and flags it belongs to."""
    shared = (bounds, records, spelling, units, vocabulary)
    sources = [*sorted(HERE.glob("*.py")), *(Path(module.__file__) for module in shared)]
    flags = f"{numba.__version__} {numpy.__version__} {numba.config.BOUNDSCHECK}"
    digest = sha256(b"".join(path.read_bytes() for path in sources) + flags.encode())
    return CACHE / digest.hexdigest()[:16]


def prepare(directory: Path) -> None:
    """Make `directory` the newest of the cache and remove all but the newest few.

    Raises Mistake where the cache cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.utime(directory)
    except OSError as error:
        raise Mistake(
            f"{CACHE}: compiled code cannot be kept there: {error.strerror}; "
            "name another folder in CUOHE_CACHE"
        ) from None
    others = (path for path in CACHE.iterdir() if path.is_dir() and path != directory)
    for stale in sorted(others, key=age)[:-KEPT]:
        shutil.rmtree(stale, ignore_errors=True)


def age(path: Path) -> int:
    """Return when a folder was last used; 0 where another process has just removed it."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


if not numba.config.DISABLE_JIT:
    numba.config.CACHE_DIR = str(cache_directory())
    prepare(cache_directory())

from engine.kernels.affected import add_affected  # noqa: E402
from engine.kernels.alone import alone  # noqa: E402
from engine.kernels.apply import apply as compiled_apply  # noqa: E402
from engine.kernels.auction import indicative  # noqa: E402
from engine.kernels.checksum import (  # noqa: E402
    LINE_WORDS,
    extended,
    first_bad_line,
    give_word,
    seal,
)
from engine.kernels.crc import POLYNOMIAL  # noqa: E402
from engine.kernels.depth import indicatives as compiled_indicatives  # noqa: E402
from engine.kernels.depth import level_changes as compiled_level_changes  # noqa: E402
from engine.kernels.depth import orders_in_turn as compiled_orders_in_turn  # noqa: E402
from engine.kernels.entry import entry  # noqa: E402
from engine.kernels.floor import floor  # noqa: E402
from engine.kernels.groups import gather, proof_of  # noqa: E402
from engine.kernels.questions import (  # noqa: E402
    cage_of,
    free_of_funds,
    free_of_holding,
    need_of_buy,
    order_entered,
)
from engine.kernels.reading import read_frames as compiled_read_frames  # noqa: E402
from engine.kernels.routing import find_answers, first_of_kind, route  # noqa: E402
from engine.kernels.sight import settle as compiled_settle  # noqa: E402
from engine.kernels.sight import touched as compiled_touched  # noqa: E402
from engine.kernels.sight import watch as compiled_watch  # noqa: E402
from engine.kernels.stamping import stamp  # noqa: E402
from engine.kernels.state import Limits, State, Tables, allocate, used  # noqa: E402
from engine.kernels.vetting import REFUSED, RESENT, note_requests, vet  # noqa: E402
from engine.kernels.view import (  # noqa: E402
    LEVEL_CHANGE,
    ORDER_CHANGE,
    PRICED,
    TRADE,
    View,
    allocate_view,
)
from engine.kernels.warm import warm  # noqa: E402
from engine.kernels.writing import FRAME_ROOM, write_frames  # noqa: E402

apply = entry(compiled_apply)
read_frames = entry(compiled_read_frames)
watch = entry(compiled_watch)
settle = entry(compiled_settle)
touched = entry(compiled_touched)
level_changes = entry(compiled_level_changes)
orders_in_turn = entry(compiled_orders_in_turn)
indicatives = entry(compiled_indicatives)

__all__ = [
    "FRAME_ROOM",
    "LEVEL_CHANGE",
    "LINE_WORDS",
    "Limits",
    "ORDER_CHANGE",
    "POLYNOMIAL",
    "PRICED",
    "REFUSED",
    "RESENT",
    "State",
    "TRADE",
    "Tables",
    "View",
    "add_affected",
    "allocate",
    "allocate_view",
    "alone",
    "apply",
    "cage_of",
    "extended",
    "first_bad_line",
    "find_answers",
    "first_of_kind",
    "floor",
    "free_of_funds",
    "free_of_holding",
    "gather",
    "give_word",
    "indicative",
    "indicatives",
    "level_changes",
    "need_of_buy",
    "note_requests",
    "order_entered",
    "orders_in_turn",
    "proof_of",
    "read_frames",
    "route",
    "seal",
    "settle",
    "stamp",
    "touched",
    "used",
    "vet",
    "warm",
    "watch",
    "write_frames",
]
