"""A gateway over real sockets: trading, restarts, ends in order and in disorder."""

import asyncio
import re
import signal
import socket
from shutil import rmtree
from time import sleep

import numpy as np
import pytest
import uvloop

from bench.child import PASSWORD, ChildGateway
from engine.phases import day_command
from engine.storage.daybook import replay
from engine.storage.segments import read_journal
from engine.venue import Limits, Venue
from gateway.config import load_config
from gateway.connection import UNREAD_BYTES
from gateway.server import Gateway
from protocol.client import BlockingClient, Client
from protocol.files.load import load
from protocol.messages import (
    Accepted,
    Canceled,
    DayEnded,
    HoldChanged,
    Logout,
    PhaseChanged,
    Rejected,
    Released,
    ReportBatch,
    Traded,
)
from protocol.records import REPORT, ROW_BYTES, join
from protocol.terminal import SessionEnded, rows_of
from protocol.units import MILLISECOND, NANOSECONDS, RATE_STEP
from protocol.vocabulary import (
    CancelReason,
    CommandKind,
    Hold,
    HoldCause,
    Phase,
    Reject,
    ReportKind,
    Schedule,
    Side,
)
from tests.gateway.conftest import BUSINESS_DATE, configure, daybook_of, edit
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.storage.journals import written


def begin(operator: BlockingClient, phase: Phase) -> None:
    """Begin a phase and wait until it has begun."""
    operator.change_phase(phase)
    while not isinstance(report := operator.receive(), PhaseChanged):
        assert not isinstance(report, Rejected)
    assert report.phase is phase


def reports_until(client: BlockingClient, request_seq: int) -> np.ndarray:
    """Return the packed reports that come until a request is answered."""
    parts = []
    while not parts or not (parts[-1]["request_seq"] == request_seq).any():
        message = client.receive()
        assert isinstance(message, ReportBatch)
        parts.append(rows_of(message))
    return np.concatenate(parts)


def everything(client: BlockingClient) -> np.ndarray:
    """Return the packed reports that still come before the venue ends the session."""
    parts = [np.zeros(0, REPORT)]
    try:
        while True:
            parts.append(rows_of(client.receive()))
    except SessionEnded:
        return np.concatenate(parts)


def replayed(config) -> np.ndarray:
    """Return the reports that the journal of the day gives."""
    commands = read_journal(daybook_of(config).journal)
    venue = Venue(Limits(10_000, 10_000, instruments=64, sessions=8, ticks=4_000_000))
    return np.concatenate([part.copy() for part in replay(venue, commands)])


def test_a_day_of_two_branches_ends_in_files_that_may_be_booked(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator")
        alice, colleague = dial(gateway, "terminal1"), dial(gateway, "terminal2")
        bob = dial(gateway, "terminal3")
        begin(operator, Phase.CONTINUOUS)
        for client in (alice, colleague, bob):
            assert isinstance(client.receive(), PhaseChanged)

        alice.enter(1001, MOUTAI, Side.SELL, PRICE, 300)
        offer = alice.receive()
        assert isinstance(offer, Accepted)
        bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100)
        assert isinstance(bob.receive(), Accepted)
        bought, sold = bob.receive(), alice.receive()
        assert isinstance(bought, Traded) and isinstance(sold, Traded)
        assert (bought.trade_number, bought.leaves, sold.leaves) == (1, 0, 200)

        bob.cancel(offer.order_number)
        assert bob.receive().reason is Reject.ORDER_NOT_YOURS
        colleague.cancel(offer.order_number, 100)
        canceled = alice.receive()
        assert isinstance(canceled, Canceled) and canceled.leaves == 100
        bob.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        assert bob.receive().reason is Reject.ACCOUNT_NOT_ADMITTED
        alice.change_phase(Phase.BREAK)
        assert alice.receive().reason is Reject.COMMAND_NOT_PERMITTED

        operator.close_day()
        while not isinstance(alice.receive(), DayEnded):
            pass
        assert gateway.stop() == 0
    loaded = load(daybook_of(config).clearing)
    assert loaded.is_well and len(loaded.findings) >= 3


def test_who_does_not_want_it_does_not_trade_with_oneself(config, dial):
    edit(config, 'name = "terminal1"\n', 'name = "terminal1"\nself_trade = "cancels_resting"\n')
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        careful = dial(gateway, "terminal1", next_report=0)
        careful.enter(1001, MOUTAI, Side.SELL, PRICE, 300)
        assert isinstance(careful.receive(), Accepted)
        careful.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        assert isinstance(careful.receive(), Accepted)
        gone = careful.receive()
        assert isinstance(gone, Canceled) and gone.reason is CancelReason.SELF_TRADE
        assert (gone.client_seq, gone.request_seq, gone.quantity) == (1, 0, 300)
        careful.cancel_orders(MOUTAI)
        gone, told = careful.receive(), careful.receive()
        assert (gone.client_seq, gone.quantity, told.quantity) == (2, 100, 1)


def test_batches_and_single_orders_may_be_mixed(config, dial):
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True, next_report=0)
        client.send(rows_to_enter(1, 300))
        assert client.enter(1001, MOUTAI, Side.SELL, PRICE, 30_000) == 301
        client.send(rows_to_enter(302, 5))
        reports = reports_until(client, 306)
        accepted = reports[reports["kind"] == ReportKind.ACCEPTED]
        assert accepted["request_seq"].tolist() == list(range(1, 307))
        assert (reports["kind"] == ReportKind.TRADED).sum() == 600


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_who_leaves_hears_first_what_became_of_all_that_it_asked(tmp_path, dial, mode):
    config = configure(tmp_path, journal=mode, orders=50_000)
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        alice = dial(gateway, "terminal1", packed=True, next_report=0)
        alice.send(rows_to_enter(1, 40_000))
        reports = np.concatenate([rows_of(batch) for batch in alice.log_out()])
        assert reports["request_seq"].tolist() == list(range(1, 40_001))
        bob = dial(gateway, "terminal1", next_report=0)
        assert bob.enter(1001, MOUTAI, Side.BUY, PRICE, 100) == 40_001
        bob.close()
        assert dial(gateway, "terminal1").session.client_seq == 40_001


def test_a_peer_that_sends_no_more_behind_its_logout_is_still_answered(config, dial):
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        alice = dial(gateway, "terminal1", next_report=0)
        asked = alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        alice.socket.sendall(asked + alice.terminal.logout())
        alice.socket.shutdown(socket.SHUT_WR)
        assert isinstance(alice.receive(), Accepted)
        assert alice.receive() == Logout()


def test_a_connection_too_many_is_told_so_and_the_others_go_on(config, dial):
    edit(config, "connections = 1003\n", "connections = 2\n")
    with ChildGateway(config) as gateway:
        operator, alice = dial(gateway, "operator"), dial(gateway, "terminal1")
        with pytest.raises(SessionEnded, match="no room for more connections; try later"):
            dial(gateway, "terminal2")
        begin(operator, Phase.CONTINUOUS)
        assert isinstance(alice.receive(), PhaseChanged)
        alice.close()
        assert dial(gateway, "terminal2").session.next_report == 2


def test_both_clients_live_through_silence_and_a_mute_one_is_cut(config, dial):
    edit(config, "port = 0\n", "port = 0\nheartbeat_seconds = 1\n")

    async def listen(gateway, patient) -> None:
        """Let all wait for the same report: two that are alive, and one that never beats."""
        waiting = asyncio.create_task(asyncio.to_thread(patient.receive, 20))
        alive = await Client.connect(gateway.host, gateway.port, "terminal1", PASSWORD)
        mute = await Client.connect(gateway.host, gateway.port, "terminal2", PASSWORD)
        mute.beating.cancel()
        with pytest.raises(SessionEnded, match="nothing was heard for three heartbeats"):
            await asyncio.wait_for(mute.receive(), 20)
        operator = await Client.connect(gateway.host, gateway.port, "operator", PASSWORD)
        await operator.change_phase(Phase.CONTINUOUS)
        assert (await asyncio.wait_for(alive.receive(), 20)).phase is Phase.CONTINUOUS
        assert (await waiting).phase is Phase.CONTINUOUS
        for client in (alive, mute, operator):
            await client.close()

    with ChildGateway(config) as gateway, dial(gateway, "terminal3") as patient:
        with pytest.raises(TimeoutError, match="nothing came from the venue in time"):
            patient.receive(0.1)
        uvloop.run(listen(gateway, patient))


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_a_restart_takes_up_books_and_streams_as_they_were(tmp_path, dial, mode):
    config = configure(tmp_path, journal=mode)
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True)
        client.send(rows_to_enter(1, 10))
        before = reports_until(client, 10)
        assert gateway.stop() == 0
    kept = daybook_of(config).read_reports()
    with ChildGateway(config) as gateway:
        again = dial(gateway, "terminal1", packed=True)
        assert again.session.client_seq == 10
        same = reports_until(again, 10)
        assert same.tobytes() == before.tobytes()
        again.enter(1001, MOUTAI, Side.SELL, PRICE, 100)
        live = reports_until(again, 11)
        assert live["order_number"].tolist() == [11, 11, 1]
        assert gateway.stop() == 0
    assert daybook_of(config).read_reports()[: len(kept)].tobytes() == kept.tobytes()
    assert daybook_of(config).read_reports().tobytes() == replayed(config).tobytes()


def test_a_kill_loses_no_report_that_was_seen(config, dial):
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True)
        for start in range(1, 5_000, 100):
            client.send(rows_to_enter(start, 100))
        seen = reports_until(client, 1_000)
        gateway.kill()
    with ChildGateway(config) as gateway:
        again = dial(gateway, "terminal1", packed=True)
        last = again.session.client_seq
        assert last >= 1_000
        same = reports_until(again, last)
        assert same[: len(seen)].tobytes() == seen.tobytes()
        assert gateway.stop() == 0
    assert daybook_of(config).read_reports().tobytes() == replayed(config).tobytes()


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_sigterm_in_a_burst_loses_no_answer(tmp_path, dial, mode):
    config = configure(tmp_path, journal=mode)
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True, next_report=0)
        for start in range(1, 8_000, 50):
            client.send(rows_to_enter(start, 50))
        gateway.process.send_signal(signal.SIGTERM)
        heard = everything(client)
        assert gateway.process.wait(20) == 0
    journal = read_journal(daybook_of(config).journal)
    asked = journal["client_seq"][journal["session"] == client.session.session]
    assert heard["request_seq"].tolist() == asked.tolist() == list(range(1, len(asked) + 1))
    assert daybook_of(config).read_reports().tobytes() == replayed(config).tobytes()


def test_a_day_that_ended_just_before_the_kill_is_cleared_at_the_restart(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator")
        operator.close_day()
        assert isinstance(operator.receive(), DayEnded)
        assert gateway.stop() == 0
    clearing = daybook_of(config).clearing
    names = sorted(path.name for path in clearing.iterdir())
    for path in clearing.iterdir():
        path.unlink()
    clearing.rmdir()
    with ChildGateway(config) as gateway:
        assert gateway.stop() == 0
    assert sorted(path.name for path in clearing.iterdir()) == names


def test_an_accelerated_clock_runs_the_whole_day_by_itself(config, dial):
    edit(config, 'kind = "operator"\nspeed = 100.0', 'kind = "accelerated"\nspeed = 20_000')
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        heard = []
        while not isinstance(message := client.receive(), DayEnded):
            heard.append(message.phase.name if isinstance(message, PhaseChanged) else "a close")
        assert gateway.stop() == 0
    assert heard == [
        "OPENING_CALL",
        "OPENING_CALL_LOCKED",
        "PRE_CONTINUOUS",
        "CONTINUOUS",
        "BREAK",
        "CONTINUOUS",
        "CLOSING_CALL",
        "POST_CLOSE",
        *["a close"] * 24,
        "FIXED_PRICE",
        "CLOSED",
    ]
    assert load(daybook_of(config).clearing).is_well


def test_an_accelerated_day_goes_on_where_it_was_killed(config, dial):
    edit(config, 'kind = "operator"\nspeed = 100.0', 'kind = "accelerated"\nspeed = 3_000')
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        while client.receive().phase is not Phase.CONTINUOUS:
            pass
        gateway.kill()
    edit(config, "speed = 3_000", "speed = 20_000")
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        seen = 0
        while not isinstance(message := client.receive(), DayEnded):
            seen += isinstance(message, PhaseChanged)
    assert seen == 10


def row_to_begin(client_seq: int, phase: Phase) -> np.ndarray:
    """Return the packed row that begins a phase for all."""
    row = day_command(CommandKind.CHANGE_PHASE, phase)
    row["client_seq"] = client_seq
    return row


@pytest.mark.parametrize("mode", ["sync", "buffered", "none"])
def test_the_close_is_fixed_before_trading_at_it_begins(tmp_path, dial, mode):
    """Also where an operator asks for both in one go, with orders behind."""
    config = configure(tmp_path, journal=mode)
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator", packed=True, next_report=0)
        offer, bid, late = (rows_to_enter(client_seq, 1) for client_seq in (2, 3, 7))
        offer["side"], bid["price"] = Side.SELL, PRICE + 10_000
        evening = (Phase.CLOSING_CALL, Phase.POST_CLOSE, Phase.FIXED_PRICE)
        begins = [row_to_begin(4 + place, phase) for place, phase in enumerate(evening)]
        operator.send(join([row_to_begin(1, Phase.CONTINUOUS), offer, bid, *begins, late]))
        reports = reports_until(operator, 7)
    told = [ReportKind(kind).name for kind in reports["kind"]]
    assert told == [
        "PHASE_CHANGED",
        "ACCEPTED",
        "ACCEPTED",
        "TRADED",
        "TRADED",
        *["PHASE_CHANGED"] * 2,
        *["CLOSE_FIXED"] * 24,
        "PHASE_CHANGED",
        "REJECTED",
    ]
    fixed = reports[reports["kind"] == ReportKind.CLOSE_FIXED]
    assert fixed["instrument"].tolist() == list(range(24))
    assert fixed["price"][:2].tolist() == [PRICE, 583_600]


def test_the_closing_call_is_for_those_that_have_one(config, dial):
    list_instruments(
        config,
        f"{MOUTAI},贵州茅台,SSE_MAIN,1451.02,normal",
        "113050.SH,南银转债,SSE_CONVERTIBLE,120.000,normal",
    )
    edit(config, 'kind = "operator"\nspeed = 100.0', 'kind = "accelerated"\nspeed = 20_000')
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        heard, closes = [], {}
        while not isinstance(message := client.receive(), DayEnded):
            if isinstance(message, PhaseChanged):
                heard.append((message.phase, message.schedules))
            else:
                closes[message.instrument] = message.price
    assert heard[5:8] == [
        (Phase.CONTINUOUS, 0),
        (Phase.CLOSING_CALL, 1 << Schedule.CLOSING_CALL),
        (Phase.POST_CLOSE, 0),
    ]
    assert closes == {MOUTAI: 14_510_200, "113050.SH": 1_200_000}


def test_each_instrument_gets_its_close_when_its_trading_is_over(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator")
        operator.change_phase(Phase.POST_CLOSE, MOUTAI)
        assert operator.receive().instrument == MOUTAI
        fixed = operator.receive()
        assert (fixed.instrument, fixed.price) == (MOUTAI, 14_510_200)
        begin(operator, Phase.POST_CLOSE)
        assert [operator.receive().instrument for _ in range(24)] == operator.session.instruments


def test_a_close_that_was_not_fixed_before_the_kill_is_fixed_at_the_restart(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator")
        begin(operator, Phase.POST_CLOSE)
        fixed = [operator.receive() for _ in range(24)]
        assert gateway.stop() == 0
    journal = daybook_of(config).journal
    whole = read_journal(journal)
    rmtree(journal)
    written(journal, [whole[:-20]], business_date=BUSINESS_DATE)
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        assert isinstance(client.receive(), PhaseChanged)
        again = [client.receive() for _ in range(24)]
        assert gateway.stop() == 0
    assert [(m.instrument, m.price) for m in again] == [(m.instrument, m.price) for m in fixed]
    assert len(read_journal(journal)) == len(whole)
    with ChildGateway(config) as gateway:
        assert gateway.stop() == 0
    assert len(read_journal(journal)) == len(whole)


NEWCOMER = "301999.SZ"


def list_newcomer(config) -> None:
    """Let the day have one share, on a day without limits."""
    list_instruments(config, f"{NEWCOMER},新股,CHINEXT,10.00,free")


def list_instruments(config, *lines: str) -> None:
    """Let the day have these instruments only."""
    path = config.parent / "instruments.csv"
    path.write_text("\n".join(["symbol,name,board,previous_close,status", *lines, ""]))
    text = config.read_text(encoding="utf-8")
    edit(config, re.search(r'instruments = ".*"', text)[0], f'instruments = "{path.name}"')


def halt_newcomer(client) -> HoldChanged:
    """Let the price rise by thirty percent; return what is said of the halt."""
    for price in (100_000, 130_000):
        client.enter(1001, NEWCOMER, Side.SELL, price, 100)
        client.enter(1001, NEWCOMER, Side.BUY, price, 100)
    return until_held(client, Hold.HALTED)


def until_held(client, hold) -> HoldChanged:
    """Receive until the hold is this one."""
    while not (isinstance(told := client.receive(), HoldChanged) and told.hold is hold):
        assert not isinstance(told, Rejected)
    return told


def test_a_volatile_price_halts_for_ten_minutes_also_where_the_venue_is_killed(config, dial):
    list_newcomer(config)
    edit(config, 'kind = "operator"\nspeed = 100.0', 'kind = "accelerated"\nspeed = 1_000')
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        while client.receive().phase is not Phase.CONTINUOUS:
            pass
        halted = halt_newcomer(client)
        assert (halted.instrument, halted.cause) == (NEWCOMER, HoldCause.VOLATILITY_FIRST)
        gateway.kill()
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        over = until_held(client, Hold.NONE)
        assert (over.instrument, over.cause) == (NEWCOMER, HoldCause.VOLATILITY_FIRST)
        assert over.time - halted.time >= 600 * NANOSECONDS
        client.enter(1001, NEWCOMER, Side.SELL, 130_000, 100)
        client.enter(1001, NEWCOMER, Side.BUY, 130_000, 100)
        while not isinstance(told := client.receive(), Traded):
            assert isinstance(told, (Accepted, PhaseChanged))


def test_with_an_operator_s_clock_a_halt_lasts_until_the_operator_ends_it(config, dial):
    list_newcomer(config)
    with ChildGateway(config) as gateway:
        operator, client = dial(gateway, "operator"), dial(gateway, "terminal1")
        begin(operator, Phase.CONTINUOUS)
        halt_newcomer(client)
        begin(operator, Phase.BREAK)
        begin(operator, Phase.CONTINUOUS)
        operator.change_hold(Hold.NONE, NEWCOMER)
        assert until_held(client, Hold.NONE).cause is HoldCause.OPERATOR


def limit_rate(config, action: str = "DELAY") -> None:
    """Let the day have an account that may send one request in a second, and then must wait."""
    folder = config.parent / "accounts"
    folder.mkdir()
    (folder / "accounts.csv").write_text(
        "account,branch,depositories,permissions,commission_rate,commission_min,rate_max,rate_action\n"
        f"1001,1,SHANGHAI_A,ORDINARY,0.00025,5,1,{action}\n"
    )
    (folder / "funds.csv").write_text("account,currency,balance\n1001,CNY,1000000\n")
    (folder / "holdings.csv").write_text("account,symbol,total\n")
    edit(config, 'accounts = ""', 'accounts = "accounts"')


def of_kind(config, kind: ReportKind) -> np.ndarray:
    """Return the reports of a kind that a day has had."""
    reports = daybook_of(config).read_reports()
    return reports[reports["kind"] == kind]


def test_delayed_orders_arrive_in_their_time_also_where_the_venue_is_killed(config, dial):
    limit_rate(config)
    clock = 'kind = "accelerated"\nstart = "09:30:00"\nspeed = 2'
    edit(config, 'kind = "operator"\nspeed = 100.0', clock)
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        while client.receive().phase is not Phase.CONTINUOUS:
            pass
        client.send(rows_to_enter(1, 4))
        while not isinstance(client.receive(), Released):
            pass
        gateway.kill()
    with ChildGateway(config) as gateway:
        client = dial(gateway, "terminal1")
        released = 0
        while released < 3:
            released += isinstance(client.receive(), Released)
        assert gateway.stop() == 0
    delayed, released = (
        of_kind(config, kind) for kind in (ReportKind.ORDER_DELAYED, ReportKind.RELEASED)
    )
    assert delayed["order_number"].tolist() == released["order_number"].tolist() == [2, 3, 4]
    waits = delayed["trade_number"].astype(np.int64) * MILLISECOND
    due = (delayed["time"] + waits) // RATE_STEP * RATE_STEP
    assert np.all(np.diff(due) > NANOSECONDS) and np.all(released["time"] >= due)
    commands = read_journal(daybook_of(config).journal)
    assert (commands["kind"] == CommandKind.RELEASE_ORDER).sum() == 3


def test_with_an_operator_s_clock_a_delayed_order_arrives_within_the_phase(config, dial):
    limit_rate(config)
    with ChildGateway(config) as gateway:
        operator, client = dial(gateway, "operator"), dial(gateway, "terminal1", packed=True)
        begin(operator, Phase.CONTINUOUS)
        client.send(rows_to_enter(1, 2))
        told: list[int] = []
        while ReportKind.RELEASED not in told:
            told += rows_of(client.receive())["kind"].tolist()
        assert gateway.stop() == 0
    assert told[-4:] == [
        ReportKind.ACCEPTED,
        ReportKind.ACCEPTED,
        ReportKind.ORDER_DELAYED,
        ReportKind.RELEASED,
    ]
    assert of_kind(config, ReportKind.RATE_EXCEEDED)["account"].tolist() == [1001]
    log = (config.parent / "gateway.log").read_text()
    assert "account 1001 sends too much: 2 requests in this second, 2 today" in log


def test_who_is_refused_hears_when_there_is_room_and_is_taken_then(config, dial):
    limit_rate(config, "REFUSE")
    edit(config, "speed = 100.0", "speed = 1.0")
    with ChildGateway(config) as gateway:
        operator, client = dial(gateway, "operator"), dial(gateway, "terminal1")
        begin(operator, Phase.CONTINUOUS)
        assert client.receive().phase is Phase.CONTINUOUS
        client.send(rows_to_enter(1, 2))
        assert isinstance(client.receive(), Accepted)
        refused = client.receive()
        assert (refused.request_seq, refused.reason) == (2, Reject.RATE_EXCEEDED)
        assert 0 < refused.retry_after_ms <= 1_040
        sleep(refused.retry_after_ms / 1_000)
        client.send(rows_to_enter(3, 1))
        assert isinstance(client.receive(), Accepted)
        assert gateway.stop() == 0


def in_process(config, play) -> int:
    """Serve in this process while `play(gateway, port)` runs; return the exit status."""
    gateway = Gateway(load_config(config))

    async def run() -> None:
        port = await gateway.start()
        serving = asyncio.create_task(gateway.serve())
        try:
            await play(gateway, port)
        finally:
            gateway.stopped.set()
            await serving

    uvloop.run(run())
    return 1 if gateway.failure else 0


def test_a_client_may_be_closed_while_a_task_listens(config):
    async def play(gateway, port) -> None:
        client = await Client.connect("127.0.0.1", port, "terminal1", PASSWORD)
        listening = asyncio.create_task(client.receive())
        await asyncio.sleep(0)
        await client.close()
        (heard,) = await asyncio.gather(listening, return_exceptions=True)
        assert heard == Logout() or isinstance(heard, SessionEnded)

    assert in_process(config, play) == 0


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_a_journal_that_cannot_be_written_stops_the_venue_and_releases_nothing(tmp_path, mode):
    config = configure(tmp_path, journal=mode)

    def refuse(rows, reports=()) -> None:
        raise OSError(28, "No space left on device")

    async def play(gateway, port) -> None:
        client = await Client.connect("127.0.0.1", port, "terminal1", PASSWORD)
        gateway.pipeline.journal.append = refuse
        await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        with pytest.raises(SessionEnded, match="could not be written: No space left on device"):
            await client.receive()
        await client.close()

    assert in_process(config, play) == 1
    assert len(daybook_of(config).read_reports()) == 0


def test_an_error_within_stops_the_venue_and_releases_nothing(config):
    def stumble(rows):
        raise AssertionError("a bug")

    async def play(gateway, port) -> None:
        client = await Client.connect("127.0.0.1", port, "terminal1", PASSWORD)
        gateway.venue.applied = stumble
        await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
        with pytest.raises(SessionEnded, match="an error in the venue itself"):
            await client.receive()
        await client.close()

    assert in_process(config, play) == 1


def test_a_reader_too_slow_is_cut_and_gets_the_rest_at_the_next_login(config):
    edit(config, "port = 0\n", "port = 0\nheartbeat_seconds = 1\n")
    count = 9_000

    async def play(gateway, port) -> None:
        lazy = await Client.connect("127.0.0.1", port, "terminal1", PASSWORD, packed=True)
        lazy.writer.transport.pause_reading()
        session = lazy.session.session
        (connection,) = gateway.connections
        first, unread = 1, 0
        while session in gateway.streams.listeners:
            if first < 50 * count:
                lazy.writer.write(lazy.terminal.send(rows_to_enter(first, count)))
                first += count
            unread = max(unread, connection.transport.get_write_buffer_size())
            await asyncio.sleep(0.001)
        await connection.is_gone.wait()
        assert unread < 3 * UNREAD_BYTES < 50 * count * ROW_BYTES
        lazy.writer.transport.resume_reading()
        with pytest.raises(SessionEnded):
            while True:
                await lazy.receive()
        await lazy.close()
        missed, last = lazy.terminal.next_report, gateway.streams.next_report(session)
        assert missed < last
        again = await Client.connect(
            "127.0.0.1", port, "terminal1", PASSWORD, packed=True, next_report=missed
        )
        while again.terminal.next_report < last:
            await asyncio.wait_for(again.receive(), 20)
        assert again.terminal.next_report == last
        await again.close()

    assert in_process(config, play) == 0
