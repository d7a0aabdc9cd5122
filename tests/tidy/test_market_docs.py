"""docs/protocol/market-data.md and the code say the same, table by table."""

import re
from typing import get_args

import pytest

from gateway.line import UNSENT_BYTES_MAX
from gateway.quotes.viewing import KEPT_MAX
from protocol import market
from protocol.codec import decode_market_inbound, decode_market_outbound
from protocol.framing import LENGTH
from protocol.market import (
    DEPTHS,
    INTERVALS_MS,
    ORDERS_MAX,
    DepthChanged,
    LevelChange,
    MarketInbound,
    MarketOutbound,
    Subscribe,
)
from protocol.messages import Message
from protocol.vocabulary import Side
from tests.tidy.test_protocol_docs import (
    MARKET_DATA,
    columns,
    fields_of,
    headed,
    listed,
    section,
    tables,
    tagged,
)

FORMS = [
    form
    for form in vars(market).values()
    if isinstance(form, type) and form.__module__ == market.__name__
]
MESSAGES = [form for form in FORMS if issubclass(form, Message)]
ROWS = [form for form in FORMS if issubclass(form, market.Row) and form is not market.Row]


@pytest.mark.parametrize("form", MESSAGES + ROWS, ids=lambda form: form.__name__)
def test_message_or_row_has_its_table(form):
    ((_, *rows),) = tables(section(MARKET_DATA, form.__name__))
    assert columns(rows, 2) == fields_of(form)


def test_messages_stand_in_the_order_of_the_code_with_tag_and_direction():
    expected = tagged(MESSAGES, MarketInbound, MarketOutbound)
    assert listed(MARKET_DATA, "Messages of market data") == headed(MARKET_DATA) == expected


def test_no_tag_is_given_twice():
    forms = {*get_args(MarketInbound), *get_args(MarketOutbound)}
    tags = [form.__struct_config__.tag for form in forms]
    assert sorted(tags) == sorted(set(tags))


def test_numbers_of_the_text_are_those_of_the_code():
    slowly = section(MARKET_DATA, "Who reads slowly")
    assert f"More than {KEPT_MAX:,} trades and changes" in slowly
    assert f"{UNSENT_BYTES_MAX >> 20} MiB" in slowly
    assert f": {DEPTHS[0]}, {DEPTHS[1]} or {DEPTHS[2]} |" in section(MARKET_DATA, "Subscribe")
    offered = section(MARKET_DATA, "SubscribeReject")
    assert (
        f"{', '.join(f'{ms:,}' for ms in INTERVALS_MS[:-1])} or {INTERVALS_MS[-1]:,} ms" in offered
    )
    for title in ("OrdersSnapshot", "OrdersChanged"):
        assert f"{ORDERS_MAX:,} in a message" in section(MARKET_DATA, title)


def test_the_example_is_what_is_sent():
    listing = section(MARKET_DATA, "A subscription and an update")
    asked, told = (
        bytes.fromhex(digits) for digits in re.findall(r"^  ([0-9a-f ]+)$", listing, re.M)
    )
    assert decode_market_inbound(asked[LENGTH.size :]) == Subscribe("600519.SH", 5, trades=False)
    message = decode_market_outbound(told[LENGTH.size :])
    assert isinstance(message, DepthChanged)
    assert (message.update, message.sequence) == (8, 43)
    assert message.levels == [LevelChange(Side.SELL, 14_510_000, 300, 1)]
