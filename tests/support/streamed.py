"""The app that takes its inputs as streams, and how tests open one and send to it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "streamed.py"
STREAMING = ("6.31.0", "5.50.0")


@pytest.fixture(params=STREAMING)
def url(request: pytest.FixtureRequest, serve: Serve) -> str:
    """The app, on each version that streams."""
    return serve(APP, request.param)


def opened(world: World, session: Any, api_name: str, *params: Any, **options: Any) -> Any:
    """A stream to an endpoint; `params` are its first chunk."""
    return world.do(lambda: [session.stream(api_name, params, **options)])[0]


def send(world: World, stream: Any, *values: Any) -> None:
    """Send a chunk."""
    world.do(lambda: stream.send(*values))


def name() -> str:
    """A language of this test alone."""
    return uuid.uuid4().hex
