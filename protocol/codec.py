"""Messages to frames and back: the one encoder, and a typed decoder for each direction."""

from struct import Struct

import msgspec

from protocol.framing import LENGTH, ProtocolViolation, frame
from protocol.messages import Inbound, Message, Outbound, ReportBatch
from protocol.vocabulary import ProtocolFault

encoder = msgspec.msgpack.Encoder()
inbound = msgspec.msgpack.Decoder(Inbound)
outbound = msgspec.msgpack.Decoder(Outbound)

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
    try:
        return inbound.decode(body)
    except UNDECODABLE as error:
        raise violation(error) from None


def decode_outbound(body: bytes) -> Outbound:
    """Return the message that the venue sent, or raise ProtocolViolation."""
    try:
        return outbound.decode(body)
    except UNDECODABLE as error:
        raise violation(error) from None


def violation(error: Exception) -> ProtocolViolation:
    text = str(error)
    if "truncated" in text:
        return ProtocolViolation(ProtocolFault.FRAME_TRUNCATED, f"the message breaks off: {text}")
    if text.endswith("`$[0]`") and text.startswith("Invalid value"):
        return ProtocolViolation(ProtocolFault.MESSAGE_UNKNOWN, f"no message has this tag: {text}")
    return ProtocolViolation(ProtocolFault.MESSAGE_MALFORMED, f"the message does not fit: {text}")
