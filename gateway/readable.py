"""Rows in words: a COMMAND row by the names of its fields, REPORT rows as what came of it."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

import numpy as np

from engine.fees import spelled
from engine.listings import symbols_of
from gateway.commands.table import money
from protocol import messages, vocabulary
from protocol.messages import Message
from protocol.records import COMMAND, HEAD, KINDS, REPORT
from protocol.translate import Translator
from protocol.units import format_units
from protocol.vocabulary import NONE, CommandKind, ReportKind

SEVERAL = 3
"""Reports of a kind that are told one by one; of more, what they have in common."""


def form_of(kind: str) -> np.dtype:
    """Return the part of COMMAND that a kind of command has, without its checksum."""
    names = [name for name, _ in (*HEAD, *KINDS.get(kind, ())) if name]
    fields = dict(COMMAND.fields or {})
    return np.dtype(
        {
            "names": names,
            "formats": [fields[name][0] for name in names],
            "offsets": [fields[name][1] for name in names],
            "itemsize": COMMAND.itemsize,
        }
    )


FORMS = {kind.value: form_of(kind.name) for kind in CommandKind}
HEAD_ONLY = form_of("")
HEAD_NAMES = [name for name, _ in HEAD]

WORDS: dict[str, type[IntEnum]] = {
    "side": vocabulary.Side,
    "of_side": vocabulary.Side,
    "order_type": vocabulary.OrderType,
    "time_in_force": vocabulary.TimeInForce,
    "channel": vocabulary.Channel,
    "phase": vocabulary.Phase,
    "hold": vocabulary.Hold,
    "cause": vocabulary.HoldCause,
    "role": vocabulary.Role,
    "self_trade": vocabulary.SelfTrade,
    "market": vocabulary.Market,
    "schedule": vocabulary.Schedule,
    "halts": vocabulary.HaltRule,
    "depository": vocabulary.Depository,
    "permission": vocabulary.Permission,
    "listed_currency": vocabulary.Currency,
    "currency": vocabulary.Currency,
    "tie_break": vocabulary.TieBreak,
    "candidates": vocabulary.Candidates,
    "account_kind": vocabulary.AccountKind,
    "status": vocabulary.AccountStatus,
    "rate_action": vocabulary.RateAction,
    "list_mode": vocabulary.ListMode,
    "grounds": vocabulary.Grounds,
}
"""Fields that hold a word of an enumeration."""

BITS: dict[str, type[IntEnum]] = {
    "schedules": vocabulary.Schedule,
    "channels": vocabulary.Channel,
    "depositories": vocabulary.Depository,
    "permissions": vocabulary.Permission,
    "order_types": vocabulary.OrderType,
}
"""Fields that hold many words, as bits."""

ENTRIES: dict[int, type[IntEnum]] = {
    CommandKind.MOVE_FUNDS: vocabulary.FundsEntry,
    CommandKind.MOVE_SHARES: vocabulary.SharesEntry,
}
PRICES = {"price", "trigger_price", "previous_close", "lower_limit", "upper_limit", "tick"}
MONEY = {"cost", "spending_max", "order_value_max", "commission_min", "accrued", "settlement_cap"}
MONEY |= {"commission_min_foreign"}
RATES = {name for name, _ in KINDS["DEFINE_FEES"] if name.endswith("_rate")}
RATES |= {"commission_rate", "interest_rate"}
FLAGS = {"post_only", "gives_up_place", "any_side", "lifts", "with_accounts", "is_listed"}
FLAGS |= {"commission_includes", "cancels_on_disconnect"}
TELLING_ZEROS = {"account", "is_listed", "defined", "rules", "fees"}
"""Fields whose 0 says something; elsewhere it is a blank, and is left out."""


class Readable:
    """Tells rows in words; knows the instruments and the branches of a day by its COMMAND rows."""

    def __init__(self, commands: np.ndarray) -> None:
        self.symbols = symbols_of(commands)
        self.translator = Translator(self.symbols)
        is_admission = commands["kind"] == CommandKind.ADMIT_SESSION
        admitted = commands[is_admission & (commands["session"] == 0)]
        self.branches = dict(
            zip(admitted["admitted"].tolist(), admitted["branch"].tolist(), strict=True)
        )

    def sender(self, session: int) -> str:
        """Return who sends what comes from a session."""
        if session == 0:
            return "the venue"
        return f"session {session} of branch {self.branches.get(session, 'unknown')}"

    def symbol(self, number: int) -> str:
        """Return an instrument by its number, which may be of none."""
        if number == vocabulary.EVERY_INSTRUMENT:
            return "all"
        return self.symbols[number] if 0 <= number < len(self.symbols) else f"unknown {number}"

    def fields(self, row: np.void) -> str:
        """Return the fields that a command has of its own, without those that are blank."""
        own = fields_of(row)
        told = (f"{name}={self.value(own, name)}" for name in own if is_told(own, name))
        return " ".join(told)

    def value(self, own: dict[str, Any], name: str) -> str:
        """Return a field of a command in words."""
        value, kind = own[name], own["kind"]
        if name in WORDS or name == "entry":
            return word(WORDS.get(name) or ENTRIES[kind], value)
        if name in ("instrument", "to_instrument"):
            return self.symbol(value)
        if name in PRICES:
            return format_units(value)
        if name in MONEY or (name == "amount" and kind == CommandKind.MOVE_FUNDS):
            return money(value)
        return plain(name, value)

    def outcome(self, reports: np.ndarray) -> str:
        """Return what came of a command by its REPORT rows, shortened where there are many."""
        if len(reports) == 1:
            return self.report(reports[0])
        return "; ".join(self.told(without_copies(reports))) or "no report"

    def told(self, reports: np.ndarray) -> Iterator[str]:
        """Yield in words what reports say, kind by kind."""
        kinds, first = np.unique(reports["kind"], return_index=True)
        for kind in kinds[np.argsort(first)].tolist():
            rows = reports[reports["kind"] == kind]
            if kind == ReportKind.TRADED:
                yield from trades(rows)
            elif len(rows) <= SEVERAL:
                yield from (self.report(row) for row in rows)
            else:
                yield f"{len(rows)} x {ReportKind(kind).name}"

    def report(self, row: np.void) -> str:
        """Return one report in words."""
        return sentence(self.translator.to_message(row, 0))


def kind_of(row: np.void) -> str:
    """Return the kind of a COMMAND row, its number where there is no such kind."""
    return word(CommandKind, int(row["kind"]))


def fields_of(row: np.void) -> dict[str, Any]:
    """Return the fields of a COMMAND row that its kind has, head first."""
    form = FORMS.get(int(row["kind"]), HEAD_ONLY)
    return dict(zip(form.names or (), row.view(form).item(), strict=True))


def is_told(own: dict[str, Any], name: str) -> bool:
    """Say whether a field holds something that its command's readers would miss."""
    value = own[name]
    if name in HEAD_NAMES:
        return name == "client_seq" and value != 0
    if name == "of_side":
        return not own["any_side"]
    if name in ("of_session", "of_branch"):
        return value != NONE
    is_word = name in WORDS or name in ("entry", "instrument", "to_instrument")
    return is_word or name in TELLING_ZEROS or bool(value)


def plain(name: str, value: int | bytes) -> str:
    """Return a field that means the same in every command, in words."""
    if isinstance(value, bytes):
        return letters(value)
    if name in FLAGS and value in (0, 1):
        return "yes" if value else "no"
    if name in BITS:
        return words(BITS[name], value)
    if name == "features":
        return "+".join(one.name for one in vocabulary.Feature if value & one) or "none"
    if name in RATES:
        return spelled(value)
    if name == "account" and value == vocabulary.EVERY_ACCOUNT:
        return "all"
    return str(value)


def letters(value: bytes) -> str:
    """Return a text of a row; what is not printable is escaped, and so makes up no line."""
    return value.decode("latin-1").encode("unicode_escape").decode("ascii")


def word(form: type[IntEnum], value: int) -> str:
    """Return the name of a number in an enumeration, the number where it is not in it."""
    return form(value).name if value in form._value2member_map_ else str(value)


def words(form: type[IntEnum], bits: int) -> str:
    """Return the names of bits."""
    if bits == (1 << len(form)) - 1:
        return "all"
    return "+".join(one.name for one in form if bits >> one & 1) or "none"


def without_copies(reports: np.ndarray) -> np.ndarray:
    """Return REPORT rows without those that tell another session what the row before them told."""
    same = np.ones(max(len(reports) - 1, 0), bool)
    for name in REPORT.names or ():
        if name not in ("session", "request_seq"):
            same &= reports[name][1:] == reports[name][:-1]
    same &= np.isin(reports["kind"][1:], (ReportKind.CANCELED, ReportKind.REPLACED))
    return reports[np.concatenate(([True], ~same))] if len(reports) else reports


def trades(rows: np.ndarray) -> Iterator[str]:
    """Yield in words what TRADED rows say; each trade has one for each of its two orders."""
    numbers, first = np.unique(rows["trade_number"], return_index=True)
    if len(numbers) <= SEVERAL:
        for number in numbers.tolist():
            both = rows[rows["trade_number"] == number]
            orders = " and ".join(map(str, both["order_number"].tolist()))
            price = format_units(int(both["price"][0]))
            yield f"trade {number}: {both['quantity'][0]} at {price} of orders {orders}"
    else:
        quantity = int(rows["quantity"][first].sum(dtype=np.int64))
        low, high = (
            format_units(int(price)) for price in (rows["price"].min(), rows["price"].max())
        )
        at = low if low == high else f"{low} to {high}"
        yield f"{len(numbers)} trades {numbers[0]} to {numbers[-1]}: {quantity} at {at}"


def rejection(report: messages.Rejected | messages.Refused) -> str:
    """Return why a request was rejected, and when it may come again."""
    is_report = isinstance(report, messages.Rejected)
    reason = word(vocabulary.Reject if is_report else vocabulary.Refusal, report.reason)
    again = f", try again in {report.retry_after_ms / 1_000:.3f} s" if report.retry_after_ms else ""
    return f"rejected: {reason}{again}"


def sentence(report: Message) -> str:
    """Return what a report about anything says."""
    match report:
        case messages.Rejected():
            return rejection(report)
        case messages.PhaseChanged():
            return f"{word(vocabulary.Phase, report.phase)} begins"
        case messages.DayEnded():
            return f"the day {report.business_date} has ended"
        case messages.OrdersCanceled():
            return f"canceled orders: {report.quantity}"
        case messages.BlockChanged():
            return "lifted" if report.lifts else f"blocked, canceled orders: {report.quantity}"
        case messages.HoldChanged():
            hold, cause = (
                word(vocabulary.Hold, report.hold),
                word(vocabulary.HoldCause, report.cause),
            )
            return f"hold of {report.instrument or 'all'}: {hold}, {cause}"
        case messages.CloseFixed():
            return f"{report.instrument} closes at {format_units(report.price)}"
        case messages.UserChanged():
            return (
                f"user {report.number} is locked"
                if report.is_locked
                else f"user {report.number} may come in"
            )
        case messages.CodeChanged():
            return f"{report.instrument} becomes {report.to_instrument}: {report.quantity} holdings"
    return sentence_of_account(report)


def sentence_of_account(report: Message) -> str:
    """Return what a report about an account, or one of its orders, says."""
    match report:
        case messages.AccountChanged():
            return f"account {report.account} is {word(vocabulary.AccountStatus, report.status)}"
        case messages.FundsMoved():
            whose = f"account {report.account} has"
            if report.account == vocabulary.EVERY_ACCOUNT:
                whose = f"{report.accounts} accounts get"
            currency = word(vocabulary.Currency, report.currency)
            entry = word(vocabulary.FundsEntry, report.entry)
            return f"{whose} {money(report.balance)} {currency} by {entry}"
        case messages.SharesMoved():
            what = f"{report.total} {report.instrument}"
            entry = word(vocabulary.SharesEntry, report.entry)
            return f"account {report.account} has {what} by {entry}"
        case messages.RateExceeded():
            counts = f"{report.rate} requests in this second, {report.requests} today"
            return f"account {report.account} sends too much: {counts}"
    return sentence_of_order(report)


def sentence_of_order(report: Message) -> str:
    """Return what a report about one order says; raises ValueError where it is about none."""
    match report:
        case messages.Accepted():
            return f"accepted as order {report.order_number}"
        case messages.Traded():
            return f"traded {report.quantity} at {format_units(report.price)}"
        case messages.Canceled():
            reason = word(vocabulary.CancelReason, report.reason)
            return f"canceled {report.quantity} of order {report.order_number}: {reason}"
        case messages.Expired():
            return f"expired {report.quantity} of order {report.order_number}"
        case messages.Replaced():
            what = f"{report.quantity} open at {format_units(report.price)}"
            return f"order {report.order_number} has {what}"
        case messages.Released():
            what = f"{report.quantity} at {format_units(report.price)}"
            return f"order {report.order_number} arrives with {what}"
        case messages.OrderDelayed():
            return f"order {report.order_number} waits {report.wait_ms / 1_000:.3f} s"
    raise ValueError(f"no report: {report}")


def joined(parts: Iterable[str]) -> str:
    """Return parts of a list of words, "none" where there are none."""
    return ", ".join(parts) or "none"
