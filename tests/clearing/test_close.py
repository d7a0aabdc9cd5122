"""A day's close: the same bytes every time, published as a whole or not at all."""

from csv import DictReader
from hashlib import sha256
from pathlib import Path

import pytest
from dbfread import DBF

from engine.clearing.close import CloseRefused, clear
from engine.clearing.succession import previous_manifest
from engine.storage.disk import Disk
from engine.venue import Venue
from protocol.files import manifest
from protocol.files.load import load
from protocol.files.profiles import profiles_of
from protocol.vocabulary import Market, Side
from tests.clearing.days import Day, empty_day, small_day
from tests.clearing.test_fees_command import OPENING, TRADES
from tests.commands import close_day, journal
from tests.engine.conftest import FUNDED, SMALL

FEES = ("fees", "handling", "regulatory", "settlement", "transfer", "stamp")
GOLDEN = Path(__file__).parents[1] / "golden" / "clearing"


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def cleared(day: Day, directory: Path, replace: bool = False) -> dict[str, bytes]:
    written = clear(day.commands, day.reports, directory, replace)
    assert manifest.read(directory) == written
    return contents(directory)


def test_small_day_has_its_frozen_bytes(tmp_path):
    assert cleared(small_day(), tmp_path / "20260302") == contents(GOLDEN)


def test_stranger_reads_the_frozen_tables():
    shanghai = list(DBF(GOLDEN / "gh.dbf", encoding="gbk"))
    assert shanghai[1] == {
        "GDDM": "A000000200",
        "GDXM": "",
        "BCRQ": "20260302",
        "CJBH": 1,
        "GSDM": "10002",
        "CJSL": 200,
        "BCYE": 0,
        "ZQDM": "600519",
        "SBSJ": "091602",
        "CJSJ": "092500",
        "CJJG": 1800.55,
        "CJJE": 360110.0,
        "SQBH": "0000000012",
        "BS": "S",
        "MJBH": "",
    }
    shenzhen = list(DBF(GOLDEN / "SJSMX1.DBF", encoding="gbk"))
    assert [
        (row["MXZXBH"], row["MXCJSL"], row["MXQSJG"], row["MXQSBJ"], row["MXSFJE"])
        for row in shenzhen
    ] == [
        ("0000000000000002", 700, 10.13, -7091, -7091),
        ("0000000000000002", -700, 10.13, 7091, 7091),
        ("0000000000000004", 300, 10.135, -3040.5, -3040.5),
        ("0000000000000004", -300, 10.135, 3040.5, 3040.5),
    ]


def test_day_without_trades_has_files_without_records(tmp_path):
    files = cleared(empty_day(), tmp_path / "day")
    assert files["fills.csv"].count(b"\n") == 1
    assert {name: files[name][4:8] for name in ("gh.dbf", "SJSMX1.DBF")} == {
        "gh.dbf": bytes(4),
        "SJSMX1.DBF": bytes(4),
    }
    assert load(tmp_path / "day").is_well


def test_day_that_traded_on_one_exchange_only_is_whole(tmp_path):
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    moutai = day.list(b"600519", Market.SSE, previous_close=18_000_000)
    day.list(b"000001", Market.SZSE, previous_close=102_000)
    sell = day.order("09:30:00", 1, Side.SELL, moutai, 18_000_000, 100)
    buy = day.order("09:30:01", 1, Side.BUY, moutai, 18_000_000, 100)
    day.trade(buy, sell, 18_000_000, 100)
    day.close()
    written = clear(day.commands, day.reports, tmp_path / "day")
    assert [(entry.name, entry.records) for entry in written.files] == [
        ("fills.csv", 2),
        ("gh.dbf", 2),
        ("SJSMX1.DBF", 0),
        ("NQHB.DBF", 0),
    ]
    assert load(tmp_path / "day").is_well


def test_trades_of_beijing_are_among_the_fills_and_in_a_file_of_their_own(tmp_path):
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    share = day.list(b"920001", Market.BSE, previous_close=200_000)
    sell = day.order("09:30:00", 1, Side.SELL, share, 200_000, 101)
    buy = day.order("09:30:01", 1, Side.BUY, share, 200_000, 101)
    day.trade(buy, sell, 200_000, 101)
    day.close()
    written = clear(day.commands, day.reports, tmp_path / "day")
    assert [
        (entry.name, entry.records, entry.totals["quantity_bought"]) for entry in written.files
    ] == [
        ("fills.csv", 2, 101),
        ("gh.dbf", 0, 0),
        ("SJSMX1.DBF", 0, 0),
        ("NQHB.DBF", 2, 101),
    ]
    assert load(tmp_path / "day").is_well
    assert (tmp_path / "day" / "fills.csv").read_text("gbk").count("BSE") == 2


def test_turnover_beyond_its_field_is_computed_by_the_reader(tmp_path):
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    moutai = day.list(b"600519", Market.SSE, previous_close=18_000_000)
    sell = day.order("09:30:00", 1, Side.SELL, moutai, 18_000_000, 1_000_000)
    buy = day.order("09:30:01", 1, Side.BUY, moutai, 18_000_000, 1_000_000)
    day.trade(buy, sell, 18_000_000, 1_000_000)
    day.close()
    files = cleared(day, tmp_path / "day")
    assert files["gh.dbf"].count(b"1800.000************") == 2
    assert [finding.text for finding in load(tmp_path / "day").findings][2] == (
        "gh/2016, 2 records, bought 1000000 shares for 1800000000.00,"
        " sold 1000000 for 1800000000.00; agrees with fills.csv"
    )


def test_day_that_has_not_ended_is_refused(tmp_path):
    day = small_day()
    with pytest.raises(CloseRefused, match="the log has no end of the day"):
        clear(day.commands, day.reports[:-1], tmp_path / "day")
    assert list(tmp_path.iterdir()) == []


def test_closing_again_leaves_the_files_as_they_are(tmp_path):
    target = tmp_path / "day"
    first = cleared(small_day(), target)
    inode = (target / "fills.csv").stat().st_ino
    assert cleared(small_day(), target) == first
    assert (target / "fills.csv").stat().st_ino == inode
    assert [path.name for path in tmp_path.iterdir()] == ["day"]


def test_other_files_are_refused_and_stay(tmp_path):
    target = tmp_path / "day"
    kept = cleared(empty_day(), target)
    with pytest.raises(CloseRefused, match="holds other files than this day's"):
        clear(small_day().commands, small_day().reports, target)
    assert contents(target) == kept
    assert [path.name for path in tmp_path.iterdir()] == ["day"]


def test_replaced_files_are_moved_aside(tmp_path):
    target = tmp_path / "day"
    empty = cleared(empty_day(), target)
    small = cleared(small_day(), target, replace=True)
    again = cleared(empty_day(), target, replace=True)
    for name in ("fills.csv", "gh.dbf", "SJSMX1.DBF"):
        assert again[name] == empty[name]
    assert contents(tmp_path / "day.superseded") == empty
    assert contents(tmp_path / "day1.superseded") == small


def test_replaced_files_are_of_the_next_generation_and_say_what_they_supersede(tmp_path):
    target = tmp_path / "day"
    first = clear(empty_day().commands, empty_day().reports, target)
    small = small_day()
    second = clear(small.commands, small.reports, target, replace=True)
    assert (second.generation, second.supersedes) == (2, manifest.digest_of(first))
    assert manifest.read(target) == second == clear(small.commands, small.reports, target)
    target.rename(tmp_path / "day9.superseded")
    third = clear(small.commands, small.reports, target)
    assert (third.generation, third.supersedes) == (3, manifest.digest_of(second))


def test_manifest_names_that_of_the_day_before(tmp_path):
    day = small_day()
    for name in ("20260227", "20260302"):
        previous = previous_manifest(tmp_path / name)
        written = clear(day.commands, day.reports, tmp_path / name / "clearing", previous=previous)
        assert written.previous_manifest_sha256 == previous
    assert (
        previous == sha256((tmp_path / "20260227/clearing/manifest.json").read_bytes()).hexdigest()
    )
    assert previous_manifest(tmp_path / "20260227") is None
    assert previous_manifest(tmp_path / "again") is None


def test_flag_holds_the_digest_of_the_manifest_and_is_written_last(tmp_path):
    disk, created = Disk(), []
    create = disk.create
    disk.create = lambda path: created.append(path.name) or create(path)
    files = contents_of_cleared(tmp_path / "day", disk)
    assert created[-2:] == ["manifest.json", "manifest.ok"]
    assert files["manifest.ok"].decode() == sha256(files["manifest.json"]).hexdigest() + "\n"


def contents_of_cleared(directory: Path, disk: Disk) -> dict[str, bytes]:
    clear(small_day().commands, small_day().reports, directory, disk=disk)
    return contents(directory)


def test_what_a_killed_close_left_is_written_anew(tmp_path):
    partial = tmp_path / ".day.partial"
    partial.mkdir()
    (partial / "fills.csv").write_bytes(b"business_date,mar")
    assert cleared(small_day(), tmp_path / "day") == contents(GOLDEN)
    assert [path.name for path in tmp_path.iterdir()] == ["day"]


@pytest.mark.parametrize("step", ["create", "write", "sync", "sync_directory", "rename"])
def test_close_that_fails_anywhere_shows_no_files(tmp_path, step):
    def fail(*_arguments):
        raise OSError("no space left on device")

    disk = Disk()
    setattr(disk, step, fail)
    with pytest.raises(OSError, match="no space left"):
        clear(small_day().commands, small_day().reports, tmp_path / "day", disk=disk)
    assert not (tmp_path / "day").exists()
    assert cleared(small_day(), tmp_path / "day") == contents(GOLDEN)


def test_day_with_accounts_tells_what_each_fill_cost(tmp_path):
    rows = journal([*OPENING, *TRADES, close_day()])
    venue = Venue(SMALL._replace(**FUNDED))
    written = clear(rows, venue.apply(rows), tmp_path / "day", state=venue.state)
    profiles = profiles_of(with_fees=True)
    assert [entry.profile for entry in written.files] == [one.layout.profile for one in profiles]
    assert load(tmp_path / "day").is_well
    with (tmp_path / "day" / "fills.csv").open() as file:
        fills = [[fill[name] for name in ("code", "side", *FEES)] for fill in DictReader(file)]
    assert fills == [
        ["600000", "BUY", "5.0600", "0.2000", "0.1200", "0.0000", "0.0600", "0.0000"],
        ["600000", "SELL", "8.0600", "0.2000", "0.1200", "0.0000", "0.0600", "3.0000"],
        ["600001", "BUY", "3.7500", "0.0000", "0.0000", "2.5000", "0.0000", "0.0000"],
        ["600001", "SELL", "6.2500", "0.0000", "0.0000", "2.5000", "0.0000", "2.5000"],
    ]
    names = ("MXQSBJ", "MXYHS", "MXJYJSF", "MXJGGF", "MXGHF", "MXJSF", "MXQSYJ", "MXSFJE")
    shenzhen = list(DBF(tmp_path / "day" / "SJSMX2.DBF", encoding="gbk"))
    assert [[row[name] for name in names] for row in shenzhen] == [
        [-5000, 0, 0, 0, 0, -2.5, 0, -5002.5],
        [5000, -2.5, 0, 0, 0, -2.5, 0, 4995],
    ]
