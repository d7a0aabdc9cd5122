"""Accounts of a random day that have too little money and too few shares, in several currencies.

Everything else that happens on it happens on the days of flow.py, too.
"""

from functools import cached_property

from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    Channel,
    CommandKind,
    Currency,
    Depository,
    FundsEntry,
    Grounds,
    Permission,
    SharesEntry,
    Side,
)
from tests.commands import (
    EVERY_CHANNEL,
    EVERY_DEPOSITORY,
    EVERY_PERMISSION,
    change_status,
    define_fees,
    edit_account,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.blunders import ACCOUNT_BLUNDERS, wrong_fees
from tests.engine.flow import INSTRUMENTS, SESSIONS, Flow
from tests.naive.ledger import Moved

ACCOUNTS = 25
"""How many accounts each range of sessions begins with; the others are opened later, if at all.
On a short day there are fewer, lest it end when it has begun."""

ACCOUNTS_MAX = 128
SCHEDULES = 3
OPERATORS = (0, 0, 4, 4, 5, 6, 6, 2, 2, 7, 9)
"""Who sends the commands of accounts; the last ones may not all of them, or none."""

CURRENCIES = (Currency.CNY, Currency.CNY, Currency.CNY, Currency.HKD, Currency.HKD, Currency.USD)
MOST = 2**31 - 1
"""No field for a quantity holds more, though an account may."""

RATES = (0, 0, 341, 1_000, 50_000, 1_000_000)
COINS = (100_000, 5_000_000, 50_000_000, 400_000_000)
"""Amounts of money that some orders are worth."""

LOSS_REPORTED, FROZEN = AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN
STATUSES = (AccountStatus.NORMAL, LOSS_REPORTED, FROZEN, *[AccountStatus.CLOSED] * 4)
FUNDS_ENTRIES = (
    *FundsEntry,
    FundsEntry.GRANT_CREDIT,
    FundsEntry.DEPOSIT,
    FundsEntry.DEPOSIT,
    FundsEntry.TRANSFER_IN,
)
SHARES_ENTRIES = (*SharesEntry, SharesEntry.SHARES_IN, SharesEntry.CUSTODY_IN)


class AccountFlow(Flow):
    """The makings of one day with accounts."""

    blunders = Flow.blunders | ACCOUNT_BLUNDERS

    @cached_property
    def opened(self) -> list[int]:
        """The numbers of the accounts with which the day begins."""
        count = min(ACCOUNTS, self.length // 100)
        return [*range(1, 1 + count), *range(100, 100 + count)]

    def shares_of_makers(self) -> dict:
        """Return how often each maker of commands has its turn."""
        return super().shares_of_makers() | {
            self.funds: 0.05,
            self.shares: 0.04,
            self.status: 0.01,
            self.terms: 0.015,
        }

    def day_opening(self, **room: int) -> list[dict]:
        """Return what opens the day, the fees, and what is refused of either."""
        four_eyes = self.pick((0, 0, 1 << Grounds.CORRECTION, (1 << len(Grounds)) - 1))
        room |= self.pick(
            (
                {},
                {"accounts_max": 126},
                {"holdings_max": 220},
                {"movements_max": 900},
                {"lists_max": 8},
            )
        )
        schedules = [define_fees(number, **self.fees()) for number in range(SCHEDULES)]
        return [
            open_account(1),
            open_day(with_accounts=2),
            open_day(with_accounts=1, four_eyes=self.pick((-1, 1 << len(Grounds)))),
            open_day(with_accounts=1, four_eyes=four_eyes, **room),
            *schedules,
            *wrong_fees(SCHEDULES),
        ]

    def fees(self) -> dict:
        """Return the rates of some fees."""
        names = ("stamp_buy", "stamp_sell", "transfer", "handling", "regulatory", "settlement")
        rates = {f"{name}_rate": self.pick(RATES) for name in names}
        return rates | {"settlement_cap": self.pick((0, 100, 3_000, 10_050))}

    def beginning(self) -> list[dict]:
        """Return what opens the accounts, and what they bring with them."""
        return [row for number in self.opened for row in self.account(number)]

    def account(self, number: int) -> list[dict]:
        """Return what opens an account, and what it brings with it."""
        funds = [
            move_funds(number, self.amount(), FundsEntry.BROUGHT_FORWARD, currency=currency)
            for currency in Currency
        ]
        shares = [
            move_shares(
                number,
                1 + self.below(self.pick((100, 10_000))),
                SharesEntry.BROUGHT_FORWARD,
                instrument=instrument,
                cost=self.amount(),
            )
            for instrument in range(INSTRUMENTS)
            if self.random.random() < 0.8
        ]
        return [open_account(number, **self.terms_of_account()), *funds, *shares]

    def terms_of_account(self) -> dict:
        """Return what an account may do, and what it pays."""
        return {
            "account_kind": self.pick(list(AccountKind)),
            "branch": self.below(3),
            "channels": self.most_of(EVERY_CHANNEL),
            "depositories": self.most_of(EVERY_DEPOSITORY),
            "permissions": self.most_of(EVERY_PERMISSION),
            "commission_rate": self.pick((0, 25_000, 123_456, 300_000)),
            "commission_min": self.pick((0, 10_000, 50_000, 777)),
            "commission_min_foreign": self.pick((0, 10_000, 50_000)),
            "commission_includes": self.below(2),
        }

    def most_of(self, bits: int) -> int:
        """Return all of these bits, or some."""
        return bits if self.random.random() < 0.98 else bits & self.below(bits)

    def amount(self) -> int:
        """Return an amount of money."""
        return 1 + self.below(self.pick(COINS))

    def listing(self, number: int) -> list[dict]:
        """Return an instrument whose shares cost something, in one of the currencies."""
        rules, listed = super().listing(number)
        dearer = self.pick((10_000, 100_000))
        prices = {
            name: listed[name] + dearer for name in ("lower_limit", "upper_limit", "previous_close")
        }
        return [
            rules,
            listed
            | prices
            | {
                "depository": self.pick(list(Depository)),
                "permission": self.pick(list(Permission)),
                "listed_currency": self.pick(CURRENCIES),
                "settlement_days": self.below(2),
                "fees": self.below(SCHEDULES),
            },
        ]

    def order(self) -> dict:
        """Return an order of some account, sometimes for all that it has."""
        command = super().order()
        if self.random.random() < 0.7:
            count = len(self.opened) // 2
            command["account"] = SESSIONS[max(command["session"] - 1, 0)][0] + self.below(count)
        if self.random.random() < 0.1:
            command["channel"] = self.pick(list(Channel))
        if self.random.random() < 0.35:
            command["quantity"] = min(self.most(command), MOST) or command["quantity"]
        return command

    def most(self, command: dict) -> int:
        """Return about how many shares the account of an order can buy or sell."""
        number, instrument = command["account"], command["instrument"]
        if number not in self.venue.accounts or instrument >= len(self.venue.instruments):
            return 0
        if command["side"] == Side.BUY:
            price = max(command["price"], 1)
            return self.venue.most_to_buy(number, instrument, price) + self.pick((0, 100))
        return self.venue.most_to_sell(number, instrument) + self.pick((0, 0, 0, -100, 1))

    def some_account(self) -> int:
        """Return the number of an account, mostly of one that there is."""
        if self.random.random() < 0.03:
            return self.below(ACCOUNTS_MAX + 2) - 1
        return self.pick(list(self.venue.accounts) or self.opened)

    def funds(self) -> dict:
        """Return a movement of money, or the reversal of one."""
        if self.venue.proposals and self.random.random() < 0.5:
            return self.second()
        if self.random.random() < 0.15:
            return self.reversal(CommandKind.MOVE_FUNDS)
        command = move_funds(
            self.some_account(),
            self.amount(),
            self.pick(FUNDS_ENTRIES),
            currency=self.pick(CURRENCIES),
            grounds=self.pick(list(Grounds)),
        )
        if self.random.random() < 0.2 and command["account"] in self.venue.accounts:
            now = self.venue.funds(command["account"], command["currency"])
            command["amount"] = self.pick((now.available, now.withdrawable)) + self.below(2)
        elif self.random.random() < 0.3:
            command |= self.release_of_funds()
        return self.signed(command, self.pick(OPERATORS))

    def shares(self) -> dict:
        """Return a movement of shares, or the reversal of one."""
        if self.random.random() < 0.15:
            return self.reversal(CommandKind.MOVE_SHARES)
        command = move_shares(
            self.some_account(),
            1 + self.below(self.pick((100, 1_000))),
            self.pick(SHARES_ENTRIES),
            instrument=self.below(INSTRUMENTS),
            cost=self.amount(),
            grounds=self.pick(list(Grounds)),
        )
        if self.random.random() < 0.3:
            command |= self.release_of_shares()
        return self.signed(command, self.pick(OPERATORS))

    def second(self) -> dict:
        """Return what has been proposed, perhaps by somebody else, or something like it."""
        moved, grounds, reverses = self.pick(list(self.venue.proposals))
        command = command_of(moved) | {"grounds": grounds, "reverses": reverses}
        if self.random.random() < 0.1:
            command[self.pick([name for name in command if name != "kind"])] = self.below(3)
        return self.signed(command, self.pick(OPERATORS))

    def release_of_funds(self) -> dict:
        """Return what makes a movement the release of money frozen or lent, if any is."""
        releases = [
            (number, currency, entry, most)
            for number, account in self.venue.accounts.items()
            for currency, funds in account.funds.items()
            for entry, most in (
                (FundsEntry.RELEASE_DAY, funds.frozen_day),
                (FundsEntry.RELEASE_LONG, funds.frozen_long),
                (FundsEntry.REVOKE_CREDIT, funds.credit),
            )
            if most > 0
        ]
        if not releases:
            return {}
        number, currency, entry, most = self.pick(releases)
        amount = self.pick((most, most + 1, 1 + self.below(most)))
        return {"account": number, "currency": currency, "entry": entry, "amount": amount}

    def release_of_shares(self) -> dict:
        """Return what makes a movement the release of shares frozen or pledged, if any are."""
        releases = [
            (number, instrument, entry, most)
            for number, account in self.venue.accounts.items()
            for instrument, holding in account.holdings.items()
            for entry, most in (
                (SharesEntry.RELEASE_DAY, holding.frozen_day),
                (SharesEntry.RELEASE_LONG, holding.frozen_long),
                (SharesEntry.RELEASE_PLEDGE, holding.pledged),
            )
            if most > 0
        ]
        if not releases:
            return {}
        number, instrument, entry, most = self.pick(releases)
        amount = self.pick((most, most + 1, 1 + self.below(most)))
        return {"account": number, "instrument": instrument, "entry": entry, "amount": amount}

    def reversal(self, kind: CommandKind) -> dict:
        """Return the reversal of one of the last movements, not always a good one."""
        moved = list(self.venue.movements.values())[-8:]
        if not moved:
            return self.signed(move_funds(1, 100, reverses=1), self.pick(OPERATORS))
        movement = self.pick(moved)
        command = command_of(movement.moved) | {"reverses": movement.sequence}
        if self.random.random() < 0.1:
            command[self.pick([name for name in command if name != "kind"])] = self.below(3)
        if self.random.random() < 0.03:
            command["kind"] = kind
        return self.signed(command, self.pick(OPERATORS))

    def status(self) -> dict:
        """Return a change of an account's status, mostly to a normal one."""
        number, status = self.some_account(), self.pick(STATUSES)
        accounts = self.venue.accounts.items()
        stopped = [n for n, one in accounts if one.status in (LOSS_REPORTED, FROZEN)]
        if stopped and self.random.random() < 0.75:
            number, status = self.pick(stopped), AccountStatus.NORMAL
        later = [number for number in self.venue.accounts if number not in self.opened]
        if later and self.random.random() < 0.2:
            number, status = self.pick(later), AccountStatus.CLOSED
        command = change_status(number, status)
        return self.signed(command, self.pick(OPERATORS))

    def terms(self) -> dict:
        """Return what opens an account, or edits one."""
        terms = self.terms_of_account()
        if self.random.random() < 0.2:
            command = open_account(self.below(ACCOUNTS_MAX + 2) - 1, **terms)
        else:
            command = edit_account(self.some_account(), **terms)
        return self.signed(command, self.pick(OPERATORS))


def command_of(moved: Moved) -> dict:
    """Return the command that moves this."""
    if moved.kind == CommandKind.MOVE_FUNDS:
        return move_funds(moved.account, moved.amount, moved.entry, currency=moved.place)
    instrument = {"instrument": moved.place, "cost": moved.cost}
    return move_shares(moved.account, moved.amount, moved.entry, **instrument)
