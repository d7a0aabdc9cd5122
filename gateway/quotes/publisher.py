"""The publisher: applies the commands of a journal to a venue of its own, and tells what it shows.

It knows no socket and no clock: whoever drives it says what time it is, in nanoseconds of any clock
that never goes back.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from engine.public_book import Changes, PublicBook
from engine.venue import Venue
from gateway.quotes.feed import At, Feed, Form, Listener, Told


class Publisher:
    """A venue that is followed, and the feeds of all subscriptions."""

    def __init__(self, venue: Venue, symbols: Sequence[str], business_date: int) -> None:
        self.venue = venue
        self.symbols = symbols
        self.business_date = business_date
        self.numbers = {symbol: number for number, symbol in enumerate(symbols)}
        self.book = PublicBook(venue)
        self.feeds: dict[Form, Feed] = {}
        self.day_end: At | None = None

    @property
    def at(self) -> At:
        """How far the venue has come."""
        return At(self.venue.sequence, self.venue.time)

    def take_up(self, parts: Iterable[np.ndarray]) -> None:
        """Learn from REPORT rows, of all the day so far, how its venue stands behind the last."""
        for reports in parts:
            self.book.watch(reports)
            self.book.traded.clear()
        self.note_end(self.book.settle())

    def apply(self, commands: np.ndarray, now: int) -> None:
        """Apply COMMAND rows and tell what has come of all of them."""
        for reports in self.venue.applied(commands):
            self.book.watch(reports)
        changes = self.book.settle()
        self.note_end(changes)
        for feed in list(self.feeds.values()):
            self.hand_on(feed, feed.tell(changes, self.at, now))
        if changes.ends_day:
            for listener in self.listeners():
                listener.tell_end()

    def note_end(self, changes: Changes) -> None:
        if changes.ends_day:
            self.day_end = self.at

    def tick(self, now: int) -> None:
        """Tell the depth that has waited for its interval."""
        for feed in list(self.feeds.values()):
            if feed.form.interval_ms:
                self.hand_on(feed, feed.tell_depth(self.at, now))

    def hand_on(self, feed: Feed, told: list[Told]) -> None:
        if told:
            for listener in list(feed.listeners):
                listener.hear(feed, told)

    def listeners(self) -> set[Listener]:
        """Return all who are told anything."""
        return {listener for feed in self.feeds.values() for listener in feed.listeners}

    def follow(self, listener: Listener, instrument: int, form: Form) -> Feed:
        """Let a listener be told of an instrument; return the feed that does."""
        if form not in self.feeds:
            self.feeds[form] = Feed(form, self.book, self.symbols)
        feed = self.feeds[form]
        feed.follow(listener, instrument)
        return feed

    def leave(self, listener: Listener, instrument: int, feed: Feed) -> None:
        """Let a listener be told of an instrument no more; a feed without any ends."""
        feed.leave(listener, instrument)
        if not feed.listeners:
            self.feeds.pop(feed.form, None)
