"""What an app leaves as it was is `UNCHANGED`, whatever the component: every component that a
Gradio version has, alone and beside others; on 6.31, 5.50 and 4.44, in both worlds.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gradio_session import UNCHANGED, GradioSessionError
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.world import World

pytestmark = pytest.mark.versions

APP = ROOT / "tests" / "apps" / "left_alone.py"
WAYS = ["skip", "update", "hide", "remake"]


@pytest.fixture
def url(version: str, serve: Serve) -> str:
    return serve(APP, version)


@pytest.mark.slow
def test_what_an_app_leaves_alone(version: str, url: str, world: World) -> None:
    session = world.open(url, timeout=120, max_calls=1000)
    names = components(url)
    assert len(names) > 40
    calls = {(name, way): world.submit(session, name, [way]) for name in names for way in WAYS}
    results = {key: result(world, call) for key, call in calls.items()}
    assert results == dict.fromkeys(calls, UNCHANGED)


@pytest.mark.parametrize(("where", "first"), [("beside", "before"), ("stream", "first")])
def test_what_an_app_leaves_beside_others(
    version: str, url: str, where: str, first: str, world: World
) -> None:
    session = world.open(url, timeout=120)
    ways = [*WAYS, "left out"] if where == "beside" else WAYS
    calls = {way: world.submit(session, where, [way]) for way in ways}
    results = {way: result(world, call) for way, call in calls.items()}
    assert results == dict.fromkeys(ways, (first, *[UNCHANGED] * len(components(url)), 2))


def components(url: str) -> list[str]:
    """The endpoints that give one component each."""
    names = [each["api_name"] for each in httpx.get(f"{url}/config").json()["dependencies"]]
    return [name for name in names if name.startswith("alone_")]


def result(world: World, call: Any) -> Any:
    try:
        return world.result(call, within=120)
    except GradioSessionError as error:
        return error
