"""The options of a session, checked once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session.connection import checks
from gradio_session.errors import ParameterError

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence


__all__ = ["Options"]


class Options:
    """What a session was made with, by the names of `Session`'s parameters; shared by its tabs."""

    def __init__(
        self,
        *,
        download_path: str | os.PathLike[str] | None = None,
        max_calls: int = 100,
        max_calls_policy: checks.CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: object = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: object = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[Any, Any], object] | None = None,
        wait: float | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        self.download_path = checked_folder(download_path)
        self.max_calls = checks.checked_limit("max_calls", max_calls)
        self.max_calls_policy = checks.checked_policy(max_calls_policy)
        self.max_concurrency = checks.checked_bound("max_concurrency", max_concurrency)
        self.token = token
        self.oauth_token = oauth_token
        self.auth = checks.checked_auth(auth)
        self.headers = checks.checked_mapping("headers", headers)
        self.cookies = checks.checked_mapping("cookies", cookies)
        self.timeout = checks.checked_timeout("timeout", timeout)
        self.heartbeat_timeout = checks.checked_patience("heartbeat_timeout", heartbeat_timeout)
        self.retries = checks.checked_limit("retries", retries, least=0)
        self.proxy = proxy
        self.verify = verify
        self.cert = cert
        self.http = http
        self.max_download_bytes = checks.checked_bound("max_download_bytes", max_download_bytes)
        self.allowed_hosts = checks.checked_hosts(allowed_hosts)
        self.validate = validate
        self.history = history
        self.on_event = checks.checked_listener(on_event)
        self.wait = checks.checked_timeout("wait", wait)
        self.pickle_secrets = pickle_secrets

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Options:
        """The options among the arguments of a session's constructor."""
        names = cls.__init__.__annotations__.keys() - {"return"}
        return cls(**{name: arguments[name] for name in names})

    def copy(self, **changes: object) -> Options:
        """The same options, but for some."""
        copy = object.__new__(Options)
        vars(copy).update(vars(self), **changes)
        return copy

    def pickled(self) -> dict[str, object]:
        """The options that another process can use; secrets only if `pickle_secrets`."""
        left_out = {"http", "on_event"}
        if not self.pickle_secrets:
            left_out |= {"auth", "token", "oauth_token", "headers", "cookies", "cert"}
        return {
            name: value
            for name, value in vars(self).items()
            if name not in left_out and type(value).__name__ != "SSLContext"
        }


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
