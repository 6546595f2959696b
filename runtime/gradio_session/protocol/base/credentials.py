"""The secrets of a session, and the rule which of them goes to which address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.errors import ParameterError
from gradio_session.protocol.base.urls import is_space_host, redact, trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PUBLIC", "Credentials"]

PUBLIC = "public"
"""As a token: send none at all."""


class Credentials:
    """The secrets of a session; they go to the app's own origin only (`urls.trusted`).

    A token goes as `Authorization: Bearer`, to a Space as `X-HF-Authorization: Bearer`, which
    leaves `Authorization` to the app itself. The cookies that the app sets are kept by the
    transport, which asks the same rule.

    Args:
        app_url: The app's base address; "" while it is not known, and then nothing goes anywhere.
        token: The session's token; None or "public" for none.
        space: The app is a Hugging Face Space; its direct address says so itself.
        headers: The user's own headers.
        cookies: The user's own cookies.

    Attributes:
        cookies: The user's own cookies.
        space: Whether the app is a Space.

    Raises:
        ParameterError: The token holds characters that no header can carry. The message does not
            show it.
    """

    __slots__ = ("_app_url", "_headers", "_token", "cookies", "space")

    def __init__(
        self,
        app_url: str,
        *,
        token: str | None = None,
        space: bool = False,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> None:
        self._app_url = app_url
        self.space = space or is_space_host(app_url)
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.cookies: Mapping[str, str] = dict(cookies or {})
        self._token = _checked(token)

    def headers_for(self, url: str, token: str | None = None) -> dict[str, str]:
        """The secret headers of a request, names in lower case; none for a stranger's address.

        Args:
            url: Where the request goes.
            token: A token for this request in place of the session's; "public" for none at all;
                None for the session's own.

        Raises:
            ParameterError: The token holds characters that no header can carry.
        """
        chosen = self._token if token is None else _checked(token)
        if not trusted(self._app_url, url):
            return {}
        name = "x-hf-authorization" if self.space else "authorization"
        return {**self._headers, **({} if chosen is None else {name: f"Bearer {chosen}"})}

    def oauth_token_for(self, url: str, given: str | None) -> str | None:
        """The token for the body of a call whose endpoint asks for its caller's own.

        The app's code reads it there. It is the `oauth_token` that was given for that; a session's
        `token` and one that was found on this machine never go there.

        Args:
            url: Where the call goes.
            given: The token that was given for the call, or for the session; None or "public" for
                none.
        """
        return _checked(given) if given is not None and trusted(self._app_url, url) else None

    def __repr__(self) -> str:
        token = "none" if self._token is None else "set"
        counts = f"headers={len(self._headers)}, cookies={len(self.cookies)}"
        return f"Credentials({redact(self._app_url)!r}, token={token}, {counts})"


def _checked(token: object) -> str | None:
    if token is None or token == PUBLIC:
        return None
    if (
        isinstance(token, str)
        and token.isascii()
        and token.isprintable()
        and token.split() == [token]
    ):
        return token
    raise ParameterError(
        "The token is not text, is empty, or holds spaces or characters that cannot be sent; "
        "copy it again.",
        parameter="token",
    )
