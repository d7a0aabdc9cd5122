"""What one session is sent: its subscriptions, and what becomes of them while it does not read.

Where the session reads, it is sent what the feeds tell, as it is told.  Where it does not, depth,
totals and indications are left out; trades, changes of orders and of status are kept, up to a
bound.  When it reads again it is sent these first, numbered behind what it has had, and then a
Snapshot of now.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from gateway.quotes.feed import Feed, Form, Told
from gateway.quotes.publisher import Publisher
from protocol.codec import encode
from protocol.market import (
    DEPTHS,
    INTERVALS_MS,
    OrdersChanged,
    Request,
    Resubscribe,
    StatusChanged,
    Subscribe,
    SubscriptionRefused,
    Trade,
    Unsubscribe,
    Update,
)
from protocol.messages import DayEnded, Message
from protocol.vocabulary import SubscribeReject

KEPT_MAX = 100_000
"""Trades, and changes of orders and of status, that are kept for a session that does not read."""

KEPT_FORMS = (Trade, OrdersChanged, StatusChanged)


class Subscription:
    """Of one instrument: its feed, and how far the session has been told.

    `update` counts where it waits: what is in `kept` comes behind it.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.is_waiting = True
        self.is_new = True
        self.update = 0
        self.kept: list[Update] = []


class Viewing:
    """The subscriptions of a session.

    `send` takes frames; `cut` ends the session because it does not read.
    """

    def __init__(
        self, publisher: Publisher, send: Callable[[bytes], None], cut: Callable[[], None]
    ) -> None:
        self.publisher = publisher
        self.send = send
        self.cut = cut
        self.is_paused = False
        self.subscriptions: dict[int, Subscription] = {}
        self.waiting: dict[int, Subscription] = {}
        self.kept = 0
        self.has_heard_end = False

    def take(self, request: Request) -> None:
        """Do what a request asks for, or say why not."""
        reason, text = self.refusal(request)
        if reason is not SubscribeReject.NOTHING:
            self.send(encode(SubscriptionRefused(request.instrument, reason, text)))
            return
        meant = self.meant(request)
        if isinstance(request, Subscribe):
            form = Form(request.depth, request.trades, request.orders, request.interval_ms)
            for instrument in meant:
                self.subscribe(instrument, form)
        elif isinstance(request, Unsubscribe):
            for instrument in meant:
                self.unsubscribe(instrument)
        else:
            for instrument in meant:
                self.begin_anew(instrument)
        self.catch_up()

    def refusal(self, request: Request) -> tuple[SubscribeReject, str]:
        """Return why nothing can come of a request, NOTHING where it can."""
        name = request.instrument
        if name and name not in self.publisher.numbers:
            return SubscribeReject.UNKNOWN_INSTRUMENT, f"{name!r} is not traded today"
        if isinstance(request, Resubscribe) and not self.meant(request):
            return SubscribeReject.NOT_SUBSCRIBED, f"{name!r} is not subscribed to; Subscribe first"
        if not isinstance(request, Subscribe):
            return SubscribeReject.NOTHING, ""
        if request.depth not in DEPTHS:
            return SubscribeReject.DEPTH_NOT_OFFERED, f"depth is one of {DEPTHS}"
        if request.interval_ms not in INTERVALS_MS:
            return SubscribeReject.INTERVAL_NOT_OFFERED, f"interval_ms is one of {INTERVALS_MS}"
        if not (request.depth or request.trades or request.orders):
            return SubscribeReject.NOTHING_WANTED, "ask for depth, trades or orders"
        return SubscribeReject.NOTHING, ""

    def meant(self, request: Request) -> list[int]:
        """Return the instruments that a request means; only Subscribe may mean new ones."""
        number = self.publisher.numbers.get(request.instrument)
        if isinstance(request, Subscribe):
            return list(self.publisher.numbers.values()) if number is None else [number]
        return [one for one in self.subscriptions if number in (None, one)]

    def subscribe(self, instrument: int, form: Form) -> None:
        """Begin to be told of an instrument, from a snapshot on."""
        self.unsubscribe(instrument)
        subscription = Subscription(self.publisher.follow(self, instrument, form))
        self.subscriptions[instrument] = self.waiting[instrument] = subscription

    def unsubscribe(self, instrument: int) -> None:
        """Be told of an instrument no more."""
        subscription = self.subscriptions.pop(instrument, None)
        if subscription is not None:
            self.waiting.pop(instrument, None)
            self.kept -= sum(map(weight, subscription.kept))
            self.publisher.leave(self, instrument, subscription.feed)

    def leave(self) -> None:
        """Be told nothing more."""
        for instrument in list(self.subscriptions):
            self.unsubscribe(instrument)

    def begin_anew(self, instrument: int) -> None:
        """Have a new snapshot of an instrument, with nothing of before."""
        self.subscribe(instrument, self.subscriptions[instrument].feed.form)

    def hear(self, feed: Feed, told: list[Told]) -> None:
        """Take what a feed tells."""
        frames = []
        for instrument, messages, frame in told:
            subscription = self.subscriptions.get(instrument)
            if subscription is None or subscription.feed is not feed:
                continue
            if self.is_paused or subscription.is_waiting:
                self.keep(instrument, subscription, messages)
            else:
                frames.append(frame)
        if frames:
            self.send(b"".join(frames))
        if self.kept > KEPT_MAX:
            self.cut()

    def keep(self, instrument: int, subscription: Subscription, messages: list[Update]) -> None:
        """Leave out what a snapshot will tell as well, and keep the rest."""
        if subscription.is_new:
            return
        if not subscription.is_waiting:
            subscription.is_waiting = True
            subscription.update = messages[0].update - 1
            self.waiting[instrument] = subscription
        kept = [message for message in messages if isinstance(message, KEPT_FORMS)]
        subscription.kept += kept
        self.kept += sum(map(weight, kept))

    def pause(self) -> None:
        """Send nothing more until the peer has read."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on, with what has waited first."""
        self.is_paused = False
        self.catch_up()

    def catch_up(self) -> None:
        """Bring subscriptions that wait up to now, as far as the peer reads."""
        while self.waiting and not self.is_paused:
            instrument = next(iter(self.waiting))
            subscription = self.waiting.pop(instrument)
            self.send(b"".join(map(encode, self.missed(instrument, subscription))))
            self.kept -= sum(map(weight, subscription.kept))
            subscription.kept = []
            subscription.is_waiting = subscription.is_new = False
        self.tell_end()

    def missed(self, instrument: int, subscription: Subscription) -> Iterator[Message]:
        """Yield what brings a subscription up to now."""
        for update, message in enumerate(subscription.kept, subscription.update + 1):
            yield replace(message, update=update)
        feed = subscription.feed
        yield feed.snapshot(instrument, self.publisher.at, not subscription.is_new)
        if feed.form.orders and subscription.is_new:
            yield from feed.order_pages(instrument)

    def tell_end(self) -> None:
        """Say that the day has ended, once, behind all else."""
        end = self.publisher.day_end
        if end is not None and self.subscriptions and not (self.waiting or self.has_heard_end):
            self.has_heard_end = True
            self.send(encode(DayEnded(0, end.time, self.publisher.business_date)))


def weight(message: Message) -> int:
    """Return how much a message counts among those kept."""
    return len(message.orders) if isinstance(message, OrdersChanged) else 1
