"""Snapshots of a venue that trades on: they shorten the way back; nothing rests on them alone."""

import asyncio
import subprocess
import time
from pathlib import Path
from shutil import rmtree

import pytest

from bench.child import PASSWORD, ChildGateway, GatewayFailed
from engine.storage.disk import Disk
from engine.storage.segments import read_journal, segment_path
from engine.storage.snapshot import read_snapshot
from engine.storage.snapshots import Snapshots
from engine.venue import Venue
from gateway.config import DEFAULTS, load_config
from gateway.live_snapshots import LiveSnapshots
from gateway.replayed import replayed
from gateway.room import room_for
from gateway.server import Gateway
from protocol.client import BlockingClient, Client
from protocol.messages import Accepted
from protocol.terminal import SessionEnded
from protocol.vocabulary import CommandKind, Phase, Side
from tests.gateway.conftest import configure, daybook_of, edit
from tests.gateway.orders import MOUTAI, PRICE

EVERY = 40
WAITING_SECONDS = 20


@pytest.fixture
def config(tmp_path) -> Path:
    """A configuration that wants a snapshot behind every few orders."""
    path = configure(tmp_path, journal="sync")
    edit(
        path, 'journal = "sync"', f'journal = "sync"\nsnapshot_every = {EVERY}\nsnapshots_kept = 2'
    )
    return path


def enter(client: BlockingClient, orders: int) -> None:
    """Enter orders one by one; each is answered before the next."""
    for _ in range(orders):
        client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        while not isinstance(client.receive(), Accepted):
            pass


def snapshots_of(config: Path) -> list[Path]:
    return Snapshots(daybook_of(config).snapshots).paths()


def trade_until_snapshots(config: Path, gateway: ChildGateway, client: BlockingClient, count: int):
    """Enter orders until so many snapshots were published."""
    deadline = time.monotonic() + WAITING_SECONDS
    published: set[Path] = set()
    while len(published) < count:
        assert time.monotonic() < deadline
        enter(client, 5)
        published.update(snapshots_of(config))


def log_of(config: Path) -> str:
    return (config.parent / "gateway.log").read_text()


def begin(gateway: ChildGateway, dial) -> BlockingClient:
    dial(gateway, "operator").change_phase(Phase.CONTINUOUS)
    return dial(gateway, "terminal1")


def test_a_killed_venue_goes_on_from_its_newest_snapshot(config, dial):
    with ChildGateway(config) as gateway:
        client = begin(gateway, dial)
        trade_until_snapshots(config, gateway, client, 3)
        enter(client, 7)
        gateway.kill()
    assert len(snapshots_of(config)) == 2
    before = read_journal(daybook_of(config).journal)
    seen = client.terminal.next_report
    with ChildGateway(config) as gateway:
        again = dial(gateway, "terminal1", next_report=1)
        told = [again.receive() for _ in range(seen - 1)]
        accepted = [report for report in told if isinstance(report, Accepted)]
        assert len(accepted) == int((before["kind"] == CommandKind.ENTER_ORDER).sum())
        enter(again, 3)
        assert gateway.stop() == 0
    assert "passed over" not in log_of(config)
    day = replayed(daybook_of(config))
    assert len(day.commands) == len(before) + 3
    assert daybook_of(config).read_reports().tobytes() == day.reports.tobytes()


def test_a_snapshot_is_the_state_behind_its_command(config, dial):
    with ChildGateway(config) as gateway:
        trade_until_snapshots(config, gateway, begin(gateway, dial), 1)
        assert gateway.stop() == 0
    snapshot = read_snapshot(snapshots_of(config)[-1])
    commands = read_journal(daybook_of(config).journal)
    venue = Venue(room_for(commands))
    venue.apply(commands[: snapshot.sequence])
    assert venue.digest() == snapshot.digest


def test_a_damaged_snapshot_is_passed_over_and_the_one_before_is_used(config, dial):
    with ChildGateway(config) as gateway:
        client = begin(gateway, dial)
        trade_until_snapshots(config, gateway, client, 2)
        gateway.kill()
    newest, older = snapshots_of(config)
    content = bytearray(newest.read_bytes())
    content[5_000] ^= 8
    newest.write_bytes(content)
    with ChildGateway(config) as gateway:
        enter(dial(gateway, "terminal1"), 1)
        assert gateway.stop() == 0
    assert f"{newest}: is damaged at byte 5000, in " in log_of(config)
    assert older in snapshots_of(config) and newest not in snapshots_of(config)
    assert newest.with_name(f"{newest.name}.unusable").exists()


def test_reports_that_a_snapshot_stands_on_are_made_anew_where_they_are_damaged(config, dial):
    with ChildGateway(config) as gateway:
        trade_until_snapshots(config, gateway, begin(gateway, dial), 1)
        gateway.kill()
    reports = daybook_of(config).reports
    content = bytearray(reports.read_bytes())
    content[20] ^= 1
    reports.write_bytes(content)
    with ChildGateway(config) as gateway:
        assert gateway.stop() == 0
    assert f"and {reports} does not begin with them" in log_of(config)
    assert reports.read_bytes() == replayed(daybook_of(config)).reports.tobytes()


def test_a_snapshot_that_cannot_be_written_stops_nobody(config, dial):
    with ChildGateway(config) as gateway:
        client = begin(gateway, dial)
        daybook_of(config).snapshots.rename(config.parent / "elsewhere")
        enter(client, 2 * EVERY)
        assert gateway.stop() == 0
    assert "no snapshot behind the sequence" in log_of(config)
    assert len(replayed(daybook_of(config)).reports) > 2 * EVERY


def test_a_day_is_not_gone_on_with_without_its_last_instrument(config, dial):
    kept = DEFAULTS / "instruments.csv"
    lines = kept.read_text(encoding="utf-8").splitlines()
    instruments = config.parent / "instruments.csv"
    one_more = next(line for line in lines if line.startswith(MOUTAI))
    instruments.write_text("\n".join([*lines, one_more.replace("600519", "600520")]), "utf-8")
    edit(config, str(kept.resolve()), str(instruments))
    with ChildGateway(config) as gateway:
        trade_until_snapshots(config, gateway, begin(gateway, dial), 1)
        gateway.kill()
    before = snapshots_of(config), daybook_of(config).reports.read_bytes()
    instruments.write_text("\n".join(lines), "utf-8")
    with pytest.raises(GatewayFailed, match="LIST_INSTRUMENT, is not in configuration"):
        ChildGateway(config).__enter__()
    assert (snapshots_of(config), daybook_of(config).reports.read_bytes()) == before


def test_a_snapshot_whose_writer_is_done_already_does_not_hinder_the_end():
    snapshots = LiveSnapshots(None, None, None, None, 0, 1)
    snapshots.is_done.set()
    with subprocess.Popen(["true"]) as done:
        done.wait()
        snapshots.child = done.pid
    snapshots.close()


@pytest.fixture
def killed(config, dial) -> Path:
    """The configuration of a venue that was killed with snapshots behind it."""
    with ChildGateway(config) as gateway:
        client = begin(gateway, dial)
        trade_until_snapshots(config, gateway, client, 2)
        gateway.kill()
    return config


def test_a_journal_that_lost_what_was_on_the_disk_is_not_gone_on_with(killed):
    journal = daybook_of(killed).journal
    segment = segment_path(journal, 1)
    segment.write_bytes(segment.read_bytes()[: 60 * 64])
    kept = daybook_of(killed).reports.read_bytes()
    with pytest.raises(GatewayFailed, match=r"journal: ends at the sequence \d+, and .*\.snapshot"):
        ChildGateway(killed).__enter__()
    assert daybook_of(killed).reports.read_bytes() == kept


def test_a_journal_that_is_gone_is_missed(killed):
    rmtree(daybook_of(killed).journal)
    with pytest.raises(GatewayFailed, match=r"journal: is missing, and .* with \d+ reports;"):
        ChildGateway(killed).__enter__()
    assert not daybook_of(killed).journal.exists()


def test_mode_none_begins_a_day_of_its_own_beside_files_of_another(killed):
    edit(killed, 'journal = "sync"', 'journal = "none"')
    with ChildGateway(killed) as gateway:
        assert gateway.stop() == 0
    assert log_of(killed) == ""


def test_a_journal_that_cannot_be_synced_behind_a_snapshot_stops_the_venue(config):
    class Forgetful(Disk):
        """A disk whose next sync fails."""

        def sync(self, file: int) -> None:
            raise OSError(5, "Input/output error")

    async def play() -> str:
        gateway = Gateway(load_config(config))
        port = await gateway.start()
        served = asyncio.ensure_future(gateway.serve())
        gateway.pipeline.snapshots.snapshots.disk = Forgetful()
        gateway.pipeline.snapshots.snapshots.write_aside = lambda *_: None
        client = await Client.connect("127.0.0.1", port, "terminal1", PASSWORD)
        with pytest.raises(SessionEnded, match="could not be written: Input/output error"):
            for _ in range(EVERY):
                await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
                await client.receive()
            await client.receive()
        await client.close()
        await served
        return gateway.journal.failed

    assert "Input/output error" in asyncio.run(play())
