"""What all messages have in common: their form, and the types of their fields."""

from typing import Annotated

from msgspec import Meta, Struct

I8 = Annotated[int, Meta(ge=-(2**7), le=2**7 - 1)]
I32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
I64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Name = Annotated[str, Meta(max_length=32)]
Text = Annotated[str, Meta(max_length=256)]
Unit = Annotated[str, Meta(max_length=6, pattern=r"\A[!-~]{0,6}\Z")]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=64)]
Mac = Annotated[bytes, Meta(min_length=32, max_length=32)]


class Message(Struct, array_like=True, gc=False):
    """A MessagePack array: a tag, then the fields of the message."""
