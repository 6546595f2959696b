"""Gradio 4.36 writes a JSON component's default into `/config` as the text of the class that keeps
it; the page, and `/info`, have the value itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import DEFAULT
from tests.support.fake_documents import config
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.world import World

SETTINGS = {"steps": [20, {"name": "euler"}]}


@pytest.fixture
def old(fake: FakeGradio) -> FakeGradio:
    """An app of that version, whose endpoint gives back what it got."""

    async def same(event: Event) -> AsyncIterator[Any]:
        yield event.completed(event.data)

    fake.version = "4.36.0"
    fake.endpoint("same", same, inputs=("textbox", "json"), outputs=("json",))
    components = config(fake.endpoints, url=fake.url, version=fake.version, app_id=1)["components"]
    components[-2]["props"]["value"] = f"root={SETTINGS!r}"
    fake.config["components"] = components
    described = [
        {"label": name, "type": {}, "parameter_name": name, "parameter_has_default": has,
         "parameter_default": default, "component": kind}
        for name, has, default, kind in (
            ("text", False, None, "Textbox"), ("settings", True, SETTINGS, "Json")
        )
    ]  # fmt: skip
    fake.info["same"] = {"parameters": described}
    return fake


@pytest.mark.parametrize("params", [{"text": "x"}, ["x", DEFAULT]])
def test_a_default_that_is_left_out_is_the_value(
    world: World, old: FakeGradio, params: Any
) -> None:
    session = world.open(old.url)
    assert world.predict(session, "same", params) == ["x", SETTINGS]


def test_a_value_that_is_given_is_sent_as_it_is(world: World, old: FakeGradio) -> None:
    session = world.open(old.url)
    assert world.predict(session, "same", ["x", "root={}"]) == ["x", "root={}"]
