"""`Endpoint.map` of asynchronous clients: one task per worker, each with its tab."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any

from gradio_session.batch.base import END, BatchBase, Job, MapOptions
from gradio_session.batch.inputs import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from gradio_session.batch.inputs import Values
    from gradio_session.session.aio import AsyncSession

    AsyncJob = Job[AsyncSession]

__all__ = ["Job", "MapOptions", "map_calls"]


async def map_calls(
    job: AsyncJob, inputs: Iterable[object] | AsyncIterable[object], options: MapOptions
) -> AsyncIterator[Any]:
    """Call an endpoint for every input; what `AsyncEndpoint.map` documents.

    Yields:
        Typed results (and, with `errors="return"`, exceptions in their place).

    Raises:
        GradioSessionError: The first error of a call, with `errors="raise"`; a file of `journal=`
            that is refused.
    """
    batch = _Batch(job, inputs, options)
    try:
        with batch.display:
            async for number, outcome in batch.outcomes():
                yield batch.handed(number, outcome)
    finally:
        await batch.close()


class _Batch(BatchBase["AsyncSession"]):
    """The state of one map; everything happens in one event loop."""

    def __init__(
        self, job: AsyncJob, inputs: Iterable[object] | AsyncIterable[object], options: MapOptions
    ) -> None:
        super().__init__(job, inputs, options)
        self._inputs: AsyncIterator[object] = (
            aiter(inputs) if isinstance(inputs, AsyncIterable) else _asynchronous(inputs)
        )
        self._taking = asyncio.Lock()
        self._changed = asyncio.Event()
        self._room = asyncio.Semaphore(2 * self.concurrency)
        self._tasks: list[asyncio.Task[None]] = []

    async def outcomes(self) -> AsyncIterator[tuple[int, object]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        self._add_worker()
        while True:
            number = self.ready()
            if number is not None:
                self.handed_out += 1
                self._room.release()
                yield number, self.done.pop(number)
            elif self.over:
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        """Cancel what runs, end the workers, close the tabs and the checkpoint file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(tab.close() for tab in self.tabs))
        self.close_checkpoint()

    def _add_worker(self) -> None:
        if len(self._tasks) < self.concurrency:
            self._tasks.append(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """One worker: takes inputs until there are none.

        It adds another worker once it has a call to make itself.
        """
        tab: AsyncSession | None = None
        while True:
            await self._room.acquire()
            async with self._taking:
                taken = await self._take()
            if taken is None:
                self._room.release()
                return
            number, item = taken
            try:
                key, values, recorded = self.prepared(number, item)
                if recorded is not None:
                    self._finish(number, self.typed(await self.wiring(), recorded))
                    continue
                self._add_worker()
                if tab is None:
                    tab = self.tab_for_worker(await self.wiring())
                self._finish(number, await self._call(tab, key, values))
            except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
                self._finish(number, Failure(error))

    async def _take(self) -> tuple[int, object] | None:
        if self.exhausted:
            return None
        try:
            item = await anext(self._inputs, END)
        except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
            item = Failure(error, fatal=True)
        taken = self.take(item)
        self._changed.set()
        return taken

    async def _call(self, tab: AsyncSession, key: str, values: Values) -> object:
        tab.calls.clear()
        async with self.start(tab, values) as call:
            result: object = await call
        return self.record(key, call) or result

    def _finish(self, number: int, outcome: object) -> None:
        self.finish(number, outcome, failed=isinstance(outcome, Failure))
        self._changed.set()


async def _asynchronous(inputs: Iterable[object]) -> AsyncIterator[object]:
    for item in inputs:
        yield item
