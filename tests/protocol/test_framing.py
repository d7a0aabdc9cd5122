"""A stream of bytes is cut back into whole bodies, however it arrives."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.framing import (
    FRAME_BYTES_MAX,
    LENGTH,
    LOGIN_BYTES_MAX,
    Frames,
    ProtocolViolation,
    frame,
)
from protocol.vocabulary import ProtocolFault

BODIES = [b"a", b"bc" * 150, b"\0\0\0\0", b"def"]
STREAM = b"".join(frame(body) for body in BODIES)


def fed(frames: Frames, data: bytes) -> tuple[list[bytes], ProtocolFault | None]:
    """Return the bodies that `data` completes, and the fault behind them if there is one."""
    bodies = []
    try:
        for body in frames.feed(data):
            bodies.append(body)
    except ProtocolViolation as violation:
        return bodies, violation.fault
    return bodies, None


def test_a_frame_is_a_little_endian_length_and_its_body():
    assert frame(b"abc") == b"\x03\x00\x00\x00abc"


@pytest.mark.parametrize("place", range(len(STREAM) + 1))
def test_a_stream_cut_in_two_anywhere_gives_the_same_bodies(place):
    frames = Frames()
    assert [*frames.feed(STREAM[:place]), *frames.feed(STREAM[place:])] == BODIES
    frames.end()


def test_a_stream_may_come_byte_by_byte():
    frames = Frames()
    assert [body for byte in STREAM for body in frames.feed(bytes([byte]))] == BODIES


@given(st.lists(st.binary(min_size=1, max_size=50)), st.lists(st.integers(0, 1_000)))
def test_any_bodies_in_any_pieces_come_out_whole_and_in_order(bodies, places):
    stream = b"".join(frame(body) for body in bodies)
    cuts = sorted({0, len(stream), *(place for place in places if place < len(stream))})
    frames = Frames()
    pieces = [stream[start:end] for start, end in pairwise(cuts)]
    assert [body for piece in pieces for body in frames.feed(piece)] == bodies
    frames.end()


def test_the_longest_frame_is_taken_and_a_longer_one_is_refused():
    longest = b"x" * FRAME_BYTES_MAX
    assert fed(Frames(), frame(longest)) == ([longest], None)
    over = LENGTH.pack(FRAME_BYTES_MAX + 1)
    assert fed(Frames(), over) == ([], ProtocolFault.FRAME_TOO_LONG)
    assert fed(Frames(), b"\xff\xff\xff\xff") == ([], ProtocolFault.FRAME_TOO_LONG)


def test_a_stream_may_be_held_to_shorter_frames_until_it_is_trusted():
    frames = Frames(LOGIN_BYTES_MAX)
    longest, longer = b"x" * LOGIN_BYTES_MAX, b"x" * (LOGIN_BYTES_MAX + 1)
    assert fed(frames, frame(longest)) == ([longest], None)
    with pytest.raises(ProtocolViolation, match="at most 4096 are allowed before a login"):
        list(frames.feed(LENGTH.pack(len(longer))))
    trusted = Frames(LOGIN_BYTES_MAX)
    trusted.bytes_max = FRAME_BYTES_MAX
    assert fed(trusted, frame(longer)) == ([longer], None)


def test_a_frame_of_length_zero_is_refused():
    assert fed(Frames(), bytes(4)) == ([], ProtocolFault.FRAME_EMPTY)


def test_frames_before_a_bad_length_are_still_heard():
    bad = STREAM + bytes(4) + STREAM
    assert fed(Frames(), bad) == (BODIES, ProtocolFault.FRAME_EMPTY)


@pytest.mark.parametrize("missing", range(1, len(frame(b"abc"))))
def test_a_stream_that_ends_within_a_frame_is_truncated(missing):
    frames = Frames()
    whole = frame(b"abc")
    assert fed(frames, STREAM + whole[:-missing]) == (BODIES, None)
    with pytest.raises(ProtocolViolation, match=f"{len(whole) - missing} bytes into a frame"):
        frames.end()


def test_a_reader_that_stops_early_finds_the_rest_at_the_next_bytes():
    frames = Frames()
    bodies = frames.feed(STREAM)
    assert next(bodies) == BODIES[0]
    bodies.close()
    assert list(frames.feed(b"")) == BODIES[1:]


@pytest.mark.parametrize("body", [b"", bytes(FRAME_BYTES_MAX + 1)], ids=["empty", "too long"])
def test_nobody_sends_a_frame_that_its_peer_must_refuse(body):
    with pytest.raises(AssertionError):
        frame(body)
