"""What stands in the place of a file: what is refused before anything is sent, and what need not be
uploaded.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import UploadError
from gradio_session.files.remote_file import RemoteFile
from gradio_session.files.upload import Uploader, Uploads
from gradio_session.files.wrap import wrap
from gradio_session.protocol.base.effects import Read, Request, Response
from gradio_session.testing import file as made
from tests.support.file_worlds import config_of
from tests.support.offline_files import OfflineApp, config, file, session_of
from tests.support.played_uploads import Played, send


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


def test_a_file_of_the_same_app_goes_by_its_path(app: Played) -> None:
    remote = wrap(file("/tmp/gradio/x/cat.png", size=3), "file", session_of())
    sent = send(app, remote)
    assert sent["path"] == "/tmp/gradio/x/cat.png"
    assert "url" not in sent
    assert not app.requests


def test_a_file_with_a_foreign_address_goes_by_its_address(app: Played) -> None:
    remote = wrap(file("https://example.org/cat.png"), "file", session_of())
    assert send(app, remote)["path"] == "https://example.org/cat.png"
    assert not app.requests


def test_content_inside_a_result_is_uploaded(app: Played) -> None:
    remote = wrap(file(None, url="data:image/png;base64,aGk="), "file", session_of())  # type: ignore[arg-type]
    assert send(app, remote)["path"].startswith("/srv/1/")
    assert app.contents() == [b"hi"]


def test_a_file_that_a_test_made_is_uploaded_with_its_content(app: Played) -> None:
    assert send(app, made("cat.txt", "purr"))["orig_name"] == "cat.txt"
    assert app.contents() == [b"purr"]


def test_a_file_data_of_the_users_own_making_passes_with_its_type(app: Played) -> None:
    assert send(app, {"path": "/srv/known.png"}) == {
        "path": "/srv/known.png",
        "meta": {"_type": "gradio.FileData"},
    }
    assert not app.requests


class OtherApp(OfflineApp):
    """A session of another app, whose files anybody may fetch, or only who knows its token."""

    class _Credentials:
        def __init__(self, secret: bool) -> None:
            self.secret = secret
            self.cookies: dict[str, str] = {}

        def headers_for(self, url: str) -> dict[str, str]:
            return {"authorization": "Bearer x"} if self.secret and url else {}

    def __init__(self, *, secret: bool) -> None:
        self.last_config = config_of("https://other.example.org")
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
    remote = wrap(file("/x/cat.png"), "file", session_of(OtherApp(secret=False)))
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
    remote = wrap(file("/x/cat.png"), "file", session_of(OtherApp(secret=secret)))
    assert isinstance(remote, RemoteFile)
    assert send(app, remote)["path"] == "/srv/1/cat.png"
    assert app.contents() == [b"content of the other"]
    assert app.requests[0].content_length is not None
