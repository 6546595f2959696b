"""Fixtures that several folders of tests share; their conftest files import them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_gradio import FakeGradio
from tests.support.file_worlds import Make, file_worlds
from tests.support.hostile_server import HostileServer, reply
from tests.support.hub import Hub
from tests.support.tls import Authority
from tests.support.world import World, worlds


@pytest.fixture(params=["sync", "async"])
def world(request: Any) -> Iterator[World]:
    """Plain sessions, then asynchronous ones."""
    yield from worlds(request.param)


@pytest.fixture(params=["sync", "async"])
def make(request: Any) -> Iterator[Make]:
    """Makes what a file or a transport needs of a plain session, then of an asynchronous one."""
    yield from file_worlds(request.param)


@pytest.fixture
def app() -> Iterator[HostileServer]:
    """A server that does as the test says."""
    with HostileServer() as server:
        yield server


@pytest.fixture
def stranger() -> Iterator[HostileServer]:
    """Another server that does as the test says."""
    with HostileServer() as server:
        yield server


@pytest.fixture
def server(app: HostileServer) -> HostileServer:
    """One that says hello."""
    app.on("/", reply(b"hello"))
    return app


@pytest.fixture
def fake() -> Iterator[FakeGradio]:
    """A scriptable app."""
    with FakeGradio() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of the tests' own."""
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The Hub that `HF_ENDPOINT` names; nobody is logged in."""
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        for name in (
            "HF_TOKEN",
            "HUGGING_FACE_HUB_TOKEN",
            "HF_TOKEN_PATH",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN",
        ):
            monkeypatch.delenv(name, raising=False)
        yield hub
