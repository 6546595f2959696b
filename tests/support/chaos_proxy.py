"""Faults at random on the way to an app: some requests, drawn by a seed, are cut, delayed, refused,
answered by somebody else, or get a stream that is spoilt.

    with Address(server.url) as address:
        chaos = Chaos(address, seed=1)
        Session(address.url)
        chaos.calm()
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from tests.support.chaos_apps import Address
from tests.support.chaos_streams import (
    CLOSE,
    END_OF_BODY,
    HEARTBEAT,
    cut_after_sending,
    ended_stream,
)
from tests.support.fake_http import Answer, chunk, render
from tests.support.fault_proxy import Fault, Link, LinkClosedError, delay, split
from tests.support.patience import patience

RATES = {"join": 0.08, "stream": 0.16, "other": 0.06}
"""How many of the requests of each kind get a fault."""

NO_FAULT = "none"
FALSE_ANSWER = "answered 200 by a proxy"
SILENT_STREAM = ended_stream(CLOSE)
OPENINGS = 6
"""How often a stream may be asked for that says nothing of any call alive."""

SETTLED = 0.05
"""Seconds after which a client has taken an event id in that was answered without a fault, so that
a repeated one is the second that it sees.
"""

PAGE = b"<html><title>Bad Gateway</title></html>"
ANSWERS = [
    Answer(502, PAGE, {"content-type": "text/html"}),
    Answer(502, PAGE, {"content-type": "text/html"}, then="close"),
    Answer(503, b"no upstream", {"content-type": "text/plain"}),
    Answer(503, b"no upstream", {"content-type": "text/plain", "retry-after": "0"}),
    Answer(429, {"detail": "slow down"}, {"retry-after": "0"}),
    Answer(429, {"detail": "slow down"}, {"retry-after": "1"}),
    Answer(500, b"Internal Server Error", {"content-type": "text/plain"}, then="close"),
    Answer(200, PAGE, {"content-type": "text/html"}),
    Answer(200, gzip.compress(CLOSE), {"content-encoding": "gzip"}),
]
GARBAGE = [
    b"data: <html>Bad gateway</html>\n\n",
    b"data: {not json\n\n",
    b": ping\n\n",
    b"data\n\n",
    b'data: {"msg":"process_completed","event_id":"' + b"0" * 32 + b'","output":{"data":["'
    b'not yours"]},"success":true}\n\n',
    b'data: {"msg":"process_dreaming","event_id":null}\n\n',
    HEARTBEAT,
]
_SESSION = re.compile(rb'"session_hash": ?"(\w+)"')
_EVENT = re.compile(rb'"event_id": ?"([0-9a-f]{32})"')


async def passed(link: Link, data: bytes) -> bytes:
    """No fault."""
    return data


@dataclass
class Plan:
    """What happens to one request: to its bytes on their way up, and to those of its answer."""

    name: str
    up: Fault = passed
    down: Fault = passed


class ChunkedBody:
    """Where in a chunked response a connection stands."""

    def __init__(self) -> None:
        self._left = b""
        self._head = True

    def whole(self, data: bytes) -> bool:
        """Whether the bytes so far end at the end of a chunk (but not of the response)."""
        self._left += data
        if self._head:
            _, separator, rest = self._left.partition(b"\r\n\r\n")
            if not separator:
                return False
            self._head, self._left = False, rest
        while self._left:
            size, separator, rest = self._left.partition(b"\r\n")
            length = int(size, 16) if separator else len(rest)
            if not length or len(rest) < length + 2:
                return False
            self._left = rest[length + 2 :]
        return True


class Chaos:
    """Draws a plan for each request that goes through a proxy.

    Args:
        address: The proxy.
        seed: What the dice begin with.

    Attributes:
        drawn: How often each fault was drawn, by its name.
    """

    def __init__(self, address: Address, seed: int) -> None:
        self.drawn: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._calm = False
        self._storms: dict[str, int] = {}
        self._plans: WeakKeyDictionary[Link, Plan] = WeakKeyDictionary()
        self._sessions: WeakKeyDictionary[Link, bytes] = WeakKeyDictionary()
        self._events: dict[bytes, list[tuple[float, bytes]]] = {}
        address.up("", self._up)
        address.down("", self._down)

    def calm(self) -> None:
        """Draw no more faults."""
        self._calm = True

    async def _up(self, link: Link, data: bytes) -> bytes:
        if "planned" not in link.memory:
            link.memory["planned"] = b"yes"
            self._plans[link] = self._storm(link.request) or self._draw(link.request)
        if found := _SESSION.search(data):
            self._sessions[link] = found[1]
        return await self._plans[link].up(link, data)

    async def _down(self, link: Link, data: bytes) -> bytes:
        if "/call/" in link.request and (found := _EVENT.search(data)):
            data = self._joined(link, data, found[1])
        plan = self._plans.get(link)
        return data if plan is None else await plan.down(link, data)

    def _joined(self, link: Link, data: bytes, event_id: bytes) -> bytes:
        """The answer to a join, with an id that the client knows already where that was drawn."""
        known, now = self._events.setdefault(self._sessions.get(link, b""), []), time.monotonic()
        name = self._plans[link].name
        settled = [earlier for came, earlier in known if now - came > patience(SETTLED)]
        if name == "an event id twice" and settled:
            return data.replace(event_id, settled[-1])
        if name == NO_FAULT:
            known.append((now, event_id))
        return data

    def _storm(self, request: str) -> Plan | None:
        """Once a session got a stream that says nothing of it, it gets no other."""
        session = request.partition("session_hash=")[2]
        if session not in self._storms:
            return None
        self._storms[session] += 1
        return Plan("a silent stream", _answering(SILENT_STREAM))

    def problems(self) -> list[str]:
        """What is wrong with what came through: a sentence each."""
        return [
            f"a session asked {times} times for a stream that says nothing"
            for times in self._storms.values()
            if times > OPENINGS
        ]

    def _draw(self, request: str) -> Plan:
        kind = "stream" if "/queue/data" in request else "join" if "/call/" in request else "other"
        if self._calm or self._dice.random() >= RATES[kind]:
            return Plan(NO_FAULT)
        faults = STREAM_FAULTS if kind == "stream" else FAULTS
        plan = self._dice.choice(faults)(self._dice)
        if "/file=" in request and plan.name == FALSE_ANSWER:
            return Plan(NO_FAULT)  # a page in the place of a file may be the file
        self.drawn[f"{kind}: {plan.name}"] += 1
        if plan.name == "a silent stream":
            self._storms[request.partition("session_hash=")[2]] = 1
        return plan


def _cut_before(dice: random.Random) -> Plan:
    """The connection ends before the server has seen anything of the request."""
    rst = dice.random() < 0.5

    async def up(link: Link, data: bytes) -> bytes:
        if rst:
            link.reset()
        link.close()
        raise LinkClosedError

    return Plan("cut before it was sent", up)


def _cut_after(dice: random.Random) -> Plan:
    seconds = dice.choice([0.0, 0.001, 0.003, 0.01])
    return Plan("cut after it was sent", cut_after_sending(seconds, rst=dice.random() < 0.5))


def _cut_midway(dice: random.Random) -> Plan:
    left, rst = dice.randrange(1, 1500), dice.random() < 0.5

    async def down(link: Link, data: bytes) -> bytes:
        nonlocal left
        left -= len(data)
        if left > 0:
            return data
        link.client.write(data[:left] if left else data)
        await asyncio.sleep(0.005)
        if rst:
            link.reset()
        link.close()
        raise LinkClosedError

    return Plan("cut in the answer", down=down)


def _delayed(dice: random.Random) -> Plan:
    return Plan("delayed", delay(dice.uniform(0, 0.05)), delay(dice.uniform(0, 0.05)))


def _stalled(dice: random.Random) -> Plan:
    left = dice.randrange(0, 1500)

    async def down(link: Link, data: bytes) -> bytes:
        nonlocal left
        left -= len(data)
        if left > 0:
            return data
        while not link.client.is_closing():  # noqa: ASYNC110 - a writer has no event for its end
            await asyncio.sleep(0.05)
        raise LinkClosedError

    return Plan("stalled", down=down)


def _answered(dice: random.Random) -> Plan:
    """A proxy in between answers, and the app never sees the request."""
    answer = dice.choice(ANSWERS)
    return Plan(f"answered {answer.status} by a proxy", _answering(answer))


def _silent(dice: random.Random) -> Plan:
    """The stream ends at once, and so does every later one of the session."""
    return Plan("a silent stream", _answering(SILENT_STREAM))


def _answering(answer: Answer) -> Fault:
    """Give this answer instead of the app's."""
    answered = False

    async def up(link: Link, data: bytes) -> bytes:
        nonlocal answered
        if not answered:
            answered = True
            link.client.write(answer.raw or render(answer))
            await link.client.drain()
            if answer.then == "close":
                link.close()
                raise LinkClosedError
        return b""

    return up


def _split(dice: random.Random) -> Plan:
    return Plan("in small packets", down=split(dice.randrange(5, 60)))


def _same_event(dice: random.Random) -> Plan:
    return Plan("an event id twice")


def _at_chunks(change: Callable[[bytes], bytes]) -> Fault:
    """Change what comes down wherever it ends with a whole frame."""
    body = ChunkedBody()

    async def down(link: Link, data: bytes) -> bytes:
        return change(data) if body.whole(data) else data

    return down


def _garbage(dice: random.Random) -> Plan:
    added = b"".join(chunk(each) for each in dice.choices(GARBAGE, k=dice.randrange(1, 4)))
    return Plan("garbage", down=_at_chunks(lambda data: data + added))


def _completed_twice(dice: random.Random) -> Plan:
    def change(data: bytes) -> bytes:
        alone = data.count(b'"msg":') == 1 and not data.startswith(b"HTTP/")
        return data * 2 if alone and b'"process_completed"' in data else data

    return Plan("a completion twice", down=_at_chunks(change))


def _no_heartbeats(dice: random.Random) -> Plan:
    def change(data: bytes) -> bytes:
        alone = data.count(b'"msg":') == 1 and not data.startswith(b"HTTP/")
        return b"" if alone and b'"heartbeat"' in data else data

    return Plan("no heartbeats", down=_at_chunks(change))


def _ended_early(dice: random.Random) -> Plan:
    """A proper end of the response without `close_stream`; the server's side stays open for a
    while.
    """
    body, left = ChunkedBody(), dice.randrange(0, 6)

    async def down(link: Link, data: bytes) -> bytes:
        nonlocal left
        left -= 1
        if not body.whole(data) or left > 0:
            return data
        link.client.write(data + END_OF_BODY)
        await link.client.drain()
        await asyncio.sleep(0.2)
        link.close()
        raise LinkClosedError

    return Plan("ended early", down=down)


FAULTS: list[Callable[[random.Random], Plan]] = [
    _cut_before, _cut_after, _cut_midway, _delayed, _delayed, _stalled, _answered, _answered,
    _split, _same_event,
]  # fmt: skip
STREAM_FAULTS: list[Callable[[random.Random], Plan]] = [
    _cut_before, _cut_after, _cut_midway, _cut_midway, _delayed, _delayed, _stalled, _answered,
    _answered, _split, _garbage, _completed_twice, _no_heartbeats, _ended_early, _ended_early,
    _silent,
]  # fmt: skip
