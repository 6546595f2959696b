"""What files need of the session that they came from, and where another session of the app is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.protocol.base.effects import Flow

__all__ = ["FileOwner", "find_with", "open_owner"]


class FileOwner(Protocol):
    """A session, as far as its files need it."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...

    @property
    def asynchronous(self) -> bool:
        """Whether `run` gives something to await."""
        ...

    @property
    def config(self) -> AppConfig | None:
        """The app's configuration, once it was read."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Its secrets."""
        ...

    @property
    def download_path(self) -> str | os.PathLike[str] | None:
        """Where files go; None for a temporary folder of the process."""
        ...

    @property
    def max_download_bytes(self) -> int | None:
        """The largest file that it fetches; None for no limit."""
        ...

    @property
    def allowed_hosts(self) -> Sequence[str]:
        """Hosts that files may come from although they are not public."""
        ...

    @property
    def log_in_again(self) -> Callable[[], Flow[bool]] | None:
        """Makes the flow that logs in again; None where nobody can."""
        ...

    def run(self, flow: Flow[Any], /) -> Any:
        """Run a flow: its result, or something to await."""
        ...


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
