"""The options of a single call. Generated clients import this module: it is light."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_OPTIONS", "STREAM", "CallOptions"]

_VISITOR = "x-ip-token"


class CallOptions:
    """What one call changes of its session's options; None leaves an option as the session has it.

    Attributes:
        token: A token for this call; "public" for none at all.
        oauth_token: The caller's own token, for an endpoint that asks for one; "public" for none.
        timeout: Seconds from submission to the end.
        headers: Headers over those of the session.
        retries: How often the call may be posted again when it surely was not accepted.
        detached: Start the call under no session, for any process that reads its event.
        stream: Its input goes on after the first values.
    """

    token: str | None = None
    oauth_token: str | None = None
    timeout: float | None = None
    headers: Mapping[str, str] | None = None
    retries: int | None = None
    detached: bool = False
    stream: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> CallOptions:
        """The options among the arguments of a method, checked; what says nothing is left out.

        Raises:
            ParameterError: One means nothing.
        """
        # A door: a client that is only imported has no options to check.
        from gradio_session.connection import checks  # noqa: PLC0415

        given = {name: arguments.get(name) for name in cls.__annotations__}
        given["timeout"] = checks.checked_timeout("timeout", given["timeout"])
        given["headers"] = checks.checked_mapping("headers", given["headers"]) or None
        given["retries"] = checks.checked_bound("retries", given["retries"], least=0)
        options = CallOptions()
        for name, value in given.items():
            if value is not None and value is not False:
                setattr(options, name, value)
        return options

    def over(self, under: CallOptions) -> CallOptions:
        """These options, and where they say nothing those of `under`."""
        merged = CallOptions()
        vars(merged).update({**vars(under), **vars(self)})
        merged.headers = {**(under.headers or {}), **(self.headers or {})} or None
        return merged

    def for_visitor(self) -> CallOptions:
        """These options and the visitor's `x-ip-token`, if a Gradio handler on a Space runs here.

        By that header ZeroGPU knows whose quota a call counts against. Gradio keeps the visitor's
        request for its handlers (`gradio.context.LocalContext`, as of 4.44 to 6.31).
        """
        context = getattr(sys.modules.get("gradio.context"), "LocalContext", None)
        request = None if context is None else context.request.get(None)
        headers = getattr(request, "headers", None)
        found = None if headers is None else headers.get(_VISITOR)
        return self if not found else self.over(CallOptions.of({"headers": {_VISITOR: found}}))


NO_OPTIONS = CallOptions()
"""Those of a call that changes nothing of its session's options."""

STREAM = CallOptions()
STREAM.stream = True
"""Those of a call whose input goes on."""
