"""What may be sent again, how often, and after how long. Pure: the jitter is passed in.

A POST that starts a job is sent again only when it surely was not accepted: the connection was
refused, or the answer was 429 or 503. Once its bytes may have been read, it is not sent again.
"""

from __future__ import annotations

__all__ = ["CEILING", "opening_delay", "retry_delay"]

CEILING = 30.0
"""The longest wait, in seconds, that a server may ask for (`Retry-After`) and we still retry."""

_FIRST = 0.5
_NOT_ACCEPTED = frozenset({429, 503})
_NOT_OPENED = frozenset({429, 502, 503})
_OPENINGS = (0.05, 0.25, 0.7)


def retry_delay(
    attempt: int, retries: int, *, status: int | None, retry_after: float | None, jitter: float
) -> float | None:
    """Seconds to wait before a job is posted again.

    Args:
        attempt: How often it was posted so far, from 1.
        retries: How often it may be posted again.
        status: The status of the answer, or None when the connection was refused (nothing was
            sent).
        retry_after: What the answer said about waiting, in seconds, or None.
        jitter: A number from 0 to 1 that spreads the retries of many clients.

    Returns:
        None when it must not be posted again.
    """
    if attempt > retries or (status is not None and status not in _NOT_ACCEPTED):
        return None
    if retry_after is not None:
        return retry_after + jitter * min(1.0, retry_after) / 4 if retry_after <= CEILING else None
    return min(_FIRST * 2.0 ** (attempt - 1), CEILING) * (0.5 + jitter / 2)


def opening_delay(
    attempt: int, *, status: int | None = None, retry_after: float | None = None
) -> float | None:
    """Seconds to wait before a stream that was not opened is asked for again; None to give up.

    The server drops what it holds for a session once it has begun to send its stream: only a
    request that surely did not get so far is repeated.

    Args:
        attempt: How often it was asked for so far, from 1.
        status: The status of the answer, or None when the connection was refused.
        retry_after: What the answer said about waiting, in seconds, or None.
    """
    if attempt > len(_OPENINGS) or (status is not None and status not in _NOT_OPENED):
        return None
    if retry_after is None:
        return _OPENINGS[attempt - 1]
    return max(retry_after, _OPENINGS[attempt - 1]) if retry_after <= CEILING else None
