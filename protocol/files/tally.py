"""The control totals of a file, and what must hold of every file of fills by itself."""

import numpy as np

from protocol.files.fault import FileFault
from protocol.files.profiles import FACT, Profile, turnover_of
from protocol.units import format_units
from protocol.vocabulary import Side


class Tally:
    """Adds up a file's facts, block by block, and raises FileFault at the first that is wrong.

    Checked are: each value means something, the date is the business date, price x quantity is
    the turnover to the cent, and every trade is told once, in two adjacent rows, a buy and a sell
    of the same quantity at the same price, under rising trade numbers.
    """

    def __init__(self, profile: Profile, business_date: int) -> None:
        self.profile = profile
        self.business_date = business_date
        self.records = 0
        self.quantity = dict.fromkeys(Side, 0)
        self.turnover = dict.fromkeys(Side, 0)
        self.unpaired = np.empty(0, FACT)
        self.trade_number = 0

    def totals(self) -> dict[str, int | str]:
        """Return the control totals as a manifest's entry has them."""
        return {
            "records": self.records,
            "quantity_bought": self.quantity[Side.BUY],
            "quantity_sold": self.quantity[Side.SELL],
            "turnover_bought": format_units(self.turnover[Side.BUY], 2),
            "turnover_sold": format_units(self.turnover[Side.SELL], 2),
        }

    def add(self, facts: np.ndarray) -> None:
        """Check and add FACT rows, the next in the file."""
        self.check_values(facts)
        for side in Side:
            rows = facts[facts["side"] == side]
            self.quantity[side] += int(rows["quantity"].sum())
            self.turnover[side] += int(rows["turnover"].sum())
        facts = np.concatenate([self.unpaired, facts])
        whole = len(facts) // 2 * 2
        self.check_trades(facts[:whole].reshape(-1, 2), self.records - len(self.unpaired))
        self.records += len(facts) - len(self.unpaired)
        self.unpaired = facts[whole:]

    def end(self) -> None:
        """Check what can be told only at the end of the file."""
        if self.unpaired.size:
            number = self.unpaired[0]["trade_number"]
            raise self.fault(self.records - 1, "trade_number", f"trade {number} has one side only")

    def check_values(self, facts: np.ndarray) -> None:
        for name in FACT.names or ():
            self.check(facts[name] >= 0, name, "the value has no meaning there")
        self.check(
            facts["business_date"] == self.business_date,
            "business_date",
            f"it is not the manifest's business date {self.business_date}",
        )
        self.check(facts["quantity"] > 0, "quantity", "it is not positive")
        product = turnover_of(facts["price"], facts["quantity"])
        self.check(facts["turnover"] == product, "turnover", "it is not price x quantity")

    def check_trades(self, trades: np.ndarray, first: int) -> None:
        one, other = trades[:, 0], trades[:, 1]
        paired = one["side"] != other["side"]
        for name in ("trade_number", "price", "quantity"):
            paired &= one[name] == other[name]
        rising = np.diff(one["trade_number"], prepend=self.trade_number) > 0
        if not (paired & rising).all():
            row = int(np.argmin(paired & rising))
            number = one[row]["trade_number"]
            reason = (
                "has no buy and sell of the same price and quantity side by side"
                if not paired[row]
                else "stands behind a trade of the same or a greater number"
            )
            raise self.fault(first + 2 * row, "trade_number", f"trade {number} {reason}")
        if len(trades):
            self.trade_number = int(one[-1]["trade_number"])

    def check(self, right: np.ndarray, name: str, reason: str) -> None:
        if not right.all():
            raise self.fault(self.records + int(np.argmin(right)), name, reason)

    def fault(self, row: int, name: str, reason: str) -> FileFault:
        layout = self.profile.layout
        return FileFault(
            f"{layout.file}: {layout.place(row)}: {self.profile.fields[name]}: {reason};"
            " fetch the file again, or have its sender correct it"
        )
