"""What a multiplexer does about its stream and its calls' ends, rule by rule and event by event:
only a delaying proxy shows what goes wrong without it.
"""

from __future__ import annotations

import pytest

from gradio_session.errors import CallTimeoutError, ConnectionLostError, ProtocolError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.multiplexer import UNREAD_LIMIT, StreamBrokenError
from tests.support.multiplexer_bench import CLOSE, LATER, Bench, completed, message, started

HEARTBEAT = message("heartbeat", None)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# R1: messages overtake the answer of their POST


def test_r1_frames_that_come_before_the_answer_are_kept_for_it(bench: Bench) -> None:
    first = bench.call("a")
    number = bench.post()
    bench.feed(
        message("estimation", "a"),
        message("estimation", "b"),
        started("b"),
        message("process_generating", "b", output={"data": [1]}),
    )
    state, _ = bench.answer(number, "b")
    assert state.status() == "running"
    assert [entry.msg for entry in state.log] == ["estimation", "process_starts"]
    assert state.last_data() == [1]
    assert not first.ended


def test_r1_kept_frames_are_for_any_post_that_was_under_way_when_they_came(bench: Bench) -> None:
    bench.call("alive")
    one, two = bench.post(), bench.post()
    bench.feed(started("b"))
    bench.answer(one, "a")
    state, _ = bench.answer(two, "b")
    assert state.running


def test_r1_kept_frames_go_once_every_post_up_to_theirs_is_answered(bench: Bench) -> None:
    bench.call("alive")
    one, two = bench.post(), bench.post()
    bench.feed(started("stranger"))
    bench.answer(one, "a")
    three, four = bench.post(), bench.post()
    bench.answer(two, "b")
    bench.feed(started("d"))
    stranger, _ = bench.answer(three, "stranger")
    state, _ = bench.answer(four, "d")
    assert not stranger.running
    assert state.running


def test_r1_without_a_post_under_way_strangers_are_dropped(bench: Bench) -> None:
    bench.call("alive")
    bench.feed(started("stranger"))
    assert not bench.call("stranger").running


def test_r1_a_post_that_starts_no_call_lets_kept_frames_go(bench: Bench) -> None:
    bench.call("alive")
    number = bench.post()
    bench.feed(started("stranger"))
    bench.multiplexer.reject(number)
    assert not bench.call("stranger").running


# R2: a call can be complete before its POST is answered


def test_r2_a_call_that_is_complete_already_opens_no_stream(bench: Bench) -> None:
    bench.call("a")
    number = bench.post()
    bench.feed(completed("a"), completed("b", 7), CLOSE)
    assert bench.multiplexer.end_of_stream() is None
    state, start = bench.answer(number, "b")
    assert state.outcome().data == [7]
    assert start is False


# R3: the end of a stream is normal


def test_r3_the_stream_ends_just_as_a_call_was_accepted(bench: Bench) -> None:
    bench.call("a")
    bench.feed(completed("a"))
    late = bench.call("b")
    bench.feed(CLOSE)
    assert bench.multiplexer.end_of_stream() == 0.0
    assert bench.multiplexer.reading
    bench.feed(completed("b"))
    assert not late.outcome().error


# R4: ... and a POST under way does not keep it


def test_r4_a_post_under_way_does_not_reopen_it_its_answer_does(bench: Bench) -> None:
    bench.call("a")
    bench.feed(completed("a"), CLOSE)
    number = bench.post()
    assert bench.multiplexer.end_of_stream() is None
    assert not bench.multiplexer.reading
    _, start = bench.answer(number, "b")
    assert start is True


# R5: the stream's end comes a moment after the last completion


def test_r5_a_post_waits_for_a_stream_that_is_about_to_end(bench: Bench) -> None:
    bench.call("a")
    assert not bench.multiplexer.draining
    bench.feed(completed("a"), CLOSE)
    assert bench.multiplexer.draining
    bench.multiplexer.end_of_stream()
    assert not bench.multiplexer.draining


# R7: one reader, and a new multiplexer after an unclean end


def test_r7_one_reader(bench: Bench) -> None:
    assert bench.answer(bench.post(), "a")[1] is True
    assert bench.answer(bench.post(), "b")[1] is False


def test_r7_after_an_unclean_end_everything_alive_fails_and_the_multiplexer_is_dead(
    bench: Bench,
) -> None:
    one, two = bench.call("a"), bench.call("b", "/g")
    number = bench.post()
    bench.multiplexer.lose(ConnectionLostError("cut"), 0.0)
    assert {type(state.outcome().error) for state in (one, two)} == {ConnectionLostError}
    assert [getattr(state.outcome().error, "event_id", None) for state in (one, two)] == ["a", "b"]
    late, start = bench.answer(number, "c")
    assert isinstance(late.outcome().error, ConnectionLostError)
    assert start is False


@pytest.mark.parametrize("said", ["404: Not Found", "Server stopped unexpectedly.", None])
def test_r7_an_unexpected_error_breaks_the_stream(bench: Bench, said: str | None) -> None:
    bench.call("a")
    with pytest.raises(StreamBrokenError):
        bench.feed(message("unexpected_error", None, message=said, success=False))


@pytest.mark.parametrize("words", [[], [HEARTBEAT], [completed("stranger")], [b"garbage"]])
def test_streams_that_end_again_and_again_without_a_word_of_a_call_are_broken(
    bench: Bench, words: list[bytes]
) -> None:
    bench.call("a")
    pauses: list[float] = []
    for _ in range(4):
        bench.feed(*words, CLOSE)
        pause = bench.multiplexer.end_of_stream()
        assert pause is not None
        pauses.append(pause)
    assert 0 < pauses[0] < pauses[1] < pauses[2] < pauses[3]
    bench.feed(*words, CLOSE)
    with pytest.raises(StreamBrokenError, match="again and again"):
        bench.multiplexer.end_of_stream()


def test_streams_with_a_word_of_a_call_may_end_as_often_as_they_like(bench: Bench) -> None:
    bench.call("a")
    bench.call("b")
    for _ in range(20):
        bench.feed(started("a"), CLOSE)
        assert bench.multiplexer.end_of_stream() == 0.0
        bench.feed(CLOSE)
        assert bench.multiplexer.end_of_stream() != 0.0


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("posting", [False, True])
def test_an_end_that_was_not_announced_is_a_break(bench: Bench, over: bool, posting: bool) -> None:
    """Where nothing is under way, too: the server may send on into what a proxy has ended."""
    bench.call("a")
    if over:
        bench.feed(completed("a"))
    if posting:
        bench.post()
    with pytest.raises(StreamBrokenError, match="without notice"):
        bench.multiplexer.end_of_stream()


def test_a_stream_that_no_call_wants_after_a_pause_is_not_opened(bench: Bench) -> None:
    state = bench.call("a")
    bench.feed(CLOSE)
    assert bench.multiplexer.end_of_stream()
    assert bench.multiplexer.resume()
    bench.multiplexer.give_up(state, ConnectionLostError("late"), 0.0)
    assert not bench.multiplexer.resume()
    assert not bench.multiplexer.reading


@pytest.mark.parametrize("over", [False, True])
def test_an_event_id_is_that_of_one_call(bench: Bench, over: bool) -> None:
    first = bench.call("a")
    number = bench.post()
    if over:
        bench.feed(completed("a", 1))
    with pytest.raises(ProtocolError, match="a, which another call"):
        bench.answer(number, "a")
    assert not bench.multiplexer.busy or bench.multiplexer.alive == {"a": first}
    assert bench.answer(bench.post(), "b")[0].end is None


# Deadlines, heartbeats, backlog


def test_deadlines(bench: Bench) -> None:
    state, other = CallState("/f"), CallState("/g")
    state.deadline, other.deadline = 10.0, 20.0
    bench.multiplexer.accept(bench.post(), "a", state, 0.0)
    bench.multiplexer.accept(bench.post("/g"), "b", other, 0.0)
    assert bench.multiplexer.next_deadline == 10.0
    assert bench.multiplexer.expire(9.0) == []
    assert bench.multiplexer.expire(10.0) == [state]
    bench.multiplexer.give_up(state, CallTimeoutError("late"), 0.0)
    assert isinstance(state.outcome().error, CallTimeoutError)
    assert bench.multiplexer.due_cancels(LATER) == [state]
    assert bench.multiplexer.next_deadline == 20.0


def test_heartbeats_reach_every_call_alive(bench: Bench) -> None:
    one, two = bench.call("a"), bench.call("b")
    bench.feed(message("heartbeat", None))
    assert [entry.msg for state in (one, two) for entry in state.log] == ["heartbeat", "heartbeat"]


def test_unknown_messages_are_events_of_no_kind_and_harm_nobody(bench: Bench) -> None:
    state = bench.call("a")
    bench.feed(
        message("brand_new", "a"),
        message("brand_new", None),
        b"<html>",
        b"{}",
        b"null",
        completed("a"),
    )
    assert state.status() == "complete"


def test_too_much_unread_pauses_the_stream_until_somebody_reads(bench: Bench) -> None:
    state = bench.call("a")
    half = "x" * (UNREAD_LIMIT // 2)
    bench.feed(message("process_generating", "a", output={"data": [half]}))
    assert not bench.multiplexer.paused
    bench.feed(message("process_generating", "a", output={"data": [half]}))
    assert bench.multiplexer.paused
    state.take(state.open(all_events=False))
    assert not bench.multiplexer.paused


@pytest.mark.parametrize("how", ["wait", "abandon"])
def test_what_nobody_wants_pauses_nothing(bench: Bench, how: str) -> None:
    state = bench.call("a")
    bench.feed(message("process_generating", "a", output={"data": ["x" * (UNREAD_LIMIT + 1)]}))
    assert bench.multiplexer.paused
    if how == "wait":
        state.begin_wait()
    else:
        state.abandoned = True
    assert not bench.multiplexer.paused
