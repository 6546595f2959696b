"""Results with files: what becomes a `RemoteFile`, what is refused, what is left alone."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import DownloadError, ResponseError
from gradio_session.files.file_data import decode_data_url, locate, mime_type_of, name_of
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile, reference_of
from gradio_session.files.wrap import wrap
from gradio_session.protocol.app_schema.config import AppConfig
from gradio_session.protocol.operations.hls import parse_playlist
from gradio_session.sentinels import UNCHANGED
from tests.support.file_worlds import config_of

META = {"_type": "gradio.FileData"}
BASE = "http://127.0.0.1:7860/lab"


def config(**facts: Any) -> AppConfig:
    return config_of(BASE, **facts)


class OfflineSession:
    """A session that has read its configuration and must not be asked for more."""

    config = config()
    max_download_bytes = None
    allowed_hosts: tuple[str, ...] = ()
    log_in_again: Any = None
    credentials: Any = None
    download_path = None
    closed = False
    asynchronous = False

    def run(self, flow: Any) -> Any:
        raise AssertionError(f"nothing is fetched while a result is wrapped: {flow}")


def file(path: str | None = "/tmp/gradio/abc/cat.png", **facts: Any) -> dict[str, Any]:
    return {
        "path": path,
        "url": "http://internal:1/wrong",
        "size": None,
        "orig_name": "cat.png",
        "mime_type": None,
        "is_stream": False,
        "meta": META,
        **facts,
    }


def wrapped(value: Any, shape: Any) -> Any:
    return wrap(value, shape, OfflineSession())


def test_a_file_becomes_a_reference_and_its_address_is_built_from_its_path() -> None:
    found = wrapped(file("/tmp/gradio/a b/ü#?.png", size=7), "file")
    assert isinstance(found, RemoteFile)
    assert found.url == f"{BASE}/gradio_api/file=/tmp/gradio/a%20b/%C3%BC%23%3F.png"
    assert (found.name, found.size, found.mime_type) == ("cat.png", 7, "image/png")


@pytest.mark.parametrize("shape", ["file", "text|file"])
def test_none_stays_none(shape: str) -> None:
    assert wrapped(None, shape) is None
    assert wrapped(file(None, url=None), shape) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "~/.ssh/id_rsa",
        "/etc/passwd",
        "http://example.org/x",
        3,
        True,
        {},
        {"path": 3},
        {"path": "/x", "other": 1},
    ],
)
def test_what_is_no_file_is_refused_where_only_a_file_can_be(value: Any) -> None:
    with pytest.raises(ResponseError) as caught:
        wrap(value, "file", OfflineSession(), path="[1]")
    assert caught.value.path == "[1]"
    assert caught.value.data == value


def test_several_files_where_one_was_declared_are_a_list_of_files() -> None:
    assert [type(each) for each in wrapped([file(), file("/b")], "file")] == [RemoteFile] * 2
    assert wrapped([file(), None], "file")[1] is None
    assert wrapped([], "file") == []
    either = {"file": "file", "keys": {"video": "file"}}
    assert [type(each) for each in wrapped([file(), file("/b")], either)] == [RemoteFile] * 2
    assert wrapped(["text", file()], "text|file")[0] == "text"


def test_one_file_where_several_were_declared_is_a_list_of_one() -> None:
    assert [type(each) for each in wrapped(file(), {"items": "file"})] == [RemoteFile]


@pytest.mark.parametrize("value", [["/etc/passwd"], [[]], [3], [{"path": "/x", "other": 1}]])
def test_a_list_of_what_is_no_file_is_refused_where_only_a_file_can_be(value: list[Any]) -> None:
    with pytest.raises(ResponseError) as caught:
        wrap(value, "file", OfflineSession(), path="[1]")
    assert caught.value.path == "[1][0]"


@pytest.mark.parametrize("shape", ["file", "text|file", {"items": "file"}, {"keys": {"a": "file"}}])
def test_what_was_left_as_it_was_stays_so(shape: Any) -> None:
    assert wrapped(UNCHANGED, shape) is UNCHANGED


def test_a_text_where_text_is_allowed_stays_text() -> None:
    assert wrapped("~/.ssh/id_rsa", "text|file") == "~/.ssh/id_rsa"
    assert isinstance(wrapped(file(), "text|file"), RemoteFile)


def test_containers_are_copied_along_the_shape_and_nothing_else_is_touched() -> None:
    value = [
        {"image": file(), "caption": "/etc/passwd", "extra": {"deep": file()}},
        {"image": file("/b/dog.png"), "caption": None},
    ]
    found = wrapped(value, {"items": {"keys": {"image": "file"}}})
    assert [type(item["image"]) for item in found] == [RemoteFile, RemoteFile]
    assert found[0]["caption"] == "/etc/passwd"
    assert found[0]["extra"] is value[0]["extra"]
    assert isinstance(value[0]["image"], dict)


def test_prefixes_values_and_alternatives() -> None:
    found = wrapped(
        [file(), None, "x", file()], {"prefix": ("file", "file", None), "items": "file"}
    )
    assert [type(item).__name__ for item in found] == [
        "RemoteFile",
        "NoneType",
        "str",
        "RemoteFile",
    ]
    found = wrapped({"a": file(), "b": 1}, {"values": "text|file"})
    assert isinstance(found["a"], RemoteFile)
    assert found["b"] == 1
    either = {"items": "file", "file": "text|file"}
    assert isinstance(wrapped(file(), either), RemoteFile)
    assert isinstance(wrapped([file()], either)[0], RemoteFile)
    assert wrapped("text", either) == "text"


def test_the_place_of_a_mismatch_is_told() -> None:
    with pytest.raises(ResponseError, match=r"\[0\]\[1\]\.image") as caught:
        wrap(
            [{"image": file()}, {"image": "/etc/passwd"}],
            {"items": {"keys": {"image": "file"}}},
            OfflineSession(),
            path="[0]",
        )
    assert caught.value.path == "[0][1].image"


def test_the_form_without_meta_is_a_file_only_if_it_holds_nothing_else() -> None:
    assert isinstance(
        wrapped(
            {"path": "/x/a.png", "url": None, "size": 1, "orig_name": "a.png", "mime_type": None},
            "file",
        ),
        RemoteFile,
    )
    with pytest.raises(ResponseError):
        wrapped({"path": "/x/a.png", "note": "hello"}, "file")


@pytest.mark.parametrize(
    ("data", "url", "own"),
    [
        (file("a.png"), f"{BASE}/gradio_api/file=a.png", True),
        (file("C:\\x\\a.png"), f"{BASE}/gradio_api/file=C%3A%5Cx%5Ca.png", True),
        (file("../../secret"), f"{BASE}/gradio_api/file=%2E%2E/%2E%2E/secret", True),
        (file("/tmp/./..x/.y"), f"{BASE}/gradio_api/file=/tmp/%2E/..x/.y", True),
        (file("https://example.org/a.png"), "https://example.org/a.png", False),
        (file(f"{BASE}/gradio_api/file=/x.png"), f"{BASE}/gradio_api/file=/x.png", True),
        (file(f"{BASE}/logout"), f"{BASE}/logout", False),
        (
            file("http://127.0.0.1:7860.evil.org/lab/gradio_api/file=/x"),
            "http://127.0.0.1:7860.evil.org/lab/gradio_api/file=/x",
            False,
        ),
        (file(None, url="https://example.org/b.png"), "https://example.org/b.png", False),
        (
            file("h/1/2/playlist.m3u8", is_stream=True, url="http://evil/x"),
            f"{BASE}/gradio_api/stream/h/1/2/playlist.m3u8",
            True,
        ),
        (file("http://evil/playlist.m3u8", is_stream=True), "http://evil/playlist.m3u8", False),
    ],
)
def test_where_a_file_is(data: dict[str, Any], url: str, own: bool) -> None:
    found = locate(data, config())
    assert (found.url, found.own, found.base_url) == (url, own, BASE)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"orig_name": "../../evil.png"}, "evil.png"),
        ({"orig_name": None, "path": "/tmp/x/dog.jpg"}, "dog.jpg"),
        ({"path": "https://example.org/a/cat%20one.png?token=secret#x"}, "cat one.png"),
        ({"path": "https://example.org/"}, "file"),
        ({"path": None, "url": "data:image/png;base64,AAAA"}, "file.png"),
        ({"orig_name": "noext", "mime_type": "image/png"}, "noext.png"),
        ({"orig_name": "noext", "mime_type": "application/octet-stream"}, "noext"),
        ({"orig_name": "noext", "mime_type": 'image/png"><script>'}, "noext"),
    ],
)
def test_names(data: dict[str, Any], name: str) -> None:
    assert name_of(data) == name


def test_a_stream_is_named_after_its_segments() -> None:
    assert (
        name_of({"orig_name": "audio-stream.mp3", "is_stream": True}, ".aac") == "audio-stream.aac"
    )
    assert name_of({"orig_name": "clip", "is_stream": True}, ".ts") == "clip.ts"


def test_a_type_is_what_the_app_says_or_the_name_tells() -> None:
    assert mime_type_of({"mime_type": "Audio/WAV; x=y", "orig_name": "a.png"}) == "audio/wav"
    assert mime_type_of({"mime_type": "text/html\r\nx: y", "orig_name": "a.png"}) == "image/png"
    assert mime_type_of({"orig_name": "a"}) is None


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("data:image/png;base64,aGk=", b"hi"),
        ("data:;base64,aGk", b"hi"),
        ("data:;base64,aG%0Ak%3D", b"hi"),
        ("data:;base64,", b""),
        ("data:,a%20b", b"a b"),
        ("DATA:text/plain;base64,aGk", b"hi"),
    ],
)
def test_content_that_comes_with_the_result(url: str, content: bytes) -> None:
    assert decode_data_url(url) == content


def test_broken_content_is_an_error() -> None:
    with pytest.raises(DownloadError):
        decode_data_url("data:image/png;base64")
    with pytest.raises(DownloadError):
        decode_data_url("data:image/png;base64,aGkaG")


@pytest.mark.parametrize("broken", ["!!!", "aG!k", "aGk=aGk=", "a", "-_8", "aGk\x00"])
def test_what_is_no_base64_is_not_passed_over(broken: str) -> None:
    with pytest.raises(DownloadError, match="base64 is broken"):
        decode_data_url(f"data:;base64,{broken}")


def test_a_copy_is_the_file_itself() -> None:
    found = wrapped(file(), "file")
    assert copy.copy(found) is found
    assert copy.deepcopy([found])[0] is found


def test_it_can_be_iterated_and_is_no_opened_file_to_libraries() -> None:
    found = wrapped(file(), "file")
    assert not hasattr(found, "__iter__")
    assert isinstance(found, Iterable)
    assert isinstance(found, os.PathLike)


def test_the_repr_holds_no_query() -> None:
    found = wrapped(file("https://bucket.example.org/cat.png?X-Signature=verysecret"), "file")
    assert "verysecret" not in repr(found)
    assert "cat.png" in repr(found)


def test_a_playlist_gives_its_segments_and_whether_it_has_ended() -> None:
    begun = b"#EXTM3U\n#EXT-X-VERSION:4\n#EXTINF:1.0,\r\na.aac\n\n#EXTINF:2,\nb.aac\n"
    assert parse_playlist(begun) == (["a.aac", "b.aac"], False)
    assert parse_playlist(begun + b"#EXT-X-ENDLIST\n") == (["a.aac", "b.aac"], True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\nx.ts",
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8",
        b"#EXTM3U\n" + b"a\n" * 100_001,
    ],
)
def test_what_is_no_playlist_of_gradio(body: bytes) -> None:
    with pytest.raises(ValueError, match="playlist"):
        parse_playlist(body)


def test_a_stream_of_gradio_4_is_shared_by_the_outputs_of_one_call_alone(tmp_path: Path) -> None:
    sound = file("abc/1/2", is_stream=True)
    first, same, other = (
        wrap(sound, "file", OfflineSession(), call=call) for call in ("one", "one", "two")
    )
    local = tmp_path / "beep.wav"
    local.touch()
    restored = FileReference(sound, locate(sound, config()), None, str(local), "one")
    assert [reference_of(each).local for each in (first, same, other)] == [str(local)] * 2 + [None]
    assert pickle.loads(pickle.dumps(restored)).local == str(local)
