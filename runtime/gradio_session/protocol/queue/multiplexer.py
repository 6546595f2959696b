"""One session hash on the wire: its posts, its calls and its one stream. Pure: no clock, no I/O.

The owner of a `StreamMultiplexer` holds one lock around every method (or calls them all on one
event loop) and does what they say. The rules, and the race that each ends:

- Messages overtake the answer of their POST, and a call can even be complete before it: frames of
  unknown events are kept while any POST is under way, and are claimed by its answer before a stream
  is opened for it (`begin_post`, `accept`).
- The server ends a stream whenever it has nothing pending, also just as a call is posted: an end
  that it announces is normal. With calls alive the stream is opened again, else its reader ends; a
  POST under way does not count, as its answer decides (`end_of_stream`, `accept`).
- An end that the server has not announced is a break: it may have dropped what it held, or go on to
  send into what a proxy has ended. One that comes again and again without a word of a call alive is
  a break, too (`end_of_stream`).
- A server that was replaced meanwhile has forgotten calls that it accepted: those fail, and their
  siblings go on (`_end_forgotten`).
- There is one reader: two streams of one session rob each other (`reading`).
- A stream that breaks takes the server's record of the session with it: all calls alive fail and
  the multiplexer is dead; its owner goes on with a new one and a new hash (`lose`).
- The rules for cancelling are those of `Cancellation`.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING

from gradio_session.protocol.base.json_values import object_of
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.queue.call_state import GENERATED, Backlog, CallState
from gradio_session.protocol.queue.cancellation import Cancellation
from gradio_session.protocol.queue.errors import error_of_call, forgotten_error, same_id_error
from gradio_session.protocol.queue.messages import COMPLETED, decode, head_of

if TYPE_CHECKING:
    from gradio_session.errors import GradioSessionError

__all__ = ["UNREAD_LIMIT", "StreamBrokenError", "StreamMultiplexer"]

UNREAD_LIMIT = 64 * 1024 * 1024
"""Bytes of unread outputs past which the stream is read no further until some are read."""

_PAUSES = (0.1, 0.2, 0.4, 0.8)
"""Seconds before each opening of a stream that follows one without a word of a call alive."""

_REMEMBERED = 1000
"""Ids of calls that are known: no other call gets one, and late words of them are no news."""


class StreamBrokenError(Exception):
    """The server says that the stream is worth nothing any more; the argument says why."""


class StreamMultiplexer(Cancellation):
    """The state of one session hash.

    Args:
        session_hash: The name that the server knows the session by.

    Attributes:
        reading: A reader is at work on the stream.
        closing: The server has said that it is about to end the stream.
        backlog: The bytes of outputs that wait unread.
        unread_limit: As many of them may wait; see `paused`.
        newest: The number of the newest POST; 0 where the server does not know the session yet.
    """

    def __init__(self, session_hash: str) -> None:
        super().__init__()
        self.session_hash = session_hash
        self.reading = False
        self.closing = False
        self.backlog = Backlog()
        self.unread_limit = UNREAD_LIMIT
        self.newest = 0
        self._early: deque[tuple[int, str, str, bytes]] = deque()
        self._unclaimed: deque[CallState] = deque()
        self._known: dict[str, None] = {}
        self._unmentioned: dict[str, tuple[int, int]] = {}
        self._asked = self._heartbeats = 0
        self._heard = False
        self._silent_streams = 0

    # Posting

    def begin_post(self, function: str) -> int | None:
        """A POST that starts a call of `function` is about to be sent.

        Returns:
            The number of the POST; None when it must wait, as a cancellation of that function is
            under way.
        """
        if function in self._cancelling:
            return None
        self.newest += 1
        self._posts[self.newest] = function
        return self.newest

    def accept(self, number: int, event_id: str, state: CallState, time: float) -> bool:
        """The answer to a POST has come.

        Args:
            number: The number of the POST.
            event_id: The id that the server gave the call.
            state: The call.
            time: Now, on a clock that is never set.

        Returns:
            Whether a reader must be started; it counts as started then.

        Raises:
            ProtocolError: Another call has that id.
        """
        if event_id in self._known:
            self._answered(number)
            raise same_id_error(state.api_name, event_id)
        self._remember(event_id)
        state.accept(event_id, time)
        state.backlog = self.backlog
        if self.dead is not None:
            state.fail(error_of_call(state.api_name, self.dead), time)
        if state.end is None:
            self._add(event_id, state)
            self._unmentioned[event_id] = number, self.newest
        else:
            self._forsake(state, defer=self.dead is None)
        if self._early:
            self._claim(event_id, time)
        self._answered(number)
        return self._must_read()

    def _remember(self, event_id: str) -> None:
        self._known[event_id] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    def reject(self, number: int) -> None:
        """A POST has started no call."""
        self._answered(number)

    def interrupted(self, number: int, state: CallState) -> bool:
        """Nobody waits for the answer of a POST any more, whose bytes the server may have.

        The event that then turns up unclaimed is that of the call, and is cancelled.

        Args:
            number: The number of the POST.
            state: The call that it was for.

        Returns:
            Whether nothing else is going on, so that dropping the whole session on the server ends
            the call for sure.
        """
        alone = not self.alive and not self.reading and len(self._posts) == 1
        if not alone:
            self._unclaimed.append(state)
        self._answered(number)
        return alone

    def _answered(self, number: int) -> None:
        """Messages that came before this answer wait only for the answers of older POSTs now."""
        self._posts.pop(number, None)
        oldest = next(iter(self._posts), self.newest + 1)
        while self._early and self._early[0][0] < oldest:
            _, msg, event_id, _ = self._early.popleft()
            self._take_unclaimed(msg, event_id)

    def _take_unclaimed(self, msg: str, event_id: str) -> None:
        """No POST claims an event: it is that of a POST that was interrupted, if there was one."""
        if self._unclaimed and msg != COMPLETED and event_id not in self._known:
            self._remember(event_id)
            state = self._unclaimed.popleft()
            state.accept(event_id)
            self._forsake(state, defer=True)

    def _claim(self, event_id: str, time: float) -> None:
        mine = [each for each in self._early if each[2] == event_id]
        if mine:
            self._early = deque(each for each in self._early if each[2] != event_id)
            for _, msg, _, frame in mine:
                self._route(msg, event_id, frame, time)

    # Reading

    def attach(self, event_id: str, state: CallState) -> bool:
        """Follow an event that exists already. Whether a reader must be started, as of `accept`."""
        state.accept(event_id)
        state.backlog = self.backlog
        self._add(event_id, state)
        return self._must_read()

    def _add(self, event_id: str, state: CallState) -> None:
        self.alive[event_id] = state
        if state.deadline is not None and state.deadline < self.next_deadline:
            self.next_deadline = state.deadline

    def _must_read(self) -> bool:
        if self.reading or not self.alive or self.dead is not None:
            return False
        self.reading = True
        self.newest += 1
        self._asked, self._heartbeats = self.newest, 0
        return True

    def feed(self, frame: bytes, time: float) -> bool:
        """Take one frame of the stream.

        Args:
            frame: The payload of the frame.
            time: Now, on a clock that is never set.

        Returns:
            Whether it was an output that nothing waits for: for one of an input stream, the next
            chunk does.

        Raises:
            StreamBrokenError: The server has lost the session, or stops.
        """
        head = head_of(frame)
        if head is None:
            return False
        msg, event_id = head
        if msg == "unexpected_error":
            said = one_line(object_of(decode(frame)).get("message"))
            raise StreamBrokenError(f'the server ended the stream with "{said}"')
        if event_id is not None:
            self._route(msg, event_id, frame, time)
        elif msg == "heartbeat":
            for state in list(self.alive.values()):
                state.heartbeat(time)
            self._heartbeats += 1
            lost = self._heartbeats > 1 and self._end_forgotten(self._asked, time)
            if lost and not self.busy:
                raise StreamBrokenError("the server knows none of the session's calls")
        elif msg == "close_stream":
            self.closing = True
            if self._heard:
                self._end_forgotten(self._asked, time)
        return msg == GENERATED

    def _route(self, msg: str, event_id: str, frame: bytes, time: float) -> None:
        state = self.alive.get(event_id)
        if state is not None:
            self._heard = True
            state.feed(msg, frame, time)
            if state.end is not None:
                del self.alive[event_id]
            moments = self._unmentioned.pop(event_id, None)
            if moments is not None:
                self._end_forgotten(moments[0], time)
        elif event_id in self._given_up:
            if msg == COMPLETED:
                self._given_up.remove(event_id)
        elif self._posts:
            self._early.append((self.newest, msg, event_id, frame))
        else:
            self._take_unclaimed(msg, event_id)

    def _end_forgotten(self, moment: int, time: float) -> bool:
        """Calls that the server has forgotten are lost; whether there were any.

        A server answers a POST after it has put a first message of the call into those of the
        session, and sends them in order [Gradio 4.22 to 6.31, `Queue.push`]. So it does not know a
        call accepted before `moment` of which nothing has come when a message comes of a call whose
        POST began then, or a sign that a stream asked for then has nothing more to say: its
        `close_stream`, or its second heartbeat (the first may be left over from the stream before).
        """
        earlier = takewhile(lambda call: call[1][1] < moment, self._unmentioned.items())
        lost = False
        for event_id in [event_id for event_id, _ in earlier]:
            del self._unmentioned[event_id]
            state = self.alive.pop(event_id, None)
            if state is not None:
                state.fail(forgotten_error(state.api_name, event_id), time)
                lost = True
        return lost

    def end_of_stream(self) -> float | None:
        """The stream has ended, as it does whenever the server has nothing pending.

        Returns:
            Seconds after which the reader must open it again; None when the reader has ended.

        Raises:
            StreamBrokenError: The server did not say that it would end the stream, so that it may
                have dropped what it held, or may still send into it; or it ends one stream after
                the other without a word of a call alive.
        """
        announced, self.closing = self.closing, False
        self._silent_streams = 0 if self._heard else self._silent_streams + 1
        self._heard = False
        if not announced:
            raise StreamBrokenError("it ended without notice")
        if not self.resume():
            return None
        if self._silent_streams > len(_PAUSES):
            raise StreamBrokenError("the server ended it again and again without a word of a call")
        return _PAUSES[self._silent_streams - 1] if self._silent_streams else 0.0

    def resume(self) -> bool:
        """Whether the stream is to be opened again, now or after a pause; else its reader ends.

        Then the server has nothing pending: only calls whose `/cancel` is deferred still complete.
        """
        self.reading = False
        if self._must_read():
            return True
        self._unclaimed.clear()
        if self._given_up:
            self._given_up &= {each.event_id for calls in self.deferred.values() for each in calls}
        return False

    @property
    def draining(self) -> bool:
        """Whether the stream is about to end by itself.

        A POST that waits a moment for that finds the connection of the stream free.
        """
        return self.reading and not self.alive and not self._posts and not self._given_up

    @property
    def busy(self) -> bool:
        """Whether calls are under way, or being posted."""
        return bool(self.alive or self._posts)

    @property
    def paused(self) -> bool:
        """Whether too much waits unread to read on."""
        if self.backlog.unread <= self.unread_limit:
            return False
        for state in list(self.alive.values()):
            if state.abandoned:
                state.drop_unread()
        return self.backlog.unread > self.unread_limit

    def lose(self, error: GradioSessionError, time: float) -> None:
        """The stream broke: every call alive fails, and the session hash is dead.

        Args:
            error: Why; each call gets an error of the same kind and words that names it.
            time: Now, on a clock that is never set.
        """
        self.dead = error
        self.reading = False
        for state in list(self.alive.values()):
            state.fail(error_of_call(state.api_name, error), time)
        self.alive.clear()
        self._early.clear()
        self.deferred.clear()
