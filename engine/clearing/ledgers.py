"""A day's fees in two ledgers, by market and product, and whether they tie with the accounts.

The product is what an account must be permitted for to trade it: ordinary shares, STAR, funds...
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.clearing.charges import ITEMS, Charges
from engine.clearing.fills import granted
from engine.kernels import State
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Currency, Market, Permission, ReportKind, Side

LEVELS = Charges._fields


class Line(NamedTuple):
    """The fees of one level on one product of a market, in 1/10000 of the currency."""

    level: str
    market: Market
    product: Permission
    currency: Currency
    fills: int
    bought: int
    sold: int
    items: dict[str, int]

    @property
    def total(self) -> int:
        """All items together."""
        return sum(self.items.values())


class Settlement(NamedTuple):
    """What trading did to all money of a currency: what the accounts have more by it, what they
    were charged, and what of that the participant passes on."""

    currency: Currency
    accounts_net: int
    charged: int
    passed_on: int
    turnover_net: int

    @property
    def income(self) -> int:
        """What is left to the participant of what its customers were charged."""
        return self.charged - self.passed_on

    @property
    def participant_net(self) -> int:
        """What the participant receives from the depository, after all that it passes on."""
        return self.turnover_net - self.passed_on

    @property
    def ties(self) -> bool:
        """Whether accounts and income come to what the participant receives."""
        return self.accounts_net + self.income == self.participant_net

    def __str__(self) -> str:
        """Say it in one line."""
        accounts, income, net = (
            format_units(amount, 2)
            for amount in (self.accounts_net, self.income, self.participant_net)
        )
        return (
            f"{self.currency.name} {'ties' if self.ties else 'DOES NOT TIE'}: accounts {accounts}, "
            f"participant's income {income}, together {net} from the depository"
        )


def ledgers(commands: np.ndarray, reports: np.ndarray, charges: Charges) -> Iterator[Line]:
    """Yield the lines of both ledgers, those of the customers first."""
    traded = reports[reports["kind"] == ReportKind.TRADED]
    listings = granted(commands, reports, CommandKind.LIST_INSTRUMENT)
    value = traded["price"].astype(np.int64) * traded["quantity"]
    is_buy = traded["side"] == Side.BUY
    keys = [listings[name] for name in ("market", "permission", "listed_currency")]
    products, of_listing = np.unique(np.column_stack(keys), axis=0, return_inverse=True)
    product = of_listing[traded["instrument"]]

    def sums(amounts: np.ndarray) -> np.ndarray:
        added = np.zeros(len(products), np.int64)
        np.add.at(added, product, amounts)
        return added

    fills, bought, sold = sums(np.int64(1)), sums(value * is_buy), sums(value * ~is_buy)
    for level, charged in zip(LEVELS, charges, strict=True):
        items = {item: sums(charged[item]) for item in ITEMS if item in charged}
        for place in np.flatnonzero(fills):
            market, permission, currency = products[place].tolist()
            yield Line(
                level,
                Market(market),
                Permission(permission),
                Currency(currency),
                int(fills[place]),
                int(bought[place]),
                int(sold[place]),
                {item: int(amounts[place]) for item, amounts in items.items()},
            )


def settlements(lines: Sequence[Line], state: State) -> Iterator[Settlement]:
    """Yield how each currency that was traded settles; the accounts' part is what they have."""
    for currency in sorted({line.currency for line in lines}):
        of_currency = [line for line in lines if line.currency == currency]
        customers, participant = (
            [line for line in of_currency if line.level == level] for level in LEVELS
        )
        balances = int(state.funds["balance"][currency :: len(Currency)].sum())
        yield Settlement(
            currency,
            balances - int(state.tallies["outside"][currency]),
            sum(line.total for line in customers),
            sum(line.total for line in participant),
            sum(line.sold - line.bought for line in customers),
        )
