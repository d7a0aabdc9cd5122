"""Another engine's own cases, as far as they name orders that this venue knows.

| case | here |
|---|---|
| market order | IMMEDIATE_THEN_CANCEL, its slippage as protection price |
| limit order; modify and replace in it | LIMIT; a replace that gives up its place |
| immediate-or-cancel | time in force IMMEDIATE_OR_CANCEL |
| fill-or-kill, filled and killed | the same, with all of it as the minimum quantity |
| all-or-none, several cases | not known: an order that rests but trades only whole |
| hidden | LIMIT with a display quantity |
| stop, stop-limit, and in an empty market | not so here: the best quotes trigger them, not trades |
| trailing stop | not known: a trigger stays where it is |
| in-flight mitigation | not known: a replace names the open quantity, not that of the day |
| manual matching | not known: a continuous book never rests while it crosses |
"""

import json

import numpy as np
import pytest

from engine.kernels.state import ICEBERG
from engine.venue import Limits, Venue
from protocol.vocabulary import NONE, Feature, OrderType, Phase, Side, TimeInForce
from tests.commands import cancel, change_phase, enter, journal, listing, open_day, replace
from tests.reference import reference_path

KNOWN = [
    "Automatic matching - market order",
    "Automatic matching - limit order",
    "Automatic matching - 'Immediate-Or-Cancel' limit order",
    "Automatic matching - 'Fill-Or-Kill' limit order (filled)",
    "Automatic matching - 'Fill-Or-Kill' limit order (killed)",
    "Automatic matching - 'Hidden' limit order",
]
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
LOWEST, HIGHEST = 1, 100
FEATURES = Feature.MINIMUM_QUANTITY | Feature.ICEBERG


class Case:
    """A venue with one instrument, and the other engine's names for its orders."""

    def __init__(self) -> None:
        self.venue = Venue(Limits(orders_open=100, orders_day=100, ticks=100, instruments=1))
        self.numbers: dict[str, int] = {}
        rules = {"tick": 1, "quantity_min": 1, "quantity_step": 1, "order_types": 127}
        limits = {"lower_limit": LOWEST, "upper_limit": HIGHEST, "previous_close": LOWEST}
        listed = listing(0, features=FEATURES, **rules, **limits)
        assert not len(self.venue.apply(journal([open_day(), *listed])))
        self.ask(change_phase(Phase.CONTINUOUS))

    def ask(self, command: dict) -> np.ndarray:
        return self.venue.apply(journal([command], self.venue.sequence + 1))

    def add(self, kind: str, args: list[str]) -> None:
        """Enter what a constructor of the other engine names."""
        side = SIDES[kind.removesuffix("Limit").removesuffix("Market")]
        if kind.endswith("Limit"):
            terms = self.limit(int(args[2]), int(args[3]), args[4:])
        else:
            terms = self.market(side, int(args[2]), args[3:])
        accepted = self.ask(enter(side=side, **terms))[0]
        self.numbers[args[0]] = int(accepted["order_number"])

    def limit(self, price: int, quantity: int, flags: list[str]) -> dict:
        terms = {"price": max(price, LOWEST), "quantity": quantity}
        if len(flags) > 1:
            terms["display_quantity"] = int(flags[1])
        elif flags:
            terms["time_in_force"] = TimeInForce.IMMEDIATE_OR_CANCEL
            terms["minimum_quantity"] = quantity if "FOK" in flags[0] else 0
        return terms

    def market(self, side: Side, quantity: int, slippage: list[str]) -> dict:
        protection = 0
        if slippage:
            sign = 1 if side == Side.BUY else -1
            protection = self.best(Side(1 - side)) + sign * int(slippage[0])
        return {
            "order_type": OrderType.IMMEDIATE_THEN_CANCEL,
            "price": protection,
            "quantity": quantity,
        }

    def change(self, step: dict) -> None:
        """Modify or replace an order."""
        old, *rest = step["args"].split(", ", 1)
        if "Order::SellLimit" in rest[0]:
            self.ask(cancel(self.numbers[old]))
            self.add("SellLimit", rest[0].partition("(")[2].rstrip(")").split(", "))
            return
        *name, price, quantity = rest[0].split(", ")
        self.ask(replace(self.numbers[old], int(quantity), int(price), gives_up_place=1))
        self.numbers[name[0] if name else old] = self.numbers[old]

    def open_orders(self, side: Side) -> np.ndarray:
        slots = self.venue.state.slots[1 : self.venue.state.venue[0]["orders"] + 1]
        orders = self.venue.state.orders[slots[slots != NONE]]
        return orders[orders["side"] == side]

    def best(self, side: Side) -> int:
        prices = self.open_orders(side)["price"]
        return int(prices.max() if side == Side.BUY else prices.min())

    def shown(self, orders: np.ndarray) -> int:
        slots = self.venue.state.slots[orders["order_number"]]
        hides = orders["traits"] & ICEBERG != 0
        shown = self.venue.state.displays["shown"][slots]
        return int(np.where(hides, shown, orders["leaves"]).sum())

    def expect(self, step: dict) -> None:
        for half, side in (("bid", Side.BUY), ("ask", Side.SELL)):
            orders = self.open_orders(side)
            count = {
                "BookOrders": len(orders),
                "BookVolume": int(orders["leaves"].sum()),
                "BookVisibleVolume": self.shown(orders),
            }
            assert count[step["expect"]] == step[half], (step, half)


@pytest.mark.parametrize("name", KNOWN)
def test_a_case_of_another_engine(name):
    path = reference_path("conformance/cpptrader_cases.json")
    steps = {case["name"]: case["steps"] for case in json.loads(path.read_text())}[name]
    case = Case()
    for step in steps:
        if "expect" in step:
            case.expect(step)
        elif step["op"] == "add":
            case.add(step["kind"], step["args"])
        else:
            case.change(step)
    assert any("expect" in step for step in steps)
