"""What came of a day, on one page, and whether every total of it ties."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from bench.means import conserved_in
from engine.clearing.charges import ITEMS, charge
from engine.clearing.ledgers import LEVELS, Line, ledgers, settlements
from engine.clearing.prices import day_prices
from engine.conservation import amiss_in
from engine.kernels import State
from engine.storage.daybook import Daybook
from engine.storage.segments import read_journal
from gateway.opening import Opening
from protocol.files import manifest
from protocol.files.load import load
from protocol.units import format_units
from protocol.vocabulary import EVERYONE, CommandKind, Reject, ReportKind


def tell(
    daybook: Daybook, opening: Opening, state: State, received: Mapping[int, int] | None
) -> bool:
    """Print the day; return whether all holds that must.

    `state` is how the engine stands after the close, `received` how many reports each session got
    over TCP, None where there were no sessions.
    """
    commands = read_journal(daybook.journal)
    reports = daybook.read_reports()
    print(f"{len(commands)} commands, {len(reports)} reports")
    for line in prices(commands, reports, opening):
        print(line)
    for line in counts(commands, reports):
        print(line)
    lines = list(ledgers(commands, reports, charge(commands, reports)))
    for line in means(reports, lines):
        print(line)
    amiss = amiss_in(state)
    print(*(amiss or [conserved_in(state)]), sep="\n")
    loaded = load(daybook.clearing)
    for finding in loaded.findings:
        print(f"{'' if finding.is_well else 'WRONG '}{finding.name}: {finding.text}")
    checks = {
        "every file may be booked": loaded.is_well,
        "every request has its answer": is_answered(commands, reports),
        "accepted = traded + canceled + expired, in every order": is_conserved(reports),
        "no money and no share is lost": not amiss,
        "the ledgers of fees tie with the accounts": is_settled(lines, state),
        "the files hold every trade": is_in_files(daybook, reports),
        "every session received its reports": is_received(reports, received),
    }
    for claim, holds in checks.items():
        print(f"{'yes' if holds else 'NO '} {claim}")
    return all(checks.values())


def prices(commands: np.ndarray, reports: np.ndarray, opening: Opening) -> Iterator[str]:
    """Yield a line for each instrument."""
    yield f"{'':14}{'previous':>12}{'open':>12}{'close':>12}{'shares':>14}"
    sides = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == 0)]
    for instrument, row in zip(opening.instruments, day_prices(commands, reports), strict=True):
        traded = sides[sides["instrument"] == row["instrument"]]["quantity"].sum()
        columns = (instrument.previous_close, int(row["open"]), int(row["close"]))
        spelled = "".join(f"{format_units(price, 3) if price else '-':>12}" for price in columns)
        yield f"{instrument.symbol:14}{spelled}{traded:14,}"


def counts(commands: np.ndarray, reports: np.ndarray) -> Iterator[str]:
    """Yield how many orders, trades and rejects there were."""
    asked = {kind: int((commands["kind"] == kind).sum()) for kind in CommandKind}
    told = {kind: int((reports["kind"] == kind).sum()) for kind in ReportKind}
    yield (
        f"orders {asked[CommandKind.ENTER_ORDER]:,}: {told[ReportKind.ACCEPTED]:,} accepted, "
        f"{told[ReportKind.TRADED] // 2:,} trades, {told[ReportKind.EXPIRED]:,} expired"
    )
    canceled = told[ReportKind.CANCELED]
    yield f"cancels {asked[CommandKind.CANCEL_ORDER]:,}: {canceled:,} orders canceled"
    rejects = reports[reports["kind"] == ReportKind.REJECTED]
    yield f"rejects {len(rejects):,}"
    for reason, count in zip(*np.unique(rejects["reason"], return_counts=True), strict=True):
        yield f"  {Reject(reason).name:26} {count:,}"


def means(reports: np.ndarray, lines: Iterable[Line]) -> Iterator[str]:
    """Yield how many orders the accounts could not bear, and what trading cost them."""
    rejects = reports[reports["kind"] == ReportKind.REJECTED]
    money, shares = (
        int((rejects["reason"] == reason).sum())
        for reason in (Reject.INSUFFICIENT_FUNDS, Reject.INSUFFICIENT_SHARES)
    )
    yield f"orders refused for want of money {money:,}, for want of shares {shares:,}"
    charged = [line.items for line in lines if line.level == LEVELS[0]]
    items = {item: sum(one[item] for one in charged) for item in ITEMS}
    spelled = ", ".join(f"{item} {format_units(amount, 2)}" for item, amount in items.items())
    yield f"fees {format_units(sum(items.values()), 2)}: {spelled}"


def is_settled(lines: Sequence[Line], state: State) -> bool:
    """Whether what the accounts were charged is what the ledgers say, and goes where they say."""
    return all(settlement.ties for settlement in settlements(lines, state))


def is_answered(commands: np.ndarray, reports: np.ndarray) -> bool:
    """Whether every order and cancel of a session was answered, once."""
    asked = (CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER)
    requests = commands[(commands["session"] > 0) & np.isin(commands["kind"], asked)]
    kinds = (ReportKind.ACCEPTED, ReportKind.REJECTED, ReportKind.CANCELED)
    answers = reports[np.isin(reports["kind"], kinds) & (reports["session"] > 0)]
    sequences = np.isin(requests["sequence"], answers["sequence"])
    return bool(sequences.all())


def is_conserved(reports: np.ndarray) -> bool:
    """Whether the quantity of every order is accounted for."""
    of_orders = reports[reports["order_number"] > 0]
    balance = np.zeros(int(of_orders["order_number"].max(initial=0)) + 1, np.int64)
    signs = {
        ReportKind.ACCEPTED: 1,
        ReportKind.TRADED: -1,
        ReportKind.CANCELED: -1,
        ReportKind.EXPIRED: -1,
    }
    for kind, sign in signs.items():
        rows = of_orders[of_orders["kind"] == kind]
        np.add.at(balance, rows["order_number"], sign * rows["quantity"].astype(np.int64))
    return not balance.any()


OF_FILLS = ("fills.csv", "gh.dbf", "bc1.dbf", "SJSMX1.DBF", "SJSMX2.DBF", "NQHB.DBF")
"""Files of fills; what jsmx.dbf tells, two of the others tell as well."""


def is_in_files(daybook: Daybook, reports: np.ndarray) -> bool:
    """Whether fills.csv, and all markets' files together, have the quantity of the trades."""
    sides = reports[reports["kind"] == ReportKind.TRADED]
    shares = int(sides["quantity"][sides["side"] == 0].sum())
    files = manifest.read(daybook.clearing).files
    sums = [file.totals["quantity_bought"] for file in files if file.name in OF_FILLS]
    everything, *markets = sums
    return everything == shares == sum(markets)


def is_received(reports: np.ndarray, received: Mapping[int, int] | None) -> bool:
    """Whether each session got as many reports as its stream has."""
    everyone = int((reports["session"] == EVERYONE).sum())
    return received is None or all(
        count == everyone + int((reports["session"] == session).sum())
        for session, count in received.items()
    )
