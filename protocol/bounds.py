"""How much a command may say, for those who write one and those who carry it out.

Money is in 1/10000 of its currency, rates are in 1e-8.
"""

from protocol.units import NANOSECONDS

FUNDS_MAX = 10**16
"""Money that may move at once, or be brought into a day by one account."""

SHARES_MAX = 10**12
"""Shares that may move at once."""

COMMISSION_RATE_MAX = 300_000
"""What brokers may charge at most: 3 per mille of the turnover."""

FEE_RATE_MAX = 1_000_000
"""One per cent of the turnover, for each of the other fees."""

PROGRAMME_RATE = 300
PROGRAMME_REQUESTS = 20_000
"""Whoever sends as many requests in a second, or in a day, or more, does high-frequency programme
trading: rules of the exchanges in force from 2025-07-07.  They are the limits of a new account."""

COLLAR_MAX = 10_000
"""All of the price, in basis points."""

DUPLICATE_MAX = 3_600_000
"""An hour, in milliseconds."""

PROPOSAL_TIME = 30 * 60 * NANOSECONDS
"""For which a movement that takes two people waits for the second one."""

INTEREST_RATE_MAX = 10_000_000
"""Ten per cent a year."""

INTEREST_DAYS_MAX = 20
"""Days for which one close may bear interest; times rate and INTEREST_YEAR they fit 64 bits."""

INTEREST_YEAR = 36_000_000_000
"""Days of a year of interest, times a rate of one in 1e-8: what a rest of interest is less than."""

ACCRUED_MAX = 10**18
"""Interest, or balances times days, that a day may begin with."""
