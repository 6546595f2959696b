"""`Endpoint.map` on a real server, in both worlds: order, errors, room, and its end."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from gradio_session import AppError, CallTimeoutError, ParameterError
from tests.support.fault_proxy import FaultProxy, Link
from tests.support.mapped import MapWorld, module, seen, url, world
from tests.support.patience import wait_for

__all__ = ["module", "seen", "url", "world"]


def test_results_come_in_the_order_of_the_inputs(world: MapWorld) -> None:
    inputs = [("a", 0.3), ("b", 0), {"name": "c", "seconds": 0.1}, "d"]
    assert world.map("work", inputs, concurrency=4) == ["A", "B", "C", "D"]


def test_or_as_they_come(world: MapWorld) -> None:
    assert world.map(
        "work", [("slow", 0.8), ("quick", 0), ("middle", 0.3)], concurrency=3, ordered=False
    ) == ["QUICK", "MIDDLE", "SLOW"]


def test_no_inputs_no_results_and_nothing_sent(world: MapWorld) -> None:
    assert world.map("work", []) == []


def test_inputs_are_taken_as_there_is_room(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    taken: list[int] = []

    def endless() -> Iterator[str]:
        for number in itertools.count():
            taken.append(number)
            yield f"n{number}"

    assert world.map("work", endless(), take=5, concurrency=2) == [
        f"N{number}" for number in range(5)
    ]
    assert len(taken) <= 5 + 2 * 2
    assert seen()["most"] <= 2


def test_no_more_calls_at_once_than_asked_for(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    assert (
        len(world.map("work", [(f"n{number}", 0.3) for number in range(12)], concurrency=6)) == 12
    )
    assert seen()["most"] == 6


def test_an_error_ends_the_map_after_the_results_before_it(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    with pytest.raises(AppError, match="no bad") as caught:
        world.map(
            "work",
            itertools.chain(["a", "bad", "b"], (f"n{number}" for number in itertools.count())),
            concurrency=2,
        )
    if sys.version_info >= (3, 11):
        assert any("input 1" in note for note in caught.value.__notes__)
    assert wait_for(lambda: seen()["now"] == 0)
    assert len(seen()["started"]) == 0


def test_or_takes_the_place_of_its_result(world: MapWorld) -> None:
    results = world.map("work", ["a", "bad", "b", ("bad too", 0)], errors="return", concurrency=2)
    assert [result if isinstance(result, str) else type(result) for result in results] == [
        "A",
        AppError,
        "B",
        AppError,
    ]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ((), "missing a required argument: 'name'"),
        (("a", 0, 1), r"3 values for 2 parameters \(name, seconds\)"),
        ({"nam": "a"}, r"no parameter is called 'nam' \(did you mean 'name'\?\)"),
        ({"seconds": 1}, "missing a required argument: 'name'"),
    ],
)
def test_an_input_that_does_not_fit_is_an_error_of_its_own(
    world: MapWorld, item: Any, words: str
) -> None:
    results = world.map("work", ["a", item, "b"], errors="return")
    assert results[::2] == ["A", "B"]
    with pytest.raises(ParameterError, match=rf"/work, input 1 of this map: {words}"):
        raise results[1]


def test_a_mapping_is_a_value_where_there_is_one_parameter(world: MapWorld) -> None:
    assert world.map("echo", [{"value": 1}, [1, 2], ([3],)]) == [{"value": 1}, [1, 2], [3]]


@pytest.mark.parametrize("options", [{"concurrency": 0}, {"concurrency": -1}, {"errors": "ignore"}])
def test_options_are_checked_at_once(module: ModuleType, url: str, options: dict[str, Any]) -> None:
    with module.Mapped(url) as app, pytest.raises(ValueError, match=next(iter(options))):
        app.work.map(["a"], **options)


def test_the_error_of_the_inputs_is_raised_in_any_case(world: MapWorld) -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise RuntimeError("the inputs ended")

    with pytest.raises(RuntimeError, match="the inputs ended"):
        world.map("work", broken(), errors="return")


def test_leaving_early_cancels_what_runs(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    inputs = [("quick", 0), *((f"long {number}", 60) for number in range(3))]
    assert world.map("work", inputs, take=1, concurrency=4) == ["QUICK"]
    assert wait_for(lambda: seen()["now"] == 0)
    assert seen()["finished"] == []


def test_each_worker_has_a_tab_of_its_own(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    world.map("work", [(f"n{number}", 0.2) for number in range(6)], concurrency=3)
    sessions = seen()["sessions"]
    assert len(sessions) == 6
    assert len(set(sessions.values())) == 3


def test_state_does_not_mix(world: MapWorld) -> None:
    counts = world.map("count", [1] * 40, concurrency=20)
    workers = [counts.count(value) for value in range(1, int(max(counts)) + 1)]
    assert sum(workers) == 40
    assert workers == sorted(workers, reverse=True), "each worker counts 1, 2, 3, ... for itself"
    assert workers[0] > 10


def test_a_deadline_stops_one_call_and_no_other(
    world: MapWorld, seen: Callable[[], dict[str, Any]]
) -> None:
    results = world.map(
        "work",
        [("short", 0.1), ("endless", 3600), ("other", 0.5)],
        concurrency=3,
        errors="return",
        client={"timeout": 4.0},
    )
    assert results[0] == "SHORT"
    assert isinstance(results[1], CallTimeoutError)
    assert results[2] == "OTHER"
    assert wait_for(lambda: seen()["now"] == 0)


def test_the_limit_on_calls_does_not_stop_a_map(world: MapWorld) -> None:
    results = world.map(
        "work",
        [f"n{number}" for number in range(12)],
        concurrency=2,
        client={"max_calls": 2, "max_calls_policy": "error"},
    )
    assert len(results) == 12


def test_the_sessions_own_bound_holds(world: MapWorld, seen: Callable[[], dict[str, Any]]) -> None:
    assert (
        len(
            world.map(
                "work",
                [(f"n{number}", 0.1) for number in range(8)],
                concurrency=8,
                client={"max_concurrency": 2},
            )
        )
        == 8
    )
    assert seen()["most"] == 2


def test_detached_calls_can_be_mapped(module: ModuleType, url: str) -> None:
    with module.Mapped(url) as app:
        assert list(app.work.with_options(detached=True).map(["a", "b", "c"], concurrency=2)) == [
            "A",
            "B",
            "C",
        ]


def test_with_options_goes_with_the_map(module: ModuleType, url: str) -> None:
    with module.Mapped(url) as app:
        results = list(
            app.work.with_options(timeout=0.5).map([("a", 0), ("b", 30)], errors="return")
        )
    assert results[0] == "A"
    assert isinstance(results[1], CallTimeoutError)


def test_128_calls_need_four_threads_and_leave_none(module: ModuleType, url: str) -> None:
    def count() -> int:
        # One thread sleeps until idle connections are to be closed, whoever has used them.
        return sum(each.name != "gradio-session-idle" for each in threading.enumerate())

    before = count()
    most = 0
    with module.Mapped(url) as app:
        for _ in app.work.map([(f"n{number}", 0.2) for number in range(128)], concurrency=128):
            most = max(most, count())
    assert most - before + 1 <= 4
    assert wait_for(lambda: count() == before)


def test_an_abandoned_map_is_cleaned_up(
    module: ModuleType, url: str, seen: Callable[[], dict[str, Any]]
) -> None:
    before = threading.active_count()
    with module.Mapped(url) as app:
        results = app.work.map([("a", 0), ("long", 60)], concurrency=2)
        assert next(results) == "A"
        del results
        gc.collect()
        assert wait_for(lambda: seen()["now"] == 0)
    assert wait_for(lambda: threading.active_count() <= before)


def test_inputs_that_never_come_do_not_hold_back_the_end(module: ModuleType, url: str) -> None:
    gate = threading.Event()

    def stuck() -> Iterator[str]:
        yield "a"
        gate.wait()

    try:
        with module.Mapped(url) as app:
            results = app.work.map(stuck(), concurrency=2)
            assert next(results) == "A"
            results.close()
    finally:
        gate.set()


def test_outputs_of_streams_do_not_pile_up(module: ModuleType, url: str) -> None:
    with module.Mapped(url) as app:
        tabs: list[Any] = []
        real = app.session.tab
        app.session.tab = lambda: tabs.append(real()) or tabs[-1]
        list(app.work.map([("a", 0.3), ("b", 0.3)], concurrency=2))
        assert [tab.__gradio__.events.multiplexer.backlog.unread for tab in tabs] == [0, 0]


def test_asynchronous_inputs(module: ModuleType, url: str) -> None:
    async def inputs() -> Any:
        for name in ("a", "b", "c"):
            await asyncio.sleep(0.01)
            yield name

    world = MapWorld(module, url, asynchronous=True)
    assert world.map("work", inputs(), concurrency=2) == ["A", "B", "C"]


def test_a_cancelled_task_cancels_the_map(
    module: ModuleType, url: str, seen: Callable[[], dict[str, Any]]
) -> None:
    async def main() -> None:
        async with module.AsyncMapped(url) as app:

            async def consume() -> None:
                async for _ in app.work.map([(f"n{number}", 60) for number in range(3)]):
                    pass

            task = asyncio.create_task(consume())
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(asyncio.all_tasks()) <= 2

    asyncio.run(main())
    assert wait_for(lambda: seen()["now"] == 0)
    assert seen()["finished"] == []


def test_its_tabs_are_closed_together(world: MapWorld) -> None:
    """The app hears of the end of each, and from afar each takes a round trip."""
    told = "GET /gradio_api/heartbeat"
    together: list[bool] = []

    async def held(_: Link, chunk: bytes) -> bytes:
        until = time.monotonic() + 1.5  # no longer does a tab wait for it
        while proxy.count(told) < 4 and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        together.append(proxy.count(told) >= 4)
        return chunk

    with FaultProxy(world.url) as proxy:
        proxy.down(told, held)
        world.url = proxy.url
        assert world.map("work", ["a", "b", "c", "d"], concurrency=4) == ["A", "B", "C", "D"]
    assert proxy.count(told) == 4
    assert together
    assert all(together)
