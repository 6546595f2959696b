"""Downloads of streams through their playlists, which an app can fill with anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_session.errors import DownloadError
from tests.support.downloads import names, secrets_seen
from tests.support.file_worlds import Make
from tests.support.hostile_server import Asked, HostileServer, head, reply


def test_a_stream_is_fetched_through_its_playlist(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    looks: list[int] = []

    def playlist(_: Asked) -> Iterator[bytes]:
        looks.append(1)
        body = b"#EXTM3U\n#EXTINF:1,\n1.aac\n" + (
            b"#EXTINF:1,\n2.aac\n#EXT-X-ENDLIST\n" if len(looks) > 1 else b""
        )
        yield head(200, {"content-length": str(len(body))}) + body

    app.on("/gradio_api/stream/h/1/2/playlist.m3u8", playlist)
    app.on("/gradio_api/stream/h/1/2/1.aac", reply(b"first "))
    app.on("/gradio_api/stream/h/1/2/2.aac", reply(b"second"))
    world = make(app.url, tmp_path)
    file = world.file("h/1/2/playlist.m3u8", is_stream=True, orig_name="audio-stream.mp3")
    assert world.path(file) == tmp_path / "audio-stream.aac"
    assert file.mime_type == "audio/aac"
    assert world.read(file) == b"first second"


def test_a_stream_of_pictures_is_no_source_of_translations(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    """Systems that know .ts as a file of Qt's translations do not decide its type."""
    app.on(
        "/gradio_api/stream/h/1/2/playlist.m3u8",
        reply(b"#EXTM3U\n#EXTINF:1,\n1.ts\n#EXT-X-ENDLIST\n"),
    )
    app.on("/gradio_api/stream/h/1/2/1.ts", reply(b"pictures"))
    world = make(app.url, tmp_path)
    file = world.file("h/1/2/playlist.m3u8", is_stream=True, orig_name="video-stream.mp4")
    assert file.mime_type is None
    assert world.path(file) == tmp_path / "video-stream.ts"
    assert file.mime_type == "video/mp2t"


def test_a_playlist_cannot_lead_to_private_hosts_nor_get_credentials_sent(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    stranger.on("/", reply(b"internal"))
    body = b"#EXTM3U\n#EXTINF:1,\n" + stranger.url.encode() + b"/secret.ts\n#EXT-X-ENDLIST\n"
    app.on("/gradio_api/stream/", reply(body))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="not public"):
        world.path(world.file("h/1/2/playlist.m3u8", is_stream=True))
    assert not stranger.asked
    allowed = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    allowed.path(allowed.file("h/1/2/playlist.m3u8", is_stream=True))
    assert secrets_seen(stranger) == []


@pytest.mark.parametrize(
    "line",
    ["../../../../logout", "/logout", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/logout", "x/..\\..\\logout.ts"],
)
def test_a_playlist_cannot_lead_to_other_addresses_of_the_app(
    make: Make, app: HostileServer, tmp_path: Path, line: str
) -> None:
    app.on("/", reply(b"logged out"))
    body = f"#EXTM3U\n#EXTINF:1,\n{line}\n#EXT-X-ENDLIST\n".encode()
    app.on("/gradio_api/stream/h/1/2/playlist.m3u8", reply(body))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="leads to other addresses of the app"):
        world.path(world.file("h/1/2/playlist.m3u8", is_stream=True))
    assert [each.target for each in app.asked] == ["/gradio_api/stream/h/1/2/playlist.m3u8"]


def test_the_size_limit_holds_for_a_whole_stream(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(
        "/gradio_api/stream/",
        reply(b"#EXTM3U\n" + b"#EXTINF:1,\nx.ts\n" * 100 + b"#EXT-X-ENDLIST\n"),
    )
    app.on("/gradio_api/stream/h/1/2/x.ts", reply(b"x" * 1000))
    world = make(app.url, tmp_path, max_download_bytes=10_000)
    with pytest.raises(DownloadError, match="max_download_bytes"):
        world.path(world.file("h/1/2/playlist.m3u8", is_stream=True))
    assert names(tmp_path) == []
