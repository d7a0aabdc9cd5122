"""Readable messages and packed rows say the same."""

from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import decode_outbound, encode
from protocol.framing import LENGTH
from protocol.messages import (
    BlockChanged,
    BlockTrading,
    CancelOrders,
    Capitalise,
    ChangeCode,
    ChangeHold,
    ChangeList,
    ChangePhase,
    EnterOrder,
    HoldChanged,
    LimitAccount,
    Outbound,
    PhaseChanged,
    Rejected,
    TransferCustody,
)
from protocol.records import COMMAND, KINDS
from protocol.translate import COMMANDS, REPORTS, Translator
from protocol.vocabulary import (
    Channel,
    CommandKind,
    Currency,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    RateAction,
    Reject,
    ReportKind,
    Side,
    TimeInForce,
)
from tests.protocol.examples import INBOUND, NOON, OUTBOUND, SYMBOLS, command, report

REQUESTS = [message for message in INBOUND if type(message) in COMMANDS]
TOLD = [message for message in OUTBOUND if type(message) in REPORTS.values()]

translator = Translator(SYMBOLS)


def test_every_request_and_every_report_has_its_counterpart():
    own = {kind.name for kind in CommandKind if kind >= CommandKind.OPEN_DAY}
    assert {packer.kind.name for packer in COMMANDS.values()} == set(KINDS) - own
    assert set(REPORTS) == set(ReportKind)
    assert set(REPORTS.values()) <= set(get_args(Outbound))


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: type(message).__name__)
def test_a_request_becomes_its_row(message):
    kind = COMMANDS[type(message)].kind
    assert translator.to_row(message, session=3) == command(kind).tobytes()


@pytest.mark.parametrize("message", TOLD, ids=lambda message: type(message).__name__)
def test_a_report_row_becomes_its_message(message):
    kind = next(kind for kind, form in REPORTS.items() if form is type(message))
    (row,) = report(kind)
    told = translator.to_message(row, message.report_number)
    assert told == message
    assert decode_outbound(encode(told)[LENGTH.size :]) == message


def test_an_unknown_symbol_becomes_a_number_that_no_instrument_has():
    order = msgspec.structs.replace(REQUESTS[0], instrument="999999.SH")
    (row,) = np.frombuffer(translator.to_row(order, session=3), COMMAND)
    assert row["instrument"] > len(SYMBOLS)


def test_an_order_for_no_instrument_is_for_none():
    order = msgspec.structs.replace(REQUESTS[0], instrument="")
    (row,) = np.frombuffer(translator.to_row(order, session=3), COMMAND)
    assert row["instrument"] == -1


@pytest.mark.parametrize("message", [ChangePhase(1, Phase.BREAK), ChangeHold(1, Hold.HALTED)])
def test_a_phase_or_a_hold_without_a_symbol_is_for_all(message):
    (row,) = np.frombuffer(translator.to_row(message, session=3), COMMAND)
    assert row["instrument"] == -1


@pytest.mark.parametrize("form", [CancelOrders, BlockTrading])
@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({}, {"any_side": 1}),
        ({"instrument": "300750.SZ"}, {"any_side": 1, "instrument": 2}),
        ({"account": 1001}, {"any_side": 1, "account": 1001}),
        ({"session": 4}, {"any_side": 1, "of_session": 4}),
        ({"branch": 9}, {"any_side": 1, "of_branch": 9}),
        ({"side": Side.BUY}, {"any_side": 0, "of_side": Side.BUY}),
        ({"side": Side.SELL}, {"any_side": 0, "of_side": Side.SELL}),
    ],
)
def test_a_filter_that_is_left_out_fits_every_order(form, asked, fields):
    (row,) = np.frombuffer(translator.to_row(form(5, **asked), session=3), COMMAND)
    all_fit = {"instrument": -1, "account": -1, "of_session": -1, "of_branch": -1, "of_side": 0}
    expected = all_fit | fields | {"session": 3, "client_seq": 5}
    assert {name: row[name].item() for name in expected} == expected


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (TransferCustody(5, 1002, "394210"), {"instrument": -1, "to_unit": b"394210", "amount": 0}),
        (TransferCustody(5, 1002, "1", "300750.SZ"), {"instrument": 2, "to_unit": b"1"}),
        (Capitalise(5), {"account": -1, "currency": Currency.CNY}),
        (ChangeCode(5, "300750.SZ", ""), {"instrument": 2, "to_instrument": -1}),
        (ChangeCode(5, "300750.SZ", "999999.SH"), {"instrument": 2, "to_instrument": 4}),
        (ChangeList(5, 1002, "000001.SZ"), {"instrument": 1, "is_listed": 1}),
        (
            LimitAccount(5, 1002, 0, 0),
            {"rate_max": 300, "requests_max": 20_000, "rate_action": RateAction.ALARM},
        ),
    ],
)
def test_what_is_left_out_of_an_operator_s_request_has_its_meaning(message, fields):
    (row,) = np.frombuffer(translator.to_row(message, session=3), COMMAND)
    assert {name: row[name].item() for name in fields} == fields


def test_a_phase_that_began_for_all_is_told_without_a_symbol():
    (row,) = report(ReportKind.PHASE_CHANGED)
    row["instrument"] = -1
    row["quantity"] = 0
    assert translator.to_message(row, 1) == PhaseChanged(1, NOON, Phase.CLOSING_CALL, "")


def test_a_hold_of_the_whole_venue_is_told_without_a_symbol():
    (row,) = report(ReportKind.HOLD_CHANGED)
    row["instrument"], row["quantity"] = -1, HoldCause.TECHNICAL
    told = HoldChanged(1, NOON, Hold.HALTED, HoldCause.TECHNICAL, "")
    assert translator.to_message(row, 1) == told


@pytest.mark.parametrize(("reason", "lifts"), [(0, False), (1, True)])
def test_a_block_is_told_as_made_or_lifted(reason, lifts):
    (row,) = report(ReportKind.BLOCK_CHANGED)
    row["reason"] = reason
    told = decode_outbound(encode(translator.to_message(row, 1))[LENGTH.size :])
    assert told == BlockChanged(1, NOON, 18, 7, lifts)


@pytest.mark.parametrize("reason", Reject)
def test_every_reason_of_a_rejection_is_told(reason):
    (row,) = report(ReportKind.REJECTED)
    row["reason"] = reason
    told = decode_outbound(encode(translator.to_message(row, 1))[LENGTH.size :])
    assert told == Rejected(1, NOON, 13, reason, 5_000_000_000, 1_040)


I32 = st.integers(-(2**31), 2**31 - 1)


@given(
    st.builds(
        EnterOrder,
        I32,
        I32,
        st.sampled_from(SYMBOLS),
        st.sampled_from(Side),
        I32,
        I32,
        st.sampled_from(OrderType),
        st.sampled_from(TimeInForce),
        I32,
        st.booleans(),
        I32,
        I32,
        st.sampled_from(Channel),
    )
)
def test_any_order_is_in_its_row_field_by_field(order):
    (row,) = np.frombuffer(translator.to_row(order, session=3), COMMAND)
    said = msgspec.structs.asdict(order) | {"instrument": SYMBOLS.index(order.instrument)}
    assert {name: row[name].item() for name in said} == said
