"""What is read off the description of a file: its address, name, type and content."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import DownloadError
from gradio_session.files.file_data import decode_data_url, locate, mime_type_of, name_of
from tests.support.offline_files import BASE, config, file


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
        ({"orig_name": "ab://[no-host"}, "[no-host"),
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
    assert mime_type_of({"orig_name": "data:text/html,x"}) is None, "a name is no address"
    assert mime_type_of({"orig_name": "ab://[no-host.png"}) == "image/png"


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
