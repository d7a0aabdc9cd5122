"""The firms that clear for the branches, and under which codes the depositories know them.

They come from a file like the day's firms.csv.  Without one, a single firm clears for all branches
and its codes are blank.
"""

from pathlib import Path

import numpy as np

from protocol.files import delimited
from protocol.files.fault import FileFault
from protocol.files.layouts import FIRMS, Columns, Layout

FIRM = np.dtype(
    [
        ("firm", "<i4"),
        *((field.name, f"S{field.width}") for field in FIRMS.fields if field.type == "C"),
    ]
)
"""`branches` are numbers with a blank between them; a firm with none has all that no other has."""

NO_FIRM = 0
"""Clears for the venue itself, which has no branch."""

FIRM_MAX = 99_999
"""Files have five digits for the number of a firm."""


def one_firm() -> np.ndarray:
    """Return the FIRM row of the firm that clears for all where nothing says otherwise."""
    firms = np.zeros(1, FIRM)
    firms["firm"] = 1
    return firms


def load_firms(path: Path) -> np.ndarray:
    """Return the FIRM rows of a file of profile firms/1, by rising number.

    Raises FileFault, naming line and column, where it is wrong, and OSError where it cannot be
    read.
    """
    layout = FIRMS._replace(file=str(path))
    parts = [firms_of(columns) for columns in delimited.read(path, layout)]
    firms = np.concatenate([np.empty(0, FIRM), *parts])
    check(firms, layout)
    return firms[np.argsort(firms["firm"])]


def firms_of(columns: Columns) -> np.ndarray:
    """Return the FIRM rows that columns of firms/1 hold."""
    firms = np.zeros(len(columns["firm"]), FIRM)
    for name, column in columns.items():
        firms[name] = column
    return firms


def check(firms: np.ndarray, layout: Layout) -> None:
    def fault(row: int, text: str) -> FileFault:
        return FileFault(f"{layout.file}: {layout.place(row)}: {text}")

    if not len(firms):
        raise fault(0, "firm: there is none; name one firm at least")
    numbers: set[int] = set()
    taken: dict[bytes, int] = {}
    for row, (number, branches) in enumerate(firms[["firm", "branches"]].tolist()):
        if not 0 < number <= FIRM_MAX:
            raise fault(
                row, f"firm: {number} is no number of a firm; take one from 1 to {FIRM_MAX}"
            )
        if number in numbers:
            raise fault(row, f"firm: {number} stands there twice; give each firm its own number")
        numbers.add(number)
        for branch in branches.split(b" "):
            if branch and not is_branch(branch):
                raise fault(
                    row,
                    f"branches: {branch.decode()!r} is no number of a branch; write numbers from 1"
                    " on, with one blank between two",
                )
            if branch in taken:
                which = f"branch {branch.decode()}" if branch else "every branch of no other firm"
                raise fault(
                    row,
                    f"branches: {which} is with firm {taken[branch]} already; name it with one firm"
                    " only",
                )
            taken[branch] = number


def is_branch(text: bytes) -> bool:
    return text.isdigit() and text[:1] != b"0" and int(text) < 2**31


def assign(firms: np.ndarray, branches: np.ndarray) -> np.ndarray:
    """Return the number of the firm that clears for each branch; NO_FIRM for branch 0.

    A branch that no firm has is NO_FIRM's too.
    """
    rest = firms["firm"][firms["branches"] == b""]
    assigned = np.where(branches > 0, rest[0] if len(rest) else NO_FIRM, NO_FIRM)
    for number, named in firms[["firm", "branches"]].tolist():
        assigned[np.isin(branches, [int(branch) for branch in named.split()])] = number
    return assigned.astype(np.int32)


def told(firms: np.ndarray, numbers: np.ndarray, name: str) -> np.ndarray:
    """Return what FIRM rows, which stand by rising number, tell of firms; blank for others.

    It is one value where all firms have the same.
    """
    texts = firms[name]
    if not texts.any() or not len(numbers):
        return np.array(b"", texts.dtype)
    places = np.minimum(np.searchsorted(firms["firm"], numbers), len(firms) - 1)
    known = firms["firm"][places] == numbers
    if len(firms) == 1 and known.all():
        return np.array(texts[0])
    return np.where(known, texts[places], np.array(b"", texts.dtype))
