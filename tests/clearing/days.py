"""A small day by hand: two instruments, one on each exchange, and who traded what.

The day is written as the venue would have journaled and reported it, so that the close can be
tested without a matching engine.
"""

import numpy as np

from protocol.records import COMMAND, REPORT
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    EVERYONE,
    CommandKind,
    Liquidity,
    Market,
    Phase,
    Reject,
    ReportKind,
    Side,
)

BUSINESS_DATE = 20260302
MIDNIGHT = 1_772_380_800 * NANOSECONDS
"""The business date's first nanosecond in Shanghai."""


def at(clock: str) -> int:
    """Return the time of a clock time like "09:30:00.5" on the business date."""
    hour, minute, second = clock.split(":")
    whole, _, fraction = second.partition(".")
    seconds = (int(hour) * 60 + int(minute)) * 60 + int(whole)
    return MIDNIGHT + seconds * NANOSECONDS + int(fraction.ljust(9, "0"))


class Day:
    """Collects the COMMAND and REPORT rows of a day, as one says what happens in it."""

    def __init__(self) -> None:
        self.command_rows: list[np.void] = []
        self.report_rows: list[np.void] = []
        self.orders: dict[int, dict[str, int]] = {}
        self.trade_number = 0
        self.admissions: list[tuple[int, int]] = []
        self.listed = 0
        self.ticks: list[int] = []
        self.now = at("09:00:00")
        self.command(CommandKind.OPEN_DAY, business_date=BUSINESS_DATE)

    @property
    def commands(self) -> np.ndarray:
        return np.array(self.command_rows, COMMAND)

    @property
    def reports(self) -> np.ndarray:
        return np.array(self.report_rows, REPORT)

    def command(self, kind: CommandKind, **fields: int | bytes) -> None:
        row = np.zeros((), COMMAND)
        row["sequence"], row["time"], row["kind"] = len(self.command_rows) + 1, self.now, kind
        for name, value in fields.items():
            row[name] = value
        self.command_rows.append(row)

    def report(self, kind: ReportKind, **fields: int) -> None:
        row = np.zeros((), REPORT)
        row["sequence"], row["time"], row["kind"] = len(self.command_rows), self.now, kind
        for name, value in fields.items():
            row[name] = value
        self.report_rows.append(row)

    def admit(self, branch: int, sse: bytes, szse: bytes) -> None:
        self.admissions.append((len(self.admissions) + 1, branch))
        self.command(
            CommandKind.ADMIT_SESSION,
            admitted=len(self.admissions),
            branch=branch,
            trading_unit_sse=sse,
            trading_unit_szse=szse,
        )

    def list(self, code: bytes, market: Market, previous_close: int, tick: int = 100) -> int:
        if tick not in self.ticks:
            self.command(CommandKind.DEFINE_RULES, defined=len(self.ticks), tick=tick)
            self.ticks.append(tick)
        self.command(
            CommandKind.LIST_INSTRUMENT,
            instrument=self.listed,
            code=code,
            market=market,
            previous_close=previous_close,
            rules=self.ticks.index(tick),
        )
        self.listed += 1
        return self.listed - 1

    def refuse(self) -> None:
        """Refuse the command just given."""
        self.report(ReportKind.REJECTED, reason=Reject.LISTING_OUT_OF_BOUNDS, instrument=-1)

    def phase(self, phase: Phase, clock: str, instrument: int = EVERY_INSTRUMENT) -> None:
        self.now = at(clock)
        self.command(CommandKind.CHANGE_PHASE, phase=phase, instrument=instrument)
        self.report(ReportKind.PHASE_CHANGED, session=EVERYONE, instrument=instrument, reason=phase)

    def order(
        self, clock: str, session: int, side: Side, instrument: int, price: int, quantity: int
    ) -> int:
        """Enter an order for the session's account, 100 times its number; return its number."""
        self.now = at(clock)
        number = len(self.orders) + 1
        order = {
            "session": session,
            "client_seq": 10 + number,
            "account": 100 * session,
            "side": side,
            "instrument": instrument,
        }
        self.orders[number] = order
        self.command(CommandKind.ENTER_ORDER, price=price, quantity=quantity, **order)
        self.report(
            ReportKind.ACCEPTED,
            order_number=number,
            price=price,
            quantity=quantity,
            leaves=quantity,
            request_seq=order["client_seq"],
            **order,
        )
        return number

    def trade(
        self, one: int, other: int, price: int, quantity: int, liquidity: Liquidity | None = None
    ) -> None:
        """Let the incoming order `one` trade with the resting order `other`."""
        self.trade_number += 1
        roles = (liquidity, liquidity) if liquidity else (Liquidity.INCOMING, Liquidity.RESTING)
        for number, role in zip((one, other), roles, strict=True):
            self.report(
                ReportKind.TRADED,
                order_number=number,
                trade_number=self.trade_number,
                price=price,
                quantity=quantity,
                liquidity=role,
                **self.orders[number],
            )

    def close(self, clock: str = "15:00:01") -> None:
        self.now = at(clock)
        self.command(CommandKind.CLOSE_DAY)
        self.report(ReportKind.DAY_ENDED, session=EVERYONE, instrument=-1, quantity=BUSINESS_DATE)


def empty_day() -> Day:
    """Return a day on which nobody traded."""
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    day.list(b"600519", Market.SSE, previous_close=18_000_000)
    day.list(b"000001", Market.SZSE, previous_close=102_000)
    day.close()
    return day


def small_day() -> Day:
    """Return a day of four trades: two in auctions, two in continuous trading."""
    day = Day()
    day.admit(branch=7, sse=b"10001", szse=b"000701")
    day.admit(branch=12, sse=b"10002", szse=b"000702")
    moutai = day.list(b"600519", Market.SSE, previous_close=18_000_000)
    day.command(CommandKind.LIST_INSTRUMENT, instrument=9, code=b"999999", rules=8)
    day.refuse()
    day.command(CommandKind.DEFINE_RULES, defined=9, tick=-1)
    day.refuse()
    pingan = day.list(b"000001", Market.SZSE, previous_close=102_000)
    day.phase(Phase.OPENING_CALL, "09:15:00")
    buy = day.order("09:15:01.25", 1, Side.BUY, moutai, 18_010_000, 200)
    sell = day.order("09:16:02", 2, Side.SELL, moutai, 18_000_000, 300)
    day.phase(Phase.PRE_CONTINUOUS, "09:25:00")
    day.trade(buy, sell, 18_005_500, 200, Liquidity.AUCTION)
    day.phase(Phase.CONTINUOUS, "09:30:00")
    offer = day.order("09:30:00.000000001", 2, Side.SELL, pingan, 101_300, 1_000)
    bid = day.order("10:00:00", 1, Side.BUY, pingan, 101_300, 700)
    day.trade(bid, offer, 101_300, 700)
    bid = day.order("14:00:00", 1, Side.BUY, moutai, 18_100_000, 50)
    day.trade(bid, sell, 18_000_000, 50)
    day.phase(Phase.CLOSING_CALL, "14:57:00")
    bid = day.order("14:58:00", 2, Side.BUY, pingan, 101_400, 300)
    day.phase(Phase.POST_CLOSE, "15:00:00")
    day.trade(bid, offer, 101_350, 300, Liquidity.AUCTION)
    day.close()
    return day
