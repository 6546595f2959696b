"""A server says a first word of each call, in the order of their acceptance: one of which it says
nothing is lost, and no other.
"""

from __future__ import annotations

import pytest

from gradio_session.errors import ConnectionLostError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.multiplexer import StreamBrokenError
from tests.support.multiplexer_bench import CLOSE, Bench, completed, message, started

HEARTBEAT = message("heartbeat", None)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def lost(state: CallState) -> bool:
    """Whether a call has ended as one that the server no longer knows."""
    return state.ended and isinstance(state.outcome().error, ConnectionLostError)


def test_a_word_of_a_later_call_tells_that_an_earlier_one_is_forgotten(bench: Bench) -> None:
    first, second = bench.call("a"), bench.call("b")
    bench.feed(started("b"))
    assert lost(first)
    error = first.outcome().error
    assert error is not None
    assert (error.api_name, error.event_id) == ("/f", "a")
    assert "no longer knows" in str(error)
    assert not second.ended
    bench.feed(started("a"), completed("a"), completed("b", 7))
    assert lost(first)
    assert second.outcome().data == [7]


def test_calls_that_were_posted_at_once_may_be_mentioned_in_any_order(bench: Bench) -> None:
    one, two, three = bench.post(), bench.post(), bench.post()
    first, _ = bench.answer(one, "a")
    bench.feed(started("b"))
    second, _ = bench.answer(two, "b")
    bench.feed(started("c"))
    third, _ = bench.answer(three, "c")
    assert not any(state.ended for state in (first, second, third))
    bench.feed(started("a"))
    assert all(state.running for state in (first, second, third))


def test_a_second_word_tells_nothing_of_calls_made_since_the_first(bench: Bench) -> None:
    bench.call("a")
    bench.feed(started("a"))
    later = bench.call("b")
    bench.feed(message("progress", "a"), completed("a"))
    assert not later.ended


def test_two_heartbeats_tell_of_calls_older_than_the_stream(bench: Bench) -> None:
    """One may be left over from the stream before."""
    one, two = bench.post(), bench.post()
    state, known = bench.answer(one, "a")[0], bench.answer(two, "b")[0]
    bench.feed(started("b"), HEARTBEAT)
    assert not state.ended
    bench.feed(HEARTBEAT)
    assert lost(state)
    assert known.running


def test_heartbeats_break_a_stream_that_knows_no_call(bench: Bench) -> None:
    state = bench.call("a")
    bench.feed(HEARTBEAT)
    assert not state.ended
    with pytest.raises(StreamBrokenError, match="none of the session's calls"):
        bench.feed(HEARTBEAT)
    assert lost(state)


def test_a_post_under_way_keeps_such_a_stream(bench: Bench) -> None:
    state = bench.call("a")
    number = bench.post()
    bench.feed(HEARTBEAT, HEARTBEAT)
    assert lost(state)
    late, start = bench.answer(number, "b")
    assert not start
    bench.feed(completed("b", 7))
    assert late.outcome().data == [7]


def test_heartbeats_tell_nothing_of_calls_made_since_the_stream_was_asked_for(bench: Bench) -> None:
    bench.call("a", running=True)
    state = bench.call("b")
    bench.feed(*[HEARTBEAT] * 5)
    assert not state.ended


def test_nor_of_calls_of_which_a_word_has_come(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.feed(*[HEARTBEAT] * 5)
    assert not state.ended


def test_heartbeats_count_for_each_stream(bench: Bench) -> None:
    bench.call("a", running=True)
    bench.feed(HEARTBEAT, HEARTBEAT)
    state = bench.call("b")
    bench.feed(completed("a"), CLOSE)
    assert bench.multiplexer.end_of_stream() == 0.0
    bench.feed(HEARTBEAT)
    assert not state.ended
    with pytest.raises(StreamBrokenError):
        bench.feed(HEARTBEAT)
    assert lost(state)


def test_a_stream_that_closes_tells_of_calls_older_than_itself(bench: Bench) -> None:
    one, two, three = bench.post(), bench.post(), bench.post()
    state, known = bench.answer(one, "a")[0], bench.answer(two, "b")[0]
    since = bench.answer(three, "c")[0]
    bench.feed(completed("b", 7))
    assert not state.ended
    bench.feed(CLOSE)
    assert lost(state)
    assert known.outcome().data == [7]
    assert not since.ended
    assert bench.multiplexer.end_of_stream() == 0.0


def test_a_call_that_was_given_up_is_not_lost_again(bench: Bench) -> None:
    first = bench.call("a")
    bench.multiplexer.give_up(first, ConnectionLostError("late"), 0.0)
    second = bench.call("b", running=True)
    assert str(first.outcome().error) == "late"
    assert not second.ended
