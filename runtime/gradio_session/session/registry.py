"""The sessions of this process, by name."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import fnmatch
import os
import threading
import weakref
from typing import TYPE_CHECKING, TypeAlias

from gradio_session.errors import SessionExistsError, SessionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_session.session.aio import AsyncSession
    from gradio_session.session.sync import Session

    AnySession: TypeAlias = Session | AsyncSession

__all__ = ["Sessions", "sessions"]


class Sessions:
    """Every session that is open, by name; oldest first. Safe to use from several threads.

    A session that was given a name lives until it is closed or removed. One whose name was derived
    lives only as long as somebody holds it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._order: dict[str, weakref.ref[AnySession]] = {}
        self._kept: dict[str, AnySession] = {}
        self._default: weakref.ref[AnySession] | None = None
        self._left_behind: weakref.WeakSet[AnySession] = weakref.WeakSet()

    def __getitem__(self, name: str) -> AnySession:
        """The session of that name.

        Raises:
            SessionNotFoundError: No open session has it.
        """
        session = self.get(name)
        if session is None:
            raise SessionNotFoundError(f"No open session is called {name!r}. {self._names()}")
        return session

    def get(self, name: str) -> AnySession | None:
        """The session of that name, or None."""
        with self._lock:
            reference = self._order.get(name)
        return None if reference is None else reference()

    def find(self, pattern: str = "*") -> list[AnySession]:
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

    def __iter__(self) -> Iterator[AnySession]:
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
    def default(self) -> AnySession:
        """The session that is meant where none is named: the one that was set, else the only one there is; its tabs do not count.

        When the one that was set is closed, none of those that are left takes its place by itself.

        Raises:
            SessionNotFoundError: None was set, and there is not exactly one; or the one that was
                set is closed.
        """
        with self._lock:
            chosen = None if self._default is None else self._default()
            if chosen is not None:
                return chosen
            everyone = list(self)
            orphans = [session for session in everyone if session in self._left_behind]
        if orphans:
            raise SessionNotFoundError(
                f"The default session was closed. Set another one: sessions.default = session or name. {self._names()}"
            )
        first_tabs = {id(session._connection): session for session in reversed(everyone)}
        if len(first_tabs) == 1:
            return everyone[0]
        raise SessionNotFoundError(
            f"There is no default session. Make one, or choose: sessions.default = session or name. {self._names()}"
        )

    @default.setter
    def default(self, session: AnySession | str | None) -> None:
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
        """Close the session of that name. An asynchronous one is closed by a task of its loop, or at once where no loop runs.

        Raises:
            SessionNotFoundError: No open session has it.
        """
        self[name]._close_from_anywhere()

    def _names(self) -> str:
        names = [session.name for session in self]
        return (
            f"Open are: {', '.join(repr(name) for name in names[:10])}{', ...' if len(names) > 10 else ''}."
            if names
            else "None is open."
        )

    # For sessions themselves

    def _add(
        self, session: AnySession, name: str | None, derived: str, *, force: bool
    ) -> tuple[str, AnySession | None]:
        """Take a session in.

        Args:
            session: The session.
            name: The name its user gave it, or None.
            derived: The name that it gets otherwise; a suffix makes it unique.
            force: Replace a session of the same name.

        Returns:
            Its name, and the session that it replaces, which is to be closed.

        Raises:
            SessionExistsError: The name is taken.
        """
        with self._lock:
            self._order = {
                key: reference for key, reference in self._order.items() if reference() is not None
            }
            if name is None:
                chosen = derived
                number = 1
                while chosen in self._order:
                    number += 1
                    chosen = f"{derived}#{number}"
                self._order[chosen] = weakref.ref(session)
                return chosen, None
            replaced = self.get(name)
            if replaced is not None and not force:
                advice = "Use it (sessions[name]), choose another name, or pass force=True, which closes it and takes its place."
                raise SessionExistsError(
                    f"A session called {name!r} is open already, on {replaced.app_url}. {advice}"
                )
            self._order.pop(name, None)
            self._order[name] = weakref.ref(session)
            self._kept[name] = session
            return name, replaced

    def _drop(self, session: AnySession, name: str) -> None:
        """A session was closed."""
        with self._lock:
            reference = self._order.get(name)
            if reference is not None and reference() is session:
                del self._order[name]
                self._kept.pop(name, None)
            if self._default is not None and self._default() in (session, None):
                self._default = None
                self._left_behind = weakref.WeakSet(self)

    def _after_fork(self) -> None:
        """In a child process no session may use what belongs to its parent: connections, threads, loops, and locks that nobody will release."""
        self._lock = threading.RLock()
        for session in self:
            session._after_fork()

    def __repr__(self) -> str:
        return f"<Sessions: {', '.join(session.name for session in self) or 'none'}>"


sessions = Sessions()
"""The sessions of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sessions._after_fork)
