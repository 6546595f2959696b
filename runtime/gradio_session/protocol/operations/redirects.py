"""Redirects, followed hop by hop: the one rule for where a request may lead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from gradio_session.protocol.base.effects import Close, Flow, Response
from gradio_session.protocol.base.urls import origin, trusted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["follow"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def follow(
    ask: Callable[[str, bool], Flow[Response]],
    url: str,
    *,
    home: str,
    most: int,
    refuse: Callable[[str, int, str | None], Exception],
    own: bool = True,
    stay: bool = False,
) -> Flow[Response]:
    """The answer at the end of a chain of redirects.

    Args:
        ask: Asks an address, with credentials or without; what it refuses ends the chain.
        url: Where to begin.
        home: The address that credentials are for. From the first hop to another origin on, none
            are sent, also where the chain comes back.
        most: How many redirects are followed.
        refuse: Makes the error for a chain that cannot be followed to its end, of the address that
            redirects, its status, and what it redirects to where that is no http address; None when
            there were too many.
        own: Whether the first request goes with credentials.
        stay: Return the redirect that leads to another origin instead of following it.
    """
    own = own and trusted(home, url)
    while True:
        response = yield from ask(url, own)
        location = response.headers.get("location")
        if response.status not in REDIRECTS or not location:
            return response
        target = _target(url, location)
        if stay and not trusted(home, target):
            return response
        if response.handle is not None:
            yield Close(response)
        if not target or not most:
            raise refuse(url, response.status, None if target else location)
        url, most = target, most - 1
        own = own and trusted(home, url)


def _target(url: str, location: str) -> str:
    """The address that a redirect leads to; "" where that is no http address."""
    try:
        target = urljoin(url, location).partition("#")[0]
        origin(target)
    except ValueError:
        return ""
    return target
