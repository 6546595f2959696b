"""One call: status, outputs, readers, memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_session.errors import AppError, CallCancelledError, ConnectionLostError, ProtocolError
from gradio_session.protocol.queue.call_state import Backlog, CallState, Cursor
from gradio_session.protocol.queue.messages import data_of


def frame(msg: str, **rest: Any) -> bytes:
    return json.dumps({"msg": msg, "event_id": "e", **rest}).encode()


def output(*data: Any) -> bytes:
    return frame("process_generating", output={"data": list(data)}, success=True)


def completed(*data: Any) -> bytes:
    return frame("process_completed", output={"data": list(data), "duration": 0.5}, success=True)


def started(**options: Any) -> CallState:
    state = CallState("/f", **options)
    state.backlog = Backlog()
    state.accept("e")
    return state


def give(state: CallState, *values: Any) -> None:
    for value in values:
        state.feed("process_generating", output(value), 0.0)


def taken(state: CallState, cursor: Cursor) -> list[Any]:
    values = []
    while (entry := state.take(cursor)) is not None:
        values.append((data_of(entry.message()) or [None])[0])
    return values


def test_status_follows_the_messages() -> None:
    state = CallState("/f")
    seen = [state.status()]
    state.accept("e")
    seen.append(state.status())
    state.feed("estimation", frame("estimation"), 0.0)
    seen.append(state.status())
    state.feed("process_starts", frame("process_starts"), 0.0)
    seen.append(state.status())
    state.feed("process_completed", completed(1), 0.0)
    seen.append(state.status())
    assert seen == ["pending", "queued", "queued", "running", "complete"]
    assert state.outcome().data == [1]
    assert state.outcome().duration == 0.5


@pytest.mark.parametrize(
    ("message", "kind", "status"),
    [
        ({"output": {"error": "no"}, "success": False}, AppError, "error"),
        ({"output": {"error": None}, "success": False}, AppError, "error"),
        ({"output": {}, "success": True}, CallCancelledError, "cancelled"),
        ({"output": {"data": None}, "success": True}, CallCancelledError, "cancelled"),
        ({"output": "?", "success": True}, ProtocolError, "error"),
        ({}, ProtocolError, "error"),
    ],
)
def test_other_ends(message: dict[str, Any], kind: type[Exception], status: str) -> None:
    state = started()
    state.feed("process_completed", frame("process_completed", **message), 0.0)
    assert state.status() == status
    assert type(state.outcome().error) is kind


def test_the_first_end_counts() -> None:
    state = started()
    state.fail(ConnectionLostError("gone"), 1.0)
    state.feed("process_completed", completed(1), 2.0)
    state.cancel(3.0, on_server=True)
    error = state.outcome().error
    assert isinstance(error, ConnectionLostError)
    assert [entry.msg for entry in state.log] == ["failed"]
    assert (error.api_name, error.event_id) == ("/f", "e")


def test_the_first_reader_sees_everything_a_later_one_what_comes_from_then_on() -> None:
    state = started()
    give(state, 1, 2)
    first = state.open(all_events=False)
    later = state.open(all_events=False)
    give(state, 3)
    assert taken(state, first) == [1, 2, 3]
    assert taken(state, later) == [3]


def test_who_reads_on_after_a_break_sees_what_nobody_has_read() -> None:
    state = started()
    give(state, 1, 2, 3)
    first = state.open(all_events=False)
    state.take(first)
    state.close(first)
    give(state, 4)
    assert taken(state, state.open(all_events=False)) == [2, 3, 4]


def test_an_output_is_let_go_once_every_reader_has_passed_it() -> None:
    state = started()
    one, two = state.open(all_events=False), state.open(all_events=True)
    give(state, "a" * 100)
    size = state.backlog.unread
    assert size > 100
    state.take(one)
    assert state.backlog.unread == size
    state.take(two)
    assert state.backlog.unread == 0


def test_outputs_nobody_asked_for_are_dropped_while_the_result_is_waited_for() -> None:
    state = started()
    give(state, 1)
    assert state.backlog.unread > 0
    state.begin_wait()
    give(state, 2, 3)
    assert state.backlog.unread == 0
    assert state.last_data() == [3]
    state.end_wait()
    give(state, 4)
    assert taken(state, state.open(all_events=False)) == [4]


def test_a_reader_keeps_them_although_somebody_waits_too() -> None:
    state = started()
    reader = state.open(all_events=False)
    state.begin_wait()
    give(state, 1, 2)
    assert taken(state, reader) == [1, 2]
    give(state, 3)
    state.close(reader)
    assert state.backlog.unread == 0


def test_a_call_that_nobody_holds_keeps_nothing() -> None:
    state = started()
    state.abandoned = True
    give(state, 1)
    assert state.backlog.unread == 0


def test_an_event_reader_gets_everything_in_order_of_arrival() -> None:
    state = started()
    state.feed("estimation", frame("estimation"), 0.0)
    give(state, 1)
    state.feed("progress", frame("progress"), 0.0)
    give(state, 2)
    state.feed("process_completed", completed(2), 0.0)
    reader = state.open(all_events=True)
    names = []
    while (entry := state.take(reader)) is not None:
        names.append(entry.msg)
    assert names == [
        "estimation",
        "process_generating",
        "progress",
        "process_generating",
        "process_completed",
    ]
    late = state.open(all_events=True)
    assert state.take(late) is state.log[0]


def test_history_keeps_outputs_in_the_log() -> None:
    state = started(history=True)
    give(state, 1, 2)
    assert taken(state, state.open(all_events=False)) == [1, 2]
    assert [data_of(entry.message()) for entry in state.log] == [[1], [2]]
    assert taken(state, state.open(all_events=True)) == [1, 2]
    assert state.backlog.unread == 0


def test_intermediate_outputs_are_never_decoded_for_a_plain_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = started()
    state.begin_wait()
    monkeypatch.setattr(
        "gradio_session.protocol.queue.messages.decode", lambda _: pytest.fail("decoded")
    )
    give(state, *range(10))


@pytest.mark.parametrize("reads", [True, False])
def test_what_an_update_leaves_as_it_was_is_what_came_before(reads: bool) -> None:
    state = started()
    reader = state.open(all_events=False) if reads else None
    if not reads:
        state.begin_wait()
    skip = {"__type__": "update"}
    state.feed("process_generating", output("a", "b"), 0.0)
    state.feed("process_generating", output(skip, "c"), 0.0)
    state.feed("process_generating", output({"__type__": "update", "value": "d"}, skip), 0.0)
    state.feed("process_completed", completed(skip, skip), 0.0)
    if reader is not None:
        values = []
        while (entry := state.take(reader)) is not None:
            values.append(data_of(entry.message()))
        assert values == [["a", "b"], ["a", "c"], [{"__type__": "update", "value": "d"}, "c"]]
    assert state.outcome().data == [{"__type__": "update", "value": "d"}, "c"]


def test_wakers_are_called_once() -> None:
    state = started()
    woken: list[str] = []
    state.on_event(lambda: woken.append("event"))
    state.on_end(lambda: woken.append("end"))
    give(state, 1, 2)
    assert woken == ["event"]
    state.feed("process_completed", completed(1), 0.0)
    assert woken == ["event", "end"]
    state.on_end(lambda: woken.append("late"))
    assert woken[-1] == "late"


def test_the_listener_hears_of_everything() -> None:
    state = started()
    heard: list[str] = []
    state.listen(lambda entry: heard.append(entry.msg))
    state.feed("estimation", frame("estimation"), 0.0)
    give(state, 1)
    state.heartbeat(0.0)
    state.cancel(0.0, on_server=False)
    assert heard == ["estimation", "process_generating", "heartbeat", "cancelled"]


def test_the_progress_of_an_upload_is_no_acknowledgement() -> None:
    """It comes before the call is accepted, and says nothing of how late the stream is."""
    state = CallState("/f")
    state.feed("progress", frame("progress", progress_data=[]), 17_000.0)
    assert state.acknowledgement_delay is None
    state.accept("e", 17_001.0)
    state.feed("estimation", frame("estimation"), 17_001.5)
    assert state.acknowledgement_delay == 0.5
