"""The examples of docs/statements.md are what the commands print."""

import re
import shlex
from pathlib import Path

import pytest

from gateway.cli import main

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "statements.md"
EXAMPLES = re.findall(
    r"^```console\n\$ cuohe (.*)\n((?:.*\n)*?)```$", DOCUMENT.read_text("utf-8"), re.M
)
DIGEST = re.compile(r"[0-9a-f]{64}")


@pytest.mark.parametrize(("words", "expected"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_an_example_is_what_is_printed(closed_days, capsys, words, expected):
    spelled = [
        str(closed_days / word[5:]) if word[:5] == "data/" else word for word in shlex.split(words)
    ]
    assert main(spelled) == 0
    assert DIGEST.sub("…", capsys.readouterr().out).rstrip() == expected.rstrip()


def test_there_is_an_example_of_each_kind():
    kinds = {words.split("--kind ")[-1].split()[0] for words, _ in EXAMPLES if "--kind" in words}
    assert kinds == {"delivery", "contract", "daily", "monthly"}
    assert EXAMPLES[-1][0].startswith("reconciliation")
