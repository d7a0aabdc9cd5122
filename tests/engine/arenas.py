"""What must hold in the arenas of a venue between two commands, whatever came before."""

import numpy as np

from engine.kernels import State
from engine.venue import Venue
from protocol.vocabulary import NONE, Handling, Phase, Side
from tests.naive.phases import PHASES


def assert_sound(venue: Venue) -> None:
    """Assert that every order is in exactly one place, and that each half of each book is sound."""
    state, counters = venue.state, venue.state.venue[0]
    seen: list[int] = []
    for number in range(counters["instruments"]):
        best = [assert_half_sound(state, number, side, seen) for side in Side]
        is_call = PHASES[Phase(state.instruments[number]["phase"])].handling == Handling.RESTS
        if None not in best and not is_call:
            assert best[Side.BUY] < best[Side.SELL], f"instrument {number} is crossed"

    numbers = [int(state.orders[slot]["order_number"]) for slot in seen]
    assert len(set(seen)) == len(seen)
    assert len(set(numbers)) == len(numbers)
    assert np.flatnonzero(state.slots != NONE).tolist() == sorted(numbers)
    assert [int(state.slots[number]) for number in numbers] == seen
    assert sorted(seen + free_slots(state)) == list(range(counters["slots_touched"]))
    assert counters["working"] == NONE, "no order is under way between commands"


def assert_half_sound(state: State, number: int, side: Side, seen: list[int]) -> int | None:
    """Assert that levels, queues, bitmap and best agree; return the best price.

    The slots of its orders are added to `seen`.
    """
    half, instrument = state.halves[2 * number + side], state.instruments[number]
    ticks = int(half["ticks"])
    levels = state.levels[half["levels"] : half["levels"] + ticks]
    occupied = np.flatnonzero(levels["quantity"]).tolist()
    assert marked(state, half) == occupied
    assert half["best"] == (occupied[0] if occupied else ticks)

    sign, limit = (-1, "upper_limit") if side == Side.BUY else (1, "lower_limit")
    prices = [int(instrument[limit] + sign * rank * instrument["tick"]) for rank in occupied]
    for rank, price in zip(occupied, prices, strict=True):
        slots = queue(state, levels[rank])
        rows = state.orders[slots]
        assert (rows["leaves"] > 0).all()
        assert rows["leaves"].sum() == levels[rank]["quantity"]
        place = {"side": side, "instrument": number, "rank": rank, "price": price}
        for name, value in place.items():
            assert (rows[name] == value).all(), f"{name} at instrument {number}, rank {rank}"
        seen += slots
    return prices[0] if prices else None


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
