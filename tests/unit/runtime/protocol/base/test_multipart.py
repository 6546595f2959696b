"""The body of an upload."""

from __future__ import annotations

from gradio_session.protocol.base.multipart import Multipart


def test_a_file_name_cannot_break_out_of_its_header() -> None:
    body = Multipart('a"; x="\r\nevil: 1\\.txt', "text/plain", lambda: iter([b"abc"]), 3, "B")
    made = b"".join(body())
    assert made.count(b"\r\n") == 6
    assert b'filename="a_; x=___evil: 1_.txt"' in made
    assert body.length == len(made)
    assert Multipart("ü.txt", "text/plain", lambda: iter([]), None, "B").length is None
