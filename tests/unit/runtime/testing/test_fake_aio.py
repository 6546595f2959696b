"""Fakes of asynchronous clients."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gradio_session import AppError, Completed
from gradio_session.testing import calls, fake, file, stream
from tests.support.drawing_lab import AsyncLab, Drawn


async def test_values_exceptions_and_functions_in_asyncio() -> None:
    async def slowly(prompt: str, steps: float) -> Drawn:
        await asyncio.sleep(0.01)
        return Drawn(file(prompt), steps)

    lab = fake(AsyncLab, draw=slowly, say=AppError("no"))
    first, second = await asyncio.gather(lab.draw("a", 1), lab.draw("b", 2))
    assert (first.seed, second.image.name) == (1, "b")
    with pytest.raises(AppError, match="no"):
        await lab.say()
    assert [call.endpoint for call in calls(lab)] == ["draw", "draw", "say"]
    assert await first.image.aread() == b""
    with pytest.raises(TypeError):
        lab.draw.submit()  # type: ignore[call-arg]


async def numbers(image: Any) -> AsyncIterator[str]:
    for text in ("a", "ab"):
        await asyncio.sleep(0)
        yield text


@pytest.mark.parametrize(
    "outputs", [stream(["a", "ab"]), ["a", "ab"], numbers, lambda **_: iter(["a", "ab"])]
)
async def test_streams_in_asyncio(outputs: Any) -> None:
    lab = fake(AsyncLab, say=outputs)
    assert [output async for output in lab.say.submit()] == ["a", "ab"]
    assert await lab.say() == "ab"
    assert isinstance([event async for event in lab.say.submit().stream()][-1], Completed)


async def test_cancelling_in_asyncio() -> None:
    def endless(image: Any) -> Iterator[str]:
        return (f"n{number}" for number in itertools.count())

    lab = fake(AsyncLab, say=endless)
    async with lab.say.submit() as call:
        async for output in call:
            if output == "n3":
                break
    assert call.status == "cancelled"
    async with fake(AsyncLab, say="x") as other:
        assert [result async for result in other.say.map(["a", "b"])] == ["x", "x"]
