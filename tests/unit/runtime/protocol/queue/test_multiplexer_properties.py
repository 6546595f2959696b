"""A multiplexer against a model of the server, in any order of everything that can happen: every
call ends exactly once and with its own data.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gradio_session.errors import ConnectionLostError
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.multiplexer import StreamBrokenError, StreamMultiplexer

FUNCTIONS = ("/f", "/g")


class Server:
    """One session of Gradio's queue, as far as it shows on the wire."""

    def __init__(self) -> None:
        self.count = 0
        self.events: dict[str, str] = {}
        self.running: set[str] = set()
        self.pending: set[str] = set()
        self.killed: set[str] = set()
        self.open_events: set[str] = set()
        self.unread: list[dict[str, Any]] = []
        self.wire: list[bytes | None] = []
        self.attached = False

    def say(self, msg: str, event_id: str | None, **rest: Any) -> None:
        self.unread.append({"msg": msg, "event_id": event_id, **rest})
        self.flush()

    def attach(self) -> None:
        """A stream is opened."""
        assert not self.attached, "two streams of one session"
        self.attached = True
        self.flush()

    def flush(self) -> None:
        """Send what there is; once the last open event's completion is sent, the server ends the
        stream, of which the client hears later.
        """
        while self.attached and self.unread:
            message = self.unread.pop(0)
            self.wire.append(json.dumps(message).encode())
            if message["msg"] == "process_completed":
                self.open_events.discard(message["event_id"])
                if not self.open_events:
                    self.wire.append(None)
                    self.attached = False

    def join(self, function: str) -> str:
        self.count += 1
        event_id = f"event{self.count}"
        self.events[event_id] = function
        self.pending.add(event_id)
        self.open_events.add(event_id)
        self.say("estimation", event_id)
        return event_id

    def start(self, event_id: str) -> None:
        if event_id in self.pending and event_id not in self.running | self.killed:
            self.running.add(event_id)
            self.say("process_starts", event_id)

    def generate(self, event_id: str) -> None:
        if event_id in self.running:
            self.say("process_generating", event_id, output={"data": [event_id]})

    def complete(self, event_id: str, *, twice: bool = False) -> None:
        if event_id in self.running:
            self.running.discard(event_id)
            self.pending.discard(event_id)
            for _ in range(1 + twice):
                self.say("process_completed", event_id, output={"data": [event_id]}, success=True)

    def cancel(self, event_id: str) -> None:
        """Kills what runs of the function. What has started within the latency of the network is
        spared: no client can know of it.
        """
        unheard = {message["event_id"] for message in self.unread} | {
            json.loads(frame)["event_id"] for frame in self.wire if frame
        }
        targets = {
            each
            for each in self.running
            if self.events[each] == self.events[event_id]
            and (each == event_id or each not in unheard)
        }
        self.running -= targets
        self.killed |= targets - {event_id}
        if event_id in self.pending:
            self.pending.discard(event_id)
            self.say("process_completed", event_id, output={}, success=True)


class World:
    """The client's shell, the network and the server; every method is one thing that can happen
    next.
    """

    def __init__(self) -> None:
        self.server = Server()
        self.multiplexer = StreamMultiplexer("hash")
        self.now = 1.0
        self.stream = False
        self.posts: list[tuple[StreamMultiplexer, int, CallState, str | None]] = []
        self.calls: list[CallState] = []
        self.cancels: list[tuple[StreamMultiplexer, CallState]] = []
        self.ends: dict[int, int] = {}
        self.strangers: set[str] = set()

    def submit(self, pick: int) -> None:
        function = FUNCTIONS[pick % 2]
        if self.multiplexer.dead is not None:
            self.multiplexer = StreamMultiplexer("another")
        number = self.multiplexer.begin_post(function)
        if number is None:
            return
        state = CallState(function)
        self.calls.append(state)
        state.on_end(lambda: self.ends.__setitem__(id(state), self.ends.get(id(state), 0) + 1))
        self.posts.append((self.multiplexer, number, state, self.server.join(function)))

    def answer(self, pick: int) -> None:
        if self.posts:
            multiplexer, number, state, event_id = self.posts.pop(pick % len(self.posts))
            assert event_id is not None
            if multiplexer.accept(number, event_id, state, self.now):
                self.open()
            self.due(multiplexer)

    def open(self) -> None:
        assert not self.stream, "two readers of one session"
        self.stream = True
        self.server.attach()

    def serve(self, pick: int) -> None:
        if self.server.pending:
            event_id = sorted(self.server.pending)[pick % len(self.server.pending)]
            actions = [
                self.server.start,
                self.server.generate,
                self.server.complete,
                lambda each: self.server.complete(each, twice=True),
            ]
            actions[(pick // 7) % 4](event_id)

    def mention(self, pick: int) -> None:
        """The server says a word of an event that no POST of ours has started."""
        event_id = f"stranger{pick % 3}"
        self.strangers.add(event_id)
        self.server.say("process_starts", event_id)

    def read(self, _: int) -> None:
        if not self.stream or not self.server.wire:
            return
        frame = self.server.wire.pop(0)
        if frame is not None:
            self.multiplexer.feed(frame, self.now)
        else:
            self.stream = False
            self.multiplexer.feed(b'{"msg":"close_stream","event_id":null}', self.now)
            if self.multiplexer.end_of_stream() is not None:
                self.open()
        self.due(self.multiplexer)

    def drain(self, pick: int) -> None:
        """Time passes, and everything that was said has arrived."""
        while self.stream and self.server.wire:
            self.read(pick)
        self.now += 1.0

    def cancel(self, pick: int) -> None:
        if self.calls:
            state = self.calls[pick % len(self.calls)]
            if state.event_id is None:
                state.cancel(self.now, on_server=False)
            elif self.multiplexer.cancel(state, self.now) == "send":
                self.send(self.multiplexer, state)
            self.due(self.multiplexer)

    def send(self, multiplexer: StreamMultiplexer, state: CallState) -> None:
        assert state.event_id is not None
        self.server.cancel(state.event_id)
        self.cancels.append((multiplexer, state))

    def told(self, pick: int) -> None:
        if self.cancels:
            multiplexer, state = self.cancels.pop(pick % len(self.cancels))
            multiplexer.cancel_answered(state, self.now, reached=True)
            self.due(multiplexer)

    def due(self, multiplexer: StreamMultiplexer) -> None:
        for state in multiplexer.due_cancels(self.now):
            self.send(multiplexer, state)

    def finish(self) -> None:
        """Let everything run to its end."""
        for _ in range(20 + 6 * self.server.count):
            for event_id in sorted(self.server.pending):
                self.server.start(event_id)
                self.server.complete(event_id)
            for step in (self.answer, self.told, self.read, self.drain):
                step(0)


STEPS = (
    "submit",
    "submit",
    "answer",
    "answer",
    "serve",
    "serve",
    "mention",
    "read",
    "read",
    "cancel",
    "told",
    "drain",
)
PLAN = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1000)), min_size=20, max_size=90)


@settings(max_examples=150, deadline=None)
@given(PLAN)
def test_every_call_ends_once_with_its_own_data_and_no_sibling_is_harmed(
    plan: list[tuple[str, int]],
) -> None:
    world = World()
    for step, pick in plan:
        getattr(world, step)(pick)
    world.finish()
    wanted = {state.event_id for state in world.calls if state.status() != "cancelled"}
    assert world.server.killed.isdisjoint(wanted)
    for state in world.calls:
        assert state.ended
        assert world.ends[id(state)] == 1
        outcome = state.outcome()
        assert (
            outcome.data == [state.event_id]
            if outcome.error is None
            else outcome.cancelled is not None
        )
    assert not world.multiplexer.alive
    assert not world.multiplexer.reading
    assert not world.multiplexer.busy
    for function in FUNCTIONS:  # no cancellation is under way
        number = world.multiplexer.begin_post(function)
        assert number is not None
        world.multiplexer.reject(number)
    for event_id in world.strangers:  # no message is kept
        state = CallState("/f")
        number = world.multiplexer.begin_post("/f")
        assert number is not None
        world.multiplexer.accept(number, event_id, state, world.now)
        assert not state.running


@settings(max_examples=100, deadline=None)
@given(PLAN, st.integers(0, 79))
def test_a_stream_that_breaks_anywhere_leaves_no_call_open(
    plan: list[tuple[str, int]], breaks_at: int
) -> None:
    world = World()
    for place, (step, pick) in enumerate(plan):
        if place == breaks_at and world.stream:
            world.multiplexer.lose(ConnectionLostError("cut"), world.now)
            world.stream = False
            world.server = Server()  # what it knew of the session is gone
            world.server.count = 1000
            world.cancels.clear()
            world.posts = [
                (multiplexer, number, state, f"lost{number}")
                for multiplexer, number, state, _ in world.posts
            ]
        getattr(world, step)(pick)
    world.finish()
    for state in world.calls:
        assert state.ended
        outcome = state.outcome()
        assert outcome.error is not None or outcome.data == [state.event_id]


ODD = [
    b'{"msg":"%s","event_id":"a"}' % name
    for name in (b"process_completed", b"process_generating", b"progress", b"?")
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from(ODD)))
def test_no_frame_upsets_a_multiplexer(frames: list[bytes]) -> None:
    multiplexer = StreamMultiplexer("hash")
    number = multiplexer.begin_post("/f")
    assert number is not None
    state = CallState("/f")
    multiplexer.accept(number, "a", state, 0.0)
    with contextlib.suppress(StreamBrokenError):
        for each in frames:
            multiplexer.feed(each, 0.0)
    assert state.status() in {"queued", "running", "complete", "error", "cancelled"}
