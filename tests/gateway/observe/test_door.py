"""The door for those who look: few places, and none for long."""

import socket
import threading
import time

import pytest

from gateway.config import ConfigError
from gateway.observe import door as door_module
from gateway.observe.door import HEAD_BYTES_MAX, PLACES, Door, Page
from tests.gateway.observe.looking import get


@pytest.fixture
def door():
    gate, taken = threading.Event(), threading.Semaphore(0)

    def wait() -> Page:
        taken.release()
        gate.wait(20)
        return Page(b"at last", "text/plain")

    door = Door("127.0.0.1", 0, {"/": lambda: Page(b"hello", "text/plain"), "/wait": wait})
    door.gate, door.taken = gate, taken
    door.open()
    yield door
    gate.set()
    door.close()


def port_of(door: Door) -> int:
    return door.server_address[1]


def dial(door: Door, text: bytes) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port_of(door)), timeout=20)
    peer.sendall(text)
    return peer


def wait_until_free(door: Door) -> None:
    """Wait until nobody has a place any more."""
    for _ in range(PLACES):
        assert door.places.acquire(timeout=20)
    for _ in range(PLACES):
        door.places.release()


def everything(peer: socket.socket) -> bytes:
    with peer, peer.makefile("rb") as file:
        return file.read()


def test_pages_are_given_out_by_path(door):
    assert get(port_of(door), "/") == (200, "hello")
    assert get(port_of(door), "/?with=words") == (200, "hello")
    assert get(port_of(door), "/other")[0] == 404


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", b"200"),
    ],
)
def test_what_is_no_get_is_refused(door, request_, status):
    assert status in everything(dial(door, request_))


def test_a_head_without_end_is_read_to_its_bound(door):
    with dial(door, b"x" * HEAD_BYTES_MAX) as peer:
        assert b"414" in peer.recv(100) or b"400" in peer.recv(100)
    assert get(port_of(door), "/") == (200, "hello")


def test_who_says_nothing_is_cut(door, monkeypatch):
    monkeypatch.setattr(door_module, "SECONDS_MAX", 0.05)
    assert everything(dial(door, b"GET / HT")) == b""


def test_who_finds_no_place_is_cut_and_places_come_back(door):
    waiting = [dial(door, b"GET /wait HTTP/1.0\r\n\r\n") for _ in range(PLACES)]
    for _ in waiting:
        assert door.taken.acquire(timeout=20)
    with pytest.raises(OSError):
        get(port_of(door), "/")
    door.gate.set()
    assert [everything(peer).endswith(b"at last") for peer in waiting] == [True] * PLACES
    wait_until_free(door)
    assert get(port_of(door), "/") == (200, "hello")


def test_a_port_that_is_taken_is_a_mistake_in_the_configuration(door):
    with pytest.raises(ConfigError, match=r"observe: cannot listen on host '127.0.0.1', port \d+"):
        Door("127.0.0.1", port_of(door), {})


def test_a_system_without_threads_takes_no_place_for_good(door, monkeypatch, caplog):
    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        for _ in range(PLACES + 1):
            assert everything(dial(door, b"GET / HTTP/1.0\r\n\r\n")) == b""
    assert get(port_of(door), "/") == (200, "hello")


def test_a_page_that_cannot_be_made_is_told_in_the_log(door, caplog):
    door.pages["/broken"] = lambda: 1 // 0
    with pytest.raises(OSError):
        get(port_of(door), "/broken")
    while not caplog.records:
        time.sleep(0.01)
    assert [record.getMessage() for record in caplog.records] == ["a page could not be made"]
