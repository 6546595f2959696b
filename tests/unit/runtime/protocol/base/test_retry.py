"""What may be sent again: a table."""

from __future__ import annotations

import pytest

from gradio_session.protocol.base.retry import CEILING, opening_delay, retry_delay


@pytest.mark.parametrize("status", [None, 429, 503])
def test_what_was_surely_not_accepted_is_sent_again(status: int | None) -> None:
    assert retry_delay(1, 2, status=status, retry_after=None, jitter=0.0) == 0.25
    assert retry_delay(1, 2, status=status, retry_after=None, jitter=1.0) == 0.5
    assert retry_delay(2, 2, status=status, retry_after=None, jitter=1.0) == 1.0
    assert retry_delay(3, 2, status=status, retry_after=None, jitter=1.0) is None
    assert retry_delay(1, 0, status=status, retry_after=None, jitter=1.0) is None


@pytest.mark.parametrize(
    "status", [200, 301, 400, 401, 403, 404, 405, 408, 413, 422, 500, 502, 504]
)
def test_anything_else_is_not(status: int) -> None:
    assert retry_delay(1, 5, status=status, retry_after=1.0, jitter=0.0) is None


def test_retry_after_is_honoured_up_to_a_ceiling() -> None:
    assert retry_delay(1, 2, status=429, retry_after=7.0, jitter=0.0) == 7.0
    assert retry_delay(1, 2, status=429, retry_after=7.0, jitter=1.0) == 7.25
    assert retry_delay(1, 2, status=503, retry_after=0.0, jitter=1.0) == 0.0
    assert retry_delay(1, 2, status=429, retry_after=CEILING, jitter=0.0) == CEILING
    assert retry_delay(1, 2, status=429, retry_after=CEILING + 1, jitter=0.0) is None


def test_backing_off_is_bounded() -> None:
    assert retry_delay(50, 100, status=None, retry_after=None, jitter=1.0) == CEILING


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_stream_that_was_not_begun_is_asked_for_again(status: int) -> None:
    assert opening_delay(1, status=status) == opening_delay(1)
    assert opening_delay(1, status=status, retry_after=2.0) == 2.0
    assert opening_delay(1, status=status, retry_after=0.0) == opening_delay(1)
    assert opening_delay(1, status=status, retry_after=CEILING) == CEILING
    assert opening_delay(1, status=status, retry_after=CEILING + 1) is None
    assert opening_delay(4, status=status, retry_after=1.0) is None


@pytest.mark.parametrize("status", [200, 204, 401, 403, 404, 500, 504])
def test_one_that_may_have_been_begun_is_not(status: int) -> None:
    assert opening_delay(1, status=status) is None


def test_openings_end() -> None:
    assert [opening_delay(attempt) is None for attempt in range(1, 6)] == [
        False,
        False,
        False,
        True,
        True,
    ]
