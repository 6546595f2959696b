"""Playlists of streams, as text."""

from __future__ import annotations

import pytest

from gradio_session.protocol.operations.hls import parse_playlist


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
