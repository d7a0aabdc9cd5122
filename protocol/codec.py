"""Messages to frames and back: the one encoder, and a typed decoder for each direction."""

import msgspec

from protocol.framing import ProtocolViolation, frame
from protocol.messages import Inbound, Message, Outbound
from protocol.vocabulary import ProtocolFault

encoder = msgspec.msgpack.Encoder()
inbound = msgspec.msgpack.Decoder(Inbound)
outbound = msgspec.msgpack.Decoder(Outbound)

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
