"""Answers to questions about the venue as a whole: how it stands, and what a command would end."""

from collections.abc import Sequence

import numpy as np

from engine.venue import Venue
from gateway.config import Config
from gateway.streams import Streams
from protocol.messages import BlockTrading, CancelOrders, CloseDay
from protocol.questions import AskAffected, InstrumentPhase, Status
from protocol.records import COMMAND
from protocol.translate import Translator
from protocol.vocabulary import AskReject, CommandKind, Reach, Side

FORMS = {
    CommandKind.CANCEL_ORDERS: CancelOrders,
    CommandKind.BLOCK_TRADING: BlockTrading,
    CommandKind.CLOSE_DAY: CloseDay,
}
"""The requests that end many orders."""

NO_REQUEST = 0
"""The client_seq of what is never sent."""

RIGHTS = (CommandKind.CHANGE_PHASE, CommandKind.BLOCK_TRADING)
"""Whoever may do one of these for the whole venue may know how it stands."""

INSTRUMENT_PHASE = np.dtype([(name, "i4") for name in InstrumentPhase.__struct_fields__])
"""The phase of an instrument, with the fields of protocol.questions.InstrumentPhase."""


class Overview:
    """Knows who may ask about the whole venue, and where the answer lies."""

    def __init__(
        self, config: Config, venue: Venue, translator: Translator, streams: Streams
    ) -> None:
        self.config = config
        self.venue = venue
        self.translator = translator
        self.streams = streams

    def refusal(self, session: int) -> AskReject:
        """Return why a session is not told how the venue stands, or NOTHING."""
        user = self.config.users[session - 1]
        reaches_all = any(user.reach_of(right) == Reach.EVERY for right in RIGHTS)
        return AskReject.NOTHING if reaches_all else AskReject.QUESTION_NOT_PERMITTED

    def refusal_of_affected(self, question: AskAffected, session: int) -> AskReject:
        """Return why a session is not told what its command would end, or NOTHING."""
        user = self.config.users[session - 1]
        reach = user.reach_of(question.kind)
        if question.kind not in FORMS or reach == Reach.NOBODY:
            return AskReject.QUESTION_NOT_PERMITTED
        if question.instrument and question.instrument not in self.translator.numbers:
            return AskReject.UNKNOWN_INSTRUMENT
        if question.kind == CommandKind.BLOCK_TRADING and reach == Reach.OWN:
            branch = self.config.branch_of(user)
            is_own = branch.account_first <= question.account <= branch.account_last
            if not is_own and question.branch != branch.number:
                return AskReject.ACCOUNT_NOT_ADMITTED
        return AskReject.NOTHING

    def status(self) -> tuple[int, ...]:
        """Return the fields of protocol.questions.Status."""
        counters = self.venue.state.venue[0]
        counted = {"open_orders": self.venue.count_open_orders()}
        return tuple(
            counted[name] if name in counted else int(counters[name])
            for name in Status.__struct_fields__
        )

    def phases(self) -> np.ndarray:
        """Return INSTRUMENT_PHASE rows, one for each instrument."""
        instruments = self.venue.state.instruments[: self.venue.state.venue[0]["instruments"]]
        rows = np.zeros(len(instruments), INSTRUMENT_PHASE)
        rows["instrument"] = np.arange(len(rows))
        for name in InstrumentPhase.__struct_fields__[1:]:
            rows[name] = instruments[name]
        return rows

    def blocks(self) -> list[tuple]:
        """Return the fields of protocol.questions.Block, for each block."""
        blocks = self.venue.state.blocks[: self.venue.state.venue[0]["blocks"]]
        return [
            (instrument, account, session, branch, None if any_side else Side(side))
            for instrument, account, session, branch, any_side, side in blocks.tolist()
        ]

    def users(self) -> list[tuple]:
        """Return the fields of protocol.questions.User, for each user."""
        sessions = self.venue.state.sessions
        return [
            (
                *(user.name, number, user.branch, user.acts_as, number in self.streams.listeners),
                *(bool(sessions[number]["is_locked"]), int(sessions[number]["in_flight_max"])),
                int(sessions[number]["rate_max"]),
            )
            for number, user in enumerate(self.config.users, 1)
        ]

    def affected(self, question: AskAffected, session: int) -> Sequence[tuple]:
        """Return what the command of a question would end, for each currency."""
        form = FORMS[question.kind]
        names = set(form.__struct_fields__) & set(question.__struct_fields__)
        asked = form(NO_REQUEST, **{name: getattr(question, name) for name in names})
        row = self.translator.to_row(asked, session)
        return self.venue.affected(np.frombuffer(bytearray(row), COMMAND))
