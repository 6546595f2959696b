"""The head of a message, which tells whose it is, and its content."""

from __future__ import annotations

import pytest

from gradio_session.protocol.queue.messages import decode, head_of


@pytest.mark.parametrize(
    ("frame", "head"),
    [
        (b'{"msg":"estimation","event_id":"ab12","rank":0}', ("estimation", "ab12")),
        (b'{"msg": "heartbeat", "event_id": null}', ("heartbeat", None)),
        (b'{"event_id":"ab","msg":"log"}', ("log", "ab")),
        (b'{"msg":"x","event_id":"a\\"b"}', ("x", 'a"b')),
        ('{"msg":"x","event_id":"\u00fc"}'.encode(), ("x", "\u00fc")),
        (b'{"msg":"log","log":"x"}', ("log", None)),
        (b'{"msg":"log","event_id":7}', ("log", None)),
        (b'{"msg":7}', None),
        (b"[1]", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_head(frame: bytes, head: tuple[str, str | None] | None) -> None:
    assert head_of(frame) == head


def test_the_head_of_gradios_own_frames_is_found_without_parsing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "gradio_session.protocol.queue.messages.json.loads", lambda _: pytest.fail("parsed")
    )
    assert head_of(
        b'{"msg":"process_generating","event_id":"0f","output":{"data":["' + b"x" * 1000
    ) == ("process_generating", "0f")


def test_garbage_decodes_to_none() -> None:
    assert decode(b"{") is None
    assert decode("[" * 100_000) is None
