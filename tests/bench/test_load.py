"""The command `cuohe load`, against a gateway that serves, lies, is killed, or is not there."""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.child import PASSWORD, ChildGateway
from bench.load import configure as configure_load
from bench.load.ceiling import main as ceiling
from bench.load.work import REEL_REQUESTS
from gateway.cli import main
from protocol.client import BlockingClient
from protocol.codec import decode_outbound, encode
from protocol.framing import Frames, ProtocolViolation, frame
from protocol.messages import PhaseChanged, ReportBatch
from protocol.terminal import rows_of
from protocol.vocabulary import Phase
from tests.bench.test_load_parts import EVENTS
from tests.gateway.conftest import configure

ROOT = Path(__file__).resolve().parents[2]
TERMINALS = [1, 1, 2, 2]
ALL_IS_WELL = "yes every request has its answer, once and in order; no report is missing"


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    """A gateway in continuous trading."""
    with serving(tmp_path_factory.mktemp("venue")) as gateway:
        yield gateway


@contextmanager
def serving(folder):
    with ChildGateway(configure(folder, terminals=TERMINALS, orders=100_000)) as gateway:
        words = ["--port", str(gateway.port), "--user", "operator"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CUOHE_PASSWORD", PASSWORD)
            assert main(["ops", "phase", "CONTINUOUS", *words]) == 0
        yield gateway


def words_of(gateway, *words):
    return ["load", f"{gateway.host}:{gateway.port}", "--users", *words]


def test_every_request_has_its_answer_and_the_files_say_so(venue, tmp_path, capsys):
    files = {name: tmp_path / f"load.{name}" for name in ("json", "hdr", "plot")}
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    words = words_of(venue, "terminal{1..4}", "--rate", "400", "--seconds", "1.5", *options)
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "600 requests from 4 sessions" and said[-1] == ALL_IS_WELL
    outcome = json.loads(files["json"].read_text())
    assert outcome["is_answered"] and outcome["findings"] == []
    assert outcome["sent"] == outcome["answered"] == 600
    told = outcome["accepted"] + outcome["canceled"] + sum(outcome["rejected"].values())
    assert told == 600 and outcome["trades"] > 0
    assert sum(outcome["answered_by_second"]) == 600
    assert 0 < outcome["service"]["p50"] <= outcome["latency"]["max"]
    assert files["plot"].read_bytes().startswith(b"\x89PNG")
    assert "Tag=latency,0.000," in files["hdr"].read_text()


def test_packed_frames_in_a_burst_are_answered_too(venue, capsys):
    users = ["terminal1", "terminal2", "terminal3"]
    assert main(words_of(venue, *users, "--burst", "3000", "--batch", "100")) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "3,000 requests from 3 sessions" and said[-1] == ALL_IS_WELL


def test_a_later_load_goes_on_behind_the_numbers_of_the_earlier(venue, capsys):
    for _ in range(2):
        assert main(words_of(venue, "terminal1", "--ramp", "0:400", "--seconds", "0.5")) == 0


def test_a_recorded_day_is_played_in_its_phases(tmp_path, capsys):
    path, told = tmp_path / "601825_SH_events.csv", tmp_path / "load.json"
    path.write_text(EVENTS)
    with ChildGateway(configure(tmp_path, terminals=TERMINALS)) as gateway:
        replay = ["--replay", str(path), "--speed", "1200", "--operator", "operator"]
        assert main(words_of(gateway, "terminal{1..2}", *replay, "--json", str(told))) == 0
        with BlockingClient(gateway.host, gateway.port, "terminal4", PASSWORD) as listener:
            heard = listener.log_out()
    phases = [report.phase for report in heard if isinstance(report, PhaseChanged)]
    assert phases == [Phase.OPENING_CALL, Phase.PRE_CONTINUOUS, Phase.CONTINUOUS]
    outcome = json.loads(told.read_text())
    assert outcome["sent"] == outcome["answered"] == 6 and outcome["accepted"] > 0
    assert outcome["sent_within"] >= 15 * 60 / 1_200


class Liar:
    """A line to a gateway on which the reports of a session are not passed on as they are."""

    def __init__(self, gateway, script):
        self.gateway = gateway
        self.script = script
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.host, self.port = self.server.sockets[0].getsockname()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        self.loop.close()

    async def serve(self, reader, writer):
        there, back = await asyncio.open_connection(self.gateway.host, self.gateway.port)
        frames = Frames()
        await asyncio.gather(
            self.pass_on(reader, back, lambda data: [data]),
            self.pass_on(there, writer, lambda data: map(self.told, frames.feed(data))),
        )

    async def pass_on(self, reader, writer, parts):
        while data := await reader.read(1 << 16):
            writer.writelines(parts(data))
            await writer.drain()
        writer.close()

    def told(self, body):
        """Return a frame of the gateway, with reports as the script wants them."""
        try:
            message = decode_outbound(body)
        except ProtocolViolation:
            return frame(body)
        if not isinstance(message, ReportBatch):
            return frame(body)
        rows = self.script(message.first_report, rows_of(message).copy())
        return encode(ReportBatch(message.first_report, rows.tobytes()))


def test_an_answer_that_is_kept_back_is_named_and_the_status_is_1(venue, capsys):
    def keep_back(first_report, rows):
        rows["request_seq"][rows["request_seq"] == rows["request_seq"].max()] = 0
        return rows

    with Liar(venue, keep_back) as liar:
        words = words_of(liar, "terminal4", "--burst", "10", "--batch", "10", "--cancels", "0")
        assert main([*words, "--patience", "0.2"]) == 1
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert verdict.startswith("NO  terminal4: no answer to client_seq ")


def test_a_venue_that_is_killed_is_told_with_what_is_unanswered(tmp_path):
    with serving(tmp_path) as gateway:
        words = words_of(gateway, "terminal{1..2}", "--rate", "200", "--seconds", "60")
        with loading(words) as load:
            assert " owed;" in load.stdout.readline()
            gateway.kill()
            said, _ = load.communicate(timeout=30)
    assert load.returncode == 2
    findings = [line for line in said.splitlines() if line.startswith("NO  ")]
    assert [line.split(":")[:2] for line in findings] == [
        [f"NO  terminal{number}", " the session was lost"] for number in (1, 2)
    ]
    assert all(line.endswith("of its requests have no answer") for line in findings)


def test_ctrl_c_ends_the_sending_and_what_was_sent_is_still_answered(venue):
    words = words_of(venue, "terminal{1..2}", "--rate", "200", "--seconds", "60")
    with loading(words) as load:
        assert " owed;" in load.stdout.readline()
        load.send_signal(signal.SIGINT)
        said, _ = load.communicate(timeout=30)
    assert load.returncode == 0
    *_, interrupted, verdict = said.splitlines()
    assert interrupted.startswith("interrupted after ") and verdict == ALL_IS_WELL


@contextmanager
def loading(words):
    """Run a load as a process of its own, its first line read."""
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as process:
        try:
            assert "12,000 requests" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_nobody_listens(capsys):
    assert main(["load", "127.0.0.1:1", "--users", "alice", "--rate", "1"]) == 2
    told = "cuohe load: 127.0.0.1:1: Connection refused; is the venue up?\n"
    assert capsys.readouterr().err == told


def test_a_refused_login_names_its_user(venue, capsys):
    assert main(words_of(venue, "terminal1", "mallory", "--rate", "1")) == 2
    assert capsys.readouterr().err.startswith("cuohe load: mallory: UNKNOWN_USER_OR_PASSWORD")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--burst", "10", "--batch", "20000"], "--batch 20000: a frame holds at most 16000"),
        (["--rate", "1e9", "--seconds", "60"], "60,000,000,000 requests are more than 200,000,000"),
        (["--rate", "1", "--instruments", "none.csv"], "none.csv: cannot be read: No such file"),
        (["--replay", "none.csv"], "none.csv: cannot be read: No such file"),
        (["--rate", "1", "--operator", "terminal2"], "CONTINUOUS does not begin: COMMAND_NOT_PERM"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(venue, words, told, capsys):
    assert main(words_of(venue, "terminal1", *words)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"cuohe load: {told}") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["localhost"], "'localhost' is no HOST:PORT, as 127.0.0.1:7001"),
        (["localhost:99999"], "'localhost:99999' is no HOST:PORT"),
        (["localhost:1", "--users", "a", "--ramp", "5"], "'5' is no FROM:TO, as 1000:50000"),
        (["localhost:1", "--users", "a", "--ramp", "0:0"], "'0:0' is no FROM:TO"),
        (
            ["localhost:1", "--users", "a", "--rate", "1", "--cancels", "101"],
            "'101' is not a percentage",
        ),
        (["localhost:1", "--users", "a", "--rate", "1", "--burst", "1"], "not allowed with"),
        (["localhost:1", "--users", "a"], "one of the arguments --rate --ramp --burst --replay"),
    ],
)
def test_bad_arguments_are_said_in_a_sentence(words, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["load", *words])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "module", "package"),
    [("--hdr", "hdr", "hdrhistogram"), ("--plot", "plot", "matplotlib")],
)
def test_a_package_that_is_not_there_is_named(option, module, package, capsys, monkeypatch):
    monkeypatch.setattr(f"bench.load.{module}.find_spec", lambda name: None)
    assert main(["load", "127.0.0.1:1", "--users", "a", "--rate", "1", option, "file"]) == 2
    told = f"cuohe load: {option} needs the package {package}; install it, or cuohe[bench]\n"
    assert capsys.readouterr().err == told


def test_the_ceiling_of_the_harness_is_measured_against_a_sink(capsys):
    assert ceiling(["--requests", "4000", "--sessions", "2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split() for line in said] == [
        ["frames", "of", size] for size in ("1,000", "10", "1")
    ]


def test_the_document_names_every_option_and_no_other():
    document = (ROOT / "docs/load.md").read_text("utf-8")
    parser = argparse.ArgumentParser(add_help=False)
    configure_load(parser)
    options = {word for action in parser._actions for word in action.option_strings}
    assert options - {"--format"} == set(re.findall(r"--[a-z]+", document))
    assert f"After {REEL_REQUESTS:,} requests" in document
