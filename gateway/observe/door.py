"""A small HTTP server for those who look: it answers GET, on threads of its own.

It has few places, and nobody keeps one for long: who asks or reads too slowly is cut, and who
finds no place is, too.
"""

import io
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from gateway.config import ConfigError

log = logging.getLogger("cuohe")

PLACES = 4
SECONDS_MAX = 5.0
"""How long a request may take to come, and again how long the answer to leave."""

HEAD_BYTES_MAX = 8 << 10


class Page(NamedTuple):
    """An answer."""

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK


Pages = Mapping[str, Callable[[], Page]]
"""What is to be had, by path."""


class Door(ThreadingHTTPServer):
    """Listens, and gives out pages."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, pages: Pages) -> None:
        """Take the port; raises ConfigError."""
        self.pages = pages
        self.places = threading.BoundedSemaphore(PLACES)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Request)
        except OSError as error:
            raise ConfigError(
                f"observe: cannot listen on host {host!r}, port {port}: {error.strerror}; "
                "choose others, or end what uses them"
            ) from None

    def server_bind(self) -> None:
        """Bind, without asking the network for the host's name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def open(self) -> None:
        """Answer from now on."""
        self.thread = threading.Thread(target=self.serve_forever, name="observe", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Answer no more."""
        self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread, if there is a place."""
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self.places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who hang up, but tell what is wrong here."""
        error = sys.exception()
        if not isinstance(error, OSError):
            log.error("a page could not be made", exc_info=error)


class Request(BaseHTTPRequestHandler):
    """One request and its answer."""

    server: Door
    server_version = "cuohe"
    sys_version = ""

    def setup(self) -> None:
        """Read the request's head before anything is made of it."""
        super().setup()
        self.rfile = io.BytesIO(read_head(self.connection))
        self.connection.settimeout(SECONDS_MAX)

    def do_GET(self) -> None:
        """Give out the page of the path."""
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        page = make()
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing of who looks."""


def read_head(connection: socket.socket) -> bytes:
    """Return a request's head, or as much of it as has come when its time or room is over."""
    head = b""
    deadline = time.monotonic() + SECONDS_MAX
    while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES_MAX:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            more = connection.recv(HEAD_BYTES_MAX - len(head))
        except TimeoutError:
            return b""
        if not more:
            break
        head += more
    return head
