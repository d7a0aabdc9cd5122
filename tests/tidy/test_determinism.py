"""The engine's sources keep to what makes it deterministic, and its compiled code cannot go stale.

State is a function of the log alone: no clock, no chance, no order of a set, no floating point.
"""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from engine.kernels.kernel import entrance
from engine.venue import tables

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "engine").rglob("*.py"))

IMPURE_MODULES = {"asyncio", "datetime.datetime", "random", "secrets", "socket", "time", "uuid"}
IMPURE_CALLS = {
    "default_rng",
    "getpid",
    "hash",
    "id",
    "monotonic",
    "monotonic_ns",
    "now",
    "perf_counter",
    "time_ns",
    "today",
    "urandom",
    "utcnow",
}
PLACES = {"CACHE", "cache", "directory", "folder", "partial", "self.folder"}
"""What is put before the `/` of a path."""

compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


def findings(source: str, is_kernel: bool = False) -> list[str]:
    """Return what in a module's source may make it depend on anything but its arguments."""
    tree = ast.parse(source)
    sets = names_of_sets(tree)
    found = []
    for node in ast.walk(tree):
        fault = (
            fault_of_import(node)
            or fault_of_call(node, is_kernel)
            or fault_of_number(node)
            or fault_of_iteration(node, sets)
        )
        if fault:
            found.append(fault)
    return found


def fault_of_import(node: ast.AST) -> str:
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return next((f"imports {name}" for name in names if name in IMPURE_MODULES), "")


def fault_of_call(node: ast.AST, is_kernel: bool) -> str:
    if not isinstance(node, ast.Call):
        return ""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return f"calls {name}" if name in IMPURE_CALLS or (is_kernel and name == "print") else ""


def fault_of_number(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        return f"has the float {node.value}"
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("float", "np.float64"):
        return "makes a float"
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        return "" if joins_paths(node) else f"divides: {ast.unparse(node)}"
    return ""


def joins_paths(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp):
        return False
    while isinstance(node, ast.BinOp):
        right, node = node.right, node.left
    return ast.unparse(node) in PLACES or (
        isinstance(node, ast.Call) and isinstance(right, ast.Constant)
    )


def names_of_sets(tree: ast.Module) -> set[str]:
    """Return the names that a module gives to sets."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and makes_set(node.value):
            names |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith("set["):
            names.add(ast.unparse(node.target))
        elif isinstance(node, ast.arg) and ast.unparse(node.annotation or node).startswith("set["):
            names.add(node.arg)
    return names


def makes_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Set | ast.SetComp) or (
        isinstance(node, ast.Call) and ast.unparse(node.func) in ("set", "frozenset")
    )


def fault_of_iteration(node: ast.AST, sets: set[str]) -> str:
    if not isinstance(node, ast.For | ast.comprehension):
        return ""
    rows = ast.unparse(node.iter)
    return f"takes a set in turn: {rows}" if makes_set(node.iter) or rows in sets else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_engine_depends_on_its_arguments_alone(path):
    assert findings(path.read_text(encoding="utf-8"), "kernels" in path.parts) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import time", "imports time"),
        ("from random import Random", "imports random"),
        ("from datetime import date, datetime", "imports datetime.datetime"),
        ("today = date.today()", "calls today"),
        ("order = sorted(rows, key=hash); hash(1)", "calls hash"),
        ("print(1)", "calls print"),
        ("fee = 0.0003 * turnover", "has the float 0.0003"),
        ("middle = (low + high) / 2", "divides: (low + high) / 2"),
        ("price /= 2", "divides: price /= 2"),
        ("price = float(units)", "makes a float"),
        ("for name in {'b', 'a'}: pass", "takes a set in turn: {'b', 'a'}"),
        ("seen: set[int] = set()\nrows = [n for n in seen]", "takes a set in turn: seen"),
        ("def rest(open: set[int]):\n    for n in open: pass", "takes a set in turn: open"),
    ],
)
def test_what_would_make_a_difference_is_found(source, fault):
    assert findings(source, is_kernel=True) == [fault]


def test_what_makes_none_is_let_be():
    source = "path = directory / name\nfor n in sorted({2, 1}): print(n // 2, Path(n) / 'a')"
    assert findings(source) == []


@compiled
def test_kernel_that_allocates_does_not_compile():
    def allocating(count):
        return len(np.zeros(count))

    assert numba.njit(allocating)(3) == 3
    with pytest.raises(numba.core.errors.TypingError, match="Only accept returning of array"):
        entrance(allocating)(3)


@pytest.fixture
def warming(monkeypatch, tmp_path):
    """The module that compiles ahead, with an empty cache and nothing to compile."""
    module = importlib.import_module("engine.kernels.warm")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(module, "run_all", lambda tables: None)
    return module


@compiled
def test_compiling_ahead_is_told_the_first_time_only(warming):
    told = []
    for _ in range(3):
        warming.warm(tables(), told.append)
    assert told == ["compiling the kernels, once; this takes up to a minute"]


@compiled
def test_compiling_that_failed_is_told_again(warming, monkeypatch):
    def fail(tables):
        raise OSError("no space left on device")

    told = []
    with monkeypatch.context() as patched:
        patched.setattr(warming, "run_all", fail)
        with pytest.raises(OSError, match="no space left"):
            warming.warm(tables(), told.append)
    warming.warm(tables(), told.append)
    assert len(told) == 2


NAMES = """
import numba
from engine.kernels import HERE, cache_directory
print(numba.config.CACHE_DIR)
print(cache_directory())
for source in [*sorted(HERE.glob("*.py")), *map(HERE.parents[1].joinpath, (
    "protocol/bounds.py", "protocol/records.py", "protocol/units.py", "protocol/vocabulary.py"
))]:
    source.write_text(source.read_text(encoding="utf-8") + "# changed\\n", encoding="utf-8")
    print(cache_directory())
"""


def cache_names(tree: Path, **environment: str) -> list[str]:
    """Return the cache's name in a copy of the sources, then after a change to each of them."""
    for folder in ("engine", "protocol"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    own = {"PYTHONPATH": str(tree), "CUOHE_CACHE": str(tree.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", NAMES],
        cwd=tree,
        env=os.environ | own | environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    return done.stdout.split()


@compiled
def test_cache_is_named_after_every_source_and_after_bounds_checking(tmp_path):
    begun, *names = cache_names(tmp_path / "one", NUMBA_BOUNDSCHECK="0")
    assert begun == names[0]
    kernels = list((ROOT / "engine" / "kernels").glob("*.py"))
    assert len(set(names)) == len(names) == 1 + len(kernels) + 4
    same = cache_names(tmp_path / "two", NUMBA_BOUNDSCHECK="0")
    checked = cache_names(tmp_path / "three", NUMBA_BOUNDSCHECK="1")
    assert same[1:] == names
    assert not set(checked) & set(names)
