"""The control totals of a file, and what must hold of every file by itself."""

from collections.abc import Callable

import numpy as np

from protocol.files.faults import Faults, FirstFault
from protocol.files.identities import identities_of
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.files.manifest import Totals
from protocol.files.numerals import total
from protocol.files.profiles import FACT, Profile, turnover_of
from protocol.units import format_units
from protocol.vocabulary import Side

COUNTED = {
    *("quantity", "fills", "quantity_bought", "quantity_sold"),
    *("before", "bought", "sold", "other", "total", "frozen", "pledged"),
}
"""Whole numbers of tables that count something, so that their sum means something."""

PRICES = ("price",)

FRACTION = 4
"""Decimals of the units that amounts are counted in."""


def summed(layout: Layout) -> list[Field]:
    """Return the fields whose sums are control totals: amounts, and counts of shares.

    In the market's own files all numbers with two decimals are, and all whole ones that stand as
    text.
    """
    numbers = [field for field in layout.fields if field.type in "NP" and not field.may_overflow]
    if layout.is_delimited:
        return [
            field
            for field in numbers
            if field.name in COUNTED or (field.decimals and field.name not in PRICES)
        ]
    return [field for field in numbers if field.decimals == (2 if field.type == "N" else 0)]


def spelled(amount: int, field: Field) -> int | str:
    """Return a sum in units of the field's last decimal as a manifest has it."""
    if not field.decimals:
        return amount
    return format_units(amount * 10 ** (FRACTION - field.decimals), field.decimals)


class Tally:
    """Adds up a file, block by block, and takes into `faults` what is wrong.

    Checked are: each value means something, the date is the business date, nothing is settled
    before it, the record's own sums are right, price x quantity is the turnover to the cent, and
    every trade is told once, in two adjacent rows, a buy and a sell of the same quantity at the
    same price, under rising trade numbers.  Where it `trusts` the fills, since they are rows of a
    table that was checked, trades are only added up.
    """

    def __init__(
        self,
        profile: Profile,
        business_date: int,
        faults: Faults | None = None,
        *,
        trusts: bool = False,
    ) -> None:
        self.profile = profile
        self.trusts = trusts
        self.business_date = business_date
        self.faults = faults or FirstFault(profile.layout)
        self.records = 0
        self.sums = dict.fromkeys(summed(profile.layout), 0)
        self.identities = list(identities_of(profile.layout))
        self.is_of_fills = bool(profile.fields)
        self.quantity = dict.fromkeys(Side, 0)
        self.turnover = dict.fromkeys(Side, 0)
        self.held = np.empty(0, FACT)
        self.trade_number = 0

    def totals(self) -> Totals:
        """Return the control totals as a manifest's entry has them."""
        totals: Totals = {field.name: spelled(amount, field) for field, amount in self.sums.items()}
        if self.is_of_fills:
            totals["quantity_bought"] = self.quantity[Side.BUY]
            totals["quantity_sold"] = self.quantity[Side.SELL]
            totals["turnover_bought"] = format_units(self.turnover[Side.BUY], 2)
            totals["turnover_sold"] = format_units(self.turnover[Side.SELL], 2)
        return totals

    def add(self, columns: Columns, facts: np.ndarray | None = None) -> None:
        """Check and add the columns of the file's next rows.

        Who knows their FACT rows already, or rows with their fields, spares the way back to them.
        """
        rows = row_count(columns)
        for field in self.sums:
            column = np.broadcast_to(columns[field.name], rows)
            self.sums[field] += total(column)
        if self.is_of_fills:
            facts = self.profile.facts(columns) if facts is None else facts
            self.add_facts(facts)
            if not self.trusts:
                self.check_facts(facts)
        elif "business_date" in columns:
            right = np.broadcast_to(columns["business_date"] == self.business_date, rows)
            self.expect(right, "business_date", self.other_date)
        if "settle_date" in columns:
            right = np.broadcast_to(columns["settle_date"] >= self.business_date, rows)
            self.expect(right, "settle_date", "it is before the business date")
        for identity in self.identities:
            right = np.broadcast_to(identity.holds(columns), rows)
            self.expect(right, identity.field, f"it is not {identity}")
        self.records += rows

    @property
    def other_date(self) -> str:
        return f"it is not the manifest's business date {self.business_date}"

    def add_facts(self, facts: np.ndarray) -> None:
        quantity, turnover = facts["quantity"], facts["turnover"]
        for side in Side:
            is_of = facts["side"] == side
            self.quantity[side] += total(quantity[is_of])
            self.turnover[side] += total(turnover[is_of])

    def check_facts(self, facts: np.ndarray) -> None:
        self.check_values(facts)
        first = self.records - len(self.held)
        facts = np.concatenate([self.held, facts])
        if not len(facts):
            return
        # The last trade may go on in the next block.
        numbers = facts["trade_number"]
        whole = int(np.flatnonzero(numbers != numbers[-1])[-1:].max(initial=-1)) + 1
        self.check_trades(facts[:whole], first)
        self.held = facts[whole:]

    def end(self) -> None:
        """Check what can be told only at the end of the file."""
        self.check_trades(self.held, self.records - len(self.held))

    def check_values(self, facts: np.ndarray) -> None:
        for name in FACT.names or ():
            self.expect_fact(facts[name] >= 0, name, "the value has no meaning there")
        self.expect_fact(
            facts["business_date"] == self.business_date, "business_date", self.other_date
        )
        self.expect_fact(facts["quantity"] > 0, "quantity", "it is not positive")
        product = turnover_of(facts["price"], facts["quantity"])
        self.expect_fact(facts["turnover"] == product, "turnover", "it is not price x quantity")

    def check_trades(self, facts: np.ndarray, first: int) -> None:
        """Check whole trades, that is runs of rows with the same trade number."""
        if not len(facts):
            return
        numbers = facts["trade_number"]
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1) != 0)
        sizes = np.diff(starts, append=len(facts))
        place = np.arange(len(facts)) - np.repeat(starts, sizes)
        size = np.repeat(sizes, sizes)
        self.expect_trade(size != 1, numbers, first, "has one side only")
        self.expect_trade(place < 2, numbers, first, "has more than two sides")
        pairs = facts[size == 2].reshape(-1, 2)
        one, other = pairs[:, 0], pairs[:, 1]
        paired = one["side"] != other["side"]
        for name in ("price", "quantity"):
            paired &= one[name] == other[name]
        right = np.ones(len(facts), bool)
        right[np.flatnonzero(size == 2)[::2][~paired]] = False
        self.expect_trade(
            right, numbers, first, "has no buy and sell of the same price and quantity side by side"
        )
        right[:] = True
        highest = np.maximum.accumulate(np.append(self.trade_number, numbers[starts]))
        right[starts] = numbers[starts] > highest[:-1]
        self.expect_trade(
            right, numbers, first, "stands behind a trade of the same or a greater number"
        )
        self.trade_number = int(highest[-1])

    def expect(self, right: np.ndarray, field: str, reason: str) -> None:
        self.faults.expect(right, self.records, field, self.told(reason))

    def expect_fact(self, right: np.ndarray, name: str, reason: str) -> None:
        if not right.all():
            self.expect(right, self.profile.fields[name], reason)

    def expect_trade(self, right: np.ndarray, numbers: np.ndarray, first: int, what: str) -> None:
        field = self.profile.fields["trade_number"]
        told = self.told(what)
        self.faults.expect(right, first, field, lambda row: f"trade {numbers[row]} {told(row)}")

    @staticmethod
    def told(reason: str) -> Callable[[int], str]:
        remedy = "fetch the file again, or have its sender correct it"
        return lambda row: f"{reason}; {remedy}"
