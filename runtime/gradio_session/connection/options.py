"""The options of a session and of a single call, checked once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gradio_session.errors import ParameterError
from gradio_session.protocol.base.json_values import is_sequence

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "POLICIES",
    "CallOptions",
    "CallsPolicy",
    "Options",
    "checked_limit",
    "checked_policy",
    "checked_timeout",
]

CallsPolicy = Literal["error", "remove", "warning"]
POLICIES: tuple[CallsPolicy, ...] = ("error", "remove", "warning")


class Options:
    """What a session was made with. All of it is shared by its tabs; the names are those of `Session`'s parameters."""

    __slots__ = (
        "allowed_hosts", "auth", "cert", "cookies", "download_path", "headers", "heartbeat_timeout", "history", "http", "max_calls",
        "max_calls_policy", "max_concurrency", "max_download_bytes", "on_event", "pickle_secrets", "proxy", "retries", "timeout", "token",
        "validate", "verify",
    )  # fmt: skip

    def __init__(
        self,
        *,
        download_path: str | os.PathLike[str] | None = None,
        max_calls: int = 100,
        max_calls_policy: CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: Any = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: Any = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[Any, Any], object] | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        self.download_path = checked_folder(download_path)
        self.max_calls = checked_limit("max_calls", max_calls)
        self.max_calls_policy = checked_policy(max_calls_policy)
        self.max_concurrency = (
            None if max_concurrency is None else checked_limit("max_concurrency", max_concurrency)
        )
        self.token = token
        self.auth = checked_auth(auth)
        self.headers = checked_mapping("headers", headers)
        self.cookies = checked_mapping("cookies", cookies)
        self.timeout = checked_timeout("timeout", timeout)
        self.heartbeat_timeout = checked_timeout("heartbeat_timeout", heartbeat_timeout) or 45.0
        self.retries = checked_limit("retries", retries, least=0)
        self.proxy = proxy
        self.verify = verify
        self.cert = cert
        self.http = http
        self.max_download_bytes = (
            None
            if max_download_bytes is None
            else checked_limit("max_download_bytes", max_download_bytes)
        )
        self.allowed_hosts = checked_hosts(allowed_hosts)
        self.validate = validate
        self.history = history
        self.on_event = checked_listener(on_event)
        self.pickle_secrets = pickle_secrets

    def copy(self, **changes: Any) -> Options:
        """The same options, but for some."""
        copy = object.__new__(Options)
        for name in self.__slots__:
            setattr(copy, name, changes.get(name, getattr(self, name)))
        return copy

    def pickled(self) -> dict[str, Any]:
        """The options that another process can use; secrets only if `pickle_secrets`."""
        left_out = {"http", "on_event"}
        if not self.pickle_secrets:
            left_out |= {"auth", "token", "headers", "cookies", "cert"}
        return {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in left_out and _picklable(getattr(self, name))
        }


class CallOptions:
    """What one call changes of its session's options; None leaves an option as the session has it.

    Attributes:
        token: A token for this call; "public" for none at all.
        timeout: Seconds from submission to the end.
        headers: Headers over those of the session.
        retries: How often the call may be posted again when it surely was not accepted.
        detached: Start the call under no session, for whoever reads its event.
    """

    __slots__ = ("detached", "headers", "retries", "timeout", "token")

    def __init__(
        self,
        *,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> None:
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


def checked_limit(name: str, value: Any, least: int = 1) -> int:
    """A whole number that is large enough.

    Raises:
        ParameterError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ParameterError(
            f"{name}={value!r}: give a whole number of {least} or more.", parameter=name
        )
    return value


def checked_address(value: Any) -> str:
    """An app's address, or the id of a Space, as far as it is text.

    Raises:
        ParameterError: It is none.
    """
    if not isinstance(value, str):
        raise ParameterError(
            f"app_url={value!r}: give a URL, or a Space id like owner/name, as text.",
            parameter="app_url",
        )
    return value


def checked_event_id(value: Any) -> str:
    """The id of an event.

    Raises:
        ParameterError: It is empty, or no text.
    """
    if not isinstance(value, str) or not value:
        raise ParameterError(
            f"event_id={value!r}: give the id of an event, as text.", parameter="event_id"
        )
    return value


def checked_hosts(value: Any) -> tuple[str, ...]:
    """Names of hosts.

    Raises:
        ParameterError: They are no list of texts.
    """
    hosts = tuple(value) if is_sequence(value) else None
    if hosts is None or not all(isinstance(host, str) for host in hosts):
        raise ParameterError(
            f"allowed_hosts={value!r}: give a list of host names.", parameter="allowed_hosts"
        )
    return hosts


def checked_listener(value: Any) -> Callable[[Any, Any], object] | None:
    """What `on_event` calls, or None.

    Raises:
        ParameterError: It cannot be called.
    """
    if value is not None and not callable(value):
        raise ParameterError(
            f"on_event={value!r}: give a function of a call and an event.", parameter="on_event"
        )
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
        raise ParameterError(
            f"{name}: give a mapping of names to values.", parameter=name
        ) from None


def checked_name(value: Any) -> str | None:
    """The name of a session, or None for a derived one.

    Raises:
        ParameterError: It is empty, or no text.
    """
    if value is not None and (not isinstance(value, str) or not value):
        raise ParameterError(
            f"name={value!r}: give a text that is not empty, or None for a derived name.",
            parameter="name",
        )
    return value


def checked_policy(value: str) -> CallsPolicy:
    """One of the three policies.

    Raises:
        ParameterError: It is not.
    """
    for policy in POLICIES:
        if value == policy:
            return policy
    raise ParameterError(
        f'max_calls_policy={value!r}: give "error", "remove" or "warning".',
        parameter="max_calls_policy",
    )


def checked_timeout(name: str, value: Any) -> float | None:
    """Seconds, or None for no limit (which an infinite number is too).

    Raises:
        ParameterError: It is no number of seconds.
    """
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or math.isnan(value)
        or value <= 0
    ):
        raise ParameterError(f"{name}={value!r}: give seconds, more than 0.", parameter=name)
    return float(value)


def checked_auth(value: Any) -> tuple[str, str] | None:
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


def checked_folder(value: str | os.PathLike[str] | None) -> Path | None:
    """A folder for downloads, `~` expanded; it is made when the first file is saved.

    Raises:
        ParameterError: There is a file of that name.
    """
    if value is None:
        return None
    path = Path(value).expanduser().absolute()
    for each in (path, *path.parents):
        if each.is_dir():
            break
        if each.exists():
            raise ParameterError(
                f"download_path={str(value)!r}: {each} is a file, not a folder. Give another path.",
                parameter="download_path",
            )
    return path


def _picklable(value: Any) -> bool:
    return type(value).__name__ != "SSLContext"
