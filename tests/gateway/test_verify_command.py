"""`cuohe verify`: a line for each thing, and a status."""

import pytest

from bench.child import ChildGateway
from engine.venue import warm_up
from gateway.cli import main
from protocol.vocabulary import Phase, Side
from tests.engine.test_close_command import CLOSED
from tests.gateway.conftest import daybook_of
from tests.gateway.orders import MOUTAI, PRICE
from tests.gateway.test_serve import begin
from tests.storage.days import business_day, contents, flip, kept_day


@pytest.fixture(autouse=True, scope="module")
def warmed() -> None:
    """Let the kernels be compiled, so that no command has to say that it takes a while."""
    warm_up(lambda line: None)


@pytest.fixture
def day(tmp_path):
    return kept_day(business_day(tmp_path / "data"), CLOSED, [4, 8], is_cleared=True).folder


def verify(capsys, *days: object) -> tuple[int, list[str]]:
    """Run `cuohe verify`; return its status and what it printed."""
    status = main(["verify", *map(str, days)])
    return status, capsys.readouterr().out.splitlines()


def test_whole_day_is_well_line_by_line(day, capsys):
    before = contents(day)
    status, told = verify(capsys, day)
    assert status == 0
    assert all(line.startswith(f"ok    {day}/") for line in told)
    assert told[0] == f"ok    {day}/journal/00000001.log: commands 1 to 4, 384 bytes"
    assert told[-1] == f"ok    {day}/clearing: holds the fills of the journal"
    assert contents(day) == before


@pytest.mark.parametrize(
    ("name", "place", "said"),
    [
        ("journal/00000002.log", 200, "line 3 is damaged at byte 200, though another segment"),
        ("snapshots/000000000004.snapshot", -300, "at byte"),
        ("snapshots/000000000008.snapshot", 4_000, "is damaged at byte 4000, in "),
        ("reports.bin", 77, "is other than what the replay makes, from byte 77 on"),
        ("clearing/fills.csv", 300, ""),
    ],
)
def test_damage_of_every_kind_is_wrong(day, capsys, name, place, said):
    flip(day / name, place)
    status, told = verify(capsys, day)
    assert status == 1
    (fault,) = [line for line in told if line.startswith("WRONG")]
    assert fault.startswith(f"WRONG {day}/{name}: ") and said in fault


def test_folder_of_days_means_all_of_them(day, tmp_path, capsys):
    other = kept_day(day.with_name("20260707"), CLOSED).folder
    (day.parent / "20260708.superseded").mkdir()
    flip(other / "reports.bin", 5)
    status, told = verify(capsys, day.parent)
    assert status == 1
    assert {line.split("/data/")[1].split("/")[0] for line in told} == {day.name, other.name}
    assert verify(capsys, day, day)[0] == 0


def test_folder_without_days_is_a_mistake(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"cuohe verify: {tmp_path}: is no day, and has none; name one like data/20261120\n"
    )


def test_day_that_a_gateway_writes_is_verified_meanwhile(config, dial, capsys):
    day = daybook_of(config).folder
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1")
        for _ in range(5):
            for _ in range(50):
                client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
            status, told = verify(capsys, day)
            assert status == 0, told
        assert gateway.stop() == 0
    assert verify(capsys, day)[0] == 0
