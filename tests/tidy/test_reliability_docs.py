"""The table of reliability names tests that there are."""

import ast
import re

from gateway.line import LEAVING_MAX
from protocol.framing import LOGIN_BYTES_MAX
from tests.reliability import test_bombs, test_crowds, test_frames_at_the_edge, test_slow_readers
from tests.tidy.test_docs import ROOT, prose_of, table_of

DOCUMENT = ROOT / "docs/reliability.md"
FIRST, LAST = 13, 30
TLS = 35


def rows() -> list[list[str]]:
    return table_of(DOCUMENT, "#", "what")


def names_in(path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_number_has_a_row():
    assert {int(row[0]) for row in rows()} == {*range(FIRST, LAST + 1), TLS}


def test_every_row_names_a_test_that_there_is():
    named = [row[-1].strip("`").partition("::") for row in rows()]
    assert [file for file, _, _ in named if not (ROOT / file).is_file()] == []
    missing = [name for file, _, name in named if name and name not in names_in(ROOT / file)]
    assert missing == []


def test_every_story_of_the_folder_is_in_the_table():
    named = {row[-1].strip("`").partition("::")[0] for row in rows()}
    files = (ROOT / "tests/reliability").glob("test_*.py")
    assert {str(path.relative_to(ROOT)) for path in files} <= named


def test_numbers_are_those_of_the_tests():
    stated = {row[1]: row[2] for row in rows()}
    assert stated["very many messages in one piece"] == f"{test_frames_at_the_edge.MESSAGES:,}"
    slow, all_ = test_slow_readers.SLOW, test_slow_readers.SLOW + test_slow_readers.BRISK
    assert stated["readers that do not read"].startswith(f"{slow} of {all_:,} sessions")
    assert stated["many logins at once"] == f"{test_crowds.USERS:,}"
    lost = test_crowds.LOST
    assert stated["peers that are lost"] == f"{lost} silent, {lost} reset"
    memory = stated["memory of a stranger with half a frame"]
    assert memory.endswith(f"{test_crowds.STRANGER_BYTES_MAX >> 10} KiB each")
    assert len(test_bombs.BOMBS) >= 50


def test_bounds_are_those_of_the_code():
    prose = re.sub(r"\s+", " ", prose_of(DOCUMENT))
    assert f"at most {LOGIN_BYTES_MAX:,} bytes until LoginAccepted" in prose
    assert f"{LEAVING_MAX:,} more that are hanging up" in prose
