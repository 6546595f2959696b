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
TAKES = {"alone": WAYS, "beside": [*WAYS, "left out"], "stream": WAYS}
EXPECTED = {
    "alone": UNCHANGED,
    "beside": ("before", UNCHANGED, 2),
    "stream": ("first", UNCHANGED, 2),
}


@pytest.fixture
def url(version: str, serve: Serve) -> str:
    return serve(APP, version)


@pytest.mark.parametrize("where", TAKES)
def test_what_an_app_leaves_as_it_was(version: str, url: str, where: str, world: World) -> None:
    session = world.open(url, timeout=120, max_calls=1000)
    names = [name for name in endpoints(url) if name.startswith(f"{where}_")]
    assert len(names) > 40
    calls = {
        (name, way): world.submit(session, name, [way]) for name in names for way in TAKES[where]
    }
    results = {key: result(world, call) for key, call in calls.items()}
    assert results == dict.fromkeys(calls, EXPECTED[where])


def endpoints(url: str) -> list[str]:
    return [each["api_name"] for each in httpx.get(f"{url}/config").json()["dependencies"]]


def result(world: World, call: Any) -> Any:
    try:
        return world.result(call, within=120)
    except GradioSessionError as error:
        return error
