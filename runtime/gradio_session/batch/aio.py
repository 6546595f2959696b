"""`Endpoint.map` of asynchronous clients: one task per worker, each with a tab of its own."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gradio_session.batch.inputs import (
    Failure,
    arguments,
    journal_key,
    numbered,
    on_tab,
    open_journal,
    tab_count,
    worker_count,
)

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Iterable

    from gradio_session.batch.checkpoint import Journal
    from gradio_session.batch.inputs import Errors
    from gradio_session.client.app import AsyncEndpoint
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.session.aio import AsyncSession

__all__ = ["map_calls"]

T = TypeVar("T")


async def map_calls(
    endpoint: AsyncEndpoint[T],
    inputs: Iterable[Any] | AsyncIterable[Any],
    *,
    concurrency: int,
    ordered: bool,
    errors: Errors,
    journal: str | os.PathLike[str] | None,
    progress: bool,
) -> AsyncIterator[T]:
    """Call an endpoint for every input; what `AsyncEndpoint.map` documents.

    Yields:
        Typed results (and, with `errors="return"`, exceptions in their place).

    Raises:
        GradioSessionError: The first error of a call, with `errors="raise"`; a journal that is
            refused.
    """
    batch = _Batch(
        endpoint,
        inputs,
        concurrency,
        open_journal(journal, endpoint),
        stop_at_error=errors == "raise",
    )
    from gradio_session.display.live import BatchDisplay  # noqa: PLC0415 - only a map shows one

    try:
        with BatchDisplay(endpoint.spec.api_name, inputs, enabled=progress) as display:
            async for number, value in batch.outcomes(ordered=ordered):
                failed = isinstance(value, Failure)
                display.advance(failed=failed)
                if not isinstance(value, Failure):
                    yield value
                elif value.fatal or errors == "raise":
                    raise numbered(value.error, number)
                else:
                    yield cast("T", value.error)
    finally:
        await batch.close()


class _Batch(Generic[T]):
    """The state of one map; everything happens in one event loop."""

    def __init__(
        self,
        endpoint: AsyncEndpoint[T],
        inputs: Any,
        concurrency: int,
        journal: Journal | None,
        *,
        stop_at_error: bool,
    ) -> None:
        self._endpoint = endpoint
        self._signature = inspect.signature(endpoint.submit)
        self._inputs: AsyncIterator[Any] = (
            aiter(inputs) if hasattr(inputs, "__aiter__") else _asynchronous(inputs)
        )
        self._taking = asyncio.Lock()
        self._changed = asyncio.Event()
        self._concurrency = worker_count(concurrency, endpoint.session)
        self._room = asyncio.Semaphore(2 * self._concurrency)
        self._journal = journal
        self._stop_at_error = stop_at_error
        self._tabs: list[AsyncSession] = []
        self._workers: list[asyncio.Task[None]] = []
        self._taken = 0
        self._handed_out = 0
        self._exhausted = False
        self._done: dict[int, Any] = {}

    async def outcomes(self, *, ordered: bool) -> AsyncIterator[tuple[int, Any]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        self._add_worker()
        while True:
            number = self._next(ordered=ordered)
            if number is not None:
                self._handed_out += 1
                self._room.release()
                yield number, self._done.pop(number)
            elif self._exhausted and self._handed_out == self._taken:
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    def _next(self, *, ordered: bool) -> int | None:
        if ordered:
            return self._handed_out if self._handed_out in self._done else None
        return next(iter(self._done), None)

    async def close(self) -> None:
        """Cancel what runs, end the workers, close the tabs and the journal."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for tab in self._tabs:
            await tab.close()
        if self._journal is not None:
            self._journal.close()

    def _add_worker(self) -> None:
        if len(self._workers) < self._concurrency:
            self._workers.append(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """One worker: takes inputs until there are none, and calls another worker to life once it has something to do itself."""
        worker: AsyncEndpoint[T] | None = None
        while True:
            await self._room.acquire()
            async with self._taking:
                taken = await self._take()
            if taken is None:
                self._room.release()
                return
            number, item = taken
            try:
                key, values, recorded = self._prepare(number, item)
                if recorded is not None:
                    self._finish(number, await self._restore(recorded))
                    continue
                self._add_worker()
                worker = worker or await self._own_endpoint()
                self._finish(number, await self._call(worker, key, values))
            except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
                self._finish(number, Failure(error))

    async def _take(self) -> tuple[int, Any] | None:
        if self._exhausted:
            return None
        try:
            item = await anext(self._inputs)
        except StopAsyncIteration:
            self._exhausted = True
            self._changed.set()
            return None
        except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
            self._exhausted = True
            self._taken += 1
            self._finish(self._taken - 1, Failure(error, fatal=True))
            return None
        if self._exhausted:
            return None
        self._taken += 1
        return self._taken - 1, item

    def _prepare(self, number: int, item: Any) -> tuple[str, tuple[Any, ...], list[Any] | None]:
        """The journal's key, the values in order, and the outputs if the journal has them."""
        spec = self._endpoint.spec
        values = arguments(self._signature, item, api_name=spec.api_name, number=number)
        if self._journal is None:
            return "", values, None
        key = journal_key(self._endpoint, values)
        return key, values, self._journal.take(key)

    async def _restore(self, recorded: list[Any]) -> Any:
        session = self._endpoint.session
        return session._typed(self._endpoint.spec, await self._dependency(), recorded, None)

    async def _dependency(self) -> Dependency:
        """How the endpoint is wired; reads the app's configuration if no call has yet."""
        config = await self._endpoint.session._connection.ready()
        return config.dependency(self._endpoint.spec.api_name)

    async def _own_endpoint(self) -> AsyncEndpoint[T]:
        tabs = tab_count(self._concurrency, await self._dependency())
        if len(self._tabs) < tabs:
            self._tabs.append(self._endpoint.session.tab())
            return on_tab(self._endpoint, self._tabs[-1])
        return on_tab(self._endpoint, self._tabs[len(self._workers) % len(self._tabs)])

    async def _call(
        self, worker: AsyncEndpoint[T], key: str, values: tuple[Any, ...]
    ) -> T | Failure:
        worker.session.calls.clear()
        async with worker._submit(*values) as call:
            result = await call
        try:
            if self._journal is not None:
                self._journal.add(key, call.data or [])
        except OSError as error:
            return Failure(error, fatal=True)
        return result

    def _finish(self, number: int, outcome: Any) -> None:
        self._done[number] = outcome
        if isinstance(outcome, Failure) and self._stop_at_error:
            self._exhausted = True
        self._changed.set()


async def _asynchronous(inputs: Iterable[Any]) -> AsyncIterator[Any]:
    for item in inputs:
        yield item
