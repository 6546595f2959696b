"""How an app is read: who asks, by which way, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.variables import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["DEFAULT_TIMEOUT", "ReadingOptions"]

DEFAULT_TIMEOUT = 30.0
"""Seconds for everything that reading a running app takes."""

_LONGEST_SILENCE = 86_400.0
_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class ReadingOptions:
    """The options of every command that reads an app, and of a client in pyproject.toml.

    Texts are as the user wrote them until `expanded`, `${VARIABLES}` in them.

    Attributes:
        token: A token to read the app with.
        auth: `user:password` to log in with.
        headers: Headers for the app's own origin.
        cookies: Cookies for the app's own origin.
        cacert: A file (or a directory) of the authorities to trust in place of the usual ones.
        insecure: Trust any certificate.
        cert: A file with the client's certificate and its key.
        proxy: The address of a proxy; None follows the environment.
        timeout: Seconds for everything that reading takes; None for what is usual.
        wait: Seconds to wait for an app that sleeps or starts; None not to wait.
        progress: Is told, in a line, each stage of the waiting.
    """

    token: str | None = field(default=None, repr=False)
    auth: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cacert: str | None = None
    insecure: bool = False
    cert: str | None = None
    proxy: str | None = field(default=None, repr=False)
    timeout: float | None = None
    wait: float | None = None
    progress: Callable[[str], object] | None = field(default=None, repr=False, compare=False)

    def over(self, other: ReadingOptions) -> ReadingOptions:
        """Return these options, and those of `other` where these say nothing."""
        single = ("token", "auth", "cert", "proxy", "timeout", "wait", "progress")
        chosen = {name: _first(getattr(self, name), getattr(other, name)) for name in single}
        trust = self if self.insecure or self.cacert is not None else other
        return ReadingOptions(
            headers={**other.headers, **self.headers},
            cookies={**other.cookies, **self.cookies},
            cacert=trust.cacert,
            insecure=trust.insecure,
            **chosen,
        )

    def expanded(self, base: Path, shown: str) -> ReadingOptions:
        """Return these options with the values of their `${VARIABLES}`.

        Args:
            base: The directory that paths are relative to.
            shown: The source, for messages.

        Raises:
            CommandError: A variable is not set, a file is missing, the login is no
                `user:password`, or two options contradict each other.
        """
        if self.insecure and self.cacert is not None:
            raise CommandError(
                f"{shown}: cacert says whom to trust, insecure to trust everyone; leave one out"
            )
        found = replace(
            self,
            token=_value(self.token, f"token of {shown}"),
            auth=_value(self.auth, f"auth of {shown}"),
            headers=_values(self.headers, "header", shown),
            cookies=_values(self.cookies, "cookie", shown),
            cacert=_file(self.cacert, base, f"cacert of {shown}"),
            cert=_file(self.cert, base, f"cert of {shown}"),
            proxy=_value(self.proxy, f"proxy of {shown}"),
        )
        if found.auth is not None and not all(found.auth.partition(":")[:2]):
            raise CommandError(f"auth of {shown}: write USER:PASSWORD")
        return found

    def of_session(self) -> dict[str, Any]:
        """Return what a session takes of these options, by its own names; they are expanded."""
        user, _, password = (self.auth or "").partition(":")
        return {
            "token": self.token,
            "auth": None if self.auth is None else (user, password),
            "headers": self.headers,
            "cookies": self.cookies,
            "verify": self.cacert or not self.insecure,
            "cert": self.cert,
            "proxy": self.proxy,
        }

    @property
    def silence(self) -> float:
        """Seconds without a byte after which reading fails."""
        return min(self.timeout or DEFAULT_TIMEOUT, _LONGEST_SILENCE)

    @property
    def patience(self) -> float:
        """Seconds for everything: for reading, and before that for waiting."""
        return (self.timeout or DEFAULT_TIMEOUT) + (self.wait or 0.0)

    def hide(self, message: str) -> str:
        """Return a message without the secrets among these options, which an app may repeat."""
        texts = [self.token, (self.auth or "").partition(":")[2], *self.cookies.values()]
        texts += [part for value in self.headers.values() for part in (value, value.split(" ")[-1])]
        texts += (self.proxy or "").rpartition("@")[0].rpartition("//")[2].split(":")[-1:]
        for secret in sorted((text for text in texts if text), key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                message = message.replace(secret, "***")
        return message


def _first(mine: Any, other: Any) -> Any:
    return other if mine is None else mine


def _value(written: str | None, where: str) -> str | None:
    return None if written is None else expand(written, where)


def _values(written: Mapping[str, str], kind: str, shown: str) -> dict[str, str]:
    return {name: expand(value, f"{kind} {name} of {shown}") for name, value in written.items()}


def _file(written: str | None, base: Path, where: str) -> str | None:
    if written is None:
        return None
    path = base / expand(written, where)
    if not path.exists():
        raise CommandError(f"{where}: there is no file {written}")
    return str(path)
