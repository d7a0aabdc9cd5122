"""Clients that keep every report they were given and every request they sent, and hold the venue to
them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Self

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, accounts_of
from bench.dice import Dice
from bench.means import write
from engine.conservation import amiss_in, lost, sums_of
from engine.instruments import load_listings
from engine.listings import listed
from engine.storage.daybook import Daybook
from gateway.config import DEFAULTS
from gateway.replayed import Replayed, replayed
from protocol.calendar import to_date
from protocol.client import Client
from protocol.messages import PhaseChanged
from protocol.records import COMMAND, REPORT
from protocol.terminal import SessionEnded, rows_of
from protocol.vocabulary import EVERYONE, CommandKind, Phase, Reject, ReportKind, Side
from tests.gateway.conftest import BUSINESS_DATE, configure, daybook_of, edit

BRANCHES_OF_WITNESSES = (1, 1, 2)
INSTRUMENTS = 4
"""How many of the default ones they trade."""

RICH, POOR = ("1000000000000", 2_000_000_000), ("2000000", 3_000)
"""Money in yuan, and shares of each instrument, of a branch's first account and its second."""

SNAPSHOT_EVERY = 500
"""Commands; a day of kills has some thousands."""

REQUESTS = 200_000
"""More than a witness can send in the time it has."""

UNANSWERED_MAX = 1_000
"""Requests that a witness sends ahead of their answers."""

BATCHES = (1, 1, 1, 1, 1, 5, 40, 200)
"""Requests that a witness sends at once."""

TERMS = {
    "depositories": "SHANGHAI_A SHENZHEN_A",
    "permissions": "ORDINARY",
    "commission_rate": "0.00025",
    "commission_min": "5.00",
    "rate_max": "0",
    "requests_max": "0",
}

WAITING_SECONDS = 30

CUT = "the connection was closed"
"""How a session ends whose venue is gone."""

ANSWERS = (ReportKind.ACCEPTED, ReportKind.REJECTED, ReportKind.CANCELED)
"""Of which each request of a witness gets one."""


def configure_day(folder: Path, **options) -> Path:
    """Write the configuration of a small day with accounts, for three witnesses."""
    config = configure(
        folder,
        terminals=BRANCHES_OF_WITNESSES,
        orders=len(BRANCHES_OF_WITNESSES) * REQUESTS,
        accounts=write_accounts(folder / "accounts"),
        **options,
    )
    edit(config, "port = 0\n", f"port = 0\nsnapshot_every = {SNAPSHOT_EVERY}\n")
    edit(config, "[capacity]\n", "[capacity]\naccounts = 3000\nholdings = 100\nledger = 100\n")
    return config


def write_accounts(folder: Path) -> Path:
    """Write a rich account and a poor one of each branch; return the folder."""
    symbols = [instrument.symbol for instrument in traded()[0]]
    accounts = [(n, m) for b in (1, 2) for n, m in zip(accounts_of(b), (RICH, POOR), strict=False)]
    folder.mkdir()
    write(
        folder / "accounts.csv",
        ["account", "branch", *TERMS],
        ([number, number // 1_000, *TERMS.values()] for number, _ in accounts),
    )
    funds = ([n, "CNY", balance] for n, (balance, _) in accounts)
    write(folder / "funds.csv", ["account", "currency", "balance"], funds)
    holdings = ([n, symbol, total] for n, (_, total) in accounts for symbol in symbols)
    write(folder / "holdings.csv", ["account", "symbol", "total"], holdings)
    return folder


def traded() -> tuple[list, np.ndarray]:
    """Return the instruments that are traded, and their LISTED rows."""
    instruments, rows = load_listings(DEFAULTS / "instruments.csv", to_date(BUSINESS_DATE))
    return instruments[:INSTRUMENTS], listed(rows)[:INSTRUMENTS]


def random_requests(seed: int, branch: int) -> np.ndarray:
    """Return COMMAND rows, numbered from 1 on: orders that often trade, and some cancels."""
    dice = Dice(seed)
    listing = traded()[1][dice.below(INSTRUMENTS, REQUESTS)]
    rows = np.zeros(REQUESTS, COMMAND)
    rows["client_seq"] = np.arange(REQUESTS) + 1
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["account"] = accounts_of(branch)[0] + dice.happens(100, REQUESTS)
    rows["instrument"] = listing["instrument"]
    rows["side"] = dice.below(len(Side), REQUESTS)
    rows["price"] = listing["previous_close"] + (dice.below(9, REQUESTS) - 4) * listing["tick"]
    rows["quantity"] = listing["quantity_min"] * (1 + dice.below(5, REQUESTS))
    cancels = np.flatnonzero(dice.happens(200, REQUESTS))
    sequences = rows["client_seq"][cancels]
    rows[cancels] = np.zeros(1, COMMAND)
    rows["client_seq"][cancels] = sequences
    rows["kind"][cancels] = CommandKind.CANCEL_ORDER
    rows["of_client_seq"][cancels] = np.maximum(1, sequences - 1 - dice.below(60, len(cancels)))
    return rows


class Witness:
    """One user of the venue, over all its sessions of the day."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.random = Random(seed)
        self.requests = random_requests(seed, BRANCHES_OF_WITNESSES[number - 1])
        self.sent = 0
        self.answered = 0
        self.heard = bytearray()

    @property
    def next_report(self) -> int:
        """The number of the report that is due next."""
        return len(self.heard) // REPORT.itemsize + 1

    @property
    def unanswered(self) -> int:
        """How many requests were sent of which no report has come."""
        return self.sent - self.answered

    async def trade(self, gateway: ChildGateway) -> str:
        """Take up the session where it stood and trade until it ends; return how it ended."""
        said = "there was nothing more to ask for"
        try:
            async with self.log_in(gateway) as client, asyncio.TaskGroup() as both:
                both.create_task(self.listen(client))
                both.create_task(self.ask(client))
        except* (SessionEnded, ConnectionError) as ended:
            first = ended.exceptions[0]
            said = str(first) if isinstance(first, SessionEnded) else CUT
        return said

    async def settle(self, gateway: ChildGateway) -> None:
        """Take up the session, have all that was sent answered, and log out."""
        async with self.log_in(gateway) as client:
            for message in await asyncio.wait_for(client.log_out(), WAITING_SECONDS):
                self.take(rows_of(message))

    @asynccontextmanager
    async def log_in(self, gateway: ChildGateway) -> AsyncIterator[Client]:
        """Log in for what is due, hear what was missed, and resend what has no answer.

        Sometimes what was answered last is sent again as well.
        """
        due = self.next_report
        self.has_heard = asyncio.Event()
        async with await Client.connect(
            *(gateway.host, gateway.port, f"terminal{self.number}", PASSWORD),
            packed=True,
            next_report=due,
        ) as client:
            assert client.session.next_report >= due
            assert client.session.client_seq <= self.sent
            while self.next_report < client.session.next_report:
                await self.hear(client)
            if self.unanswered:
                first = max(0, self.answered - self.random.choice((0, 0, 3)))
                await client.send(self.requests[first : self.sent])
            yield client

    async def hear(self, client: Client) -> None:
        """Keep the next reports that come."""
        self.take(rows_of(await asyncio.wait_for(client.receive(), WAITING_SECONDS)))

    async def listen(self, client: Client) -> None:
        while True:
            await self.hear(client)

    def take(self, reports: np.ndarray) -> None:
        """Keep reports, and note what is answered by now."""
        self.heard += reports.tobytes()
        self.answered = max(self.answered, int(reports["request_seq"].max()))
        self.has_heard.set()

    async def ask(self, client: Client) -> None:
        """Send one request after the other, some of them in batches."""
        while self.sent < REQUESTS:
            while self.unanswered >= UNANSWERED_MAX:
                self.has_heard.clear()
                await self.has_heard.wait()
            rows = self.requests[self.sent : self.sent + self.random.choice(BATCHES)]
            self.sent += len(rows)
            await (client.send(rows) if len(rows) > 1 else send_alone(client, rows[0]))


def send_alone(client: Client, row: np.void) -> Awaitable[int]:
    """Send a request as a message of its own."""
    client.terminal.client_seq = int(row["client_seq"]) - 1
    if row["kind"] == CommandKind.CANCEL_ORDER:
        return client.cancel(of_client_seq=int(row["of_client_seq"]))
    return client.enter(
        int(row["account"]),
        client.session.instruments[row["instrument"]],
        Side(row["side"]),
        int(row["price"]),
        int(row["quantity"]),
    )


def witnesses_of(seed: int) -> list[Witness]:
    """Return the witnesses of a day, with what they ask for by this seed."""
    places = range(len(BRANCHES_OF_WITNESSES))
    return [Witness(place + 1, len(places) * seed + place) for place in places]


class Launched(ChildGateway):
    """A gateway that may still be on its way when the context is entered."""

    def __enter__(self) -> Self:
        """Start it."""
        self.launch()
        return self


async def begin_trading(gateway: ChildGateway) -> None:
    """Let an operator begin continuous trading."""
    async with await Client.connect(gateway.host, gateway.port, OPERATOR, PASSWORD) as operator:
        await operator.change_phase(Phase.CONTINUOUS)
        begun = await asyncio.wait_for(operator.receive(), WAITING_SECONDS)
        assert isinstance(begun, PhaseChanged)


async def settle(gateway: ChildGateway, witnesses: Sequence[Witness]) -> None:
    """Have all requests answered, end the day, and hear it to its end."""
    for witness in witnesses:
        await witness.settle(gateway)
    async with await Client.connect(gateway.host, gateway.port, OPERATOR, PASSWORD) as operator:
        await operator.close_day()
    for witness in witnesses:
        await witness.settle(gateway)


def end_well(config: Path, witnesses: Sequence[Witness]) -> None:
    """Start once more, settle everything, and check the whole day."""
    with ChildGateway(config) as gateway:
        uvloop.run(settle(gateway, witnesses))
        assert gateway.stop() == 0
    check_whole(daybook_of(config), witnesses)


def check(daybook: Daybook, witnesses: Sequence[Witness]) -> Replayed:
    """Hold a day's journal to what the witnesses heard; return what a replay of it gives."""
    day, again = replayed(daybook), replayed(daybook, batch_rows=97)
    assert again.venue.digest() == day.venue.digest()
    assert again.reports.tobytes() == day.reports.tobytes()
    assert list(lost(sums_of(day.venue.state))) == []
    for witness in witnesses:
        assert stream_of(day, witness).tobytes().startswith(witness.heard)
    accepted = day.reports[day.reports["kind"] == ReportKind.ACCEPTED]
    names = accepted["session"].astype(np.int64) << 32 | accepted["client_seq"]
    assert len(np.unique(names)) == len(names)
    return day


def check_whole(daybook: Daybook, witnesses: Sequence[Witness]) -> None:
    """Check a day that has ended: each request was answered once, and its answer was heard."""
    day = check(daybook, witnesses)
    assert amiss_in(day.venue.state) == []
    assert daybook.read_reports().tobytes() == day.reports.tobytes()
    for witness in witnesses:
        stream = stream_of(day, witness)
        assert stream.tobytes() == witness.heard
        assert sorted(answered_in(stream).tolist()) == list(range(1, witness.sent + 1))


def stream_of(day: Replayed, witness: Witness) -> np.ndarray:
    """Return the reports of a day that are in a witness's stream."""
    session = day.reports["session"]
    return day.reports[(session == witness.number) | (session == EVERYONE)]


def answered_in(stream: np.ndarray) -> np.ndarray:
    """Return the numbers of the requests that are answered, but for what came once before."""
    is_answer = np.isin(stream["kind"], ANSWERS) & (stream["request_seq"] > 0)
    is_rejected = stream["kind"] == ReportKind.REJECTED
    came_before = is_rejected & (stream["reason"] == Reject.CLIENT_SEQ_NOT_INCREASING)
    return stream["request_seq"][is_answer & ~came_before]
