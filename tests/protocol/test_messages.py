"""Messages keep their bytes, and come back from them as they were."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from protocol.codec import decode_inbound, decode_outbound, encode
from protocol.framing import LENGTH
from protocol.messages import (
    AccountLimits,
    AccountTerms,
    EditAccount,
    Inbound,
    LimitAccount,
    Login,
    Message,
    OpenAccount,
    Outbound,
)
from protocol.questions import AnswerOf
from tests.protocol.examples import INBOUND, OUTBOUND, golden
from tests.protocol.question_examples import ANSWERS, QUESTIONS

GOLDEN = golden("messages.txt") | golden("questions.txt")
FROM_CLIENT = INBOUND + QUESTIONS
FROM_VENUE = INBOUND[1:3] + OUTBOUND + ANSWERS
EVERY_EXAMPLE = INBOUND + OUTBOUND + QUESTIONS + ANSWERS


def name_of(thing: object) -> str:
    return (thing if isinstance(thing, type) else type(thing)).__name__


def body(message: Message) -> bytes:
    return encode(message)[LENGTH.size :]


def test_every_message_has_an_example():
    assert {type(message) for message in FROM_CLIENT} == set(get_args(Inbound))
    assert {type(message) for message in FROM_VENUE} == set(get_args(Outbound))
    assert list(GOLDEN) == [name_of(message) for message in EVERY_EXAMPLE]


@pytest.mark.parametrize("message", EVERY_EXAMPLE, ids=name_of)
def test_bytes_of_a_message_are_frozen(message):
    assert encode(message).hex(" ") == GOLDEN[name_of(message)].hex(" ")


@pytest.mark.parametrize("message", FROM_CLIENT, ids=name_of)
def test_what_a_client_sends_is_what_the_venue_reads(message):
    assert decode_inbound(GOLDEN[name_of(message)][LENGTH.size :]) == message


@pytest.mark.parametrize("message", FROM_VENUE, ids=name_of)
def test_what_the_venue_sends_is_what_a_client_reads(message):
    assert decode_outbound(GOLDEN[name_of(message)][LENGTH.size :]) == message


def test_fields_that_have_defaults_may_be_left_out():
    nonce = bytes(16)
    login = Login("alice", nonce, 2, 0, 1, False, 0, False, 0)
    assert decode_inbound(b"\x93\x01\xa5alice\xc4\x10" + nonce) == login


def test_terms_and_limits_are_what_is_said_behind_the_account():
    for said, forms in (
        (AccountTerms, (OpenAccount, EditAccount)),
        (AccountLimits, (LimitAccount,)),
    ):
        for form in forms:
            assert form.__struct_fields__ == ("client_seq", "account", *said._fields)


@pytest.mark.parametrize("message", EVERY_EXAMPLE, ids=name_of)
def test_fields_of_a_later_version_are_passed_over(message):
    decode = decode_inbound if message in FROM_CLIENT else decode_outbound
    values = msgspec.msgpack.decode(body(message))
    for row in values[-1] if isinstance(message, AnswerOf) else ():
        row += ["new", None]
    later = msgspec.msgpack.encode([*values, "new", {"a": [1.5, None]}, True])
    assert decode(later) == message


def values_of(kind: inspect.Type) -> st.SearchStrategy:
    """Return all values that a field of this type may have."""
    match kind:
        case inspect.IntType(ge=least, le=greatest):
            return st.integers(least, greatest)
        case inspect.StrType(pattern=str() as pattern):
            return st.from_regex(pattern)
        case inspect.StrType(max_length=length):
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=length)
        case inspect.EnumType(cls=cls):
            return st.sampled_from(cls)
        case inspect.ListType(item_type=item):
            return st.lists(values_of(item), max_size=20)
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, *[values_of(field.type) for field in fields])
        case inspect.BytesType(min_length=least, max_length=greatest):
            return st.binary(min_size=least or 0, max_size=greatest or 300)
        case inspect.BoolType():
            return st.booleans()
        case inspect.UnionType(types=kinds):
            return st.one_of(map(values_of, kinds))
        case inspect.NoneType():
            return st.none()
    raise AssertionError(f"no values for {kind}")


def any_of(forms: object) -> st.SearchStrategy[Message]:
    """Return all messages of a union."""
    return st.one_of(
        st.builds(form, *[values_of(field.type) for field in inspect.type_info(form).fields])
        for form in get_args(forms)
    )


@given(any_of(Inbound))
def test_any_message_to_the_venue_comes_back_as_it_was(message):
    assert decode_inbound(body(message)) == message


@given(any_of(Outbound))
def test_any_message_to_a_client_comes_back_as_it_was(message):
    assert decode_outbound(body(message)) == message
