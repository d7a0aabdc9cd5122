"""How the log is written: a line for people, or a JSON object for machines.

What an event is about stands beside it in fields.  Fields that may hold a secret are dropped by
their names, whoever put them there.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any

import msgspec

from gateway.config import ConfigError, LogForm

EVENTS_MAX = 10_000
"""Events that may wait to be written; more are lost, and counted."""

SECRETS = frozenset(
    {"password", "proof", "key", "secret", "verifier", "challenge", "token", "nonce", "salt"}
)
"""Names of fields that are never written."""

OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has, beside the fields of its event."""


class Secretive(logging.Filter):
    """Takes the secrets out of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop fields that may hold a secret."""
        for name in SECRETS & record.__dict__.keys():
            del record.__dict__[name]
        return True


class Entrance(QueueHandler):
    """Takes events as far as there is room, and counts those that find none."""

    def __init__(self, queue: SimpleQueue[logging.LogRecord]) -> None:
        super().__init__(queue)
        self.waiting = queue
        self.lost = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return the event with its text as it is now; the rest is done when it is written."""
        record.msg, record.args = record.getMessage(), None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Let an event wait for the thread that writes it."""
        if self.waiting.qsize() < EVENTS_MAX:
            self.waiting.put(record)
        else:
            self.lost += 1

    def tell_lost(self, writer: logging.Handler) -> None:
        """Write how many events were lost, if any were."""
        if self.lost:
            told = {"msg": "events were lost", "levelno": logging.WARNING, "levelname": "WARNING"}
            writer.handle(logging.makeLogRecord(told | {"count": self.lost}))


class Lines(logging.Formatter):
    """Writes an event and its fields in one line, like `login accepted user=alice session=1`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line."""
        fields = [f"{name}={told(value)}" for name, value in fields_of(record).items()]
        return " ".join([super().formatMessage(record), *fields])


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of an event."""
    return {name: value for name, value in record.__dict__.items() if name not in OWN}


def told(value: object) -> str:
    """Return a field as it is, or in quotes where its end could not be seen."""
    text = str(value)
    is_plain = text.isprintable() and not {" ", '"', "="} & {*text} and text != ""
    return text if is_plain else msgspec.json.encode(text).decode()


@contextmanager
def written(form: LogForm) -> Iterator[None]:
    """Have the log written to standard error by a thread, so that nobody who logs waits for it.

    At the end all is written that has found room.  Raises ConfigError where the form needs what is
    not there.
    """
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(json_lines() if form is LogForm.JSON else Lines("%(message)s"))
    queue = SimpleQueue[logging.LogRecord]()
    entrance = Entrance(queue)
    entrance.addFilter(Secretive())
    logging.basicConfig(level=logging.INFO, handlers=[entrance], force=True)
    listener = QueueListener(queue, writer)
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        logging.getLogger().removeHandler(entrance)
        entrance.tell_lost(writer)


def json_lines() -> logging.Formatter:
    """Return what writes each event as a JSON object: time, level, event, and its fields."""
    try:
        import structlog
    except ModuleNotFoundError:
        raise ConfigError(
            'observe.log: "json" needs structlog; install cuohe[serve], or choose "console"'
        ) from None
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=to_json),
        ],
    )


def to_json(event: object, **options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
