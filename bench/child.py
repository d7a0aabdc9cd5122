"""A gateway in a process of its own, for demos, replays and tests: on loopback, any free port."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from gateway.passwords import LEAST_COST, verifier_of_keys
from gateway.secret import load_secret, make_secret
from gateway.verifier import Verifier
from protocol.login import derive
from protocol.mistake import Mistake

STARTING_SECONDS = 240
"""Enough to compile all kernels."""

STOPPING_SECONDS = 20

CONFIG = """\
quotes = {{port=0}}

[venue]
port = 0
data = "."
business_date = {business_date}
journal = "{journal}"
rate_max = {rate_max}
secret = "venue.secret"
instruments = "{instruments}"
accounts = "{accounts}"

[clock]
kind = "operator"
speed = {speed}

[capacity]
connections = {connections}
orders_open = {orders}
orders_day = {orders}
"""

BRANCH = """
[[branches]]
number = {number}
name = "branch {number}"
account_first = {account_first}
account_last = {account_last}
trading_unit_sse = "{trading_unit_sse}"
trading_unit_szse = "{trading_unit_szse}"
"""

USER = """
[[users]]
name = "{name}"
verifier = "{verifier}"
branch = {branch}
role = "{role}"
"""

ACCOUNTS_EACH = 1_000
"""Accounts of a branch."""

PASSWORD = "open sesame"
SALT = b"of all terminals"
OPERATOR = "operator"


class GatewayFailed(Mistake):
    """The gateway's process did not start; the text is what it said."""


def write_config(
    folder: Path,
    *,
    business_date: int,
    instruments: Path,
    branches: Sequence[int],
    terminals: Sequence[int],
    journal: str = "buffered",
    speed: float = 100.0,
    orders: int = 1_000_000,
    accounts: Path | None = None,
    rate_max: int = 0,
) -> Path:
    """Write a configuration into `folder`; return its path.

    Branch n owns the accounts 1000 n to 1000 n + 999; `terminals` gives the branch of each user
    "terminal1", "terminal2", ...; the user "operator" moves the phases.  `accounts` is the folder
    of accounts, if there are any; `rate_max` is what a session may send in a second, 0 for any.
    """
    parts = [
        CONFIG.format(
            business_date=business_date,
            journal=journal,
            rate_max=rate_max,
            instruments=instruments.resolve(),
            accounts=accounts.resolve() if accounts else "",
            speed=speed,
            orders=orders,
            connections=1_000 + len(terminals),
        )
    ]
    secret = folder / "venue.secret"
    if not secret.exists():
        make_secret(secret)
    verifier = verifiers(load_secret(secret))
    parts += [branch_table(number) for number in branches]
    parts += [
        user_table(f"terminal{number}", branch, verifier)
        for number, branch in enumerate(terminals, start=1)
    ]
    parts.append(user_table(OPERATOR, branches[0], verifier, "operator"))
    path = folder / "venue.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def accounts_of(branch: int) -> range:
    """Return the numbers of a branch's accounts."""
    return range(ACCOUNTS_EACH * branch, ACCOUNTS_EACH * (branch + 1))


def branch_table(number: int) -> str:
    accounts = accounts_of(number)
    return BRANCH.format(
        number=number,
        account_first=accounts[0],
        account_last=accounts[-1],
        trading_unit_sse=f"{20_000 + number}",
        trading_unit_szse=f"{390_000 + number}",
    )


def user_table(
    name: str, branch: int, verifier: Callable[[str], Verifier], role: str = "terminal"
) -> str:
    return USER.format(name=name, verifier=verifier(name), branch=branch, role=role)


def verifiers(secret: bytes) -> Callable[[str], Verifier]:
    """Return what makes verifiers of PASSWORD at the least cost, with one derivation for all."""
    keys = derive(PASSWORD, SALT, LEAST_COST.iterations)
    return lambda user: verifier_of_keys(user, keys, SALT, secret, LEAST_COST)


class ChildGateway:
    """`cuohe serve` as a child process, from entering the context to leaving it."""

    command = "serve"
    log_name = "gateway.log"
    says = re.compile(r"listening on \S+:(\d+),")

    def __init__(self, config: Path) -> None:
        self.config = config
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def log(self) -> Path:
        """The file of what it says besides."""
        return self.config.parent / self.log_name

    def __enter__(self) -> Self:
        """Start it and wait until it listens; raises GatewayFailed."""
        self.launch()
        self.wait_until_it_listens()
        return self

    def launch(self) -> None:
        """Start it."""
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", self.command, str(self.config)],
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def wait_until_it_listens(self) -> None:
        """Wait until clients may connect; raises GatewayFailed."""
        assert self.process.stdout is not None
        deadline = threading.Timer(STARTING_SECONDS, self.process.kill)
        deadline.start()
        said = self.process.stdout.readline()
        deadline.cancel()
        found = self.says.match(said)
        if found is None:
            self.process.wait(STOPPING_SECONDS)
            self.process.stdout.close()
            raise GatewayFailed(self.log.read_text(encoding="utf-8").strip())
        self.port = int(found[1])

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop in order; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOPPING_SECONDS)

    def __exit__(self, *exception: object) -> None:
        """End it, in order if it can, and by force if it cannot."""
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            self.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()


class ChildQuotes(ChildGateway):
    """`cuohe quotes` as a child process beside a gateway of the same configuration."""

    command = "quotes"
    log_name = "quotes.log"
    says = re.compile(r"quotes on \S+:(\d+),")
