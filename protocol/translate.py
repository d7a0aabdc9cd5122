"""Between readable messages and packed rows.  The only place that knows both.

Fields of the same name mean the same.  A message spells its instrument like "600519.SH"; a row
carries the instrument's number, its place in the list that LoginAccepted gives.  The filters of
CancelOrders and BlockTrading are named apart, because the session and the side of their rows are
not those asked for.
"""

from collections.abc import Sequence
from struct import Struct

import numpy as np

from protocol import messages
from protocol.records import COMMAND, HEAD, KINDS, TAIL
from protocol.vocabulary import EVERY_INSTRUMENT, NONE, CommandKind, ReportKind, Side

LETTERS = {"<i8": "q", "<i4": "i", "<i2": "h", "i1": "b", "<u4": "I", "S6": "6s"}


class Packer:
    """Packs the named fields of one kind of COMMAND row; its spare room stays zero."""

    def __init__(self, kind: CommandKind) -> None:
        fields = (*HEAD, *KINDS[kind.name], *TAIL)
        spelled = (
            LETTERS[form] if name else f"{np.dtype(form).itemsize}x" for name, form in fields
        )
        row = Struct("<" + "".join(spelled))
        assert row.size == COMMAND.itemsize
        self.kind = kind
        self.names = [name for name, _ in fields if name]
        self.pack = row.pack


COMMANDS: dict[type[messages.Message], Packer] = {
    messages.EnterOrder: Packer(CommandKind.ENTER_ORDER),
    messages.CancelOrder: Packer(CommandKind.CANCEL_ORDER),
    messages.ReplaceOrder: Packer(CommandKind.REPLACE_ORDER),
    messages.CancelOrders: Packer(CommandKind.CANCEL_ORDERS),
    messages.ChangePhase: Packer(CommandKind.CHANGE_PHASE),
    messages.CloseDay: Packer(CommandKind.CLOSE_DAY),
    messages.BlockTrading: Packer(CommandKind.BLOCK_TRADING),
    messages.ChangeHold: Packer(CommandKind.CHANGE_HOLD),
    messages.OpenAccount: Packer(CommandKind.OPEN_ACCOUNT),
    messages.EditAccount: Packer(CommandKind.EDIT_ACCOUNT),
    messages.ChangeStatus: Packer(CommandKind.CHANGE_STATUS),
    messages.MoveFunds: Packer(CommandKind.MOVE_FUNDS),
    messages.MoveShares: Packer(CommandKind.MOVE_SHARES),
    messages.LimitAccount: Packer(CommandKind.LIMIT_ACCOUNT),
    messages.LimitFunds: Packer(CommandKind.LIMIT_FUNDS),
    messages.ChangeList: Packer(CommandKind.CHANGE_LIST),
    messages.Capitalise: Packer(CommandKind.CAPITALISE),
    messages.TransferCustody: Packer(CommandKind.TRANSFER_CUSTODY),
    messages.ChangeCode: Packer(CommandKind.CHANGE_CODE),
    messages.ChangeUser: Packer(CommandKind.CHANGE_USER),
}

REPORTS: dict[int, type[messages.Message]] = {
    ReportKind.ACCEPTED: messages.Accepted,
    ReportKind.REJECTED: messages.Rejected,
    ReportKind.TRADED: messages.Traded,
    ReportKind.CANCELED: messages.Canceled,
    ReportKind.EXPIRED: messages.Expired,
    ReportKind.PHASE_CHANGED: messages.PhaseChanged,
    ReportKind.DAY_ENDED: messages.DayEnded,
    ReportKind.REPLACED: messages.Replaced,
    ReportKind.ORDERS_CANCELED: messages.OrdersCanceled,
    ReportKind.RELEASED: messages.Released,
    ReportKind.HOLD_CHANGED: messages.HoldChanged,
    ReportKind.BLOCK_CHANGED: messages.BlockChanged,
    ReportKind.CLOSE_FIXED: messages.CloseFixed,
    ReportKind.ACCOUNT_CHANGED: messages.AccountChanged,
    ReportKind.FUNDS_MOVED: messages.FundsMoved,
    ReportKind.SHARES_MOVED: messages.SharesMoved,
    ReportKind.RATE_EXCEEDED: messages.RateExceeded,
    ReportKind.ORDER_DELAYED: messages.OrderDelayed,
    ReportKind.CODE_CHANGED: messages.CodeChanged,
    ReportKind.USER_CHANGED: messages.UserChanged,
}

MEANINGS = {
    "phase": "reason",
    "hold": "reason",
    "lifts": "reason",
    "status": "reason",
    "is_locked": "reason",
    "entry": "reason",
    "currency": "side",
    "balance": "order_number",
    "total": "order_number",
    "requests": "order_number",
    "to_instrument": "order_number",
    "number": "order_number",
    "cause": "quantity",
    "schedules": "quantity",
    "business_date": "quantity",
    "accounts": "quantity",
    "rate": "quantity",
    "in_flight_max": "quantity",
    "rate_max": "leaves",
    "wait_ms": "trade_number",
    "retry_after_ms": "trade_number",
}
"""Fields of messages that stand in a REPORT row under another name."""

FLAGS = ("lifts", "is_locked")
"""Fields of messages that are yes or no."""

SYMBOLS = {"instrument", "to_instrument"}
"""Fields of messages that spell an instrument."""


class Translator:
    """Knows the instruments of the day by number and by symbol."""

    def __init__(self, symbols: Sequence[str]) -> None:
        assert EVERY_INSTRUMENT == NONE == -1, 'the last symbol, "", spells all and none'
        self.symbols = [*symbols, ""]
        self.numbers = {symbol: number for number, symbol in enumerate(symbols)} | {"": NONE}

    def to_row(self, message: messages.Message, session: int) -> bytes:
        """Return the packed COMMAND row of what a session's message asks for.

        An unknown symbol gets a number past the last, so that the venue rejects it by name.
        """
        packer = COMMANDS[type(message)]
        known: dict[str, int | bytes] = {
            "session": session,
            "kind": packer.kind,
            "instrument": self.number_of(getattr(message, "instrument", "")),
        }
        match message:
            case messages.CancelOrders() | messages.BlockTrading():
                known |= filters_of(message)
            case messages.TransferCustody():
                known["to_unit"] = message.to_unit.encode()
            case messages.ChangeUser():
                known["admitted"] = message.number
            case messages.ChangeCode():
                known["to_instrument"] = self.number_of(message.to_instrument)
        return packer.pack(
            *[known[name] if name in known else getattr(message, name, 0) for name in packer.names]
        )

    def number_of(self, symbol: str) -> int:
        return self.numbers.get(symbol, len(self.numbers))

    def to_message(self, report: np.void, report_number: int) -> messages.Message:
        """Return the readable message of a REPORT row that has this number in its stream."""
        known = dict(zip(report.dtype.names or (), report.item(), strict=True))
        form = REPORTS[known["kind"]]
        known |= {name: known[row] for name, row in MEANINGS.items()}
        known["report_number"] = report_number
        known |= {name: bool(known[name]) for name in FLAGS}
        for name in SYMBOLS & set(form.__struct_fields__):
            known[name] = self.symbols[known[name]]
        return form(*[known[name] for name in form.__struct_fields__])


def filters_of(message: messages.CancelOrders | messages.BlockTrading) -> dict[str, int]:
    """Return the fields of a row that have other names in the message."""
    return {
        "of_session": message.session,
        "of_branch": message.branch,
        "any_side": message.side is None,
        "of_side": message.side or Side.BUY,
    }
