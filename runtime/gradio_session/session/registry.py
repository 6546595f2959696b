"""The sessions of this process, by name."""

from __future__ import annotations

import fnmatch
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from gradio_session.errors import SessionExistsError, SessionNotFoundError
from gradio_session.files.owner import find_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gradio_session.files.owner import FileOwner

__all__ = ["Registered", "Sessions", "predict", "sessions", "submit"]


class Registered(Protocol):
    """A session, as the registry knows it."""

    @property
    def name(self) -> str:
        """Its name, unique in this process."""
        ...

    @property
    def app_url(self) -> str:
        """The address of its app."""
        ...

    @property
    def session_hash(self) -> str | None:
        """The server's name for it, once there is one."""
        ...

    @property
    def __gradio__(self) -> Any:
        """What the package itself needs of it."""
        ...


SessionT = TypeVar("SessionT", bound=Registered)

_SHOWN = 10


class Places(Generic[SessionT]):
    """Who is open, in the order of opening, and under which name.

    Attributes:
        lock: Guards it.
        default: The session that was set as the default.
        left_behind: Those that were open when the default session was closed.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.default: weakref.ref[SessionT] | None = None
        self.left_behind: weakref.WeakSet[SessionT] = weakref.WeakSet()
        self._order: dict[str, weakref.ref[SessionT]] = {}
        self._kept: dict[str, SessionT] = {}

    def get(self, name: str) -> SessionT | None:
        """The session of that name, or None."""
        with self.lock:
            reference = self._order.get(name)
        return None if reference is None else reference()

    def everyone(self) -> list[SessionT]:
        """The sessions, oldest first."""
        with self.lock:
            found = [reference() for reference in self._order.values()]
        return [session for session in found if session is not None]

    def enter(
        self, session: SessionT, name: str | None, *, force: bool
    ) -> tuple[str, SessionT | None]:
        """Take a session in.

        Args:
            session: The session.
            name: The name that its user gave it; None for one that is derived from its address,
                which a suffix makes unique.
            force: Replace a session of the same name.

        Returns:
            Its name, and the session that it replaces, which is to be closed.

        Raises:
            SessionExistsError: The name is taken.
        """
        with self.lock:
            self._order = {key: each for key, each in self._order.items() if each() is not None}
            if name is None:
                derived = chosen = _derived_name(session.app_url)
                number = 1
                while chosen in self._order:
                    number += 1
                    chosen = f"{derived}#{number}"
                self._order[chosen] = weakref.ref(session)
                return chosen, None
            replaced = self.get(name)
            if replaced is not None and not force:
                raise SessionExistsError(
                    f"A session called {name!r} is open already, on {replaced.app_url}. Use it "
                    "(sessions[name]), choose another name, or pass force=True, which closes it "
                    "and takes its place."
                )
            self._order.pop(name, None)
            self._order[name] = weakref.ref(session)
            self._kept[name] = session
            return name, replaced

    def leave(self, session: SessionT, name: str) -> None:
        """Take a session out that was closed."""
        with self.lock:
            reference = self._order.get(name)
            if reference is not None and reference() is session:
                del self._order[name]
                self._kept.pop(name, None)
            if self.default is not None and self.default() in (session, None):
                self.default = None
                self.left_behind = weakref.WeakSet(self.everyone())

    def after_fork(self) -> None:
        """In a child process no session may use what belongs to its parent.

        That is connections, threads, loops, and locks that a thread of the parent held.
        """
        self.lock = threading.RLock()
        for session in self.everyone():
            session.__gradio__.after_fork()


def _derived_name(app_url: str) -> str:
    """The name of a session that was given none: host, port and path, or the Space's id."""
    parts = urlsplit(app_url)
    return f"{parts.netloc}{parts.path}".rstrip("/") if parts.netloc else app_url


class Sessions(Generic[SessionT]):
    """Every session that is open, by name; oldest first. Safe to use from several threads.

    A session that was given a name lives until it is closed or removed. One whose name was derived
    lives only as long as a variable or a call refers to it.
    """

    def __init__(self) -> None:
        # What sessions themselves need. Editors do not offer a name of this form.
        self.__gradio__: Places[SessionT] = Places()

    def __getitem__(self, name: str) -> SessionT:
        """The session of that name; see `get`.

        Raises:
            SessionNotFoundError: There is none.
        """
        session = self.get(name)
        if session is None:
            raise SessionNotFoundError(
                f"No open session is called {name!r}, and it is neither the session_hash of one "
                f"nor the address of exactly one. {self._names()}"
            )
        return session

    def get(self, name: str) -> SessionT | None:
        """The session of that name, of that `session_hash`, or on the app at that address.

        Of an address there must be exactly one session; its tabs do not count. None where there is
        no such session.
        """
        named = self.__gradio__.get(name)
        if named is not None:
            return named
        everyone = list(self)
        hashed = [each for each in everyone if each.session_hash == name]
        return _only(hashed or [each for each in everyone if each.app_url == name.rstrip("/")])

    def find(self, pattern: str = "*") -> list[SessionT]:
        """The sessions whose name, app's address or `session_hash` matches.

        Args:
            pattern: One of these, in which `*` stands for anything, `?` for one character and
                `[...]` for one of several, in any case.
        """
        wanted = pattern.casefold().rstrip("/")
        return [
            each
            for each in self
            if any(
                fnmatch.fnmatchcase(text.casefold(), wanted)
                for text in (each.name, each.app_url, each.session_hash or each.name)
            )
        ]

    def __iter__(self) -> Iterator[SessionT]:
        return iter(self.__gradio__.everyone())

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, session: object) -> bool:
        if isinstance(session, str):
            return self.get(session) is not None
        return any(each is session for each in self)

    @property
    def default(self) -> SessionT:
        """The session that is meant where none is named.

        That is the one that was set, else the only one there is; its tabs do not count. When the
        one that was set is closed, none of those that are left takes its place by itself.

        Raises:
            SessionNotFoundError: None was set, and there is not exactly one; or the one that was
                set is closed.
        """
        places = self.__gradio__
        with places.lock:
            chosen = None if places.default is None else places.default()
            if chosen is not None:
                return chosen
            everyone = places.everyone()
            left_behind = any(session in places.left_behind for session in everyone)
        if left_behind:
            raise SessionNotFoundError(
                "The default session was closed. Set another one: sessions.default = session or "
                f"name. {self._names()}"
            )
        only = _only(everyone)
        if only is not None:
            return only
        raise SessionNotFoundError(
            "There is no default session. Make one, or choose: sessions.default = session or name. "
            f"{self._names()}"
        )

    @default.setter
    def default(self, session: SessionT | str | None) -> None:
        """Choose the default by session or by name; None takes the choice back.

        Raises:
            SessionNotFoundError: The session is not open.
        """
        places = self.__gradio__
        places.left_behind.clear()
        if session is None:
            places.default = None
            return
        chosen = self[session] if isinstance(session, str) else session
        if chosen not in self:
            raise SessionNotFoundError(
                f"{chosen.name!r} is closed and cannot be the default session. {self._names()}"
            )
        places.default = weakref.ref(chosen)

    def remove(self, name: str) -> None:
        """Close the session of that name.

        An asynchronous one is closed by a task of its loop, or at once where no loop runs.

        Raises:
            SessionNotFoundError: No open session has it.
        """
        self[name].__gradio__.close()

    def _names(self) -> str:
        names = [repr(session.name) for session in self]
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        return f"Open are: {shown}." if names else "None is open."

    def __repr__(self) -> str:
        return f"<Sessions: {', '.join(session.name for session in self) or 'none'}>"


def _only(found: Sequence[SessionT]) -> SessionT | None:
    """The only session among these, its tabs not counted; None where there is not exactly one."""
    apps = {id(session.__gradio__.app) for session in found}
    return found[0] if len(apps) == 1 else None


sessions: Sessions[Any] = Sessions()
"""The sessions of this process."""


def submit(
    api_name: str,
    params: Sequence[object] | Mapping[str, object] | None = None,
    *,
    event_id: str | None = None,
    token: str | None = None,
    oauth_token: str | None = None,
    timeout: float | None = None,
    headers: Mapping[str, str] | None = None,
    retries: int | None = None,
    detached: bool = False,
) -> Any:
    """Start a call in the default session; see `sessions.default` and `Session.submit`.

    Returns:
        A `Call`, or an `AsyncCall` where the default session is an `AsyncSession`.

    Raises:
        SessionNotFoundError: There is no default session.
        GradioSessionError: What `submit` of that session raises.
    """
    return sessions.default.submit(**locals())


def predict(
    api_name: str,
    params: Sequence[object] | Mapping[str, object] | None = None,
    *,
    token: str | None = None,
    oauth_token: str | None = None,
    timeout: float | None = None,
    headers: Mapping[str, str] | None = None,
    retries: int | None = None,
) -> Any:
    """Start a call in the default session and wait for its result; see `submit`.

    Returns:
        The result; where the default session is an `AsyncSession`, what gives it when awaited.
    """
    return sessions.default.predict(**locals())


def _open_owner(base_url: str) -> FileOwner | None:
    """The oldest open session of the app at that address, for files that have lost theirs."""
    for session in sessions:
        app = session.__gradio__.app
        address = app.app_url if app.last_config is None else app.last_config.base_url
        if address == base_url:
            owner: FileOwner = session.__gradio__.files()
            return owner
    return None


find_with(_open_owner)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sessions.__gradio__.after_fork)
