"""`cuohe backup` and `cuohe restore`: a day is copied while it trades, and goes on from there."""

import re
import threading

import pytest

from bench.child import ChildGateway
from engine.storage.segments import read_journal
from engine.venue import warm_up
from gateway.cli import main
from protocol.messages import Accepted, DayEnded
from protocol.records import join
from protocol.vocabulary import Phase, Side
from tests.engine.test_close_command import CLOSED
from tests.gateway.conftest import configure, daybook_of, edit
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.gateway.test_serve import begin, reports_until
from tests.storage.days import business_day, contents, flip, kept_day


@pytest.fixture(autouse=True, scope="module")
def warmed() -> None:
    """Let the kernels be compiled, so that no command has to say that it takes a while."""
    warm_up(lambda line: None)


@pytest.fixture
def run(capsys):
    """Run a command; return its status, and what it printed."""

    def run(*words: object) -> tuple[int, str]:
        status = main([str(word) for word in words])
        return status, "".join(capsys.readouterr())

    return run


def test_each_command_says_what_it_has_done(tmp_path, run):
    day = kept_day(business_day(tmp_path / "data"), CLOSED, is_cleared=True).folder
    place = tmp_path / "backups" / f"{day.name}-after-clearing-1"
    status, told = run("backup", day, "--to", place.parent, "--kind", "after-clearing")
    made = re.fullmatch(
        rf"{place}: 10 files, \d+ bytes, up to the sequence 13\n(state digest [0-9a-f]{{64}}\n)",
        told,
    )
    assert status == 0 and made, told
    aside = f"{day}.superseded: what was there before"
    told = f"{day}: restored up to the sequence 13\n{aside}\n{made[1]}"
    assert run("restore", place, "--data", day.parent) == (0, told)
    assert run("verify", place)[0] == 0
    flip(place / "reports.bin", 1)
    status, told = run("restore", place, "--data", day.parent)
    assert status == 1 and told.count("\n") == 1
    assert told.startswith("cuohe restore: ") and "reports.bin has other bytes" in told


def test_closing_a_restored_day_gives_the_same_files(tmp_path, run):
    day = kept_day(business_day(tmp_path / "data"), CLOSED, is_cleared=True).folder
    before = contents(day)
    backups = tmp_path / "backups"
    assert run("backup", day, "--to", backups, "--kind", "before-clearing")[0] == 0
    (place,) = backups.iterdir()
    assert run("restore", place, "--data", tmp_path / "again")[0] == 0
    again = tmp_path / "again" / day.name
    assert not (again / "clearing").exists()
    assert run("close", again)[0] == 0
    after = contents(again)
    assert after == {name: data for name, data in before.items() if "snapshots" not in name}


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_day_is_backed_up_while_it_trades_and_goes_on_from_there(tmp_path, dial, run, mode):
    config = configure(tmp_path, journal=mode, orders=100_000)
    edit(config, "[clock]", "snapshot_every = 500\n[clock]")
    day = daybook_of(config).folder
    backups = tmp_path / "backups"
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True, next_report=0)
        is_over, sent = threading.Event(), []

        def trade() -> None:
            while not is_over.is_set():
                first = 1 + 20 * len(sent)
                client.send(rows_to_enter(first, 20))
                reports_until(client, first + 19)
                sent.append(first)

        trading = threading.Thread(target=trade)
        trading.start()
        made = [run("backup", day, "--to", backups, "--kind", "ad-hoc") for _ in range(4)]
        assert run("restore", backups / f"{day.name}-ad-hoc-1", "--data", tmp_path, "--force") == (
            1,
            f"cuohe restore: {day}/journal: is being written by another process; stop that one "
            "first\n",
        )
        is_over.set()
        trading.join()
        assert gateway.stop() == 0
    assert [status for status, _ in made] == [0] * 4, made
    sequences = [int(re.search(r"sequence (\d+)", told)[1]) for _, told in made]
    assert sequences == sorted(sequences) and sequences[0] < sequences[-1]

    place = backups / f"{day.name}-ad-hoc-4"
    status, told = run("restore", place, "--data", tmp_path)
    assert status == 1 and "is newer than the backup" in told
    assert run("restore", place, "--data", tmp_path, "--force")[0] == 0
    with ChildGateway(config) as gateway:
        operator, client = dial(gateway, "operator"), dial(gateway, "terminal1")
        client_seq = client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        while not (
            isinstance(told := client.receive(), Accepted) and told.client_seq == client_seq
        ):
            pass
        operator.close_day()
        while not isinstance(operator.receive(), DayEnded):
            pass
        assert gateway.stop() == 0
    commands = read_journal(day / "journal")
    old = read_journal(tmp_path / f"{day.name}.superseded" / "journal")[: sequences[-1]]
    assert join([commands[: sequences[-1]]]).tobytes() == old.tobytes()
    assert len(commands) > sequences[-1]
    before = contents(day)
    assert run("close", day)[0] == 0
    assert contents(day) == before
    status, told = run("verify", day)
    assert status == 0, told
