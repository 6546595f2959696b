"""A call between its parameters and its post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.connection.options import CallOptions
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["PreparedCall"]


class PreparedCall:
    """A call that is ready to be sent.

    Attributes:
        spec: The endpoint.
        dependency: How the app has wired it.
        values: The values in order, checked; files not yet uploaded.
        names: The names of the parameters, for messages.
        options: What this call changes of the session's options.
        oauth_token: The caller's token, where the endpoint asks for it.
        posting: It is on its way to the server, which may have it already.
        withdrawn: It is not to be posted again.
    """

    __slots__ = (
        "dependency",
        "names",
        "oauth_token",
        "options",
        "posting",
        "spec",
        "values",
        "withdrawn",
    )

    def __init__(
        self,
        spec: EndpointSpec,
        dependency: Dependency,
        values: Sequence[Any],
        names: Sequence[str],
        options: CallOptions,
    ) -> None:
        self.spec = spec
        self.dependency = dependency
        self.values = values
        self.names = names
        self.options = options
        self.oauth_token: str | None = None
        self.posting = False
        self.withdrawn = False
