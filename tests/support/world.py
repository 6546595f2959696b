"""One way to drive plain and asynchronous sessions, so that each test is written once and runs in
both worlds.

Every step has a watchdog: what hangs fails the test with the stacks of all threads instead of
stopping the run.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio_session
from tests.support.background import Background
from tests.support.patience import patience, wait_for
from tests.support.steps import HungError, Step, stacks


class World:
    """Plain sessions and calls.

    Attributes:
        name: "sync" or "async".
    """

    name = "sync"
    is_async = False

    def __init__(self) -> None:
        self.sessions: list[Any] = []

    def open(self, url: str, **options: Any) -> Any:
        """A session that the end of the test closes."""
        session = self.do(lambda: self._session_class()(url, **options))
        self.sessions.append(session)
        return session

    @staticmethod
    def _session_class() -> Any:
        return gradio_session.Session

    def do(self, step: Callable[[], Any], within: float = 20.0) -> Any:
        """The result of a step: what it returns, awaited if it can be."""
        return Step(step).result(within)

    def start(self, step: Callable[[], Any]) -> Step:
        """Begin a step and go on."""
        return Step(lambda: self.do(step, 30.0))

    def submit(self, session: Any, api_name: str, params: Any = None, **options: Any) -> Any:
        """A call that is under way (not awaited, though it could be)."""
        return self.do(lambda: [session.submit(api_name, params, **options)])[0]

    def result(self, call: Any, timeout: float | None = None, within: float = 20.0) -> Any:
        """The result of a call."""
        return self.do(lambda: call.result(timeout), within)

    def predict(
        self, session: Any, api_name: str, params: Any = None, within: float = 20.0, **options: Any
    ) -> Any:
        """Submit a call and wait for its result."""
        return self.do(lambda: session.predict(api_name, params, **options), within)

    def outputs(self, call: Any, into: list[Any] | None = None, within: float = 20.0) -> list[Any]:
        """Every output of a call; `into` keeps those that came before an error."""
        found: list[Any] = [] if into is None else into

        def step() -> list[Any]:
            found.extend(call)
            return found

        def each() -> list[Any]:
            for output in call:
                found.append(output)  # noqa: PERF402 - one at a time, so that an error loses none
            return found

        return self.do(each if into is not None else step, within)

    def events(self, call: Any, within: float = 20.0) -> list[Any]:
        """Every event of a call, to its end."""
        return self.do(lambda: list(call.stream()), within)

    def first_output(self, call: Any) -> Any:
        """The next output of a call that is iterated from here."""
        return self.do(lambda: next(iter(call)))

    def read(self, file: Any) -> bytes:
        """The content of a file that a call returned."""
        return bytes(self.do(file.aread if self.is_async else file.read))

    def path(self, file: Any) -> Any:
        """The local copy of a file that a call returned."""
        return self.do(file.apath if self.is_async else lambda: file.path)

    def download(self, file: Any) -> Any:
        """Where a file that a call returned was saved."""
        return self.do(file.adownload if self.is_async else file.download)

    def cancel(self, call: Any) -> bool:
        """Cancel a call."""
        return bool(self.do(call.cancel))

    def close(self, session: Any, within: float = 20.0) -> None:
        """Close a session."""
        self.do(session.close, within)

    def finish(self) -> None:
        """Close every session that the test left open."""
        for session in self.sessions:
            with contextlib.suppress(gradio_session.GradioSessionError):
                self.close(session)

    def wait_for(self, condition: Callable[[], bool], within: float = 5.0) -> bool:
        """Whether a condition comes true in time."""
        return wait_for(condition, within)

    def tasks(self) -> list[str]:
        """The product's tasks that are alive (none in the plain world)."""
        return []


class AsyncWorld(World):
    """Asynchronous sessions and calls, on a loop of the test's own."""

    name = "async"
    is_async = True

    def __init__(self) -> None:
        super().__init__()
        self.background = Background("test-loop")

    @staticmethod
    def _session_class() -> Any:
        return gradio_session.AsyncSession

    def do(self, step: Callable[[], Any], within: float = 20.0) -> Any:
        """The result of a step run on the loop; awaited if it can be."""

        async def work() -> Any:
            value = step()
            return await value if inspect.isawaitable(value) else value

        future = asyncio.run_coroutine_threadsafe(_boxed(work()), self.background.loop)
        begin = time.monotonic()
        while not future.done():
            if time.monotonic() - begin > patience(within):
                tasks = "\n".join(self.tasks())
                future.cancel()
                raise HungError(f"a step hung for {within} s; tasks:\n{tasks}\nstacks:\n{stacks()}")
            concurrent.futures.wait([future], timeout=1.0)
        good, value = future.result()
        if good:
            return value
        raise value

    def outputs(self, call: Any, into: list[Any] | None = None, within: float = 20.0) -> list[Any]:
        """Every output of a call; `into` keeps those that came before an error."""
        found: list[Any] = [] if into is None else into

        async def step() -> list[Any]:
            async for output in call:
                found.append(output)  # noqa: PERF401 - one at a time, so that an error loses none
            return found

        return self.do(step, within)

    def events(self, call: Any, within: float = 20.0) -> list[Any]:
        """Every event of a call, to its end."""

        async def step() -> list[Any]:
            return [event async for event in call.stream()]

        return self.do(step, within)

    def first_output(self, call: Any) -> Any:
        """The next output of a call that is iterated from here."""

        async def step() -> Any:
            return await anext_(aiter_(call))

        return self.do(step)

    def finish(self) -> None:
        """Close every session that the test left open, and end the loop."""
        super().finish()
        self.background.stop()

    def tasks(self) -> list[str]:
        """The tasks that are alive on the loop."""
        found: list[str] = []

        async def look() -> None:
            found.extend(
                repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()
            )

        self.background.run(look())
        return found


async def _boxed(work: Any) -> tuple[bool, Any]:
    try:
        return True, await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
        return False, error


def aiter_(iterable: Any) -> Any:
    """`aiter` of an asynchronous iterable."""
    return iterable.__aiter__()


async def anext_(iterator: Any) -> Any:
    """`anext` of an asynchronous iterator."""
    return await iterator.__anext__()


def worlds(name: str) -> Iterator[World]:
    """The world of that name, ended afterwards: the body of a fixture."""
    world = AsyncWorld() if name == "async" else World()
    try:
        yield world
    finally:
        world.finish()
