"""The measurement of overloads: what it offers is answered, and what it says of that is so."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bench import overload
from bench.brake import Brake
from bench.overload import main
from bench.probe import Trips

TOLD = """\
burst: orders answered
burst: sessions with an answer amiss
held to a rate x 3: requests without their answer
held to a rate x 3: sessions with an answer amiss
held to a rate x 3: orders told otherwise than kept
held back x 3: requests without their answer
held back x 3: sessions with an answer amiss
held back x 3: orders told otherwise than kept
""".splitlines()
"""What holds however slow a machine is."""


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_the_whole_measurement_loses_nothing_either(tmp_path, capsys):
    assert main(["--folder", str(tmp_path)]) == 0
    goals = [line for line in goals_in(capsys.readouterr().out) if "seconds" not in line]
    assert goals and all(line.endswith("reached") for line in goals)


def test_what_is_too_much_is_refused_or_held_back_and_nothing_is_lost(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(overload, "MULTIPLES", (3,))
    monkeypatch.setattr(overload, "UNLOADED_TRIPS", 20)
    monkeypatch.setattr(overload, "RECOVERED_TRIPS", 30)
    monkeypatch.setattr(overload, "CAPACITY_MAX", 30_000)
    words = ["--burst", "2000", "--sessions", "4", "--seconds", "1", "--folder", str(tmp_path)]
    assert main(words) == 0
    page = capsys.readouterr().out
    verdicts = {line[2:58].strip(): line.split()[-1] for line in goals_in(page)}
    assert {what: verdicts[what] for what in TOLD} == dict.fromkeys(TOLD, "reached")
    assert len(verdicts) == len(TOLD) + 5
    (refused,) = [line for line in page.splitlines() if "never taken" in line][:1]
    assert ", refused 0," not in refused
    assert list(tmp_path.iterdir()) == []


def goals_in(page: str) -> list[str]:
    return page.partition("\ngoals\n")[2].splitlines()


def test_a_venue_is_itself_again_when_some_trips_in_turn_are_fast():
    millisecond = 1_000_000
    took = np.array([1.0] * 50 + [80.0] * 20 + [1.0, 90.0] * 15 + [1.5] * 40) * millisecond
    trips = Trips(np.arange(len(took)) * 10 * millisecond, took)
    assert trips.median(0, 500 * millisecond) == 1.0 * millisecond
    last_slow = 990 * millisecond
    since = 500 * millisecond
    found = trips.seconds_until(2.0 * millisecond, since)
    assert 0.2 < found <= (last_slow - since) / 1e9 + 0.01
    assert trips.seconds_until(0.5 * millisecond, since) == float("inf")


def test_a_brake_leaves_a_process_a_part_of_its_time_and_lets_go():
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            with Brake(busy.pid, 0.1):
                while state_of(busy.pid) != "T":
                    time.sleep(0.001)
            while state_of(busy.pid) == "T":
                time.sleep(0.001)
        finally:
            busy.kill()


def state_of(process: int) -> str:
    """Return R, S, T, ... for a process that runs, sleeps, or is stopped."""
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--burst", "1"]])
def test_what_is_too_little_to_measure_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        main(words)
    assert words[0] in capsys.readouterr().err
