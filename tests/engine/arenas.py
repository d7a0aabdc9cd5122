"""What must hold in the arenas of a venue between two commands, whatever came before."""

import numpy as np

from engine.conservation import lost, sums_of
from engine.kernels import State, ladder
from engine.kernels.state import ICEBERG
from engine.venue import Venue
from protocol.vocabulary import NONE, AccountStatus, Currency, Handling, Place, Side
from tests.naive.phases import handling_of


def assert_sound(venue: Venue) -> None:
    """Assert that every order is in exactly one place, and that each half of each book is sound."""
    state, counters = venue.state, venue.state.venue[0]
    seen: list[int] = []
    for number in range(counters["instruments"]):
        best = [assert_book_sound(state, number, side, seen) for side in Side]
        is_matched = handling_of(state.instruments[number]["phase"]) == Handling.MATCHES
        if None not in best and is_matched:
            assert best[Side.BUY] < best[Side.SELL], f"instrument {number} is crossed"
        for place in set(Place) - {Place.BOOK}:
            for side in Side:
                assert_half_sound(state, place, number, side, seen)

    numbers = [int(state.orders[slot]["order_number"]) for slot in seen]
    assert len(set(seen)) == len(seen)
    assert len(set(numbers)) == len(numbers)
    assert np.flatnonzero(state.slots != NONE).tolist() == sorted(numbers)
    assert [int(state.slots[number]) for number in numbers] == seen
    assert sorted(seen + free_slots(state)) == list(range(counters["slots_touched"]))
    assert counters["working"] == NONE, "no order is under way between commands"
    if counters["with_accounts"]:
        assert_accounts_sound(state)
        assert_answers_sound(venue)


def assert_book_sound(state: State, number: int, side: Side, seen: list[int]) -> int | None:
    """Assert that a half of a book is sound, prices and all; return the best price."""
    instrument = state.instruments[number]
    sign, limit = (-1, "upper_limit") if side == Side.BUY else (1, "lower_limit")
    prices = []
    for slot in assert_half_sound(state, Place.BOOK, number, side, seen):
        order = state.orders[slot]
        prices.append(int(instrument[limit] + sign * order["rank"] * instrument["tick"]))
        assert order["price"] == prices[-1]
        if order["traits"] & ICEBERG:
            part = state.displays[slot]
            assert 0 < part["shown"] <= min(part["display"], order["leaves"])
    return prices[0] if prices else None


def half_of(state: State, place: Place, number: int, side: Side) -> np.void:
    """Return the row of a half of an instrument."""
    half_at = getattr(ladder.half_at, "py_func", ladder.half_at)
    return state.halves[half_at(int(place), number, int(side))]


def assert_half_sound(
    state: State, place: Place, number: int, side: Side, seen: list[int]
) -> list[int]:
    """Assert that levels, queues, bitmap and best agree; return the slots, best first.

    They are added to `seen`, too.  Without stops an instrument has no levels for them.
    """
    half = half_of(state, place, number, side)
    ticks = int(half["ticks"])
    if ticks == 0:
        return []
    levels = state.levels[half["levels"] : half["levels"] + ticks]
    occupied = np.flatnonzero(levels["quantity"]).tolist()
    assert marked(state, half) == occupied
    assert half["best"] == (occupied[0] if occupied else ticks)

    found: list[int] = []
    for rank in occupied:
        slots = queue(state, levels[rank])
        rows = state.orders[slots]
        assert (rows["leaves"] > 0).all()
        assert rows["leaves"].sum() == levels[rank]["quantity"]
        expected = {"place": place, "side": side, "instrument": number, "rank": rank}
        for name, value in expected.items():
            assert (rows[name] == value).all(), f"{name} at instrument {number}, rank {rank}"
        found += slots
    seen += found
    return found


def queue(state: State, level: np.void) -> list[int]:
    """Return the slots of a level, oldest first, having gone through them both ways."""
    forth = walk(state, int(level["oldest"]), "newer")
    back = walk(state, int(level["newest"]), "older")
    assert forth == back[::-1]
    return forth


def free_slots(state: State) -> list[int]:
    """Return the slots that were given back."""
    return walk(state, int(state.venue[0]["slots_free"]), "newer")


def walk(state: State, slot: int, link: str) -> list[int]:
    """Return the slots that one meets going from one along `link`."""
    slots = []
    while slot != NONE:
        assert len(slots) < len(state.orders), "goes round in circles"
        slots.append(slot)
        slot = int(state.orders[slot][link])
    return slots


def marked(state: State, half: np.void) -> list[int]:
    """Return the ranks that the bitmap marks, having checked its upper levels by its lowest."""
    low_words = -(-int(half["ticks"]) // 64)
    middle_words = -(-low_words // 64)
    start = int(half["words"])
    low = bits(state.words[start : start + low_words])
    middle = bits(state.words[start + low_words : start + low_words + middle_words])
    top = bits(state.words[start + low_words + middle_words :][:1])
    assert middle == sorted({bit // 64 for bit in low})
    assert top == sorted({bit // 64 for bit in middle})
    return low


def bits(words: np.ndarray) -> list[int]:
    """Return which bits are set in words, the lowest of the first word being bit 0."""
    raw = words.astype("<u8").view(np.uint8)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little")).tolist()


def assert_answers_sound(venue: Venue) -> None:
    """Assert that every account is told all its holdings, and has not spent what it has not."""
    state = venue.state
    for number in np.flatnonzero(state.accounts["status"] != AccountStatus.NONE).tolist():
        told = [row.instrument for row in venue.holdings(number)]
        assert sorted(told) == np.sort(holdings_of(state, number)["instrument"]).tolist()
        for currency in Currency:
            assert venue.funds(number, currency).available >= 0


def assert_accounts_sound(state: State) -> None:
    """Assert that money and shares are conserved, held by open orders only, and never below 0."""
    is_opened = state.accounts["status"] != AccountStatus.NONE
    slots = state.slots[state.slots != NONE]
    orders, stakes = state.orders[slots], state.stakes[slots]
    count = np.bincount(orders["account"], minlength=len(state.accounts))
    assert (state.accounts["open_orders"] == count).all()
    assert not count[~is_opened].any()
    assert (stakes["held"] > 0).all()

    assert not list(lost(sums_of(state)))
    assert_money_sound(state, orders, stakes)
    assert_shares_sound(state, orders, stakes, int(state.venue[0]["holdings"]))


def assert_money_sound(state: State, orders: np.ndarray, stakes: np.ndarray) -> None:
    """Assert that open orders to buy hold all money that is held, and that no amount is below 0."""
    funds = state.funds.reshape(-1, len(Currency))
    is_buy = orders["side"] == Side.BUY
    currencies = state.instruments["currency"][orders["instrument"]]
    held = np.zeros(funds.shape, np.int64)
    np.add.at(held, (orders["account"][is_buy], currencies[is_buy]), stakes["held"][is_buy])
    assert (funds["held"] == held).all()
    for name in ("held", "frozen_day", "frozen_long", "credit", "unsettled"):
        assert (funds[name] >= 0).all(), name
    assert (funds["balance"] + funds["credit"] >= 0).all()
    assert (funds["spent"].sum(axis=0) == state.tallies["fees"]).all()


def assert_shares_sound(state: State, orders: np.ndarray, stakes: np.ndarray, count: int) -> None:
    """Assert that open orders to sell hold all shares that are held, and that none is below 0."""
    holdings = state.holdings[:count]
    is_sell = orders["side"] == Side.SELL
    assert (stakes["held"][is_sell] == orders["leaves"][is_sell]).all()
    held = np.zeros(count, np.int64)
    np.add.at(held, stakes["holding"][is_sell], stakes["held"][is_sell])
    assert (holdings["held"] == held).all()
    placed = holdings[stakes["holding"]]
    assert (placed["account"] == orders["account"]).all()
    assert (placed["instrument"] == orders["instrument"]).all()
    parts = ("bought", "held", "frozen_day", "frozen_long", "pledged")
    for name in parts:
        assert (holdings[name] >= 0).all(), name
    assert (holdings["total"] >= sum(holdings[name] for name in parts)).all()


def holdings_of(state: State, number: int) -> np.ndarray:
    """Return the HOLDING rows of an account."""
    holdings = state.holdings[: state.venue[0]["holdings"]]
    return holdings[holdings["account"] == number]
