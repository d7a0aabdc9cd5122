"""The moment just before an order, and the parts of it that checks look at."""

from typing import Any

from engine.venue import Venue
from gateway.readable import Readable, fields_of, word
from protocol.units import format_units
from protocol.vocabulary import OrderType, Phase, Role, Side


class Moment:
    """An ENTER_ORDER row, and the venue as it is just before."""

    def __init__(self, venue: Venue, row: Any, readable: Readable) -> None:
        self.venue = venue
        self.state = venue.state
        self.order: dict[str, Any] = fields_of(row)
        self.readable = readable

    @property
    def index(self) -> int:
        """The number of the instrument."""
        return int(self.order["instrument"])

    @property
    def instrument(self) -> Any:
        """The row of the instrument."""
        return self.state.instruments[self.index]

    @property
    def account(self) -> Any:
        """The row of the account."""
        return self.state.accounts[self.order["account"]]

    @property
    def window(self) -> Any:
        """How many requests of the account count, by steps."""
        return self.state.windows[self.order["account"]]

    @property
    def owner(self) -> Any:
        """What is seldom asked of the account."""
        return self.state.owners[self.order["account"]]

    @property
    def phase(self) -> Any:
        """What the phase does with orders."""
        return self.state.phases[self.instrument["phase"]]

    @property
    def worst_price(self) -> int:
        """The price of the order, the day's limit where it has none."""
        lowest, highest = self.venue.limits_of(self.index)
        return int(self.order["price"]) or (highest if self.is_buy else lowest)

    @property
    def is_buy(self) -> bool:
        """Whether the order is to buy."""
        return bool(self.order["side"] == Side.BUY)

    @property
    def asked(self) -> list[str]:
        """What the order asks for beyond its type."""
        names = ("minimum_quantity", "post_only", "display_quantity", "trigger_price")
        return [name for name in names if self.order[name]]

    @property
    def may_wait(self) -> bool:
        """Whether the order may be delayed."""
        return self.order["order_type"] != OrderType.FIXED_PRICE and not self.asked

    @property
    def is_listed(self) -> bool:
        """Whether there is such an instrument."""
        return 0 <= self.index < int(self.state.venue[0]["instruments"])

    def sender(self) -> str:
        """Return who sent the order."""
        number = self.order["session"]
        if not 0 < number < self.state.venue[0]["sessions"]:
            return f"session {number}" if number else "the venue"
        row = self.state.sessions[number]
        role = word(Role, row["role"])
        return f"session {number}, {role} of branch {row['branch']}"

    def told(self) -> str:
        """Return how it stands with the instrument, as the order comes."""
        if not self.is_listed:
            return "not listed"
        row = self.instrument
        prices = ("previous_close", "open", "last")
        told = (
            f"{name.replace('_', ' ')} {format_units(int(row[name]))}"
            for name in prices
            if row[name]
        )
        return ", ".join(
            (f"{self.readable.symbol(self.index)} in {word(Phase, row['phase'])}", *told)
        )
