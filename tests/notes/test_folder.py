"""The documents of a day lie in a folder with an index, all of them or none."""

import csv
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.notes.folder import write_folder

KINDS = {"delivery": ["1", "3"], "daily": ["1", "3"], "contract": ["1", "3"]}


def index_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_the_index_names_a_file_for_each_account_and_its_digest(day, tmp_path, kind):
    out = tmp_path / "out"
    words = ["--kind", kind, "--as", "html", "--out", str(out)]
    assert main(["statement", str(day), "--all", *words]) == 0
    lines = index_of(out)
    assert [line["account"] for line in lines] == KINDS[kind]
    for line in lines:
        body = (out / line["file"]).read_bytes()
        assert (int(line["bytes"]), line["sha256"]) == (len(body), sha256(body).hexdigest())
    assert out.stat().st_mode & 0o077 == 0
    assert {path.name for path in out.iterdir()} == {"index.csv", *(line["file"] for line in lines)}


def test_the_same_files_again_are_let_be_and_others_are_not_overwritten(day, tmp_path, capsys):
    words = ["statement", str(day), "--all", "--kind", "daily", "--out", str(tmp_path / "out")]
    assert main(words) == main(words) == 0
    assert main([*words, "--language", "en"]) == 1
    assert "it holds other files than would be written" in capsys.readouterr().err
    kept = tmp_path / "out" / index_of(tmp_path / "out")[0]["file"]
    kept.write_bytes(kept.read_bytes() + b" ")
    assert main(words) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_is_not_there_before_all_of_it_is(tmp_path):
    def documents():
        yield "one.txt", 1, b"one"
        assert not (tmp_path / "out").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", documents())
    assert not (tmp_path / "out").exists()
    assert write_folder(tmp_path / "out", [("one.txt", 1, b"one")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_accounts_of_which_nothing_is_to_be_told_get_no_delivery_note(closed_days, tmp_path):
    day = str(closed_days / "20260707")
    for kind in ("delivery", "daily"):
        assert main(["statement", day, "--all", "--kind", kind, "--out", str(tmp_path / kind)]) == 0
    assert len(index_of(tmp_path / "delivery")) == len(index_of(tmp_path / "daily")) == 2


def test_more_than_one_document_needs_a_folder(day, capsys):
    assert main(["statement", str(day), "--all", "--kind", "daily"]) == 1
    assert "name a folder with --out" in capsys.readouterr().err
