"""One measurement in a process of its own: `python -m benchmarks.worker CLIENT CASE URL [N]`.

It is printed as a line of JSON.

CLIENT is ours, ours-async, official, bare or bare-async. Each case is warmed up by one call, so
that connecting is not part of it.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import MIB, Measurement, Network, Usage


async def _now(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def sequential(client: Any, count: int) -> dict[str, Any]:
    """`count` trivial calls, one after the other, each begun at a random moment.

    Gradio looks for new calls every millisecond: calls in lockstep with that all take a millisecond
    more, or less, for a microsecond of difference.
    """
    moments = random.Random(1)
    times: list[float] = []
    with Measurement() as usage:
        for number in range(count):
            await _pause(client, moments.uniform(0, 0.002))
            started = time.perf_counter()
            assert await _now(client.call("echo", str(number))) == str(number)
            times.append(time.perf_counter() - started)
    times.sort()
    return {
        **_per_call(usage, count),
        "wall": statistics.fmean(times),
        "p50": statistics.median(times),
        "p95": times[int(count * 0.95)],
    }


async def _pause(client: Any, seconds: float) -> None:
    if inspect.iscoroutinefunction(client.call):
        await asyncio.sleep(seconds)
    else:
        time.sleep(seconds)  # noqa: ASYNC251  (there is no loop)


async def burst(client: Any, count: int) -> dict[str, Any]:
    """`count` calls at once of an endpoint that takes 50 ms."""
    with Measurement() as usage:
        running = await _now(client.burst(count))
    return {**asdict(usage), "threads": running}


async def first(client: Any, _: int) -> dict[str, Any]:
    """The first call of a process, once its modules are imported."""
    with Measurement() as usage:
        assert await _now(client().call("echo", "x")) == "x"
    return asdict(usage)


async def map_(client: Any, count: int) -> dict[str, Any]:
    """`count` calls of 50 ms, sixteen at once; `pace` is over what sixteen workers need."""
    single: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        await _now(client.call("nap", "x"))
        single.append(time.perf_counter() - started)
    with Measurement() as usage:
        assert await _now(client.map(count)) == [str(number) for number in range(count)]
    return {**asdict(usage), "pace": usage.wall / (count / 16 * statistics.median(single))}


async def growth(client: Any, count: int) -> dict[str, Any]:
    """`count` trivial calls in groups: what one takes, and what the process holds afterwards."""
    with Measurement() as usage:
        running = 0
        for _ in range(max(1, count // 10)):
            running = max(running, await _now(client.burst(10, "echo")))
    return {**_per_call(usage, count), "wall": usage.wall / count, "threads": running}


async def text(client: Any, count: int) -> dict[str, Any]:
    """`count` outputs of a growing text, each looked at."""
    return await _streamed(client.iterate, "grow_text", count)


async def list_(client: Any, count: int) -> dict[str, Any]:
    """`count` outputs of a growing list, each looked at."""
    return await _streamed(client.iterate, "grow_list", count)


async def result(client: Any, count: int) -> dict[str, Any]:
    """`count` outputs of a growing list, of which only the last is wanted."""
    return await _streamed(client.result_of, "grow_list", count)


async def _streamed(method: Any, name: str, count: int) -> dict[str, Any]:
    with Measurement() as usage:
        last = await _now(method(name, count))
    assert len(last) == (count if name == "grow_list" else count * 4)
    return asdict(usage)


async def big(client: Any, mebibytes: int) -> dict[str, Any]:
    """A text result of that many MiB."""
    with Measurement() as usage:
        received = await _now(client.call("big_text", mebibytes))
    assert len(received) == mebibytes * MIB
    return asdict(usage)


async def upload(client: Any, mebibytes: int) -> dict[str, Any]:
    """A file of that many MiB as a parameter."""
    with tempfile.TemporaryDirectory() as folder:
        path = _zeros(Path(folder, "up.bin"), mebibytes)
        with Measurement() as usage:
            assert await _now(client.upload(path)) == mebibytes * MIB
    return asdict(usage)


async def download(client: Any, mebibytes: int) -> dict[str, Any]:
    """A file of that many MiB as a result, written to disk."""
    await _now(client.call("give", mebibytes))
    with tempfile.TemporaryDirectory() as folder, Measurement() as usage:
        assert await _now(client.download(mebibytes, Path(folder, "down.bin"))) == mebibytes * MIB
    return asdict(usage)


async def chunks(client: Any, count: int) -> dict[str, Any]:
    """`count` chunks of a stream, each sent when the app can take it, and their outputs."""
    texts = [str(number) for number in range(count)]
    await _now(client.chunks(texts[:2]))
    with Measurement() as usage:
        assert await _now(client.chunks(texts)) == texts
    return _per_call(usage, count)


async def cancel(client: Any, count: int) -> dict[str, Any]:
    """From `cancel()` until the server function has ended: the median of `count` times."""
    times: list[float] = []
    for _ in range(count):
        asked = await _now(client.cancel())
        ended = 0.0
        while ended < asked:
            time.sleep(0.02)  # noqa: ASYNC251  (nothing else runs)
            ended = await _now(client.call("stopped_at"))
        times.append(ended - asked)
    return {"wall": statistics.median(times)}


def _zeros(path: Path, mebibytes: int) -> Path:
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(bytes(MIB))
    return path


def _per_call(usage: Usage, count: int) -> dict[str, Any]:
    return {**asdict(usage), "cpu": usage.cpu / count, "received": usage.received / count}


CASES = {
    "sequential": sequential,
    "burst": burst,
    "text": text,
    "list": list_,
    "result": result,
    "big": big,
    "upload": upload,
    "download": download,
    "chunks": chunks,
    "cancel": cancel,
    "first": first,
    "map": map_,
    "growth": growth,
}


async def main(client_name: str, case: str, url: str, number: int) -> None:
    module, _, kind = client_name.partition("-")
    Network.count()
    made: Any = importlib.import_module(f"benchmarks.{module}")
    make = partial(getattr(made, "Async" if kind else "Sync"), url)
    if case == "first":
        if module == "ours":
            importlib.import_module("bench_client")
        print(json.dumps(await first(make, number)))
        return
    client: Any = make()
    assert await _now(client.call("echo", "warm")) == "warm"
    print(json.dumps(await CASES[case](client, number)))


def main_sync(client_name: str, case: str, url: str, number: int) -> None:
    """Drive the coroutine of a synchronous client without an event loop: it never waits."""
    try:
        main(client_name, case, url, number).send(None)
    except StopIteration:
        return
    raise RuntimeError("a synchronous case waited for the event loop")


if __name__ == "__main__":
    if "async" in sys.argv[1]:
        asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
    else:
        main_sync(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
