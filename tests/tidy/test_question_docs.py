"""docs/protocol/questions.md and the code say the same, table by table."""

import re
from typing import get_args

import pytest

from gateway.answers import PAGE_ROWS
from gateway.session import QUESTIONS_MAX
from protocol import questions
from protocol.codec import decode_inbound, encode
from protocol.framing import LENGTH
from protocol.messages import Inbound, Message, Outbound
from protocol.questions import AskOrders, OrdersAnswer
from tests.tidy.test_protocol_docs import (
    QUESTIONS,
    columns,
    fields_of,
    headed,
    listed,
    section,
    tables,
    tagged,
)

FORMS = [form for form in vars(questions).values() if isinstance(form, type)]
MESSAGES = [form for form in FORMS if form in {*get_args(Inbound), *get_args(Outbound)}]
ROWS = [form for form in FORMS if issubclass(form, questions.Row) and form is not questions.Row]


@pytest.mark.parametrize("form", MESSAGES + ROWS, ids=lambda form: form.__name__)
def test_message_or_row_has_its_table(form):
    ((_, *rows),) = tables(section(QUESTIONS, form.__name__))
    assert columns(rows, 2) == fields_of(form)


def test_messages_stand_in_the_order_of_the_code_with_tag_and_direction():
    table = listed(QUESTIONS, "Messages of questions")
    assert table == headed(QUESTIONS) == tagged(MESSAGES)


def test_no_tag_is_given_twice():
    forms = {*get_args(Inbound), *get_args(Outbound)}
    tags = [form.__struct_config__.tag for form in forms]
    assert sorted(tags) == sorted(set(tags))
    assert all(issubclass(form, Message) for form in forms)


def test_numbers_of_the_text_are_those_of_the_code():
    text = section(QUESTIONS, "Asking")
    assert f"at most {PAGE_ROWS:,} rows" in text
    assert f"At most {QUESTIONS_MAX} questions" in text


def test_the_example_is_what_is_sent():
    listing = section(QUESTIONS, "A question and its answer").split("```")[1]
    asked, answered = (
        bytes.fromhex(digits) for digits in re.findall(r"^  ([0-9a-f ]+)$", listing, re.M)
    )
    assert decode_inbound(asked[LENGTH.size :]) == AskOrders(1, 1001)
    assert encode(OrdersAnswer(1, 35, True, [])) == answered
