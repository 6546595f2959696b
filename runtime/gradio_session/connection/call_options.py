"""The options of a single call. Generated clients import this module: it is light."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_OPTIONS", "CallOptions"]


class CallOptions:
    """What one call changes of its session's options; None leaves an option as the session has it.

    Attributes:
        token: A token for this call; "public" for none at all.
        timeout: Seconds from submission to the end.
        headers: Headers over those of the session.
        retries: How often the call may be posted again when it surely was not accepted.
        detached: Start the call under no session, for any process that reads its event.
    """

    token: str | None = None
    timeout: float | None = None
    headers: Mapping[str, str] | None = None
    retries: int | None = None
    detached: bool = False

    def __init__(
        self,
        *,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> None:
        # A door: a client that is only imported has no options to check.
        from gradio_session.connection.checks import (  # noqa: PLC0415
            checked_limit,
            checked_mapping,
            checked_timeout,
        )

        self.token = token
        self.timeout = checked_timeout("timeout", timeout)
        self.headers = checked_mapping("headers", headers) or None
        self.retries = None if retries is None else checked_limit("retries", retries, least=0)
        self.detached = detached

    def over(self, under: CallOptions) -> CallOptions:
        """These options, and where they say nothing those of `under`."""
        merged = CallOptions(detached=self.detached or under.detached)
        merged.token = under.token if self.token is None else self.token
        merged.timeout = under.timeout if self.timeout is None else self.timeout
        merged.retries = under.retries if self.retries is None else self.retries
        merged.headers = {**(under.headers or {}), **(self.headers or {})} or None
        return merged


NO_OPTIONS: CallOptions = object.__new__(CallOptions)
"""Those of a call that changes nothing of its session's options."""
