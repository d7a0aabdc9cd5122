"""Packed requests made of arrays."""

import numpy as np
import pytest

from protocol.batches import make_rows, numbers_of
from protocol.client import Requests
from protocol.messages import CancelOrder, EnterOrder, LoginAccepted
from protocol.mistake import Mistake
from protocol.records import COMMAND, join
from protocol.translate import Translator
from protocol.vocabulary import CommandKind, OrderType, Role, Side, TimeInForce

SYMBOLS = ["600519.SH", "000001.SZ", "300750.SZ"]


@pytest.fixture
def client() -> Requests[None]:
    client: Requests[None] = Requests()
    client.terminal.accepted = LoginAccepted(
        *(1, 1, 1000, 1999, 20261120, 1, 0, 10, "sync", SYMBOLS, Role.TERMINAL, 65_536, b"")
    )
    return client


def packed(*messages) -> bytes:
    translator = Translator(SYMBOLS)
    return b"".join(translator.to_row(message, 0) for message in messages)


def test_rows_of_arrays_are_those_of_the_messages(client):
    rows = client.orders(
        [1001, 1002],
        ["000001.SZ", "600519.SH"],
        np.array([Side.BUY, Side.SELL]),
        np.array([118_000, 14_500_000]),
        [100, 200],
        order_type=[OrderType.LIMIT, OrderType.COUNTERPARTY_BEST],
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )
    hasty = TimeInForce.IMMEDIATE_OR_CANCEL
    best = OrderType.COUNTERPARTY_BEST
    assert rows.tobytes() == packed(
        EnterOrder(1, 1001, "000001.SZ", Side.BUY, 118_000, 100, OrderType.LIMIT, hasty),
        EnterOrder(2, 1002, "600519.SH", Side.SELL, 14_500_000, 200, best, hasty),
    )


def test_what_is_the_same_for_all_is_said_once(client):
    rows = client.orders(1001, "300750.SZ", Side.SELL, np.arange(100, 400, 100), 100)
    assert rows["price"].tolist() == [100, 200, 300]
    assert set(rows["instrument"].tolist()) == {2}
    assert set(rows["account"].tolist()) == {1001}
    assert client.orders(1001, "300750.SZ", Side.SELL, 100, 100)["client_seq"].tolist() == [4]


def test_instruments_may_be_given_by_their_places(client):
    assert client.orders(1, np.array([2, 0]), Side.BUY, 1, 1)["instrument"].tolist() == [2, 0]


def test_cancels_name_orders_by_either_number(client):
    by_number = client.cancels([2**40, 7], quantity=[0, 50])
    by_seq = client.cancels(of_client_seq=[1, 2])
    assert join([by_number, by_seq]).tobytes() == packed(
        CancelOrder(1, 2**40),
        CancelOrder(2, 7, 50),
        CancelOrder(3, 0, 0, 1),
        CancelOrder(4, 0, 0, 2),
    )


def test_requests_made_one_by_one_are_numbered_between_the_batches(client):
    first = client.orders(1, 0, Side.BUY, [1, 2], 1)["client_seq"].tolist()
    client.terminal.enter(1, "600519.SH", Side.BUY, 1, 1)
    assert first + client.orders(1, 0, Side.BUY, [1, 2], 1)["client_seq"].tolist() == [1, 2, 4, 5]


def test_no_rows_are_made_of_empty_arrays():
    rows = make_rows(CommandKind.ENTER_ORDER, price=[], quantity=100)
    assert (len(rows), rows.dtype) == (0, COMMAND)


def test_fields_of_two_lengths_do_not_fit():
    with pytest.raises(Mistake, match="price 3, quantity 2"):
        make_rows(CommandKind.ENTER_ORDER, price=[1, 2, 3], quantity=[1, 2])


@pytest.mark.parametrize("field", [{"price": 2**31}, {"price": [1, -(2**31) - 1]}, {"side": 128}])
def test_a_number_that_does_not_fit_is_named(field):
    with pytest.raises(Mistake, match=f"{next(iter(field))} goes from .* too far"):
        make_rows(CommandKind.ENTER_ORDER, **field)


def test_a_symbol_that_is_not_traded_is_named():
    with pytest.raises(Mistake, match=r"999999\.SH is not traded today"):
        numbers_of(["600519.SH", "999999.SH"], SYMBOLS)
