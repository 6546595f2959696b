"""The app whose endpoints are mapped, its client, and how to map in both worlds."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import Serve
from tests.support.command import run
from tests.support.environments import ROOT
from tests.support.generation import load

APP = ROOT / "tests" / "apps" / "mapped.py"


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    """The app."""
    return serve(APP)


@pytest.fixture(scope="module")
def module(url: str, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The client generated from the app."""
    folder = tmp_path_factory.mktemp("clients")
    path = folder / "mapped_client.py"
    done = run(folder, "generate", url, "-o", path, "--class-name", "Mapped")
    assert done.exit_code == 0, done.output
    return load(path)


class MapWorld:
    """One of the two worlds: how to map and to call there."""

    def __init__(self, module: ModuleType, url: str, *, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self.module = module
        self.url = url
        self.make: Any = module.AsyncMapped if asynchronous else module.Mapped

    def map(
        self,
        endpoint: str,
        inputs: Any,
        *,
        take: int | None = None,
        client: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Any]:
        """Results of a map (the first `take` of them), with a client of its own."""
        if self.asynchronous:
            return asyncio.run(self._map(endpoint, inputs, take, client or {}, options))
        with self.make(self.url, **(client or {})) as app:
            return list(itertools.islice(getattr(app, endpoint).map(inputs, **options), take))

    async def _map(
        self,
        endpoint: str,
        inputs: Any,
        take: int | None,
        client: dict[str, Any],
        options: dict[str, Any],
    ) -> list[Any]:
        found: list[Any] = []
        async with self.make(self.url, **client) as app:
            results = getattr(app, endpoint).map(inputs, **options)
            async for result in results:
                found.append(result)
                if len(found) == take:
                    break
            await results.aclose()
        return found


@pytest.fixture(params=["sync", "async"])
def world(request: pytest.FixtureRequest, module: ModuleType, url: str) -> MapWorld:
    """The plain world, then the asynchronous one."""
    return MapWorld(module, url, asynchronous=request.param == "async")


@pytest.fixture
def seen(module: ModuleType, url: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """What the app has seen since the last time."""
    with module.Mapped(url) as app:
        app.seen()
        yield app.seen
