"""What a multiplexer does about calls that are cancelled, rule by rule and event by event: only a
delaying proxy shows what goes wrong without it.
"""

from __future__ import annotations

import pytest

from gradio_session.errors import CallCancelledError, CallTimeoutError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.cancellation import START_GRACE
from tests.support.multiplexer_bench import LATER, Bench, cancelled, completed, message, started


@pytest.fixture
def bench() -> Bench:
    return Bench()


# R8: a sibling's POST against /cancel


def test_r8_a_post_under_way_counts_as_a_running_sibling(bench: Bench) -> None:
    state = bench.call("a", running=True)
    number = bench.post()
    assert bench.multiplexer.cancel(state, LATER) == "deferred"
    assert state.status() == "cancelled"
    assert state.outcome().cancelled is False
    assert bench.multiplexer.due_cancels(LATER) == []
    bench.answer(number, "b")
    assert bench.multiplexer.due_cancels(LATER) == [state]


def test_r8_a_post_of_another_function_does_not(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.post("/g")
    assert bench.multiplexer.cancel(state, LATER) == "send"


def test_r8_while_a_cancellation_is_under_way_posts_of_its_function_wait(bench: Bench) -> None:
    state = bench.call("a", running=True)
    assert bench.multiplexer.cancel(state, LATER) == "send"
    assert bench.multiplexer.begin_post("/f") is None
    assert bench.multiplexer.begin_post("/g") is not None
    assert bench.multiplexer.cancel_answered(state, 0.0, reached=True) is True
    assert bench.multiplexer.begin_post("/f") is not None


def test_a_running_sibling_is_not_harmed_and_the_server_is_told_once_it_has_ended(
    bench: Bench,
) -> None:
    state, sibling = bench.call("a", running=True), bench.call("b", running=True)
    assert bench.multiplexer.cancel(state, LATER) == "deferred"
    assert bench.multiplexer.due_cancels(LATER) == []
    bench.feed(completed("b"))
    assert bench.multiplexer.due_cancels(LATER) == [state]
    assert bench.multiplexer.begin_post("/f") is None
    bench.multiplexer.cancel_answered(state, 0.0, reached=True)
    assert sibling.status() == "complete"


def test_a_queued_sibling_does_not_hold_it_back(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b")
    assert bench.multiplexer.cancel(state, LATER) == "send"


def test_a_sibling_that_may_just_have_started_is_waited_for(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b")
    assert bench.multiplexer.cancel(state, START_GRACE / 2) == "wait"
    assert not state.ended
    bench.feed(started("b"))
    assert bench.multiplexer.cancel(state, START_GRACE / 2) == "deferred"


def test_the_progress_of_an_upload_is_no_word_of_the_server(bench: Bench) -> None:
    """It comes before the call is accepted; how late messages are is counted from there."""
    state = bench.call("a", running=True)
    sibling = CallState("/f")
    sibling.feed("progress", b"{}", 5000.0)
    bench.multiplexer.accept(bench.post(), "b", sibling, 5001.0)
    bench.multiplexer.feed(message("estimation", "b"), 5001.0)
    assert bench.multiplexer.cancel(state, 5001.0 + 2 * START_GRACE) == "send"


def test_a_request_is_due_by_time_alone_where_a_sibling_may_just_have_started(
    bench: Bench,
) -> None:
    state, sibling = bench.call("a", running=True), bench.call("b")
    bench.feed(message("estimation", "b"))
    bench.multiplexer.give_up(state, CallTimeoutError("late"), 0.0)
    assert bench.multiplexer.due_cancels(START_GRACE / 4) == []
    assert bench.multiplexer.next_cancel(START_GRACE / 4) == pytest.approx(START_GRACE * 3 / 4)
    assert bench.multiplexer.due_cancels(START_GRACE) == [state]
    assert bench.multiplexer.next_cancel(START_GRACE) == float("inf")
    assert not sibling.ended


@pytest.mark.parametrize("why", ["running", "posting", "cancelling"])
def test_time_alone_does_not_make_it_due_where_it_takes_a_message(bench: Bench, why: str) -> None:
    state = bench.call("a", running=True)
    if why == "running":
        bench.call("b", running=True)
    elif why == "posting":
        bench.post()
    else:
        assert bench.multiplexer.cancel(bench.call("b"), LATER) == "deferred"
        assert bench.multiplexer.cancel(bench.call("c"), LATER) == "deferred"
    bench.multiplexer.give_up(state, CallTimeoutError("late"), 0.0)
    bench.multiplexer.due_cancels(LATER)
    assert bench.multiplexer.next_cancel(LATER) == float("inf")


def test_a_held_request_is_forgotten_once_its_call_has_ended_on_the_server(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.call("b", running=True)
    bench.multiplexer.cancel(state, LATER)
    bench.feed(completed("a"), completed("b"))
    assert bench.multiplexer.due_cancels(LATER) == []


def test_two_siblings_that_are_both_cancelled_do_not_hold_each_other_back(bench: Bench) -> None:
    one, two = bench.call("a", running=True), bench.call("b", running=True)
    assert bench.multiplexer.cancel(one, LATER) == "deferred"
    assert bench.multiplexer.cancel(two, LATER) == "send"
    bench.multiplexer.cancel_answered(two, 0.0, reached=True)
    assert bench.multiplexer.due_cancels(LATER) == [one]


# R9: completions come twice after /cancel


def test_r9_the_first_end_wins_and_strangers_are_dropped(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.feed(completed("a", 1), cancelled("a"), completed("a", 2))
    assert state.outcome().data == [1]
    assert len(state.log) == 2


def test_r9_the_completion_of_a_call_given_up_passes_on_the_next_stream(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.multiplexer.cancel(state, LATER)
    bench.multiplexer.cancel_answered(state, 0.0, reached=True)
    other = bench.call("b")
    bench.feed(cancelled("a"), completed("a", 9), completed("b", 2))
    assert state.status() == "cancelled"
    assert other.outcome().data == [2]


# R10: cancel against natural completion


def test_r10_a_call_that_completed_meanwhile_keeps_its_result(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.multiplexer.cancel(state, LATER)
    bench.feed(completed("a", 5))
    assert bench.multiplexer.cancel_answered(state, 0.0, reached=True) is False
    assert state.outcome().data == [5]


def test_r10_a_call_whose_cancelled_end_came_first_was_cancelled_by_the_server(
    bench: Bench,
) -> None:
    state = bench.call("a", running=True)
    bench.multiplexer.cancel(state, LATER)
    bench.feed(cancelled("a"))
    assert bench.multiplexer.cancel_answered(state, 0.0, reached=True) is True
    assert state.status() == "cancelled"


def test_r10_else_it_is_cancelled_and_its_id_is_remembered(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.multiplexer.cancel(state, LATER)
    assert bench.multiplexer.cancel_answered(state, 0.0, reached=True) is True
    assert isinstance(state.outcome().error, CallCancelledError)
    assert state.outcome().cancelled is True
    assert not bench.multiplexer.draining  # its completion is still to come
    bench.feed(cancelled("a"))
    assert bench.multiplexer.draining


def test_a_request_that_did_not_reach_the_server_gives_the_call_up_here(bench: Bench) -> None:
    state = bench.call("a", running=True)
    bench.multiplexer.cancel(state, LATER)
    assert bench.multiplexer.cancel_answered(state, 0.0, reached=False) is False
    assert state.outcome().cancelled is False
    assert bench.multiplexer.begin_post("/f") is not None


def test_cancelling_twice_sends_once(bench: Bench) -> None:
    state = bench.call("a", running=True)
    assert bench.multiplexer.cancel(state, LATER) == "send"
    assert bench.multiplexer.cancel(state, LATER) == "sent"
    bench.multiplexer.cancel_answered(state, LATER, reached=True)
    assert bench.multiplexer.cancel(state, LATER) == "over"


# R11, R13: the call runs although nobody wants it


def test_r11_a_second_completion_of_a_call_given_up_is_dropped(bench: Bench) -> None:
    state = bench.call("a")
    assert bench.multiplexer.cancel(state, LATER) == "send"
    bench.multiplexer.cancel_answered(state, 0.0, reached=True)
    bench.feed(cancelled("a"), started("a"), completed("a", 3))
    assert state.status() == "cancelled"
    assert not bench.multiplexer.alive


def test_r13_a_call_given_up_while_it_was_posted_is_cancelled_once_it_is_accepted(
    bench: Bench,
) -> None:
    number = bench.post()
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    assert bench.multiplexer.accept(number, "a", state, 0.0) is False
    assert bench.multiplexer.due_cancels(LATER) == [state]


def test_r13_unless_it_is_complete_by_then(bench: Bench) -> None:
    bench.call("other", "/g")
    number = bench.post()
    bench.feed(completed("a"))
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    bench.multiplexer.accept(number, "a", state, 0.0)
    assert bench.multiplexer.due_cancels(LATER) == []


# Interrupts


def test_an_interrupted_post_with_nothing_else_going_on_ends_with_its_session(bench: Bench) -> None:
    number = bench.post()
    assert bench.multiplexer.interrupted(number, CallState("/f")) is True
    assert not bench.multiplexer.busy


@pytest.mark.parametrize("early", [True, False])
def test_the_event_of_an_interrupted_post_is_cancelled_once_it_turns_up(
    bench: Bench, early: bool
) -> None:
    bench.call("other", "/g")
    number = bench.post()
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    if early:
        bench.feed(message("estimation", "unclaimed"))
    assert bench.multiplexer.interrupted(number, state) is False
    if not early:
        bench.feed(message("estimation", "unclaimed"))
    assert bench.multiplexer.due_cancels(LATER) == [state]
    assert state.event_id == "unclaimed"
    bench.multiplexer.cancel_answered(state, LATER, reached=True)
    bench.feed(message("estimation", "stranger"), cancelled("unclaimed"))
    assert bench.multiplexer.due_cancels(LATER) == []


def test_a_cancelled_call_that_starts_is_not_taken_for_the_event_of_an_interrupted_post(
    bench: Bench,
) -> None:
    bench.call("other", "/g")
    over = bench.call("a")
    assert bench.multiplexer.cancel(over, LATER) == "send"
    bench.multiplexer.cancel_answered(over, 0.0, reached=True)
    state = CallState("/f")
    state.cancel(0.0, on_server=False)
    assert bench.multiplexer.interrupted(bench.post(), state) is False
    bench.feed(cancelled("a"), started("a"))
    assert state.event_id is None
    bench.feed(message("estimation", "unclaimed"))
    assert state.event_id == "unclaimed"
