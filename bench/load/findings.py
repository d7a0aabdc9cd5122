"""What is amiss with the answers that a session got: lost, doubled, out of order."""

from collections.abc import Iterable, Iterator

import numpy as np

from bench.load.ledger import Ledger
from bench.load.sender import Sender
from bench.load.spans import Span, spans_of, told


def findings(senders: Iterable[Sender], ledger: Ledger) -> Iterator[str]:
    """Say of each session what is amiss with its answers and with the numbers of its reports."""
    for sender in senders:
        for what, spans in found(sender, ledger):
            if spans:
                yield f"{sender.name}: {what} {told(spans)}"
        if strays := int(ledger.strays[sender.place]):
            yield f"{sender.name}: answers to requests that were not sent: {strays:,}"


def found(sender: Sender, ledger: Ledger) -> Iterator[tuple[str, list[Span]]]:
    """Yield what may be amiss with a session, and with which of its numbers it is."""
    place, numbering = sender.place, sender.terminal.numbering
    if sender.ending is None:
        yield "no answer to client_seq", named(sender, ledger.lost(place))
    yield "more than one answer to client_seq", named(sender, ledger.doubled(place))
    yield "answered out of order: client_seq", named(sender, ledger.late(place))
    yield "missing reports", numbering.missing
    yield "reports out of order:", numbering.late
    yield "doubled reports", numbering.doubled


def named(sender: Sender, requests: np.ndarray) -> list[Span]:
    """Return requests of a session, counted from 1, by their client_seq."""
    return spans_of(requests + sender.before) if len(requests) else []


def broken(senders: Iterable[Sender], ledger: Ledger) -> Iterator[str]:
    """Say of each session that was lost how, and how many requests are without an answer."""
    for sender in senders:
        if sender.ending is not None:
            yield (
                f"{sender.name}: the session was lost: {sender.ending}; "
                f"{len(ledger.lost(sender.place)):,} of its requests have no answer"
            )
