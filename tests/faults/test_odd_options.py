"""Seconds as good as none: they bound nothing, or they are refused where they are given."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gradio_session import ParameterError
from tests.support.fake_gradio import FakeGradio
from tests.support.world import World

ENDLESS = [math.inf, 3e9, 1e10, 1e300, 2**64, 2.0**31 / 1000 + 1]


def made(world: World, url: str, **options: Any) -> Any:
    """A session, or None where an option is refused."""
    try:
        return world.open(url, **options)
    except ParameterError as error:
        assert next(iter(options)) in str(error)  # noqa: PT017 - either is right
        return None


@pytest.mark.parametrize("seconds", ENDLESS)
def test_heartbeat_timeout(world: World, fake: FakeGradio, seconds: float) -> None:
    session = made(world, fake.url, heartbeat_timeout=seconds)
    if session is not None:
        assert world.predict(session, "echo", ["x"], within=5) == "x"
        assert world.predict(session, "echo", ["y"], within=5) == "y"


@pytest.mark.parametrize("seconds", ENDLESS)
def test_timeout_of_a_session(world: World, fake: FakeGradio, seconds: float) -> None:
    session = made(world, fake.url, timeout=seconds)
    if session is not None:
        assert world.predict(session, "echo", ["x"], within=5) == "x"


@pytest.mark.parametrize("seconds", ENDLESS)
def test_timeout_of_a_call(world: World, fake: FakeGradio, seconds: float) -> None:
    session = world.open(fake.url)
    try:
        call = world.submit(session, "echo", ["x"], timeout=seconds)
    except ParameterError:
        assert fake.count("POST ") == 0
        return
    assert world.result(call, within=5) == "x"


@pytest.mark.parametrize("seconds", ENDLESS)
def test_seconds_that_a_result_is_waited_for(
    world: World, fake: FakeGradio, seconds: float
) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "echo", ["x"])
    try:
        assert world.result(call, seconds, within=5) == "x"
    except ParameterError:
        assert not call.done or world.result(call) == "x"


@pytest.mark.parametrize("seconds", [0, -1, math.nan, -math.inf, True, "5", [1]])
def test_seconds_that_are_none_are_refused(world: World, fake: FakeGradio, seconds: Any) -> None:
    for name in ("heartbeat_timeout", "timeout"):
        with pytest.raises(ParameterError, match=name):
            world.open(fake.url, **{name: seconds})
