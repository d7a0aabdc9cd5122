"""Traders who send what the dice say over a line that fails, and keep all that they hear."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from ssl import SSLContext
from typing import Any

import numpy as np

from bench.child import PASSWORD
from engine.storage.daybook import Daybook
from engine.storage.segments import read_journal
from protocol.codec import encode
from protocol.messages import Message, ReportBatch
from protocol.records import REPORT
from protocol.recovery import Recovery
from protocol.steady import SteadyBlockingClient, SteadyClient
from protocol.terminal import rows_of
from protocol.translate import Translator
from protocol.vocabulary import EVERYONE, Side
from tests.gateway.orders import MOUTAI, PRICE

TICK = 100
BATCH_MAX = 40

HASTY = Recovery(
    connect_seconds=2, login_seconds=2, wait_seconds=0.002, wait_seconds_max=0.2, give_up_seconds=90
)
"""Tries again at once, as nobody should at a venue that others use."""


class Trader:
    """One user of the venue: what it has asked for, and what it was told."""

    def __init__(self, number: int, seed: int, *, packed: bool) -> None:
        self.user = f"terminal{number}"
        self.account = 1_000 + number
        self.random = Random(f"{seed} {number}")
        self.packed = packed
        self.asked: list[int] = []
        self.heard: list[Message] = []
        self.session = 0
        self.symbols: list[str] = []
        self.tls: SSLContext | None = None

    @property
    def login(self) -> dict[str, Any]:
        """How it logs in, wherever the line leads."""
        return {
            "user": self.user,
            "password": PASSWORD,
            "recovery": HASTY,
            "packed": self.packed,
            "heartbeat_seconds": 1,
            "tls": self.tls,
        }

    def begin(self, client: SteadyClient | SteadyBlockingClient) -> None:
        """Take notice of what the venue said at the login."""
        self.session = client.session.session
        self.symbols = client.session.instruments

    def ask(self, client: Any) -> Any:
        """Send the next request, or many at once; return what sending them gives."""
        dice = self.random.random()
        if dice < 0.03:
            return self.ask_for_many(client)
        price = PRICE + TICK * self.random.randrange(-3, 4)
        quantity = 100 * self.random.randrange(1, 5)
        if dice < 0.25 and self.asked:
            sent = client.cancel(of_client_seq=self.random.choice(self.asked))
        elif dice < 0.4 and self.heard:
            sent = client.replace(self.last_order(), price, quantity)
        else:
            side = self.random.choice(list(Side))
            sent = client.enter(self.account, MOUTAI, side, price, quantity)
        self.asked.append(client.terminal.client_seq)
        return sent

    def last_order(self) -> int:
        """Return the number of an order that it heard of lately, or one that there is not."""
        last = self.heard[-1]
        if isinstance(last, ReportBatch):
            return int(rows_of(last)["order_number"][-1])
        return getattr(last, "order_number", 0)

    def ask_for_many(self, client: Any) -> Any:
        count = self.random.randrange(1, BATCH_MAX)
        prices = PRICE + TICK * np.array([self.random.randrange(-3, 4) for _ in range(count)])
        rows = client.orders(self.account, MOUTAI, Side(count % 2), prices, 100)
        self.asked += rows["client_seq"].tolist()
        return client.send(rows)

    def check(self, daybook: Daybook) -> None:
        """Assert that all that was asked for was carried out once, and that all that the engine
        made of it was heard once, in order, and nothing else."""
        commands = read_journal(daybook.journal)
        carried_out = commands["client_seq"][commands["session"] == self.session]
        assert carried_out.tolist() == self.asked
        reports = daybook.read_reports()
        own = reports[np.isin(reports["session"], (self.session, EVERYONE))]
        if self.packed:
            assert b"".join(batch.rows for batch in self.batches()) == own.tobytes()
        else:
            translator = Translator(self.symbols)
            made = [encode(translator.to_message(row, n)) for n, row in enumerate(own, 1)]
            assert [encode(message) for message in self.heard] == made

    def batches(self) -> Iterator[ReportBatch]:
        """Yield the batches that were heard, each of which goes on where the last one ended."""
        due = 1
        for batch in self.heard:
            assert isinstance(batch, ReportBatch)
            assert batch.first_report == due
            assert rows_of(batch).dtype == REPORT
            due += len(rows_of(batch))
            yield batch


def hear_what_is_there(trader: Trader, client: SteadyBlockingClient, seconds: float) -> None:
    """Take all that comes within so many seconds of each other."""
    with suppress(TimeoutError):
        while True:
            trader.heard.append(client.receive(seconds))
