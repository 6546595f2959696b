"""Checks of what a user passes as an option: what means nothing is refused at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from gradio_session.errors import ParameterError
from gradio_session.protocol.base.json_values import is_sequence

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "POLICIES", "CallsPolicy", "checked_address", "checked_auth", "checked_bound",
    "checked_event_id", "checked_hosts", "checked_limit", "checked_listener", "checked_mapping",
    "checked_name", "checked_no_params", "checked_params", "checked_patience", "checked_policy",
    "checked_timeout",
]  # fmt: skip

_COUNTABLE = 1e8
"""Seconds, three years: what is longer than any call."""

_PATIENCE_LIMIT = 86_400.0

CallsPolicy = Literal["error", "remove", "warning"]
POLICIES: tuple[CallsPolicy, ...] = ("error", "remove", "warning")


def checked_limit(name: str, value: object, least: int = 1) -> int:
    """A whole number that is large enough.

    Raises:
        ParameterError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        text = f"{name}={value!r}: give a whole number of {least} or more."
        raise ParameterError(text, parameter=name)
    return value


def checked_bound(name: str, value: object, least: int = 1) -> int | None:
    """The same, or None."""
    return None if value is None else checked_limit(name, value, least)


def checked_address(value: object) -> str:
    """An app's address, or the id of a Space, as far as it is text.

    Raises:
        ParameterError: It is none.
    """
    if not isinstance(value, str):
        text = f"app_url={value!r}: give a URL, or a Space id like owner/name, as text."
        raise ParameterError(text, parameter="app_url")
    return value


def checked_event_id(value: object) -> str:
    """The id of an event.

    Raises:
        ParameterError: It is empty, or no text.
    """
    if not isinstance(value, str) or not value:
        text = f"event_id={value!r}: give the id of an event, as text."
        raise ParameterError(text, parameter="event_id")
    return value


def checked_hosts(value: object) -> tuple[str, ...]:
    """Names of hosts.

    Raises:
        ParameterError: They are no list of texts.
    """
    hosts = tuple(value) if is_sequence(value) else None
    if hosts is None or not all(isinstance(host, str) for host in hosts):
        text = f"allowed_hosts={value!r}: give a list of host names."
        raise ParameterError(text, parameter="allowed_hosts")
    return hosts


def checked_listener(value: object) -> Callable[[Any, Any], object] | None:
    """What `on_event` calls, or None.

    Raises:
        ParameterError: It cannot be called.
    """
    if value is not None and not callable(value):
        text = f"on_event={value!r}: give a function of a call and an event."
        raise ParameterError(text, parameter="on_event")
    listener: Callable[[Any, Any], object] | None = value
    return listener


def checked_mapping(name: str, value: Any) -> dict[str, str]:
    """Headers or cookies.

    Raises:
        ParameterError: They are no mapping. The message does not show them.
    """
    try:
        return dict(value or {})
    except (TypeError, ValueError):
        text = f"{name}: give a mapping of names to values."
        raise ParameterError(text, parameter=name) from None


def checked_name(value: object) -> str | None:
    """The name of a session, or None for a derived one.

    Raises:
        ParameterError: It is empty, or no text.
    """
    if value is not None and (not isinstance(value, str) or not value):
        text = f"name={value!r}: give a text that is not empty, or None for a derived name."
        raise ParameterError(text, parameter="name")
    return value


def checked_policy(value: str) -> CallsPolicy:
    """One of the three policies, which may be written in any case.

    Raises:
        ParameterError: It is not.
    """
    for policy in POLICIES:
        if str(value).casefold() == policy:
            return policy
    text = f'max_calls_policy={value!r}: give "error", "remove" or "warning".'
    raise ParameterError(text, parameter="max_calls_policy")


def checked_timeout(name: str, value: object) -> float | None:
    """Seconds, or None for no limit.

    An infinite number is no limit, too, and so is one that no clock can count.

    Raises:
        ParameterError: It is no number of seconds.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        text = f"{name}={value!r}: give seconds, more than 0."
        raise ParameterError(text, parameter=name)
    return float(value) if value < _COUNTABLE else math.inf


def checked_patience(name: str, value: object) -> float:
    """Seconds that a socket may wait.

    Raises:
        ParameterError: It is no number of seconds, or more of them than a socket can wait.
    """
    seconds = checked_timeout(name, value)
    if seconds is None or seconds > _PATIENCE_LIMIT:
        text = f"{name}={value!r}: give seconds, at most {_PATIENCE_LIMIT:.0f} (a day)."
        raise ParameterError(text, parameter=name)
    return seconds


def checked_auth(value: object) -> tuple[str, str] | None:
    """User name and password.

    Raises:
        ParameterError: It is not a pair of texts. The message does not show it.
    """
    if value is None:
        return None
    pair = list(value) if is_sequence(value) else []
    if [type(part) for part in pair] != [str, str]:
        raise ParameterError("auth: give (user, password), two texts.", parameter="auth")
    return pair[0], pair[1]


def checked_no_params(params: object) -> None:
    """An event that exists takes no parameters.

    Raises:
        ParameterError: There are some.
    """
    if params is not None:
        text = "Pass params or event_id, not both: the event of that id has its parameters already."
        raise ParameterError(text, parameter="params")


def checked_params(params: object) -> Any:
    """Parameters of direct use that are neither a list, a tuple nor a dict.

    Raises:
        ParameterError: They are no parameters.
    """
    if params is None:
        return {}
    if isinstance(params, (str, bytes)) or not hasattr(params, "__iter__"):
        text = f"params={params!r}: give a list in order, or a mapping by parameter name."
        raise ParameterError(text, parameter="params")
    return params
