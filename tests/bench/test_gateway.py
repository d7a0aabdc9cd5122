"""The measurement of the gateway: loads are whole, and all of them is answered."""

import argparse

import numpy as np
import pytest
import uvloop

from bench.gateway import BUSINESS_DATE, INSTRUMENTS, measure_trips, round_trip_goal, trading
from bench.idle import measure_idle
from bench.loads import make_loads
from bench.pump import pump, pump_bare
from bench.reflector import Reflector
from bench.round_trips import RoundTrips
from engine.instruments import load_listings
from engine.listings import listed
from protocol.calendar import to_date
from protocol.codec import decode_inbound
from protocol.framing import Frames
from protocol.messages import CommandBatch, EnterOrder
from protocol.records import COMMAND


def loads_of(sessions: int, orders: int, batch: int):
    instruments, commands = load_listings(INSTRUMENTS, to_date(BUSINESS_DATE))
    symbols = [instrument.symbol for instrument in instruments]
    return make_loads(listed(commands), symbols, sessions, orders, batch)


@pytest.mark.parametrize("batch", [1, 10, 1_000])
def test_a_load_is_so_many_orders_of_each_user_numbered_on(batch):
    for load in loads_of(3, 3_600, batch):
        numbers = []
        for piece, count in zip(load.pieces, load.orders, strict=True):
            before = len(numbers)
            for body in Frames().feed(piece):
                match decode_inbound(body):
                    case CommandBatch(rows):
                        numbers += np.frombuffer(rows, COMMAND)["client_seq"].tolist()
                    case EnterOrder(client_seq):
                        numbers.append(client_seq)
            assert len(numbers) == before + count
        assert numbers == list(range(1, 1_201))


def test_all_orders_are_answered_and_idle_sessions_counted(tmp_path):
    with trading(tmp_path, "none", 5, 1_000) as gateway:
        readable, packed = loads_of(1, 200, 1), loads_of(2, 400, 10)[1:]
        for loads, is_packed in ((readable, False), (packed, True)):
            pumped = uvloop.run(pump(gateway.port, loads, is_packed))
            assert pumped.orders == 200 and pumped.reports >= 200 and pumped.rate > 0
        idle = measure_idle(gateway, 2, first=4)
        assert idle.alone > 0 and idle.among > 0 and idle.sessions == 2


def test_the_bare_server_sends_back_as_many_bytes():
    loads = loads_of(2, 4_000, 10)
    sent = sum(len(piece) for load in loads for piece in load.pieces)
    with Reflector(1.5) as reflector:
        pumped = uvloop.run(pump_bare(reflector.port, loads, int(1.5 * sent)))
    assert abs(pumped.bytes - 1.5 * sent) <= len(loads)


def test_a_sync_is_taken_off_a_round_trip_that_waits_for_one():
    trips = RoundTrips()
    trips.times = {"echo": [10_000], "gateway": [220_000], "fdatasync": [200_000]}
    assert round_trip_goal("sync", trips).figure == 2.0
    assert round_trip_goal("none", trips).figure == 22.0


def test_round_trips_are_told_in_microseconds(tmp_path, capsys):
    goals = measure_trips(argparse.Namespace(trips=200, folder=tmp_path))
    assert [goal.what for goal in goals] == [
        "none, round trip to the echo's, p50",
        "sync, round trip to the echo's, p50",
    ]
    assert goals[0].figure > 0
    assert capsys.readouterr().out.count("p99.9") == 6
