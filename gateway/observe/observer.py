"""The port for those who look: metrics, health and alarms of a gateway."""

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import msgspec

from gateway.config import ConfigError, ObserveSettings
from gateway.observe.door import Door, Page
from gateway.observe.health import NOT_YET, Health
from gateway.observe.metrics import metrics_of

if TYPE_CHECKING:
    from gateway.observe.exposition import Exposition
    from gateway.server import Gateway

JSON = "application/json"
SWITCH_SECONDS = 0.0005
"""How long a thread that makes a page may keep the interpreter from the loop."""

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Observer:
    """Listens from before the day is taken up, so that it can be seen how that goes on."""

    def __init__(self, settings: ObserveSettings) -> None:
        """Take the port, where one is set; raises ConfigError."""
        self.health = Health(settings.stuck_seconds)
        self.gateway: Gateway | None = None
        self.exposition: Exposition | None = None
        self.door: Door | None = None
        if settings.port:
            check_is_there()
            pages = {
                "/metrics": self.metrics,
                "/healthz": lambda: verdict(self.health.why_stuck()),
                "/readyz": lambda: verdict(self.health.why_not_ready()),
                "/alarms": self.alarms,
            }
            self.door = Door(settings.host, settings.port, pages)

    def __enter__(self) -> Self:
        """Answer from now on."""
        if self.door is not None:
            self.switch_seconds = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_SECONDS)
            self.door.open()
        return self

    def __exit__(self, *exception: object) -> None:
        """Answer no more."""
        if self.door is not None:
            self.door.close()
            sys.setswitchinterval(self.switch_seconds)

    def attach(self, gateway: "Gateway") -> None:
        """From now on tell of this gateway."""
        self.gateway = gateway
        self.health.attach(lambda: gateway.watch.turned, gateway.faults)
        if self.door is not None:
            from gateway.observe.exposition import Exposition

            self.exposition = Exposition(metrics_of(gateway))

    def metrics(self) -> Page:
        """Return the metrics as Prometheus reads them."""
        if self.exposition is None:
            return Page(NOT_YET.encode(), "text/plain", HTTPStatus.SERVICE_UNAVAILABLE)
        return Page(self.exposition.text(), PROMETHEUS)

    def alarms(self) -> Page:
        """Return the active alarms."""
        active = [] if self.gateway is None else self.gateway.watch.alarms.told()
        return Page(msgspec.json.encode({"active": active}), JSON)


def verdict(reasons: list[str]) -> Page:
    """Return whether all is well, and why not."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return Page(msgspec.json.encode({"ok": not reasons, "reasons": reasons}), JSON, status)


def check_is_there() -> None:
    """Raise ConfigError where what makes metrics is not installed."""
    try:
        import prometheus_client  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigError(
            "observe.port: metrics need prometheus-client; install cuohe[serve], or choose port 0"
        ) from None
