"""Looking at a gateway as a scraper does."""

import json
import socket
import urllib.error
import urllib.request


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def verdict(port: int, path: str) -> tuple[int, list[str]]:
    """Return status and reasons of a page that tells health."""
    status, body = get(port, path)
    told = json.loads(body)
    assert told["ok"] == (not told["reasons"])
    return status, told["reasons"]
