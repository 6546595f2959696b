"""Values with files: what is found, what is refused before anything is sent, and what goes over the
wire. The app is played by the test.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import AuthenticationError, ConnectionLostError, UploadError
from gradio_session.files.remote_file import RemoteFile
from gradio_session.files.upload import Uploader, UploadProgress, Uploads
from gradio_session.files.wrap import wrap
from gradio_session.protocol.base.effects import (
    Blocking,
    Gather,
    Read,
    Request,
    Resolve,
    Response,
    SingleFlight,
    Sleep,
)
from gradio_session.protocol.base.multipart import Multipart
from tests.support.file_worlds import config_of
from tests.unit.runtime.files.test_wrap import OfflineSession, config, file

Answer = Callable[[Request], Response]


class Played:
    """Performs the effects of a flow, with the app's answers made up: uploads get the path
    "/srv/N/NAME".
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.answer: Answer | None = None
        self.gone: set[str] = set()
        self.addresses = ["93.184.216.34"]

    def run(self, flow: Any) -> Any:
        result, error = None, None
        while True:
            try:
                effect = flow.throw(error) if error else flow.send(result)
            except StopIteration as stop:
                return stop.value
            try:
                result, error = self._perform(effect), None
            except Exception as caught:  # noqa: BLE001 - handed to the flow
                result, error = None, caught

    def _perform(self, effect: Any) -> Any:
        if isinstance(effect, Gather):
            return [self.run(flow) for flow in effect.flows]
        if isinstance(effect, SingleFlight):
            return self.run(effect.make())
        if isinstance(effect, Blocking):
            return effect.function()
        if isinstance(effect, Resolve):
            return self.addresses
        if isinstance(effect, Sleep):
            return None
        assert isinstance(effect, Request)
        return self._request(effect)

    def _request(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method == "HEAD":
            path = request.url.partition("file=")[2]
            return Response(403 if path in self.gone else 200, {}, b"", request.url)
        assert callable(request.content)
        body = b"".join(self._sent(request))
        self.bodies.append(body)
        if request.content_length is not None:
            assert request.content_length == len(body)
        if self.answer is not None:
            return self.answer(request)
        name = re.search(rb'filename="([^"]*)"', body)
        assert name is not None
        return Response(200, {}, b'["/srv/%d/%s"]' % (len(self.bodies), name[1]), request.url)

    @staticmethod
    def _sent(request: Request) -> Iterator[bytes]:
        sent = 0
        assert callable(request.content)
        for chunk in request.content():
            yield chunk
            sent += len(chunk)
            if request.progress is not None:
                request.progress(sent)

    def contents(self) -> list[bytes]:
        return [body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0] for body in self.bodies]


@pytest.fixture
def app() -> Played:
    return Played()


def send(
    app: Played, value: Any, shape: Any = "file", uploads: Uploads | None = None, **options: Any
) -> Any:
    max_file_size = options.pop("max_file_size", None)
    known = Uploads() if uploads is None else uploads
    uploader = Uploader(config(max_file_size=max_file_size), known, **options)
    return app.run(uploader.exchange([value], {0: shape}, ["image"]))[0]


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


def closed() -> io.BytesIO:
    buffer = io.BytesIO(b"x")
    buffer.close()
    return buffer


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no/such/file.png", "does not exist"),
        ("", "folder"),
        (Path.cwd(), "folder"),
        ("a\0b", "cannot be read"),
        ("/dev/null", "not a regular file"),
        (io.StringIO("text"), "text"),
        (closed(), "closed"),
        (3, "not a file"),
        (["a.png"], "not a file"),
        ({"x": 1}, "not a file"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_sent(
    app: Played, tmp_path: Path, value: Any, words: str
) -> None:
    good = tmp_path / "good.txt"
    good.write_text("x")
    layouts: Any = {0: "file", 1: "file"}
    flow = Uploader(config(), Uploads()).exchange([good, value], layouts, ["first", "second"])
    with pytest.raises(UploadError, match=words) as caught:
        app.run(flow)
    assert caught.value.parameter == "second"
    assert "second" in str(caught.value)
    assert not app.requests


def test_a_file_opened_as_text_is_refused(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    with path.open() as opened, pytest.raises(UploadError, match="text"):
        send(app, opened)


def test_one_file_where_several_belong_is_refused(app: Played, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    with pytest.raises(UploadError, match="list"):
        send(app, path, {"items": "file"})


@pytest.mark.parametrize("value", [b"x" * 11, io.BytesIO(b"x" * 11)])
def test_a_file_over_the_limit_is_refused_before_it_is_sent(app: Played, value: Any) -> None:
    with pytest.raises(UploadError, match="10 bytes"):
        send(app, value, max_file_size=10)
    assert not app.requests


def test_a_limit_holds_also_where_the_length_is_not_known(app: Played) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 11)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, pytest.raises(UploadError, match="10 bytes"):
        send(app, pipe, max_file_size=10)


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


def test_a_file_of_the_same_app_goes_by_its_path(app: Played) -> None:
    remote = wrap(file("/tmp/gradio/x/cat.png", size=3), "file", OfflineSession())
    sent = send(app, remote)
    assert sent["path"] == "/tmp/gradio/x/cat.png"
    assert "url" not in sent
    assert not app.requests


def test_a_file_with_a_foreign_address_goes_by_its_address(app: Played) -> None:
    remote = wrap(file("https://example.org/cat.png"), "file", OfflineSession())
    assert send(app, remote)["path"] == "https://example.org/cat.png"
    assert not app.requests


def test_content_inside_a_result_is_uploaded(app: Played) -> None:
    remote = wrap(file(None, url="data:image/png;base64,aGk="), "file", OfflineSession())  # type: ignore[arg-type]
    assert send(app, remote)["path"].startswith("/srv/1/")
    assert app.contents() == [b"hi"]


def test_a_file_data_of_the_users_own_making_passes_with_its_type(app: Played) -> None:
    assert send(app, {"path": "/srv/known.png"}) == {
        "path": "/srv/known.png",
        "meta": {"_type": "gradio.FileData"},
    }
    assert not app.requests


class OtherApp(OfflineSession):
    """A session of another app, whose files anybody may fetch, or only who knows its token."""

    class _Credentials:
        def __init__(self, secret: bool) -> None:
            self.secret = secret
            self.cookies: dict[str, str] = {}

        def headers_for(self, url: str) -> dict[str, str]:
            return {"authorization": "Bearer x"} if self.secret and url else {}

    def __init__(self, *, secret: bool) -> None:
        self.config = config_of("https://other.example.org")
        self.credentials = self._Credentials(secret)
        self.content = iter([b"content ", b"of the other"])

    def run(self, flow: Any) -> Any:
        result: Any = None
        while True:
            try:
                effect = flow.send(result)
            except StopIteration as stop:
                return stop.value
            if isinstance(effect, Request):
                result = Response(200, {"content-length": "20"}, b"", effect.url)
            else:
                result = next(self.content, b"") if isinstance(effect, Read) else None


def test_a_public_file_of_another_app_goes_by_its_address(app: Played) -> None:
    remote = wrap(file("/x/cat.png"), "file", OtherApp(secret=False))
    assert send(app, remote)["path"] == "https://other.example.org/gradio_api/file=/x/cat.png"
    assert not app.requests


@pytest.mark.parametrize(
    ("secret", "addresses"),
    [(True, ["93.184.216.34"]), (False, ["10.0.0.1"]), (False, ["93.184.216.34", "127.0.0.1"])],
)
def test_any_other_file_of_another_app_is_streamed_through(
    app: Played, secret: bool, addresses: list[str]
) -> None:
    app.addresses = addresses
    remote = wrap(file("/x/cat.png"), "file", OtherApp(secret=secret))
    assert isinstance(remote, RemoteFile)
    assert send(app, remote)["path"] == "/srv/1/cat.png"
    assert app.contents() == [b"content of the other"]
    assert app.requests[0].content_length is not None


def test_a_file_name_cannot_break_out_of_its_header() -> None:
    body = Multipart('a"; x="\r\nevil: 1\\.txt', "text/plain", lambda: iter([b"abc"]), 3, "B")
    made = b"".join(body())
    assert made.count(b"\r\n") == 6
    assert b'filename="a_; x=___evil: 1_.txt"' in made
    assert body.length == len(made)
    assert Multipart("ü.txt", "text/plain", lambda: iter([]), None, "B").length is None
