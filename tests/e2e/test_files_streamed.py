"""Sound and film that an app streams, and that arrive as one file. In both worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_session import DownloadError, RemoteFile
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.media import film_of, path_with_ffmpeg
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "files_app.py"
STREAMING = ["6.31.0", "5.50.0"]


@pytest.fixture(scope="module")
def streaming(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`streaming(version)`: the app, with ffmpeg within its reach, and its URL."""
    env = {"PATH": path_with_ffmpeg(tmp_path_factory.mktemp("programs"))}
    return lambda version: serve(APP, version, env=env)


def outputs(world: World, session: Any, api_name: str) -> list[Any]:
    return [
        event.data
        for event in world.events(world.submit(session, api_name, []))
        if type(event).__name__ in ("Output", "Completed")
    ]


def test_a_stream_of_sound_that_gradio_4_sends_once(
    serve: Serve, world: World, tmp_path: Path
) -> None:
    session = world.open(serve(APP, "4.44.1"), download_path=tmp_path / "out")
    file = world.predict(session, "sound", [])
    path = world.path(file)
    assert path.name == "beep-2.wav"
    assert file.mime_type in ("audio/wav", "audio/x-wav")
    assert path.read_bytes().startswith(b"RIFF")
    assert path.stat().st_size == 44 + 3 * 16000, "a header, and all three sounds"
    assert world.read(file) == path.read_bytes(), "what is on the disk is not asked for again"


def test_every_output_of_a_call_is_the_one_stream_that_gradio_4_sends_once(
    serve: Serve, world: World, tmp_path: Path
) -> None:
    session = world.open(serve(APP, "4.44.1"), download_path=tmp_path / "out")
    files = outputs(world, session, "sound")
    assert len(files) == 4, "three outputs, and the last of them again"
    steps = [world.start(lambda file=file: fetch(world, file)) for file in files[:3]]
    paths = {step.result(30) for step in steps} | {world.path(file) for file in files}
    assert len(paths) == 1
    assert paths.pop().stat().st_size == 44 + 3 * 16000
    assert all(world.read(file).startswith(b"RIFF") for file in files)
    named = world.do(
        lambda: (files[0].adownload if world.is_async else files[0].download)(tmp_path / "x.wav")
    )
    assert named.read_bytes() == world.read(files[1])


def fetch(world: World, file: Any) -> Any:
    return file.apath() if world.is_async else file.path


def test_a_stream_that_was_read_without_keeping_it_is_refused_at_once(
    serve: Serve, world: World, tmp_path: Path
) -> None:
    session = world.open(serve(APP, "4.44.1"), download_path=tmp_path / "out")
    file = world.predict(session, "sound", [])
    assert sum(map(len, chunks(world, file))) == 44 + 3 * 16000
    for again in (lambda: world.path(file), lambda: chunks(world, file)):
        with pytest.raises(DownloadError, match="was read before, and Gradio 4 sends a stream"):
            again()


def chunks(world: World, file: Any) -> list[bytes]:
    async def each() -> list[bytes]:
        return [chunk async for chunk in file]

    return world.do(each if world.is_async else lambda: list(file))  # type: ignore[no-any-return]


@pytest.mark.parametrize("version", STREAMING)
def test_a_stream_of_sound(world: World, streaming: Any, version: str, tmp_path: Path) -> None:
    session = world.open(streaming(version), download_path=tmp_path / "out")
    files = outputs(world, session, "sound")
    assert all(isinstance(file, RemoteFile) for file in files)
    path = world.path(files[0])
    assert path.suffix == ".aac"
    assert files[0].mime_type == "audio/aac"
    content = path.read_bytes()
    assert content[:2] in (b"\xff\xf1", b"\xff\xf9"), "AAC frames"
    assert len(content) > 1000


@pytest.mark.parametrize("version", STREAMING)
def test_a_stream_of_pictures(world: World, streaming: Any, version: str, tmp_path: Path) -> None:
    session = world.open(streaming(version), download_path=tmp_path / "out")
    found = outputs(world, session, "film")[0]
    stream = found["video"] if isinstance(found, dict) else found
    path = world.path(stream)
    assert path.suffix == ".ts"
    assert stream.mime_type == "video/mp2t"
    assert film_of(path) == ("h264", 20), "two seconds of ten pictures each, both segments whole"
