"""A session as the files of its results know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.files.owner import find_with
from gradio_session.session.registry import sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gradio_session.connection.base import ConnectionBase
    from gradio_session.connection.options import Options
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.protocol.base.effects import Flow

__all__ = ["SessionFiles"]


class SessionFiles:
    """What files need of a session (`files.owner.FileOwner`).

    Files hold this, and through its functions the session. The session does not hold it, so that a
    session whose files are gone can be collected at once.

    Args:
        app: What the session's tabs share.
        options: The options of the session.
        run: Runs a flow, plain or as a coroutine.
        is_closed: Whether the session was closed.
        asynchronous: Whether `run` gives a coroutine.
    """

    __slots__ = ("_app", "_is_closed", "_options", "_run", "asynchronous")

    def __init__(
        self,
        app: ConnectionBase,
        options: Options,
        run: Callable[[Flow[object]], Any],
        is_closed: Callable[[], bool],
        *,
        asynchronous: bool,
    ) -> None:
        self._app = app
        self._options = options
        self._run = run
        self._is_closed = is_closed
        self.asynchronous = asynchronous

    @property
    def base_url(self) -> str:
        """The address of the app."""
        config = self.config
        return config.base_url if config else self._app.app_url.rstrip("/")

    @property
    def closed(self) -> bool:
        """Whether the session was closed."""
        return self._is_closed()

    @property
    def config(self) -> AppConfig | None:
        """The app's configuration, once it was read."""
        return self._app.last_config

    @property
    def credentials(self) -> Credentials:
        """The secrets of the session."""
        return self._app.credentials

    @property
    def download_path(self) -> Path | None:
        """Where files go; None for a temporary folder of the process."""
        return self._options.download_path

    @property
    def max_download_bytes(self) -> int | None:
        """The largest file that is fetched; None for no limit."""
        return self._options.max_download_bytes

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Hosts that files may come from although they are not public."""
        return self._options.allowed_hosts

    @property
    def log_in_again(self) -> Callable[[], Flow[bool]] | None:
        """Makes the flow that logs in again; None where no login was given."""
        app, seen = self._app, self._app.logins
        return None if app.auth is None else lambda: app.renew_login(seen)

    def run(self, flow: Flow[object], /) -> Any:
        """Run a flow: its result, or something to await."""
        return self._run(flow)


def _open_owner(base_url: str) -> SessionFiles | None:
    """The oldest open session of the app at that address, for files that have lost theirs."""
    owners = (session.__gradio__.files() for session in sessions)
    return next((owner for owner in owners if owner.base_url == base_url), None)


find_with(_open_owner)
