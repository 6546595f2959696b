"""What an answer means that is not the one hoped for."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import (
    AppError,
    AuthenticationError,
    GradioSessionError,
    InputValidationError,
    ProtocolError,
    QueueFullError,
    RateLimitedError,
)
from gradio_session.protocol.base.text import clean, one_line
from gradio_session.protocol.operations.responses import retry_after, submit_error
from tests.support.flows import reply

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 5 "}, 5.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:29:30 GMT", "date": NOW}, 90.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:29:30 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:29:30 GMT", "date": "yesterday"}, None),
        ({"retry-after": "soon", "date": NOW}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "9" * 400}, 999_999_999.0),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


VALIDATION = [
    {
        "__type__": "validate",
        "is_valid": False,
        "message": "Must be even.\x1b[2J",
        "parameter_name": "count",
    },
    {"is_valid": True, "message": ""},
    {"is_valid": False, "message": None},
]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            reply({"detail": VALIDATION}, 422),
            InputValidationError,
            "/f: the app refused the inputs: count: Must be even.",
        ),
        (
            reply({"detail": [{"type": "missing", "loc": ["body", "data"]}]}, 422),
            ProtocolError,
            "could not read the call",
        ),
        (
            reply({"detail": "Queue is full. Max size is 2 and size is 2."}, 503),
            QueueFullError,
            "takes no more calls now .*Max size is 2.*Nothing has run",
        ),
        (reply({"detail": "Queue is stopped."}, 503), QueueFullError, "Queue is stopped"),
        (reply(b"busy", 503), ProtocolError, "status 503"),
        (reply({"detail": "validator broke"}, 400), AppError, "^/f: validator broke$"),
        (reply({"detail": '"it\'s so"'}, 400), AppError, "^/f: it's so$"),
        (reply({"detail": ""}, 400), AppError, "^/f: a validator failed and does not say why"),
        (reply({"detail": "Session hash not found."}, 400), ProtocolError, "refused the call"),
        (reply({"detail": "Not authenticated"}, 401), AuthenticationError, "wants a login"),
        (reply(b"slow down", 429, retry_after="2"), RateLimitedError, "2 s"),
        (reply(b"Traceback: secret path", 500), ProtocolError, "status 500"),
        (
            reply(b"", 302, location="http://evil/x?token=1"),
            ProtocolError,
            'redirect \\(302\\) to "http://evil/x"',
        ),
    ],
)
def test_a_refused_call(answer: Any, kind: type[GradioSessionError], words: str) -> None:
    answer = answer._replace(url="http://h/gradio_api/call/f")
    error = submit_error(answer, "/f")
    assert type(error) is kind
    assert error.api_name == "/f"
    with pytest.raises(kind, match=words):
        raise error
    assert "\x1b" not in str(error)


def test_problems_of_validators_by_parameter() -> None:
    error = submit_error(reply({"detail": VALIDATION}, 422), "/f")
    assert isinstance(error, InputValidationError)
    assert error.problems == {"count": "Must be even. [2J", "parameter_2": "not valid"}


def test_text_of_strangers() -> None:
    assert clean(" a\x00b\u202ec\nd ") == "a b c\nd"
    assert one_line("a\n  b\tc\r\n") == "a b c"
    assert clean("x" * 500, 10) == "x" * 10 + "..."
    assert one_line("\ud800 x") == "x"
