"""The protocol core under arbitrary interleavings of answers, messages, duplicates, losses and
cancellations.

A small model of the server takes joins and cancellations and puts messages into the queue of a
session; hypothesis decides in which order answers and messages reach the client, what comes twice,
and when a stream breaks. Whatever happens: no call
is answered with another's data, none ends twice, none is left open, and one that nobody disturbed
ends in its own result.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gradio_session.errors import CallCancelledError, ConnectionLostError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer

FUNCTIONS = ("/paint", "/write")
END = b""
"""Stands in a queue where the server has ended a stream."""


@dataclass
class Model:
    """One call, as this test knows it.

    Attributes:
        name: Its number; also the data of its result.
        state: The product's record of it.
        tab: Where it was posted.
        number: The number of its POST.
        event_id: The server's id, once the server has it.
        answered: The client has the answer of its POST.
        disturbed: It was cancelled, refused, or its stream broke: its own result is not owed.
        cancelling: A request to cancel it is under way.
    """

    name: int
    state: CallState
    tab: StreamMultiplexer
    number: int
    event_id: str | None = None
    answered: bool = False
    disturbed: bool = False
    cancelling: bool = False
    refused: bool = False


@dataclass
class Server:
    """The server's side of one session hash."""

    queue: deque[bytes] = field(default_factory=deque)
    pending: dict[str, Model] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    done: list[bytes] = field(default_factory=list)

    def say(self, msg: str, event_id: str, **fields: Any) -> bytes:
        """Queue a message."""
        frame = json.dumps({"msg": msg, "event_id": event_id, **fields}).encode()
        self.queue.append(frame)
        return frame


class Interleavings(RuleBasedStateMachine):
    """The state machine that hypothesis drives."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.tab = StreamMultiplexer("hash-0")
        self.servers: dict[str, Server] = {"hash-0": Server()}
        self.calls: list[Model] = []
        self.ends: dict[int, Any] = {}

    @property
    def server(self) -> Server:
        return self.servers[self.tab.session_hash]

    def now(self) -> float:
        self.clock += (
            100.0  # more than any time within which a call may have started unknown to the client
        )
        return self.clock

    def pick(self, which: list[Model], place: int) -> Model:
        return which[place % len(which)]

    def unanswered(self) -> list[Model]:
        return [call for call in self.calls if not call.answered and not call.refused]

    def on_server(self) -> list[Model]:
        return list(self.server.pending.values())

    # Joining

    @rule(function=st.sampled_from(FUNCTIONS), taken=st.booleans())
    def post(self, function: str, taken: bool) -> None:
        if self.tab.dead is not None:
            self.renew()
        number = self.tab.begin_post(function)
        if number is None:
            assert any(
                call.cancelling and call.state.api_name == function for call in self.calls
            ), "a join waits for nothing"
            return
        call = Model(len(self.calls), CallState(function), self.tab, number)
        self.calls.append(call)
        if taken:
            self.take(call)

    def take(self, call: Model) -> None:
        call.event_id = f"event-{call.name}"
        server = self.servers[call.tab.session_hash]
        server.pending[call.event_id] = call
        server.say("estimation", call.event_id, rank=0, queue_size=1, rank_eta=None)

    @precondition(lambda self: self.unanswered())
    @rule(place=st.integers(0, 50))
    def answer_post(self, place: int) -> None:
        call = self.pick(self.unanswered(), place)
        if call.event_id is None:
            self.take(call)
        call.answered = True
        assert call.event_id is not None
        if call.tab.accept(call.number, call.event_id, call.state, self.now()):
            assert not call.state.ended, (
                "a stream is opened for a call that has ended, and stays open for ever"
            )

    @precondition(lambda self: self.unanswered())
    @rule(place=st.integers(0, 50))
    def lose_answer_of_post(self, place: int) -> None:
        call = self.pick(self.unanswered(), place)
        call.refused = call.disturbed = True
        call.tab.reject(call.number)
        call.state.fail(ConnectionLostError("the answer was lost"), self.now())

    # What the app does

    @precondition(lambda self: self.on_server())
    @rule(place=st.integers(0, 50))
    def start(self, place: int) -> None:
        call = self.pick(self.on_server(), place)
        assert call.event_id is not None
        self.server.say("process_starts", call.event_id, eta=None)

    @precondition(lambda self: self.on_server())
    @rule(place=st.integers(0, 50))
    def generate(self, place: int) -> None:
        call = self.pick(self.on_server(), place)
        assert call.event_id is not None
        self.server.say(
            "process_generating",
            call.event_id,
            output={"data": [call.name], "is_generating": True},
            success=True,
        )

    @precondition(lambda self: self.on_server())
    @rule(place=st.integers(0, 50), twice=st.booleans())
    def complete(self, place: int, twice: bool) -> None:
        call = self.pick(self.on_server(), place)
        self.finish(call, twice=twice)

    def finish(self, call: Model, *, twice: bool = False) -> None:
        assert call.event_id is not None
        server = self.servers[call.tab.session_hash]
        frame = server.say(
            "process_completed",
            call.event_id,
            output={"data": [call.name], "is_generating": False},
            success=True,
        )
        server.pending.pop(call.event_id, None)
        server.done.append(frame)
        if twice:
            server.queue.append(frame)

    @precondition(lambda self: self.server.done)
    @rule(place=st.integers(0, 50))
    def repeat_a_completion(self, place: int) -> None:
        self.server.queue.append(self.server.done[place % len(self.server.done)])

    @rule()
    def speak_of_a_stranger(self) -> None:
        self.server.say(
            "process_completed", "event-of-nobody", output={"data": ["stranger"]}, success=True
        )

    # The stream

    @precondition(lambda self: self.tab.reading and self.server.queue)
    @rule(count=st.integers(1, 8))
    def deliver(self, count: int) -> None:
        for _ in range(min(count, len(self.server.queue))):
            if self.tab.reading:
                self.deliver_one(self.server.queue.popleft())

    def deliver_one(self, frame: bytes) -> None:
        if frame == END:
            self.tab.feed(b'{"msg":"close_stream","event_id":null}', self.now())
            self.tab.end_of_stream()
            return
        message = json.loads(frame)
        if message["msg"] == "process_starts":
            self.server.started.add(message["event_id"])
        self.tab.feed(frame, self.now())

    @precondition(
        lambda self: self.tab.reading and not self.server.pending and END not in self.server.queue
    )
    @rule()
    def end_stream(self) -> None:
        """The server has nothing pending; the client hears of it later."""
        self.server.queue.append(END)

    @precondition(lambda self: self.tab.reading)
    @rule()
    def break_stream(self) -> None:
        for call in self.calls:
            if call.tab is self.tab and not call.state.ended:
                call.disturbed = True
        self.tab.lose(ConnectionLostError("broken"), self.now())
        self.renew()

    def renew(self) -> None:
        self.tab = StreamMultiplexer(f"hash-{len(self.servers)}")
        self.servers[self.tab.session_hash] = Server()

    # Cancelling

    def cancellable(self) -> list[Model]:
        return [
            call
            for call in self.calls
            if call.answered and call.tab is self.tab and not call.state.ended
        ]

    @precondition(lambda self: self.cancellable())
    @rule(place=st.integers(0, 50))
    def cancel(self, place: int) -> None:
        call = self.pick(self.cancellable(), place)
        decision = self.tab.cancel(call.state, self.now())
        if decision == "send":
            self.begin_cancel(call)
        elif decision == "deferred":
            call.disturbed = True
            assert call.state.ended

    def begin_cancel(self, call: Model) -> None:
        call.cancelling = call.disturbed = True
        server = self.servers[call.tab.session_hash]
        for event_id, sibling in list(server.pending.items()):
            same = sibling.state.api_name == call.state.api_name
            if sibling is call or (same and event_id in server.started):
                assert sibling is call or sibling.disturbed, (
                    "a cancellation kills a call that nobody cancelled"
                )
                del server.pending[event_id]
        if call.event_id is not None:
            server.say("process_completed", call.event_id, output={}, success=True)

    @precondition(lambda self: any(call.cancelling for call in self.calls))
    @rule(place=st.integers(0, 50), reached=st.booleans())
    def answer_cancel(self, place: int, reached: bool) -> None:
        call = self.pick([call for call in self.calls if call.cancelling], place)
        call.cancelling = False
        call.tab.cancel_answered(call.state, self.now(), reached=reached)

    @rule()
    def send_deferred_cancels(self) -> None:
        for state in self.tab.due_cancels(self.now()):
            call = next(call for call in self.calls if call.state is state)
            self.begin_cancel(call)

    # What must hold

    @invariant()
    def ends_are_final_and_their_own(self) -> None:
        for call in self.calls:
            if not call.state.ended:
                continue
            outcome = call.state.outcome()
            assert self.ends.setdefault(call.name, call.state.end) is call.state.end, (
                "a call ended twice"
            )
            if outcome.error is None:
                assert outcome.data == [call.name], "a call was answered with another's data"
            elif isinstance(outcome.error, CallCancelledError):
                assert call.disturbed, "a call was cancelled that nobody cancelled"
            else:
                assert call.disturbed, f"an undisturbed call failed: {outcome.error}"

    def teardown(self) -> None:
        """Let everything come to its end, and look whether everything has."""
        for _ in range(4):
            for call in self.unanswered():
                if call.event_id is None:
                    self.take(call)
                call.answered = True
                assert call.event_id is not None
                call.tab.accept(call.number, call.event_id, call.state, self.now())
            for call in [call for call in self.calls if call.cancelling]:
                call.cancelling = False
                call.tab.cancel_answered(call.state, self.now(), reached=True)
            self.send_deferred_cancels()
            for call in list(self.server.pending.values()):
                self.finish(call)
            for _ in range(20):
                self.server.queue.append(END)
                while self.tab.reading and self.server.queue:
                    self.deliver_one(self.server.queue.popleft())
        self.ends_are_final_and_their_own()
        for call in self.calls:
            assert call.state.ended, f"call {call.name} is left open"
            if not call.disturbed:
                assert call.state.outcome().data == [call.name]


Interleavings.TestCase.settings = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestInterleavings = Interleavings.TestCase
