"""Bytes of a stream -> frames, however they are cut."""

from __future__ import annotations

import json
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_session.protocol.base import sse
from gradio_session.protocol.base.sse import FrameBuffer


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


def read(chunks: list[bytes]) -> list[bytes]:
    buffer = FrameBuffer()
    return [frame for chunk in chunks for frame in buffer.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        (b'data: {"a":1}\n\n', [b'{"a":1}']),
        (b"data: 1\n\ndata: 2\n\n", [b"1", b"2"]),
        (b"data:1\n\n", [b"1"]),
        (b": a comment\n\ndata: 1\n\n", [b"1"]),
        (b": ping\ndata: 1\n\n", [b"1"]),
        (b"event: x\nid: 7\nretry: 5\ndata: 1\n\n", [b"1"]),
        (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"1", b"2"]),
        (b"data: 1\r\rdata: 2\r\r", [b"1", b"2"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\n", [b""]),
        (b"\n\n\ndata: 1\n\n", [b"1"]),
        (b"\xef\xbb\xbfdata: 1\n\n", [b"1"]),
        (b"data: unfinished", []),
        (
            'data: "\u2028\u0085\u2029\x0b\x0c"\n\n'.encode(),
            ['"\u2028\u0085\u2029\x0b\x0c"'.encode()],
        ),
    ],
)
def test_grammar(stream: bytes, frames: list[bytes]) -> None:
    assert read([stream]) == frames
    assert read([bytes([byte]) for byte in stream]) == frames


@given(
    st.lists(st.text(max_size=40), max_size=6),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_cuts_change_nothing(texts: list[str], newline: bytes, places: list[int]) -> None:
    payloads = [
        json.dumps({"msg": "x", "text": text}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        for text in texts
    ]
    stream = b"".join(b"data: " + payload + newline * 2 for payload in payloads)
    assert read(cut(stream, places)) == payloads


class Searched(bytearray):
    """Counts the bytes that are searched."""

    total = 0

    def find(self, what: Any, start: Any = 0, end: Any = None) -> int:
        Searched.total += len(range(len(self))[start:end])
        return super().find(what, start, end)


def test_a_large_message_is_searched_once_and_frees_its_buffer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "bytearray", Searched, raising=False)
    monkeypatch.setattr(Searched, "total", 0)
    size, piece = 8 << 20, b"x" * (1 << 10)
    tracemalloc.start()
    try:
        buffer = FrameBuffer()
        buffer.feed(b"data: ")
        for _ in range(size // len(piece)):
            assert buffer.feed(piece) == []
        assert Searched.total < 2 * size
        assert buffer.feed(b"\n\n") == [piece * (size // len(piece))]
        assert tracemalloc.get_traced_memory()[0] < size // 8
    finally:
        tracemalloc.stop()
