"""What files need of the session that they came from, and where another session of the app is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.protocol.base.effects import Flow

__all__ = ["FileOwner", "find_with", "open_owner"]


class FileApp(Protocol):
    """The app of a session, as far as its files need it; see `ConnectionBase`."""

    auth: tuple[str, str] | None
    credentials: Credentials
    last_config: AppConfig | None
    logins: int

    def renew_login(self, seen: int) -> Flow[bool]:
        """Log in again."""
        ...


class FileOwner(NamedTuple):
    """A session, as the files of its results know it.

    Files hold this, and through its functions the session. The session does not hold it, so that a
    session whose files are gone can be collected at once.

    Attributes:
        app: What the session's tabs share.
        download_path: Where files go; None for a temporary folder of the process.
        max_download_bytes: The largest file that is fetched; None for no limit.
        allowed_hosts: Hosts that files may come from although they are not public.
        asynchronous: Whether `run` gives something to await.
        run: Runs a flow: its result, or something to await.
        is_closed: Whether the session was closed.
    """

    app: FileApp
    download_path: Path | None
    max_download_bytes: int | None
    allowed_hosts: tuple[str, ...]
    asynchronous: bool
    run: Callable[[Flow[Any]], Any]
    is_closed: Callable[[], bool]

    @property
    def log_in_again(self) -> Callable[[], Flow[bool]] | None:
        """Makes the flow that logs in again; None where no login was given."""
        app, seen = self.app, self.app.logins
        return None if app.auth is None else lambda: app.renew_login(seen)


_finders: list[Callable[[str], FileOwner | None]] = []


def find_with(finder: Callable[[str], FileOwner | None]) -> None:
    """Name the function that finds an open session of the app at an address.

    A file that was unpickled, or whose session was closed, is fetched by that session. Sessions
    stand above files, so they register themselves here.
    """
    _finders.append(finder)


def open_owner(base_url: str) -> FileOwner | None:
    """An open session of the app at that address, or None."""
    found = (finder(base_url) for finder in _finders)
    return next((owner for owner in found if owner is not None), None)
