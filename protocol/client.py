"""Client library: the venue from a program, with asyncio or without.

Both faces put `protocol.terminal.Terminal` on a socket.  Prices are in 1/10000 yuan.

    async with await Client.connect(host, port, user, password) as client:
        await client.enter(1001, "600519.SH", Side.BUY, 18_450_000, 100)
        report = await client.receive()
        orders = await client.ask(AskOrders, 1001)
"""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from ssl import SSLContext, SSLError
from typing import Any, Concatenate, Generic, Self, TypeVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from protocol.batches import Instrument, make_rows, numbers_of
from protocol.messages import (
    USUAL_LIMITS,
    AccountLimits,
    AccountTerms,
    LoginAccepted,
    Logout,
    Message,
)
from protocol.mistake import Mistake
from protocol.questions import QuestionAbout, QuestionFor, Told
from protocol.terminal import Asked, Fields, LoginOptions, SessionEnded, Terminal
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    AccountStatus,
    Channel,
    CommandKind,
    Currency,
    FundsEntry,
    Grounds,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    SharesEntry,
    Side,
    TimeInForce,
)

READ_BYTES = 1 << 18

LEAVING_SECONDS = 5.0
"""How long `Client.close` waits for the venue's last word."""

TRIES_MAX = 20
"""How often a client asks anew for answers that tell the same state."""

Sent = TypeVar("Sent")

Form = Callable[[int, int], QuestionAbout[Any]]
"""A question that needs nothing but its number and an account."""


class Requests(Generic[Sent]):
    """What a client may ask for; `Sent` is what sending gives: the client_seq, or a promise of it.

    The client_seq is the session's own name for the request, and the reports bear it.
    """

    def __init__(self) -> None:
        self.terminal = Terminal()
        self.arrived: deque[Message] = deque()
        self.ending: Exception | None = None

    def take(self, data: bytes) -> None:
        """Keep the messages in what has arrived, and how the session ended if it did."""
        try:
            if not data:
                raise SessionEnded("the connection was closed")
            self.arrived.extend(self.terminal.receive(data))
        except Mistake as mistake:
            self.ending = mistake

    def next_arrived(self) -> Message | None:
        """Return the next message that is here, if any; behind the last, raise what ended all."""
        if self.arrived:
            return self.arrived.popleft()
        if self.ending is not None:
            raise self.ending
        return None

    def are_answered(self, asked: Iterable[Asked[Any]]) -> bool:
        """Say whether questions have their answers; raise what ended the session before that."""
        if all(one.is_answered for one in asked):
            return True
        if self.ending is not None:
            raise self.ending
        return False

    def write(self, frame: bytes) -> Sent:
        """Send a frame."""
        raise NotImplementedError

    @property
    def session(self) -> LoginAccepted:
        """What the venue said when it opened the session."""
        assert self.terminal.accepted is not None
        return self.terminal.accepted

    def enter(
        self,
        account: int,
        instrument: str,
        side: Side,
        price: int,
        quantity: int,
        *,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.DAY,
        minimum_quantity: int = 0,
        post_only: bool = False,
        display_quantity: int = 0,
        trigger_price: int = 0,
        channel: Channel = Channel.COUNTER,
    ) -> Sent:
        """Enter an order; the client_seq names it in the reports.

        For other types than LIMIT and FIXED_PRICE the price only protects, and may be 0.  With a
        trigger price the order waits until a trade reaches it; with a display quantity no more
        than that is shown at a time.
        """
        return self.write(
            self.terminal.enter(
                account,
                instrument,
                side,
                price,
                quantity,
                order_type=order_type,
                time_in_force=time_in_force,
                minimum_quantity=minimum_quantity,
                post_only=post_only,
                display_quantity=display_quantity,
                trigger_price=trigger_price,
                channel=channel,
            )
        )

    def cancel(self, order_number: int = 0, quantity: int = 0, *, of_client_seq: int = 0) -> Sent:
        """Take back `quantity` of an open order, all where it is 0.

        The order is named by its number, or by the client_seq with which this user entered it:
        that needs no answer to wait for.
        """
        return self.write(self.terminal.cancel(order_number, quantity, of_client_seq=of_client_seq))

    def replace(
        self, order_number: int, price: int, quantity: int, *, gives_up_place: bool = False
    ) -> Sent:
        """Give an open order this price and open quantity.

        It keeps its place in the queue only where the price stays, the quantity does not grow, and
        it does not give the place up.
        """
        return self.write(
            self.terminal.replace(order_number, price, quantity, gives_up_place=gives_up_place)
        )

    def cancel_orders(
        self,
        instrument: str = "",
        *,
        account: int = NONE,
        session: int = NONE,
        branch: int = NONE,
        side: Side | None = None,
    ) -> Sent:
        """Take back every open order that fits; what is left out fits all."""
        return self.write(
            self.terminal.cancel_orders(
                instrument, account=account, session=session, branch=branch, side=side
            )
        )

    def orders(
        self,
        account: ArrayLike,
        instrument: Instrument,
        side: ArrayLike,
        price: ArrayLike,
        quantity: ArrayLike,
        *,
        order_type: ArrayLike = OrderType.LIMIT,
        time_in_force: ArrayLike = TimeInForce.DAY,
    ) -> np.ndarray:
        """Return the rows of many orders for `send`, numbered: arrays of fields, or one for all.

        Instruments are symbols, or places in the session's `instruments`.  Rows go out in the order
        in which they were made, before any request that is made later.  Raises Mistake.
        """
        return self.terminal.numbered(
            make_rows(
                CommandKind.ENTER_ORDER,
                account=account,
                instrument=numbers_of(instrument, self.session.instruments),
                side=side,
                price=price,
                quantity=quantity,
                order_type=order_type,
                time_in_force=time_in_force,
            )
        )

    def cancels(
        self, order_number: ArrayLike = 0, *, of_client_seq: ArrayLike = 0, quantity: ArrayLike = 0
    ) -> np.ndarray:
        """Return the rows of many cancels for `send`, as `orders` does."""
        return self.terminal.numbered(
            make_rows(
                CommandKind.CANCEL_ORDER,
                order_number=order_number,
                of_client_seq=of_client_seq,
                quantity=quantity,
            )
        )

    def send(self, rows: np.ndarray) -> Sent:
        """Send packed COMMAND rows: those of `orders` and `cancels`, or with numbers of one's own.

        The client_seq is that of the last.
        """
        return self.write(self.terminal.send(rows))

    def change_phase(self, phase: Phase, instrument: str = "", schedules: int = 0) -> Sent:
        """Begin a phase, of every instrument where none is named.

        `schedules` are bits, 1 << Schedule, of the instruments that are meant; 0 is all of them.
        """
        return self.write(self.terminal.change_phase(phase, instrument, schedules))

    def change_hold(
        self, hold: Hold, instrument: str = "", cause: HoldCause = HoldCause.OPERATOR
    ) -> Sent:
        """Hold trading in an instrument, or in the whole venue, or let it go on."""
        return self.write(self.terminal.change_hold(hold, instrument, cause))

    def open_day(self, business_date: int = 0) -> Sent:
        """Begin another day, 0 for the next one, when this one is over; all sessions end then."""
        return self.write(self.terminal.open_day(business_date))

    def change_user(
        self, user: int, *, is_locked: bool, in_flight_max: int = 0, rate_max: int = 0
    ) -> Sent:
        """Lock the user of a session number, or let it in again.

        Its limits are 0 where they are to be those of all.
        """
        return self.write(
            self.terminal.change_user(
                user, is_locked=is_locked, in_flight_max=in_flight_max, rate_max=rate_max
            )
        )

    def block_trading(
        self,
        instrument: str = "",
        *,
        account: int = NONE,
        session: int = NONE,
        branch: int = NONE,
        side: Side | None = None,
        lifts: bool = False,
    ) -> Sent:
        """Take back every open order that fits, and have new ones refused.

        What is left out fits all.  The same once more, with `lifts`, ends it.
        """
        return self.write(
            self.terminal.block_trading(
                instrument, account=account, session=session, branch=branch, side=side, lifts=lifts
            )
        )

    def open_account(self, account: int, terms: AccountTerms) -> Sent:
        """Open an account."""
        return self.write(self.terminal.open_account(account, terms))

    def edit_account(self, account: int, terms: AccountTerms) -> Sent:
        """Give an account that has no open orders new terms, all at once."""
        return self.write(self.terminal.edit_account(account, terms))

    def change_status(self, account: int, status: AccountStatus) -> Sent:
        """Say what an account may do from now on, or close it."""
        return self.write(self.terminal.change_status(account, status))

    def limit_account(self, account: int, limits: AccountLimits = USUAL_LIMITS) -> Sent:
        """Limit what an account may enter, by all of the limits at once."""
        return self.write(self.terminal.limit_account(account, limits))

    def limit_funds(
        self, account: int, spending_max: int, currency: Currency = Currency.CNY
    ) -> Sent:
        """Limit what an account spends in a day, in 1/10000 of the currency.

        What its sales bring is taken off, and 0 is no limit.
        """
        return self.write(self.terminal.limit_funds(account, spending_max, currency))

    def change_list(self, account: int, instrument: str, is_listed: bool = True) -> Sent:
        """Put an instrument on the list of an account, or take it off."""
        return self.write(self.terminal.change_list(account, instrument, is_listed))

    def move_funds(
        self,
        account: int,
        entry: FundsEntry,
        amount: int,
        currency: Currency = Currency.CNY,
        *,
        reverses: int = 0,
        grounds: Grounds = Grounds.NONE,
    ) -> Sent:
        """Book money, in 1/10000 of its currency.

        With `reverses`, the sequence in the FundsMoved of an earlier one, that one is taken back.
        """
        return self.write(
            self.terminal.move_funds(
                account, entry, amount, currency, reverses=reverses, grounds=grounds
            )
        )

    def move_shares(
        self,
        account: int,
        instrument: str,
        entry: SharesEntry,
        amount: int,
        *,
        cost: int = 0,
        reverses: int = 0,
        grounds: Grounds = Grounds.NONE,
    ) -> Sent:
        """Book shares that have cost `cost` together.

        With `reverses`, the sequence in the SharesMoved of an earlier one, that one is taken back.
        """
        return self.write(
            self.terminal.move_shares(
                account, instrument, entry, amount, cost=cost, reverses=reverses, grounds=grounds
            )
        )

    def capitalise(self, account: int = EVERY_ACCOUNT, currency: Currency = Currency.CNY) -> Sent:
        """Pay out the interest of an account, or of all that have any."""
        return self.write(self.terminal.capitalise(account, currency))

    def transfer_custody(
        self, account: int, to_unit: str, instrument: str = "", amount: int = 0
    ) -> Sent:
        """Move shares to another firm's unit.

        Without an instrument it is of all, without an amount all that may go.  A SharesMoved tells
        of each instrument.
        """
        return self.write(self.terminal.transfer_custody(account, to_unit, instrument, amount))

    def change_code(self, instrument: str, to_instrument: str) -> Sent:
        """Let all that is held of an instrument be held of another."""
        return self.write(self.terminal.change_code(instrument, to_instrument))

    def close_day(self) -> Sent:
        """End the day."""
        return self.write(self.terminal.close_day())


class Client(Requests[Awaitable[int]]):
    """A session over asyncio streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self.reader = reader
        self.writer = writer
        self.reading = asyncio.Lock()
        self.beating: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        tls: SSLContext | None = None,
        **options: Unpack[LoginOptions],
    ) -> Self:
        """Connect, over TLS where there is a context for it, and log in.

        Raises OSError where nothing listens there or TLS fails, and LoginRefused.
        """
        reader, writer = await asyncio.open_connection(host, port, limit=READ_BYTES, ssl=tls)
        client = cls(reader, writer)
        try:
            await client.log_in(user, password, options)
        except BaseException:
            writer.close()
            raise
        client.beating = asyncio.create_task(client.beat())
        return client

    async def log_in(self, user: str, password: str, options: LoginOptions) -> None:
        """Prove the password to the venue, beside the loop: that takes a while."""
        await self.write(self.terminal.login(user, password, **options))
        challenge = await self.receive()
        await self.write(await asyncio.to_thread(self.terminal.prove, challenge))
        await self.receive()

    async def receive(self) -> Message:
        """Return the next report or batch of reports.

        Raises SessionEnded where the venue ended the session or the connection broke.
        """
        while (message := self.next_arrived()) is None:
            await self.read(lambda: bool(self.arrived or self.ending))
        return message

    async def ask(
        self,
        form: Callable[Concatenate[int, Fields], QuestionFor[Told]],
        *fields: Fields.args,
        **named: Fields.kwargs,
    ) -> list[Told]:
        """Ask a question, as in `ask(AskFunds, 1001)`, and return its whole answer.

        Reports that come meanwhile wait for `receive`.  Raises AskRefused.
        """
        asked = self.terminal.ask(form, *fields, **named)
        await self.wait_for([asked])
        return asked.rows

    async def ask_together(self, account: int, *forms: Form) -> list[list[Any]]:
        """Ask several questions about an account; all answers tell the same state.

        Raises AskRefused, and Mistake where the venue is too busy for it.
        """
        for _ in range(TRIES_MAX):
            asked = [self.terminal.ask(form, account) for form in forms]
            await self.wait_for(asked)
            answers = [one.rows for one in asked]
            if tell_the_same_state(asked):
                return answers
        raise too_busy()

    async def wait_for(self, asked: Sequence[Asked[Any]]) -> None:
        """Send questions in one go, and wait for all of their answers."""
        await self.write(b"".join(one.frame for one in asked))
        while not self.are_answered(asked):
            await self.read(lambda: self.are_answered(asked))

    async def write(self, frame: bytes) -> int:
        if self.writer.is_closing():
            raise ConnectionResetError("the connection is closed")
        self.writer.write(frame)
        await self.writer.drain()
        return self.terminal.client_seq

    async def read(self, is_there: Callable[[], bool]) -> None:
        """Take what arrives next, unless another task has taken what this one waits for."""
        async with self.reading:
            if is_there():
                return
            try:
                self.take(await self.reader.read(READ_BYTES))
            except (ConnectionError, SSLError) as error:
                self.ending = SessionEnded(f"the connection broke: {error.strerror or error}")

    async def beat(self) -> None:
        while not self.writer.is_closing():
            await asyncio.sleep(self.session.heartbeat_seconds)
            self.writer.write(self.terminal.heartbeat())

    async def log_out(self) -> list[Message]:
        """End the session; return what was still to come, in answer to all requests.

        Raises SessionEnded where the venue ended it first, or the connection broke.
        """
        await self.write(self.terminal.logout())
        heard = []
        while not isinstance(message := await self.receive(), Logout):
            heard.append(message)
        return heard

    async def close(self) -> None:
        """Log out, unless that has been done, and close the connection.

        A task that is in `receive` then hears Logout, or that the session has ended.
        """
        if self.beating is not None:
            self.beating.cancel()
        with suppress(OSError, Mistake):
            if not self.terminal.is_leaving:
                await asyncio.wait_for(self.log_out(), LEAVING_SECONDS)
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()


class BlockingClient(Requests[int]):
    """The same session over a plain socket, for scripts; every call returns when it is done."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        timeout: float = 10.0,
        tls: SSLContext | None = None,
        **options: Unpack[LoginOptions],
    ) -> None:
        """Connect, over TLS where there is a context for it, and log in.

        No call waits longer than `timeout` seconds.  Raises OSError where nothing listens there or
        in time or TLS fails, and LoginRefused.
        """
        super().__init__()
        self.timeout = timeout
        self.sent_at = 0.0
        self.socket = socket.create_connection((host, port), timeout)
        try:
            if tls is not None:
                self.socket = tls.wrap_socket(self.socket, server_hostname=host)
            self.write(self.terminal.login(user, password, **options))
            self.write(self.terminal.prove(self.receive()))
            self.receive()
        except BaseException:
            self.socket.close()
            raise

    def receive(self, timeout: float | None = None) -> Message:
        """Return the next report or batch of reports.

        Raises SessionEnded, and TimeoutError where none comes within `timeout` seconds, the
        client's own where that is None.
        """
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while (message := self.next_arrived()) is None:
            self.read(deadline - time.monotonic())
        return message

    def ask(
        self,
        form: Callable[Concatenate[int, Fields], QuestionFor[Told]],
        *fields: Fields.args,
        **named: Fields.kwargs,
    ) -> list[Told]:
        """Ask a question, as in `ask(AskFunds, 1001)`, and return its whole answer.

        Reports that come meanwhile wait for `receive`.  Raises AskRefused, SessionEnded, and
        TimeoutError.
        """
        asked = self.terminal.ask(form, *fields, **named)
        self.wait_for([asked])
        return asked.rows

    def ask_together(self, account: int, *forms: Form) -> list[list[Any]]:
        """Ask several questions about an account; all answers tell the same state.

        Raises AskRefused, and Mistake where the venue is too busy for it.
        """
        for _ in range(TRIES_MAX):
            asked = [self.terminal.ask(form, account) for form in forms]
            self.wait_for(asked)
            answers = [one.rows for one in asked]
            if tell_the_same_state(asked):
                return answers
        raise too_busy()

    def wait_for(self, asked: Sequence[Asked[Any]]) -> None:
        """Send questions in one go, and wait for all of their answers."""
        self.write(b"".join(one.frame for one in asked))
        deadline = time.monotonic() + self.timeout
        while not self.are_answered(asked):
            self.read(deadline - time.monotonic())

    def write(self, frame: bytes) -> int:
        self.socket.settimeout(self.timeout)
        self.socket.sendall(frame)
        self.sent_at = time.monotonic()
        return self.terminal.client_seq

    def read(self, seconds: float) -> None:
        """Take what arrives within so many seconds, and show life."""
        if seconds <= 0:
            raise TimeoutError("nothing came from the venue in time")
        self.socket.settimeout(seconds)
        try:
            self.take(self.socket.recv(READ_BYTES))
            if self.ending is None and self.must_beat():
                self.write(self.terminal.heartbeat())
        except TimeoutError:
            raise TimeoutError("nothing came from the venue in time") from None
        except (ConnectionError, SSLError) as error:
            self.ending = SessionEnded(f"the connection broke: {error.strerror or error}")

    def must_beat(self) -> bool:
        """Say whether to show life: nothing but a heartbeat came, or nothing was sent for long."""
        silent = time.monotonic() - self.sent_at
        is_open = self.terminal.accepted is not None
        return not self.arrived or (is_open and silent >= self.session.heartbeat_seconds)

    def log_out(self) -> list[Message]:
        """End the session; return what was still to come, in answer to all requests.

        Raises SessionEnded where the venue ended it first, and TimeoutError where a report or the
        end does not come in time.
        """
        self.write(self.terminal.logout())
        heard = []
        while not isinstance(message := self.receive(), Logout):
            heard.append(message)
        return heard

    def close(self) -> None:
        """Log out, unless that has been done, and close the connection."""
        with self.socket, suppress(OSError, Mistake):
            if not self.terminal.is_leaving:
                self.log_out()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def tell_the_same_state(asked: Iterable[Asked[Any]]) -> bool:
    """Say whether nothing was carried out between the answers to these questions."""
    return len({one.sequence for one in asked}) == 1


def too_busy() -> Mistake:
    return Mistake(
        f"the venue did not answer all questions at once in {TRIES_MAX} tries; ask again"
    )
