"""The sessions of this process, by name."""

from __future__ import annotations

import fnmatch
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from gradio_session.errors import SessionExistsError, SessionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Registered", "Sessions", "enter", "leave", "sessions"]


class Registered(Protocol):
    """What the registry asks of a session."""

    @property
    def name(self) -> str:
        """Its name, unique in this process."""
        ...

    @property
    def app_url(self) -> str:
        """The address of its app."""
        ...

    @property
    def _backend(self) -> Any:
        """What its calls go through; the tabs of a session share it."""
        ...

    def _close_from_anywhere(self) -> None:
        """Close it where nothing can be awaited."""
        ...

    def _after_fork(self) -> None:
        """In a child process: let go of what belongs to the parent."""
        ...


SessionT = TypeVar("SessionT", bound=Registered)

_SHOWN = 10


class Sessions(Generic[SessionT]):
    """Every session that is open, by name; oldest first. Safe to use from several threads.

    A session that was given a name lives until it is closed or removed. One whose name was derived
    lives only as long as a variable or a call refers to it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._order: dict[str, weakref.ref[SessionT]] = {}
        self._kept: dict[str, SessionT] = {}
        self._default: weakref.ref[SessionT] | None = None
        self._left_behind: weakref.WeakSet[SessionT] = weakref.WeakSet()

    def __getitem__(self, name: str) -> SessionT:
        """The session of that name.

        Raises:
            SessionNotFoundError: No open session has it.
        """
        session = self.get(name)
        if session is None:
            raise SessionNotFoundError(f"No open session is called {name!r}. {self._names()}")
        return session

    def get(self, name: str) -> SessionT | None:
        """The session of that name, or None."""
        with self._lock:
            reference = self._order.get(name)
        return None if reference is None else reference()

    def find(self, pattern: str = "*") -> list[SessionT]:
        """The sessions whose name or app's address matches.

        Args:
            pattern: A name or an address, in which `*` stands for anything, `?` for one character
                and `[...]` for one of several, in any case.
        """
        wanted = pattern.casefold()
        return [
            each
            for each in self
            if any(
                fnmatch.fnmatchcase(text.casefold(), wanted) for text in (each.name, each.app_url)
            )
        ]

    def __iter__(self) -> Iterator[SessionT]:
        with self._lock:
            found = [reference() for reference in self._order.values()]
        return iter([session for session in found if session is not None])

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
        with self._lock:
            chosen = None if self._default is None else self._default()
            if chosen is not None:
                return chosen
            everyone = list(self)
            left_behind = any(session in self._left_behind for session in everyone)
        if left_behind:
            raise SessionNotFoundError(
                "The default session was closed. Set another one: sessions.default = session or "
                f"name. {self._names()}"
            )
        first_tabs = {id(session._backend): session for session in reversed(everyone)}
        if len(first_tabs) == 1:
            return everyone[0]
        raise SessionNotFoundError(
            "There is no default session. Make one, or choose: sessions.default = session or name. "
            + self._names()
        )

    @default.setter
    def default(self, session: SessionT | str | None) -> None:
        """Choose the default by session or by name; None takes the choice back.

        Raises:
            SessionNotFoundError: The session is not open.
        """
        self._left_behind.clear()
        if session is None:
            self._default = None
            return
        chosen = self[session] if isinstance(session, str) else session
        if chosen not in self:
            raise SessionNotFoundError(
                f"{chosen.name!r} is closed and cannot be the default session. {self._names()}"
            )
        self._default = weakref.ref(chosen)

    def remove(self, name: str) -> None:
        """Close the session of that name.

        An asynchronous one is closed by a task of its loop, or at once where no loop runs.

        Raises:
            SessionNotFoundError: No open session has it.
        """
        self[name]._close_from_anywhere()

    def _names(self) -> str:
        names = [repr(session.name) for session in self]
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        return f"Open are: {shown}." if names else "None is open."

    def __repr__(self) -> str:
        return f"<Sessions: {', '.join(session.name for session in self) or 'none'}>"


def enter(
    registry: Sessions[SessionT], session: SessionT, name: str | None, derived: str, *, force: bool
) -> tuple[str, SessionT | None]:
    """Take a session in.

    Args:
        registry: Where to.
        session: The session.
        name: The name that its user gave it, or None.
        derived: The name that it gets otherwise; a suffix makes it unique.
        force: Replace a session of the same name.

    Returns:
        Its name, and the session that it replaces, which is to be closed.

    Raises:
        SessionExistsError: The name is taken.
    """
    with registry._lock:
        order = {key: each for key, each in registry._order.items() if each() is not None}
        registry._order = order
        if name is None:
            chosen = derived
            number = 1
            while chosen in order:
                number += 1
                chosen = f"{derived}#{number}"
            order[chosen] = weakref.ref(session)
            return chosen, None
        replaced = registry.get(name)
        if replaced is not None and not force:
            raise SessionExistsError(
                f"A session called {name!r} is open already, on {replaced.app_url}. Use it "
                "(sessions[name]), choose another name, or pass force=True, which closes it and "
                "takes its place."
            )
        order.pop(name, None)
        order[name] = weakref.ref(session)
        registry._kept[name] = session
        return name, replaced


def leave(registry: Sessions[SessionT], session: SessionT, name: str) -> None:
    """Take a session out that was closed."""
    with registry._lock:
        reference = registry._order.get(name)
        if reference is not None and reference() is session:
            del registry._order[name]
            registry._kept.pop(name, None)
        if registry._default is not None and registry._default() in (session, None):
            registry._default = None
            registry._left_behind = weakref.WeakSet(registry)


sessions: Sessions[Any] = Sessions()
"""The sessions of this process."""


def _after_fork() -> None:
    """In a child process no session may use what belongs to its parent.

    That is connections, threads, loops, and locks that a thread of the parent held.
    """
    sessions._lock = threading.RLock()
    for session in sessions:
        session._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
