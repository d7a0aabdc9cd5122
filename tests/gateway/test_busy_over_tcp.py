"""More comes than a real gateway carries out: it says that it is busy, to all but who cancels."""

from threading import Thread

import numpy as np
import pytest

from bench.child import ChildGateway
from protocol.client import BlockingClient
from protocol.messages import Accepted, Refused, ReportBatch
from protocol.records import COMMAND, join
from protocol.terminal import rows_of
from protocol.vocabulary import CommandKind, Phase, Refusal, Side
from tests.gateway.conftest import edit
from tests.gateway.observe.test_observed import observed, samples
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.gateway.test_serve import begin

BUSY_AFTER_MS = 20
BATCHES, BATCH = 100, 4_000


def flood(client: BlockingClient) -> None:
    """Send orders as fast as the line takes them, and a cancel behind each batch of them."""
    frames = []
    for first in range(1, BATCHES * BATCH, BATCH):
        cancel = np.zeros(1, COMMAND)
        cancel["kind"], cancel["client_seq"] = CommandKind.CANCEL_ORDER, first + BATCH - 1
        cancel["order_number"] = 999_999
        frames.append(client.terminal.send(join([rows_to_enter(first, BATCH - 1), cancel])))
    client.socket.sendall(b"".join(frames))


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_a_flood_is_told_that_the_venue_is_busy_and_everything_is_answered(tmp_path, dial, mode):
    config, port = observed(tmp_path, journal=mode, orders=1_000_000)
    edit(config, "[venue]\n", f"[venue]\nbusy_after_ms = {BUSY_AFTER_MS}\n")
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        client = dial(gateway, "terminal1", packed=True, next_report=0)
        sender = Thread(target=flood, args=(client,))
        sender.start()
        told: list[int] = []
        refused: list[int] = []
        while len(told) + len(refused) < BATCHES * BATCH:
            for message in client.terminal.receive(client.socket.recv(1 << 20)):
                if isinstance(message, Refused):
                    assert message == Refused(message.client_seq, Refusal.BUSY, BUSY_AFTER_MS)
                    refused.append(message.client_seq)
                else:
                    assert isinstance(message, ReportBatch)
                    told += rows_of(message)["request_seq"].tolist()
        sender.join()
        assert sorted(told + refused) == list(range(1, BATCHES * BATCH + 1))
        assert refused and not any(seq % BATCH == 0 for seq in refused)
        calm = dial(gateway, "terminal3", next_report=0)
        calm.enter(2001, MOUTAI, Side.BUY, PRICE - 1_000, 100)
        assert isinstance(calm.receive(), Accepted)
        assert samples(port)["cuohe_refused_total:BUSY"] >= len(refused)
        assert gateway.stop() == 0
