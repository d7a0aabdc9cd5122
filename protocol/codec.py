"""Messages to frames and back: the one encoder, and a typed decoder for each direction."""

from struct import Struct
from typing import TypeVar

import msgspec

from protocol.framing import LENGTH, ProtocolViolation, frame
from protocol.market import MarketInbound, MarketOutbound
from protocol.messages import Inbound, Message, Outbound, ReportBatch
from protocol.vocabulary import ProtocolFault

encoder = msgspec.msgpack.Encoder()
inbound = msgspec.msgpack.Decoder(Inbound)
outbound = msgspec.msgpack.Decoder(Outbound)
market_inbound = msgspec.msgpack.Decoder(MarketInbound)
market_outbound = msgspec.msgpack.Decoder(MarketOutbound)

Form = TypeVar("Form")

BIN = 0xC4
BIN_HEADS = Struct(">BB"), Struct(">BH"), Struct(">BI")
EMPTY_BIN = BIN_HEADS[0].pack(BIN, 0)

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises; RecursionError where arrays are nested too deeply behind a message."""


def encode(message: Message) -> bytes:
    """Return the whole frame of `message`; raises ProtocolViolation at a number beyond 64 bits."""
    try:
        return frame(encoder.encode(message))
    except OverflowError:
        raise ProtocolViolation(
            ProtocolFault.MESSAGE_MALFORMED,
            f"{type(message).__name__} holds a number beyond 64 bits",
        ) from None


def encode_reports(first_report: int, rows: memoryview) -> bytes:
    """Return the whole frame of a ReportBatch, its rows copied only once."""
    begin = encoder.encode(ReportBatch(first_report, b""))[: -len(EMPTY_BIN)]
    head = next(head for head in BIN_HEADS if rows.nbytes < 1 << 8 * (head.size - 1))
    envelope = begin + head.pack(BIN + BIN_HEADS.index(head), rows.nbytes)
    return b"".join((LENGTH.pack(len(envelope) + rows.nbytes), envelope, rows))


def decode_inbound(body: bytes) -> Inbound:
    """Return the message that a client sent, or raise ProtocolViolation."""
    return decoded(inbound, body)


def decode_outbound(body: bytes) -> Outbound:
    """Return the message that the venue sent, or raise ProtocolViolation."""
    return decoded(outbound, body)


def decode_market_inbound(body: bytes) -> MarketInbound:
    """Return the message that a client sent to the port of market data, or raise
    ProtocolViolation."""
    return decoded(market_inbound, body)


def decode_market_outbound(body: bytes) -> MarketOutbound:
    """Return the message that the venue sent from there, or raise ProtocolViolation."""
    return decoded(market_outbound, body)


def decoded(decoder: msgspec.msgpack.Decoder[Form], body: bytes) -> Form:
    try:
        return decoder.decode(body)
    except UNDECODABLE as error:
        raise violation(error) from None


def violation(error: Exception) -> ProtocolViolation:
    text = str(error)
    if "truncated" in text:
        return ProtocolViolation(ProtocolFault.FRAME_TRUNCATED, f"the message breaks off: {text}")
    if text.endswith("`$[0]`") and text.startswith("Invalid value"):
        return ProtocolViolation(ProtocolFault.MESSAGE_UNKNOWN, f"no message has this tag: {text}")
    return ProtocolViolation(ProtocolFault.MESSAGE_MALFORMED, f"the message does not fit: {text}")
