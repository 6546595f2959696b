"""The rules of a tab, one table each: what goes wrong without them shows behind a delaying proxy only, so they are stated here event by event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_session.errors import CallCancelledError, CallTimeoutError, ConnectionLostError
from gradio_session.protocol.callstate import CallState
from gradio_session.protocol.tab import FRESH, UNREAD_LIMIT, StreamBrokenError, Tab


def message(msg: str, event_id: str | None, **rest: Any) -> bytes:
    return json.dumps({"msg": msg, "event_id": event_id, **rest}).encode()


def started(event_id: str) -> bytes:
    return message("process_starts", event_id)


def completed(event_id: str, value: Any = 1) -> bytes:
    return message("process_completed", event_id, output={"data": [value]}, success=True)


def cancelled(event_id: str) -> bytes:
    return message("process_completed", event_id, output={}, success=True)


LATER = 10.0
"""Long after every message, which all arrive at 0."""

CLOSE = message("close_stream", None)


class Bench:
    """A tab, driven by hand."""

    def __init__(self) -> None:
        self.tab = Tab("hash")

    def post(self, function: str = "/f") -> int:
        number = self.tab.begin_post(function)
        assert number is not None
        return number

    def answer(self, number: int, event_id: str, function: str = "/f") -> tuple[CallState, bool]:
        state = CallState(function)
        return state, self.tab.accept(number, event_id, state, 0.0)

    def call(self, event_id: str, function: str = "/f", *, running: bool = False) -> CallState:
        state, _ = self.answer(self.post(function), event_id, function)
        if running:
            self.feed(started(event_id))
        return state

    def feed(self, *frames: bytes) -> None:
        for frame in frames:
            self.tab.feed(frame, 0.0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# R1: messages overtake the answer of their POST


def test_r1_frames_that_come_before_the_answer_are_kept_for_it(bench: Bench) -> None:
    first = bench.call("a")
    number = bench.post()
    bench.feed(message("estimation", "b"), started("b"), message("process_generating", "b", output={"data": [1]}))
    state, _ = bench.answer(number, "b")
    assert state.status() == "running"
    assert [entry.msg for entry in state.log] == ["estimation", "process_starts"]
    assert state.last_data() == [1]
    assert not first.ended


def test_r1_kept_frames_go_once_every_post_up_to_theirs_is_answered(bench: Bench) -> None:
    bench.call("alive")
    one, two = bench.post(), bench.post()
    bench.feed(started("stranger"))
    bench.answer(one, "a")
    assert len(bench.tab._early) == 1
    three = bench.post()
    bench.answer(two, "b")
    assert len(bench.tab._early) == 0
    bench.feed(started("c"))
    state, _ = bench.answer(three, "c")
    assert state.running


def test_r1_without_a_post_under_way_strangers_are_dropped(bench: Bench) -> None:
    bench.call("alive")
    bench.feed(started("stranger"))
    assert len(bench.tab._early) == 0


def test_r1_a_post_that_came_to_nothing_lets_kept_frames_go(bench: Bench) -> None:
    bench.call("alive")
    number = bench.post()
    bench.feed(started("stranger"))
    bench.tab.reject(number)
    assert len(bench.tab._early) == 0


# R2: a call can be complete before its POST is answered


def test_r2_a_call_that_is_complete_already_opens_no_stream(bench: Bench) -> None:
    bench.call("a")
    number = bench.post()
    bench.feed(completed("a"), completed("b", 7), CLOSE)
    assert bench.tab.end_of_stream() is False
    state, start = bench.answer(number, "b")
    assert state.outcome().data == [7]
    assert start is False


# R3: the end of a stream is normal


def test_r3_the_stream_ends_just_as_a_call_was_accepted(bench: Bench) -> None:
    bench.call("a")
    bench.feed(completed("a"))
    late = bench.call("b")
    assert bench.tab.end_of_stream() is True
    assert bench.tab.reading
    bench.feed(completed("b"))
    assert not late.outcome().error


# R4: ... and a POST under way does not keep it


def test_r4_a_post_under_way_does_not_reopen_it_its_answer_does(bench: Bench) -> None:
    bench.call("a")
    bench.feed(completed("a"))
    number = bench.post()
    assert bench.tab.end_of_stream() is False
    assert not bench.tab.reading
    _, start = bench.answer(number, "b")
    assert start is True


# R5: the stream's end comes a moment after the last completion


def test_r5_a_post_waits_for_a_stream_that_is_about_to_end(bench: Bench) -> None:
    bench.call("a")
    assert not bench.tab.settling
    bench.feed(completed("a"))
    assert bench.tab.settling
    bench.tab.end_of_stream()
    assert not bench.tab.settling


# R7: one reader, and a new tab after an unclean end


def test_r7_one_reader(bench: Bench) -> None:
    assert bench.answer(bench.post(), "a")[1] is True
    assert bench.answer(bench.post(), "b")[1] is False


def test_r7_after_an_unclean_end_everything_alive_fails_and_the_tab_is_dead(bench: Bench) -> None:
    one, two = bench.call("a"), bench.call("b", "/g")
    number = bench.post()
    bench.tab.lose(ConnectionLostError("cut"), 0.0)
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


def test_streams_that_end_without_a_word_again_and_again_are_broken(bench: Bench) -> None:
    bench.call("a")
    for _ in range(4):
        assert bench.tab.end_of_stream() is True
    with pytest.raises(StreamBrokenError):
        bench.tab.end_of_stream()


def test_streams_that_say_something_may_end_as_often_as_they_like(bench: Bench) -> None:
    bench.call("a")
    for _ in range(20):
        bench.feed(message("heartbeat", None))
        assert bench.tab.end_of_stream() is True


# R8: a sibling's POST against /cancel


def test_r8_a_post_under_way_counts_as_a_running_sibling(bench: Bench) -> None:
    state = bench.call("a", running=True)
    number = bench.post()
    assert bench.tab.cancel(state, LATER) == "held"
    assert state.status() == "cancelled"
    assert state.outcome().cancelled is False
    assert bench.tab.due_cancels(LATER) == []
    bench.answer(number, "b")
    assert bench.tab.due_cancels(LATER) == [state]


def test_r8_a_post_of_another_function_does_not(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.post("/g")
    assert bench.tab.cancel(state, LATER) == "send"


def test_r8_while_a_cancellation_is_under_way_posts_of_its_function_wait(bench: Bench) -> None:
    state = bench.call("a", running=True)
    assert bench.tab.cancel(state, LATER) == "send"
    assert bench.tab.begin_post("/f") is None
    assert bench.tab.begin_post("/g") is not None
    woken: list[int] = []
    bench.tab.on_postable(lambda: woken.append(1))
    assert bench.tab.cancel_answered(state, 0.0, reached=True) is True
    assert woken == [1]
    assert bench.tab.begin_post("/f") is not None


def test_a_running_sibling_is_not_harmed_and_the_server_is_told_once_it_has_ended(bench: Bench) -> None:
    state, sibling = bench.call("a", running=True), bench.call("b", running=True)
    assert bench.tab.cancel(state, LATER) == "held"
    assert bench.tab.due_cancels(LATER) == []
    bench.feed(completed("b"))
    assert bench.tab.due_cancels(LATER) == [state]
    assert bench.tab.begin_post("/f") is None
    bench.tab.cancel_answered(state, 0.0, reached=True)
    assert sibling.status() == "complete"


def test_a_queued_sibling_does_not_hold_it_back(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b")
    assert bench.tab.cancel(state, LATER) == "send"


def test_a_sibling_that_may_just_have_started_is_waited_for(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b")
    assert bench.tab.cancel(state, FRESH / 2) == "wait"
    assert not state.ended
    bench.feed(started("b"))
    assert bench.tab.cancel(state, FRESH / 2) == "held"


def test_a_held_request_is_forgotten_once_its_call_has_ended_on_the_server(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b", running=True)
    bench.tab.cancel(state, LATER)
    bench.feed(completed("a"), completed("b"))
    assert bench.tab.due_cancels(LATER) == []


def test_two_siblings_that_are_both_cancelled_do_not_hold_each_other_back(bench: Bench) -> None:
    one, two = bench.call("a", running=True), bench.call("b", running=True)
    assert bench.tab.cancel(one, LATER) == "held"
    assert bench.tab.cancel(two, LATER) == "send"
    bench.tab.cancel_answered(two, 0.0, reached=True)
    assert bench.tab.due_cancels(LATER) == [one]


# R9: completions come twice after /cancel


def test_r9_the_first_end_wins_and_strangers_are_dropped(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.feed(completed("a", 1), cancelled("a"), completed("a", 2))
    assert state.outcome().data == [1]
    assert len(state.log) == 2


def test_r9_the_completion_of_a_call_given_up_passes_on_the_next_stream(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.tab.cancel(state, LATER)
    bench.tab.cancel_answered(state, 0.0, reached=True)
    other = bench.call("b")
    bench.feed(cancelled("a"), completed("a", 9), completed("b", 2))
    assert state.status() == "cancelled"
    assert other.outcome().data == [2]


# R10: cancel against natural completion


def test_r10_a_call_that_completed_meanwhile_keeps_its_result(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.tab.cancel(state, LATER)
    bench.feed(completed("a", 5))
    assert bench.tab.cancel_answered(state, 0.0, reached=True) is False
    assert state.outcome().data == [5]


def test_r10_a_call_whose_cancelled_end_came_first_was_cancelled_by_the_server(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.tab.cancel(state, LATER)
    bench.feed(cancelled("a"))
    assert bench.tab.cancel_answered(state, 0.0, reached=True) is True
    assert state.status() == "cancelled"


def test_r10_else_it_is_cancelled_and_its_id_is_remembered(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.tab.cancel(state, LATER)
    assert bench.tab.cancel_answered(state, 0.0, reached=True) is True
    assert isinstance(state.outcome().error, CallCancelledError)
    assert state.outcome().cancelled is True
    assert "a" in bench.tab._given_up
    bench.feed(cancelled("a"))
    assert "a" not in bench.tab._given_up


def test_a_request_that_did_not_reach_the_server_gives_the_call_up_here(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.tab.cancel(state, LATER)
    assert bench.tab.cancel_answered(state, 0.0, reached=False) is False
    assert state.outcome().cancelled is False
    assert bench.tab.begin_post("/f") is not None


def test_cancelling_twice_sends_once(bench: Bench) -> None:
    state = bench.call("a", running=True)
    assert bench.tab.cancel(state, LATER) == "send"
    assert bench.tab.cancel(state, LATER) == "over"


# R11, R13: the call runs although nobody wants it


def test_r11_a_second_completion_of_a_call_given_up_is_dropped(bench: Bench) -> None:
    state = bench.call("a")
    assert bench.tab.cancel(state, LATER) == "send"
    bench.tab.cancel_answered(state, 0.0, reached=True)
    bench.feed(cancelled("a"), started("a"), completed("a", 3))
    assert state.status() == "cancelled"
    assert not bench.tab.alive


def test_r13_a_call_given_up_while_it_was_posted_is_cancelled_once_it_is_accepted(bench: Bench) -> None:
    number = bench.post()
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    assert bench.tab.accept(number, "a", state, 0.0) is False
    assert bench.tab.due_cancels(LATER) == [state]


def test_r13_unless_it_is_complete_by_then(bench: Bench) -> None:
    bench.call("other", "/g")
    number = bench.post()
    bench.feed(completed("a"))
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    bench.tab.accept(number, "a", state, 0.0)
    assert bench.tab.due_cancels(LATER) == []


# Deadlines, heartbeats, backlog


def test_deadlines(bench: Bench) -> None:
    state, other = CallState("/f"), CallState("/g")
    state.deadline, other.deadline = 10.0, 20.0
    bench.tab.accept(bench.post(), "a", state, 0.0)
    bench.tab.accept(bench.post("/g"), "b", other, 0.0)
    assert bench.tab.next_deadline == 10.0
    assert bench.tab.expire(9.0) == []
    assert bench.tab.expire(10.0) == [state]
    bench.tab.give_up(state, CallTimeoutError("late"), 0.0)
    assert isinstance(state.outcome().error, CallTimeoutError)
    assert bench.tab.due_cancels(LATER) == [state]
    assert bench.tab.next_deadline == 20.0


def test_heartbeats_reach_every_call_alive(bench: Bench) -> None:
    one, two = bench.call("a"), bench.call("b")
    bench.feed(message("heartbeat", None))
    assert [entry.msg for state in (one, two) for entry in state.log] == ["heartbeat", "heartbeat"]


def test_unknown_messages_are_events_of_no_kind_and_harm_nobody(bench: Bench) -> None:
    state = bench.call("a")
    bench.feed(message("brand_new", "a"), message("brand_new", None), b"<html>", b"{}", b"null", completed("a"))
    assert state.status() == "complete"


def test_too_much_unread_pauses_the_stream_until_somebody_reads(bench: Bench) -> None:
    state = bench.call("a")
    half = "x" * (UNREAD_LIMIT // 2)
    bench.feed(message("process_generating", "a", output={"data": [half]}))
    assert not bench.tab.paused
    bench.feed(message("process_generating", "a", output={"data": [half]}))
    assert bench.tab.paused
    state.open(all_events=False).take()
    assert not bench.tab.paused


@pytest.mark.parametrize("how", ["wait", "abandon"])
def test_what_nobody_wants_pauses_nothing(bench: Bench, how: str) -> None:
    state = bench.call("a")
    bench.feed(message("process_generating", "a", output={"data": ["x" * (UNREAD_LIMIT + 1)]}))
    assert bench.tab.paused
    if how == "wait":
        state.begin_wait()
    else:
        state.abandoned = True
    assert not bench.tab.paused


# Interrupts


def test_an_interrupted_post_with_nothing_else_going_on_ends_with_its_tab(bench: Bench) -> None:
    number = bench.post()
    assert bench.tab.interrupted(number, CallState("/f")) is True
    assert not bench.tab._posts


@pytest.mark.parametrize("early", [True, False])
def test_the_event_of_an_interrupted_post_is_cancelled_once_it_turns_up(bench: Bench, early: bool) -> None:
    bench.call("other", "/g")
    number = bench.post()
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    if early:
        bench.feed(message("estimation", "orphan"))
    assert bench.tab.interrupted(number, state) is False
    if not early:
        bench.feed(message("estimation", "orphan"))
    assert bench.tab.due_cancels(LATER) == [state]
    assert state.event_id == "orphan"
    bench.tab.cancel_answered(state, LATER, reached=True)
    bench.feed(message("estimation", "stranger"), cancelled("orphan"))
    assert bench.tab.due_cancels(LATER) == []
