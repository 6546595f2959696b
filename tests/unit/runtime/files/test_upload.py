"""Values with files: what is found, what is refused before anything is sent, and what goes over the
wire. The app is played by the test.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import AuthenticationError, ConnectionLostError, UploadError
from gradio_session.files.upload import UploadProgress, Uploads
from gradio_session.protocol.base.effects import Request, Response
from tests.support.played_uploads import Played, send


@pytest.mark.parametrize(
    "kind", ["str", "path", "bytes", "bytearray", "memoryview", "opened", "buffer"]
)
def test_everything_that_is_a_file_is_uploaded(app: Played, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n...")
    content = path.read_bytes()
    value: Any = {
        "str": lambda: str(path),
        "path": lambda: path,
        "bytes": lambda: content,
        "bytearray": lambda: bytearray(content),
        "memoryview": lambda: memoryview(content),
        "opened": lambda: path.open("rb"),
        "buffer": lambda: io.BytesIO(content),
    }[kind]()
    sent = send(app, value)
    assert app.contents() == [content]
    assert sent["meta"] == {"_type": "gradio.FileData"}
    assert sent["path"].startswith("/srv/1/")
    assert sent["size"] == len(content)
    if kind in ("str", "path", "opened"):
        assert sent["orig_name"] == "cat.png"
    elif kind != "buffer":
        assert sent["orig_name"] == "file.png"


def test_an_opened_file_goes_from_where_it_stands(app: Played) -> None:
    buffer = io.BytesIO(b"0123456789")
    buffer.seek(4)
    assert send(app, buffer)["size"] == 6
    assert app.contents() == [b"456789"]


def test_a_file_of_unknown_length_goes_in_chunks(app: Played) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        sent = send(app, pipe)
    assert app.contents() == [b"from a pipe"]
    assert app.requests[0].content_length is None
    assert "size" not in sent


def test_an_address_is_left_to_the_app(app: Played) -> None:
    sent = send(app, "https://example.org/a/cat.png?x=1")
    assert sent == {
        "path": "https://example.org/a/cat.png?x=1",
        "url": "https://example.org/a/cat.png?x=1",
        "orig_name": "cat.png",
        "meta": {"_type": "gradio.FileData"},
    }
    assert not app.requests


def test_none_and_text_stay(app: Played) -> None:
    assert send(app, None) is None
    assert send(app, "/etc/passwd", "text|file") == "/etc/passwd"
    assert send(
        app, {"text": "/etc/passwd", "files": []}, {"keys": {"files": {"items": "file"}}}
    ) == {"text": "/etc/passwd", "files": []}
    assert not app.requests


def test_nested_values_are_copied_and_filled(app: Played, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name)
    value = [
        {"image": tmp_path / "a.txt", "caption": "x"},
        {"image": tmp_path / "b.txt"},
        {"image": str(tmp_path / "a.txt")},
    ]
    sent = send(app, value, {"items": {"keys": {"image": "file"}}})
    assert [item["image"]["path"] for item in sent] == [
        "/srv/1/a.txt",
        "/srv/2/b.txt",
        "/srv/1/a.txt",
    ]
    assert sent[0]["caption"] == "x"
    assert isinstance(value[0]["image"], Path)
    assert len(app.bodies) == 2, "the same file goes once"


def test_the_same_bytes_object_goes_once(app: Played) -> None:
    content = b"same"
    send(app, [content, content, b"other"], {"items": "file"})
    assert app.contents() == [b"same", b"other"]


def test_an_unchanged_file_is_uploaded_once_in_a_session(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    uploads = Uploads()
    first, second = send(app, path, uploads=uploads), send(app, str(path), uploads=uploads)
    assert first == second
    assert len(app.bodies) == 1
    assert uploads[str(path)].path == "/srv/1/a.txt"


def test_a_changed_file_is_uploaded_again(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    uploads = Uploads()
    path.write_text("one")
    send(app, path, uploads=uploads)
    path.write_text("two")
    os.utime(path, ns=(0, 123))
    assert send(app, path, uploads=uploads)["path"] == "/srv/2/a.txt"
    assert app.contents() == [b"one", b"two"]


def test_a_file_that_the_app_has_forgotten_is_uploaded_again(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    uploads = Uploads()
    send(app, path, uploads=uploads)
    app.gone.add("/srv/1/a.txt")
    assert send(app, path, uploads=uploads)["path"] == "/srv/2/a.txt"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'["a", "b"]', b"[null]", b'[""]'])
def test_an_upload_without_a_path_in_the_answer_is_an_error(app: Played, body: bytes) -> None:
    app.answer = lambda request: Response(200, {}, body, request.url)
    with pytest.raises(UploadError, match="image") as caught:
        send(app, b"x")
    assert caught.value.parameter == "image"


def test_statuses_become_their_errors(app: Played) -> None:
    app.answer = lambda request: Response(413, {}, b"File size exceeded", request.url)
    with pytest.raises(UploadError, match="too large"):
        send(app, b"x")
    app.answer = lambda request: Response(401, {}, b'{"detail":"Not authenticated"}', request.url)
    with pytest.raises(AuthenticationError):
        send(app, b"x")


def test_a_broken_connection_is_tried_once_more(app: Played) -> None:
    answers = iter([ConnectionLostError("cut"), None])

    def answer(request: Request) -> Response:
        error = next(answers)
        if error is not None:
            raise error
        return Response(200, {}, b'["/srv/x"]', request.url)

    app.answer = answer
    assert send(app, io.BytesIO(b"again"))["path"] == "/srv/x"
    assert app.contents() == [b"again", b"again"]


def test_progress_counts_the_bytes_of_the_file(app: Played) -> None:
    seen: list[UploadProgress] = []
    send(app, b"x" * 1_200_000, progress=seen.append)
    assert seen[-1] == UploadProgress("file", 1_200_000, 1_200_000)
    assert [each.sent for each in seen] == sorted(each.sent for each in seen)
    assert len(seen) >= 4


def test_a_file_that_shrinks_while_it_is_sent_is_an_error(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 2_000_000)

    def shrink(_: UploadProgress) -> None:
        path.write_bytes(b"x")

    with pytest.raises(UploadError, match="shorter"):
        send(app, path, progress=shrink)
