"""The public matching-engine benchmark: `python -m bench.conformance FILE.bin[.gz]`.

A file holds new orders, cancels and modifies, one record each.  They become this venue's own
commands, are applied in batches by the product's own `apply`, and the reports are spelled in the
benchmark's canonical text, whose SHA-256 tells whether every one of them is right.  The last line
printed is a JSON object with the figures.

A modify is a Replace that gives up its place in the queue.  Order numbers are this venue's own:
before the clock starts, each cancel and modify is given the number of the newest order of its id,
as a client would that has read its reports.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from engine.kernels import apply, floor
from engine.phases import day_command
from engine.venue import Limits, Venue, warm_up
from protocol.mistake import Mistake
from protocol.records import COMMAND, REPORT, join
from protocol.vocabulary import (
    CommandKind,
    Liquidity,
    OrderType,
    Phase,
    ReportKind,
)

HEADER = np.dtype([("magic", "<u8"), ("version", "<u4"), ("count", "<u4")])
RECORD = np.dtype(
    [
        ("type", "u1"),
        ("side", "u1"),
        ("ioc", "u1"),
        ("pad", "u1"),
        ("quantity", "<u4"),
        ("sequence", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("instrument", "<i8"),
    ]
)
VERSION = 1

NEW, CANCEL, MODIFY = range(3)
KINDS = np.array([CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER])

BATCHES = (1_000, 10_000)
RUNS = 7
SESSION = 1
QUANTITY_MAX = 2**31 - 1


def main(words: Sequence[str] | None = None) -> int:
    """Play the file that the command line names; return 0 unless it cannot be read."""
    parser = argparse.ArgumentParser("bench.conformance", description="The public benchmark.")
    parser.add_argument("file", type=Path, metavar="FILE.bin[.gz]")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--reports", type=Path, help="write the canonical reports there")
    arguments = parser.parse_args(words)
    warm_up(print)
    try:
        records = read_records(arguments.file)
    except (Mistake, OSError) as error:
        print(f"bench.conformance: {error}", file=sys.stderr)
        return 1
    opening, commands = make_commands(records)
    text = "\n".join(canonical(records, *play(opening, commands)))
    if arguments.reports is not None:
        arguments.reports.write_text(text)
    figures = {
        "messages": len(records),
        "reports": text.count("\n") + 1,
        "sha256": sha256(text.encode()).hexdigest(),
    }
    print(json.dumps(figures | measure(opening, commands, arguments.runs)))
    return 0


def read_records(path: Path) -> np.ndarray:
    """Return the RECORD rows of a file; raises Mistake where it is none of the benchmark's."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        content = file.read()
    if len(content) < HEADER.itemsize:
        raise Mistake(f"{path}: is too short for a header of {HEADER.itemsize} bytes")
    header = np.frombuffer(content, HEADER, count=1)[0]
    body = content[HEADER.itemsize :]
    if header["version"] != VERSION or len(body) != header["count"] * RECORD.itemsize:
        raise Mistake(
            f"{path}: version {header['version']} with {header['count']} records does not fit "
            f"{len(body)} bytes of records of {RECORD.itemsize}"
        )
    return np.frombuffer(body, RECORD)


def make_commands(records: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the COMMAND rows that open the day, and those of the records, all sequenced.

    A price in ticks becomes as many 1/10000 yuan, with a tick of 1.
    """
    opening = make_opening(records)
    commands = np.zeros(len(records), COMMAND)
    commands["sequence"] = np.arange(len(commands)) + len(opening) + 1
    commands["session"] = SESSION
    commands["client_seq"] = np.arange(len(commands)) + 1
    commands["kind"] = KINDS[records["type"]]
    commands["instrument"] = records["instrument"]
    is_priced = records["type"] != CANCEL
    commands["price"][is_priced] = records["price"][is_priced]
    commands["quantity"][is_priced] = records["quantity"][is_priced]
    is_new = records["type"] == NEW
    commands["side"][is_new] = records["side"][is_new]
    commands["time_in_force"][is_new] = records["ioc"][is_new]
    commands["gives_up_place"][records["type"] == MODIFY] = 1
    commands["order_number"] = np.where(is_new, 0, newest_orders(records))
    return opening, commands


def newest_orders(records: np.ndarray) -> np.ndarray:
    """Return for each record the number of the newest order of its id so far, 0 if none."""
    is_new = records["type"] == NEW
    order = np.argsort(records["order_id"], kind="stable")
    number = np.where(is_new, np.cumsum(is_new), 0)[order]
    begins = np.append(True, np.diff(records["order_id"][order]) != 0)
    group = np.cumsum(begins) * (len(records) + 1)
    newest = np.maximum.accumulate(number + group) - group
    result = np.empty(len(records), np.int64)
    result[order] = newest
    return result


def make_opening(records: np.ndarray) -> np.ndarray:
    day = np.zeros(3, COMMAND)
    day["kind"] = CommandKind.OPEN_DAY, CommandKind.ADMIT_SESSION, CommandKind.DEFINE_RULES
    day["business_date"][0] = 20260102
    day["admitted"][1] = SESSION
    rules = day[2:]
    rules["tick"] = rules["quantity_min"] = rules["quantity_step"] = 1
    for most in ("quantity_max", "quantity_max_market", "quantity_max_fixed"):
        rules[most] = QUANTITY_MAX
    rules["order_types"] = 1 << OrderType.LIMIT
    listings = np.zeros(int(records["instrument"].max(initial=0)) + 1, COMMAND)
    listings["kind"] = CommandKind.LIST_INSTRUMENT
    listings["instrument"] = np.arange(len(listings))
    priced = records[records["type"] != CANCEL]
    highest = np.ones(len(listings), np.int64)
    np.maximum.at(highest, priced["instrument"], priced["price"])
    lowest = highest.copy()
    np.minimum.at(lowest, priced["instrument"], priced["price"])
    listings["lower_limit"] = lowest
    listings["upper_limit"] = listings["previous_close"] = highest
    opening = join([day, listings, day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS)])
    opening["sequence"] = np.arange(len(opening)) + 1
    return opening


def make_venue(opening: np.ndarray, commands: np.ndarray) -> Venue:
    """Return a venue with room for the commands, its arenas touched, its day open."""
    listings = opening[opening["kind"] == CommandKind.LIST_INSTRUMENT]
    orders = int((commands["kind"] == CommandKind.ENTER_ORDER).sum()) + 1
    venue = Venue(
        Limits(
            orders_open=orders,
            orders_day=orders,
            instruments=len(listings),
            sessions=SESSION + 1,
            ticks=int((listings["upper_limit"] - listings["lower_limit"] + 1).sum()),
        )
    )
    rejects = venue.apply(opening)
    if (rejects["kind"] == ReportKind.REJECTED).any():
        raise Mistake("an instrument's prices span more ticks than a ladder has")
    return venue


def play(opening: np.ndarray, commands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the COMMAND rows and their REPORT rows."""
    venue = make_venue(opening, commands)
    return commands, venue.apply(commands)


def canonical(records: np.ndarray, commands: np.ndarray, reports: np.ndarray) -> Iterator[str]:
    """Yield the benchmark's spelling of each report, sorted by sequence and type."""
    orders = np.append(np.uint64(0), records["order_id"][records["type"] == NEW])
    place = reports["sequence"] - commands["sequence"][0]
    asked = records["type"][place]
    kind = np.full(len(reports), -1)
    kind[reports["kind"] == ReportKind.ACCEPTED] = 0
    kind[reports["liquidity"] == Liquidity.INCOMING] = 1
    kind[reports["kind"] == ReportKind.CANCELED] = 2
    kind[reports["kind"] == ReportKind.REPLACED] = 3
    is_reject = reports["kind"] == ReportKind.REJECTED
    kind[is_reject] = np.where(asked[is_reject] == CANCEL, 4, 5)
    order = np.lexsort((np.arange(len(reports)), kind, place))
    order = order[kind[order] >= 0]
    rows = zip(
        kind[order].tolist(),
        records["sequence"][place[order]].tolist(),
        reports["side"][order].tolist(),
        orders[reports["order_number"][order]].tolist(),
        orders[reports["order_number"][np.minimum(order + 1, len(reports) - 1)]].tolist(),
        reports["price"][order].tolist(),
        reports["quantity"][order].tolist(),
        records["order_id"][place[order]].tolist(),
        strict=True,
    )
    for kind_, sequence, side, order_id, resting_id, price, quantity, named in rows:
        match kind_:
            case 0:
                yield f"0,{sequence},{side},{order_id},{price},{quantity}"
            case 1:
                yield f"1,{sequence},{price},{quantity},{resting_id},{order_id}"
            case 2:
                yield f"2,{sequence},{side},{order_id},{price}"
            case 3:
                yield f"3,{sequence},{side},{order_id},{price},{quantity}"
            case _:
                yield f"{kind_},{sequence},{named}"


def measure(opening: np.ndarray, commands: np.ndarray, runs: int) -> dict[str, object]:
    """Return messages per second, and the floor's time over ours, medians of interleaved runs.

    The floor is a compiled loop without a book that reads the same rows and writes one report row
    for each.
    """
    seconds: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    floors: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    buffer = np.zeros(max(BATCHES), REPORT)
    for _ in range(runs):
        for batch in BATCHES:
            venue = make_venue(opening, commands)
            seconds[batch].append(time_apply(venue, commands, batch))
            floors[batch].append(time_floor(commands, buffer, batch))
    ours = {batch: statistics.median(seconds[batch]) for batch in BATCHES}
    ratios = {
        batch: statistics.median(
            floor / own for floor, own in zip(floors[batch], seconds[batch], strict=True)
        )
        for batch in BATCHES
    }
    return {
        "messages_per_second": round(len(commands) / max(ours.values())),
        "floor_ratio": round(min(ratios.values()), 3),
        "runs": runs,
        **{f"messages_per_second_{batch}": round(len(commands) / ours[batch]) for batch in BATCHES},
        **{f"floor_ratio_{batch}": round(ratios[batch], 3) for batch in BATCHES},
    }


def time_apply(venue: Venue, commands: np.ndarray, batch: int) -> float:
    """Return the seconds that the product takes for the commands, in batches."""
    state, reports = venue.state, venue.reports
    began = time.perf_counter()
    for start in range(0, len(commands), batch):
        part = commands[start : start + batch]
        while len(part):
            part = part[apply(state, part, reports) :]
    return time.perf_counter() - began


def time_floor(commands: np.ndarray, reports: np.ndarray, batch: int) -> float:
    """Return the seconds that the floor takes for the commands, in batches."""
    began = time.perf_counter()
    for start in range(0, len(commands), batch):
        floor(commands[start : start + batch], reports)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
