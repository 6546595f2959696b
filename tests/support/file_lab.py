"""The app that takes and gives files, sessions that call it in both worlds, and files to send."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session import AsyncSession, RemoteFile, Session
from tests.support.background import Background
from tests.support.environments import ROOT

APP = ROOT / "tests" / "apps" / "files_app.py"


class Plain:
    """A plain session, and how its results are used."""

    def __init__(self, url: str, **options: Any) -> None:
        self.session: Any = Session(url, **options)

    def predict(self, api_name: str, params: Any) -> Any:
        return self.session.predict(api_name, params)

    def read(self, file: RemoteFile) -> bytes:
        return file.read()

    def path(self, file: RemoteFile) -> Path:
        return file.path

    def events(self, api_name: str, params: Any) -> list[Any]:
        call = self.session.submit(api_name, params)
        return list(call.stream())

    def close(self) -> None:
        self.session.close()


class Asynchronous(Plain):
    """The same for an asynchronous session."""

    def __init__(self, url: str, **options: Any) -> None:
        self.background = Background("test-loop")

        async def make() -> Any:
            return AsyncSession(url, **options)

        self.session = self.background.run(make())

    def _run(self, step: Callable[[], Any]) -> Any:
        async def work() -> Any:
            return await step()

        return self.background.run(work(), 60)

    def predict(self, api_name: str, params: Any) -> Any:
        return self._run(lambda: self.session.predict(api_name, params))

    def read(self, file: RemoteFile) -> bytes:
        return self._run(file.aread)  # type: ignore[no-any-return]

    def path(self, file: RemoteFile) -> Path:
        return self._run(file.apath)  # type: ignore[no-any-return]

    def events(self, api_name: str, params: Any) -> list[Any]:
        async def collect() -> list[Any]:
            return [event async for event in self.session.submit(api_name, params).stream()]

        return self._run(collect)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._run(self.session.close)
        self.background.stop()


@pytest.fixture(params=["sync", "async"])
def connect(request: Any) -> Iterator[Callable[..., Plain]]:
    """`connect(url, **options)`: a session, plain and then asynchronous, closed at the end."""
    made: list[Plain] = []

    def make(url: str, **options: Any) -> Plain:
        made.append((Asynchronous if request.param == "async" else Plain)(url, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """An image whose name has a space."""
    from PIL import Image

    path = tmp_path / "ein Bild.png"
    Image.new("RGB", (9, 7), "red").save(path)
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Half a second of sound."""
    path = tmp_path / "beep.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\1" * 4000)
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A table of two rows."""
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    return path
