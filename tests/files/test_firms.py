"""The firms of the day: read from a file, refused by line, and assigned to branches."""

import numpy as np
import pytest

from protocol.files.fault import FileFault
from protocol.files.firms import NO_FIRM, assign, load_firms, one_firm, told
from protocol.files.layouts import FIRMS

HEADER = ",".join(field.name for field in FIRMS.fields)
TWO = f"""{HEADER}
20,海通证券,,SH002,M2,000002,R2
3,平安证券,7 12,SH001,M1,000001,R1
"""


def saved(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_branches_that_no_firm_names_are_with_the_firm_that_names_none(tmp_path):
    firms = load_firms(saved(tmp_path / "firms.csv", TWO))
    assert firms["firm"].tolist() == [3, 20]
    assert assign(firms, np.array([12, 1, 0, 7, 99])).tolist() == [3, 20, NO_FIRM, 3, 20]
    assert firms["name"][0].decode() == "平安证券"


def test_without_a_file_one_firm_clears_for_all_and_its_codes_are_blank():
    firms = one_firm()
    assert assign(firms, np.array([0, 1, 5])).tolist() == [NO_FIRM, 1, 1]
    assert told(firms, np.array([1, 1]), "sse_participant").tolist() == b""


def test_codes_are_those_of_each_rows_firm_and_blank_for_the_venue(tmp_path):
    firms = load_firms(saved(tmp_path / "firms.csv", TWO))
    numbers = np.array([20, 3, NO_FIRM, 99])
    assert told(firms, numbers, "sse_participant").tolist() == [b"SH002", b"SH001", b"", b""]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("20,海", "0,海", "line 2: firm: 0 is no number of a firm; take one from 1 to 99999"),
        ("20,海", "3,海", "line 3: firm: 3 stands there twice"),
        ("20,海", "x,海", "line 2: firm: 'x' is not spelled like"),
        ("7 12", "7 x", "line 3: branches: 'x' is no number of a branch"),
        ("7 12", "7 07", "line 3: branches: '07' is no number of a branch"),
        ("7 12", "7 7", "line 3: branches: branch 7 is with firm 3 already"),
        ("券,,", "券,12,", "line 3: branches: branch 12 is with firm 20 already"),
        ("7 12", "", "line 3: branches: every branch of no other firm is with firm 20 already"),
        ("000002", "0000002", "line 2: szse_settlement_account: it is longer than 6 characters"),
        (",R2", "", "line 2: it has 6 fields and firms/1 has 7"),
        ("firm,", "number,", "line 1: it does not name the fields of firms/1"),
        (TWO.partition("\n")[2], "", "line 2: firm: there is none; name one firm at least"),
    ],
)
def test_wrong_file_is_refused_by_line_and_column(tmp_path, old, new, text):
    assert old in TWO
    path = saved(tmp_path / "firms.csv", TWO.replace(old, new, 1))
    with pytest.raises(FileFault) as fault:
        load_firms(path)
    assert str(fault.value).startswith(f"{path}: {text}")
