"""`record` and `replay`: what a real client did, again and without a network, in both worlds."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generated.image_lab import AsyncImageLab, ImageLab
from gradio_session import AppError, GradioSessionError
from gradio_session.testing import calls, record, replay

if TYPE_CHECKING:
    from tests.conftest import Serve

from tests.support.environments import ROOT


@pytest.fixture(scope="module")
def recording(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a plain client that is logged in and has a token."""
    url = serve(ROOT / "examples" / "lab.py", auth=["ada", "lovelace"])
    folder = tmp_path_factory.mktemp("recording")
    path = folder / "deep" / "lab.json"
    picture = folder / "in.png"
    with (
        ImageLab(url, auth=("ada", "lovelace"), token="t0ken", headers={"X-Key": "s3cret"}) as lab,
        record(lab, path),
    ):
        image, _ = lab.generate("a cat", steps=2)
        picture.write_bytes(image.read())
        list(lab.describe.submit(image, style="poetic"))
        lab.upscale(picture)
        with pytest.raises(AppError):
            lab.moderate("blood")
        lab.count(1)
        lab.count(1)
        list(lab.moderate.map(["a", "b"]))
        lab.chat({"text": "look", "files": [picture]}, [])
        running = lab.timelapse.submit("sunrise", frames=100, interval=0.2)
        running.cancel()
    return path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a replay used the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_calls_are_answered_again(recording: Path, no_network: None) -> None:
    lab = replay(ImageLab, recording)
    result = lab.generate("a cat", steps=2)
    assert type(result).__name__ == "GenerateResult"
    assert result.seed_used == 7
    assert result.image.read().startswith(b"\x89PNG")
    words = list(lab.describe.submit(result.image, style="poetic"))
    assert len(words) > 5
    assert words[-1].startswith("A 256 by 256 picture")
    larger = lab.upscale(recording.parent.parent / "in.png")
    assert larger.name == "in-x2.png"
    with pytest.raises(AppError, match="is not allowed here") as caught:
        lab.moderate("blood")
    assert caught.value.title == "Moderation"
    assert [lab.count(1) for _ in range(3)] == [1, 2, 2]
    assert [lab.moderate("b"), lab.moderate("a")] == ["b", "a"]
    history = lab.chat({"text": "look", "files": [recording.parent.parent / "in.png"]}, [])
    assert history[-1]["content"][0]["file"].read().startswith(b"\x89PNG")  # type: ignore[typeddict-item]
    assert [call.endpoint for call in calls(lab)][:3] == ["generate", "describe", "upscale"]


async def test_by_an_asynchronous_client_too(recording: Path) -> None:
    lab = replay(AsyncImageLab, recording)
    image, _ = await lab.generate("a cat", steps=2)
    assert (await image.aread()).startswith(b"\x89PNG")
    assert len([text async for text in lab.describe.submit(image, style="poetic")]) > 5


async def test_an_asynchronous_client_records_the_same(serve: Serve, tmp_path: Path) -> None:
    async with (
        AsyncImageLab(serve(ROOT / "examples" / "lab.py")) as lab,
        record(lab, tmp_path / "lab.json"),
    ):
        image, _ = await lab.generate("a cat", steps=2)
        async for _ in lab.describe.submit(image):
            pass
        assert [result async for result in lab.moderate.map(["a", "b"])] == ["a", "b"]
    again = replay(ImageLab, tmp_path / "lab.json")
    assert len(list(again.describe.submit(again.generate("a cat", steps=2).image))) > 3
    assert again.moderate("b") == "b"


def test_no_secret_and_no_address_is_in_it(recording: Path) -> None:
    text = recording.read_text()
    for secret in ("lovelace", "t0ken", "s3cret", "127.0.0.1", "access-token", "/tmp/"):
        assert secret not in text
    endpoints = [call["endpoint"] for call in json.loads(text)["calls"]]
    assert "/timelapse" not in endpoints, "a cancelled call is no answer"


def test_other_inputs_are_an_error_that_says_what_was_recorded(recording: Path) -> None:
    lab = replay(ImageLab, recording)
    with pytest.raises(
        GradioSessionError,
        match=r'generate was not recorded with these inputs.*"a dog".*'
        r'recorded are:\n  \["a cat", "euler", 2',
    ):
        lab.generate("a dog", steps=2)
    with pytest.raises(GradioSessionError, match="there is none of that endpoint"):
        lab.timelapse()


def test_a_block_that_fails_writes_nothing_and_leaves_the_client_as_it_was(
    lab_url: str, tmp_path: Path
) -> None:
    with ImageLab(lab_url) as lab:
        recorder = record(lab, tmp_path / "lab.json")
        with pytest.raises(AppError), recorder:
            lab.moderate("blood")
        assert lab.count(1) == 1
        assert not recorder.active
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"gradio_session_recording": 1}',
        '{"gradio_session_recording": 1, "calls": [{}]}',
        "nonsense",
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(GradioSessionError, match="is no recording"):
        replay(ImageLab, tmp_path / "x.json")


def test_a_newer_recording_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"gradio_session_recording": 2, "calls": []}')
    with pytest.raises(GradioSessionError, match="newer"):
        replay(ImageLab, tmp_path / "x.json")
