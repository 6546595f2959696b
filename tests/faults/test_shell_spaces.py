"""Sessions of Spaces by their ids: found once, woken when waited for, their token sent to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_session import SpaceError
from tests.support.endpoints import CONFIG, JOIN, STREAM
from tests.support.fake_gradio import FakeGradio
from tests.support.hub import Hub
from tests.support.world import World


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in on this machine."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("token", [None, "hers"])
def test_a_space_is_looked_up_once_and_called_where_it_answers(
    world: World, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.space("owner/name", fake.url)
        session = world.open("owner/name", token=token)
        assert session.app_url == "owner/name"
        assert [world.predict(session, "echo", [text]) for text in "ab"] == ["a", "b"]
        assert len(hub.asked) == 1
    expected = None if token is None else f"Bearer {token}"
    for line in (CONFIG, JOIN, STREAM):
        request = fake.find(line)[0]
        assert request.headers.get("x-hf-authorization") == expected
        assert request.headers.get("authorization") is None
    assert fake.count(CONFIG) == 1


def test_a_space_that_starts_is_waited_for(
    world: World, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.space("owner/name", fake.url, stages=["APP_STARTING", "APP_STARTING", "RUNNING"])
        session = world.open("owner/name")
        with pytest.raises(SpaceError, match="owner/name"):
            world.predict(session, "echo", ["too early"])
        world.do(lambda: session.wait_ready(20))
        assert world.predict(session, "echo", ["ready"]) == "ready"
