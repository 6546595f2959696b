"""The input of a call as a stream: how the call ends, by what came over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_session.errors import AppError, CallCancelledError, CallTimeoutError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.input_stream import InputStream
from gradio_session.protocol.queue.messages import data_of
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer


def frame(msg: str, output: dict[str, Any], *, success: bool = True) -> bytes:
    return json.dumps({"msg": msg, "event_id": "e", "output": output, "success": success}).encode()


def streamed(sent: int, *outputs: Any, told: bool = False) -> CallState:
    """A call to which so many inputs were sent, and what came back."""
    state = CallState("/f")
    state.accept("e")
    state.input = InputStream()
    state.input.sent, state.input.told = sent, told
    for value in outputs:
        state.feed("process_streaming", frame("process_streaming", {"data": [value]}), 0.0)
    return state


def complete(state: CallState, output: dict[str, Any], *, success: bool = True) -> None:
    state.feed("process_completed", frame("process_completed", output, success=success), 0.0)


def outputs_of(state: CallState) -> list[Any]:
    cursor, found = state.open(all_events=False), []
    while (entry := state.take(cursor)) is not None:
        found.append((data_of(entry.message()) or [None])[0])
    return found


def test_a_stream_that_was_closed_ends_with_its_last_output() -> None:
    """Whatever the end repeats: before 6.31 the function runs once more on the last chunk."""
    state = streamed(2, "a", "ab", told=True)
    complete(state, {"data": ["abb"], "duration": 2.0})
    assert outputs_of(state) == ["a", "ab"]
    assert (state.outcome().data, state.outcome().duration) == (["ab"], 2.0)
    assert state.status() == "complete"
    assert state.last_data() == ["ab"]


def test_the_end_may_bring_the_output_of_the_last_chunk() -> None:
    state = streamed(3, "a", "ab")
    complete(state, {"data": ["abc"]})
    assert outputs_of(state) == ["a", "ab", "abc"]
    error = state.outcome().error
    assert isinstance(error, CallTimeoutError)
    assert "3 chunks sent, 3 outputs received" in str(error)


def test_an_end_that_nobody_asked_for_is_an_error() -> None:
    state = streamed(1, "a")
    complete(state, {"data": ["a"]})
    assert outputs_of(state) == ["a"]
    assert isinstance(state.outcome().error, CallTimeoutError)
    assert state.status() == "error"


@pytest.mark.parametrize("told", [False, True])
def test_a_failure_and_a_cancellation_are_what_they_are(told: bool) -> None:
    failed, cancelled = streamed(2, "a", told=told), streamed(2, "a", told=told)
    complete(failed, {"error": "no"}, success=False)
    complete(cancelled, {})
    assert isinstance(failed.outcome().error, AppError)
    assert isinstance(cancelled.outcome().error, CallCancelledError)
    assert outputs_of(failed) == outputs_of(cancelled) == ["a"]


def test_a_call_that_is_ended_here_keeps_its_last_output_and_is_cancelled_there() -> None:
    multiplexer, state = StreamMultiplexer("s"), streamed(1)
    multiplexer.accept(multiplexer.begin_post("/f") or 0, "e", state, 0.0)
    multiplexer.feed(frame("process_streaming", {"data": ["a"]}), 0.0)
    assert state.input is not None
    state.input.told = True
    multiplexer.give_up(state, None, 1.0)
    assert state.outcome().data == ["a"]
    assert multiplexer.due_cancels(9.0) == [state]
