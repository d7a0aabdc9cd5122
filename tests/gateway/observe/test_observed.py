"""A gateway that is looked at: metrics, health and log of a real one."""

import asyncio
import json
import sys
import threading
import time
from pathlib import Path

import pytest
import uvloop
from prometheus_client.parser import text_string_to_metric_families

from bench.child import PASSWORD, ChildGateway
from engine.storage.segments import read_journal
from gateway.config import ConfigError, load_config
from gateway.observe.metrics import metrics_of
from gateway.observe.observer import Observer
from gateway.server import Gateway
from protocol.client import BlockingClient
from protocol.messages import PhaseChanged
from protocol.terminal import LoginRefused, rows_of
from protocol.vocabulary import CancelReason, CommandKind, Phase, Reject, ReportKind
from tests.gateway.conftest import configure, daybook_of, edit
from tests.gateway.observe.looking import free_port, get, verdict
from tests.gateway.orders import rows_to_enter

WAITING_SECONDS = 30


def observed(folder: Path, tables: str = "", **options) -> tuple[Path, int]:
    """Return a configuration with a port for those who look, and the port."""
    config, port = configure(folder, **options), free_port()
    with config.open("a", encoding="utf-8") as file:
        file.write(f"\n[observe]\nport = {port}\n{tables}")
    return config, port


def samples(port: int) -> dict[str, float]:
    """Return what the metrics tell, by name and label like `name:label`."""
    status, text = get(port, "/metrics")
    assert status == 200
    return {
        ":".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def wait_until(is_so, what: str) -> None:
    """Wait until a call returns true, not for ever."""
    deadline = time.monotonic() + WAITING_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def begin(operator: BlockingClient) -> None:
    operator.change_phase(Phase.CONTINUOUS)
    assert isinstance(operator.receive(), PhaseChanged)


def test_metrics_tell_what_a_gateway_did(tmp_path, dial):
    config, port = observed(tmp_path, journal="sync")
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"))
        with pytest.raises(LoginRefused):
            BlockingClient(gateway.host, gateway.port, "terminal1", "wrong password")
        alice = dial(gateway, "terminal1", packed=True, next_report=0)
        alice.send(rows_to_enter(1, 300))
        alice.send(rows_to_enter(301, 1, account=9_999))
        answered = 0
        while answered < 301:
            answered += len(rows_of(alice.receive()))
        wait_until(lambda: "cuohe_reports_total:REJECTED" in samples(port), "no reject")
        told = samples(port)
        assert verdict(port, "/healthz") == verdict(port, "/readyz") == (200, [])
        assert gateway.stop() == 0
    with pytest.raises(OSError):
        get(port, "/healthz")
    expected = {
        "cuohe_commands_total:ENTER_ORDER": 301,
        "cuohe_commands_total:CHANGE_PHASE": 1,
        "cuohe_commands_total:UNKNOWN": 0,
        "cuohe_reports_total:ACCEPTED": 300,
        "cuohe_rejects_total:ACCOUNT_NOT_ADMITTED": 1,
        "cuohe_batch_commands_sum": 302,
        "cuohe_latency_seconds_count": 302,
        "cuohe_latency_seconds_bucket:+Inf": 302,
        "cuohe_intake_waiting": 0,
        "cuohe_journal_lag_commands": 0,
        "cuohe_sessions:OPEN": 2,
        "cuohe_logins_total:ACCEPTED": 2,
        "cuohe_logins_total:UNKNOWN_USER_OR_PASSWORD": 1,
        "cuohe_day:20261120": 1,
        "cuohe_instruments:CONTINUOUS": 24,
        "cuohe_alarms_active:clock_back": 0,
    }
    assert {name: told[name] for name in expected} == expected
    ticks = told["cuohe_batch_commands_count"]
    assert ticks == told["cuohe_engine_seconds_count"] == told["cuohe_journal_seconds_count"]
    assert told["process_resident_memory_bytes"] > 0 and told["process_open_fds"] > 0


def in_process(config: Path, play) -> int:
    """Serve in this process and be looked at, while `play(gateway, observer)` runs on a thread."""
    settings = load_config(config)
    with Observer(settings.observe) as observer:
        port = settings.observe.port
        assert get(port, "/metrics") == (503, "the day is not taken up yet")
        assert verdict(port, "/healthz") == (200, [])
        assert verdict(port, "/readyz") == (503, ["the day is not taken up yet"])
        gateway = Gateway(settings)
        observer.attach(gateway)
        status, reasons = verdict(port, "/readyz")
        assert status == 503 and reasons[-1] == "the port is not open yet"

        async def run() -> None:
            await gateway.start()
            serving = asyncio.create_task(gateway.serve())
            try:
                await asyncio.to_thread(play, gateway, port)
            finally:
                gateway.stopped.set()
                await serving

        uvloop.run(run())
    return 1 if gateway.failure else 0


def test_a_loop_that_is_stuck_is_not_alive_until_it_goes_on(tmp_path):
    config, _ = observed(tmp_path, "stuck_seconds = 0.3\n")

    def play(gateway: Gateway, port: int) -> None:
        wait_until(lambda: verdict(port, "/readyz") == (200, []), "never ready")
        gate = threading.Event()
        gateway.loop.call_soon_threadsafe(gate.wait, WAITING_SECONDS)
        try:
            wait_until(lambda: verdict(port, "/healthz")[0] == 503, "the stuck loop is alive")
            status, (reason,) = verdict(port, "/readyz")
            assert status == 503 and reason.startswith("the loop has not turned for ")
            assert get(port, "/metrics")[0] == 200
        finally:
            gate.set()
        wait_until(lambda: verdict(port, "/healthz") == (200, []), "the loop never came back")

    assert in_process(config, play) == 0


def test_a_venue_that_must_stop_is_not_ready(tmp_path):
    config, _ = observed(tmp_path)

    def play(gateway: Gateway, port: int) -> None:
        wait_until(lambda: verdict(port, "/readyz") == (200, []), "never ready")
        gateway.journal.failed = "No space left on device"
        told = "the journal is given up: No space left on device"
        assert verdict(port, "/readyz") == (503, [told])
        gateway.journal.failed = ""
        gateway.stopped.set()
        assert gateway.faults() == ["the venue shuts down"]
        gateway.failure = "out of memory"
        assert gateway.faults() == ["the venue stops: out of memory"]

    assert in_process(config, play) == 1


def test_a_runaway_client_is_blocked_by_a_command_in_the_journal(tmp_path, dial):
    limits = "[alarms]\nrunaway_account = 500\nrunaway_blocks = true\n"
    config, port = observed(tmp_path, limits, journal="sync")
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"))
        alice = dial(gateway, "terminal1", packed=True, next_report=0)
        bob = dial(gateway, "terminal2", next_report=0)
        alice.send(rows_to_enter(1, 600))
        left, next_seq, reasons = 600, 601, []
        while left > 0 or Reject.TRADING_BLOCKED not in reasons:
            rows = rows_of(alice.receive())
            left -= int((rows["kind"] == ReportKind.CANCELED).sum())
            reasons = rows["reason"][rows["kind"] == ReportKind.REJECTED].tolist()
            if (rows["reason"] == CancelReason.TRADING_BLOCKED).any() and not reasons:
                alice.send(rows_to_enter(next_seq, 1))
                next_seq += 1
        bob.enter(1002, "600519.SH", 0, 14_510_000, 100)
        assert type(bob.receive()).__name__ == "Accepted"
        active = {alarm["name"]: alarm for alarm in json.loads(get(port, "/alarms")[1])["active"]}
        assert gateway.stop() == 0
    assert active["runaway"]["of"] == "account 1001"
    commands = read_journal(daybook_of(config).journal)
    blocks = commands[commands["kind"] == CommandKind.BLOCK_TRADING]
    assert blocks[["session", "account", "of_session"]].tolist() == [(0, 1001, -1)]
    assert "account 1001 has run away: 600 requests in a second; its trading is blocked" in (
        gateway.log.read_text()
    )
    with ChildGateway(config) as gateway:
        assert gateway.stop() == 0


def test_nothing_that_a_day_of_logins_writes_holds_a_secret(tmp_path, dial):
    secrets = ["wrong password 1", "wrong password 2", PASSWORD]
    config, port = observed(tmp_path, 'log = "json"\n')
    with ChildGateway(config) as gateway:
        for user, password in [("terminal1", secrets[0]), (secrets[1], "whatever")]:
            with pytest.raises(LoginRefused):
                BlockingClient(gateway.host, gateway.port, user, password)
        operator = dial(gateway, "operator")
        begin(operator)
        alice = dial(gateway, "terminal1")
        alice.socket.sendall(b"\xff\xff\xff\xff" + PASSWORD.encode())
        metrics, active = get(port, "/metrics"), get(port, "/alarms")
        operator.close_day()
        assert gateway.stop() == 0
    written = [
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != config
    ]
    written += [metrics[1].encode(), active[1].encode()]
    assert [secret for secret in secrets for text in written if secret.encode() in text] == []
    events = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    told = {event["event"]: event for event in events}
    assert [event["event"] for event in events].count("login refused") == 2
    assert told["login accepted"]["user"] == "terminal1"
    assert told["login accepted"]["address"].startswith("127.0.0.1:")
    assert told["session cut"]["fault"] == "FRAME_TOO_LONG"
    commands = [event["command"] for event in events if event["event"] == "operator asks"]
    assert commands == ["CHANGE_PHASE", "CLOSE_DAY"]


def test_a_port_that_is_taken_is_said_before_the_day_is_touched(tmp_path):
    config, port = observed(tmp_path)
    edit(config, f"[observe]\nport = {port}\n", f'[observe]\nport = {port}\nhost = "192.0.2.1"\n')
    with pytest.raises(ConfigError, match=r"observe: cannot listen on host '192\.0\.2\.1'"):
        Observer(load_config(config).observe)
    assert not daybook_of(config).folder.exists()


def test_a_port_without_prometheus_is_a_mistake_in_the_configuration(tmp_path, monkeypatch):
    config, _ = observed(tmp_path)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(
        ConfigError, match=r"metrics need prometheus-client; install cuohe\[serve\]"
    ):
        Observer(load_config(config).observe)


def test_without_a_port_nobody_listens(config):
    with Observer(load_config(config).observe) as observer:
        assert observer.door is None


def test_every_metric_is_read_in_every_mode(tmp_path):
    for mode in ("none", "buffered", "sync"):
        (tmp_path / mode).mkdir()
        gateway = Gateway(load_config(configure(tmp_path / mode, journal=mode)))
        for metric in metrics_of(gateway):
            assert metric.read() is not None
        gateway.pipeline.close()
        gateway.socket.close()
