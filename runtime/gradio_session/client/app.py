"""What generated clients inherit: `App` and `Endpoint`, and their asynchronous twins.

A generated module is imported by people who may never call the app, so this module imports nothing
but `typing` and light modules of our own.
"""

from __future__ import annotations

import sys
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from gradio_session.client.endpoint import EndpointBase, with_options
from gradio_session.client.signature import Generic, refuse, refuse_earlier, signature_text
from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.display import doors

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence

    # From where they are defined: for a name of `httpx` itself an editor reads all of httpx before
    # it completes the first name of a client.
    from httpx._client import AsyncClient, Client  # noqa: F401 # pyright: ignore[reportPrivateUsage]
    from httpx._config import Proxy  # pyright: ignore[reportPrivateUsage]
    from typing_extensions import Self

    # Type checkers find these in the bases of classes.
    from gradio_session.calls.aio import AsyncCall  # noqa: F401
    from gradio_session.calls.sync import Call  # noqa: F401
    from gradio_session.connection.checks import CallsPolicy
    from gradio_session.events import Event
    from gradio_session.session.aio import AsyncSession
    from gradio_session.session.registry import Sessions
    from gradio_session.session.sync import Session

    SessionT = TypeVar("SessionT", bound="Session | AsyncSession")
    ClientT = TypeVar("ClientT")
    CallT = TypeVar("CallT")
else:
    SessionT = ClientT = CallT = Any

__all__ = ["App", "AsyncApp", "endpoints_of"]

LEVEL = 2
"""The contract between generated modules and this package that it knows."""

_KEYWORDS = frozenset({"url", "title", "schema", "runtime"})


class _EndpointAttribute:
    """An endpoint of a client's class, made when it is first used.

    Args:
        name: What it is called.
        module: The module of the client's class, in which its own class stands further down.
        kind: The name of its class.
    """

    def __init__(self, name: str, module: str, kind: str) -> None:
        self.name = name
        self.module = module
        self.kind = kind

    def __get__(self, app: Any, owner: type) -> Any:
        if app is None:
            return self
        endpoint: EndpointBase[Any] = vars(sys.modules[self.module])[self.kind](app.session)
        if app.__options__ is not NO_OPTIONS:
            endpoint = with_options(endpoint, app.__options__)
        app.__dict__[self.name] = endpoint
        return endpoint


def endpoints_of(app: type) -> list[str]:
    """The names of the endpoints that a generated client has, or a subclass of one."""
    return [
        name
        for kind in reversed(app.__mro__)
        for name, value in vars(kind).items()
        if isinstance(value, _EndpointAttribute)
    ]


class _AppBase(Generic[SessionT, ClientT, CallT]):
    # Names that no endpoint has, and no editor offers. The first is the address of the app.
    __gradio__: ClassVar[str | None] = None
    __options__: CallOptions = NO_OPTIONS

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(GenericAlias)

    def __init__(
        self,
        app_url: str | None = None,
        *,
        session: SessionT | str | None = None,
        name: str | None = None,
        download_path: str | os.PathLike[str] | None = None,
        force: bool = False,
        max_calls: int = 100,
        max_calls_policy: CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: str | Proxy | None = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: ClientT | None = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[CallT, Event[Any]], object] | None = None,
        wait: float | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        self.session = _chosen(self, locals().copy())

    @staticmethod
    def __door__() -> tuple[type[SessionT], Sessions[SessionT]]:
        """The class of its sessions, and those of this process."""
        raise NotImplementedError  # abstract: each mode has its own

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__()
        if not keywords:
            return
        name = f"{cls.__module__}.{cls.__qualname__}"
        refuse(name, set(keywords) - _KEYWORDS)
        level = keywords.pop("runtime", LEVEL)
        if level < LEVEL:
            refuse_earlier(cls.__module__)
        if level > LEVEL:
            refuse(name, {f"runtime={level}"})
        cls.__gradio__ = keywords.get("url")
        for attribute, kind in cls.__annotations__.items():
            setattr(cls, attribute, _EndpointAttribute(attribute, cls.__module__, kind))

    def with_options(
        self,
        *,
        timeout: float | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> Self:
        """A copy in the same session whose endpoints make calls with other options.

        This client stays as it was; so does the session.

        Args:
            timeout: Seconds from submission to the end of a call; `math.inf` for no bound.
            token: A token; "public" for none at all.
            oauth_token: The caller's own, for endpoints that ask for one; "public" for none.
            headers: Headers over those of the session.
            retries: How often a call is posted again when it surely was not accepted.
            detached: Start calls under no session, for another process to attach to.

        Raises:
            ParameterError: An option is not valid.
        """
        options = CallOptions.of(locals())
        copy = object.__new__(type(self))
        for name, value in self.__dict__.items():
            is_endpoint = issubclass(type(value), EndpointBase)
            copy.__dict__[name] = with_options(value, options) if is_endpoint else value
        copy.__options__ = options.over(self.__options__)
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self.session!r}>"

    def _repr_html_(self) -> str:
        """How notebooks show it: its endpoints with their signatures."""
        rows = [(name, signature_text(getattr(self, name))) for name in endpoints_of(type(self))]
        return str(doors.html().table(f"{type(self).__name__} on {self.session.app_url}", rows))


def _chosen(app: _AppBase[SessionT, ClientT, CallT], arguments: Mapping[str, Any]) -> SessionT:
    """The session that the user named or passed, or one that is made.

    Args:
        app: The client.
        arguments: Those of its constructor.
    """
    # A door: clients that are only imported raise nothing.
    from gradio_session.errors import ParameterError  # noqa: PLC0415

    kind, sessions = app.__door__()
    name, session = type(app).__name__, arguments["session"]
    options = {**(App.__init__.__kwdefaults__ or {})}
    del options["session"]
    if session is None:
        url = arguments["app_url"] or app.__gradio__
        if url is None:
            raise ParameterError(
                f"{name} was generated without an address: pass app_url, or session.",
                parameter="app_url",
            )
        return kind(url, **{option: arguments[option] for option in options})
    for option, default in {"app_url": None, **options}.items():
        if arguments[option] != default:
            raise ParameterError(
                f"{name}: pass {option} or session, not both: a session has its address and "
                "options.",
                parameter=option,
            )
    found = sessions[session] if isinstance(session, str) else session
    if not isinstance(found, kind):
        wanted = "an AsyncSession" if kind.__name__ == "AsyncSession" else "a Session"
        text = f"{name} needs {wanted}, and {found!r} is none."
        raise ParameterError(text, parameter="session")
    return found


class App(_AppBase["Session", "Client", "Call[Any]"]):
    """A client of one app. Generated classes add its endpoints.

    Args:
        app_url: The app's address or Space id, if another than the one it was generated from.
        session: A session to make the calls in, or the name of one; then no other argument is
            given.
        name: This and the following arguments are those of `Session`.
        download_path: See `Session`.
        force: See `Session`.
        max_calls: See `Session`.
        max_calls_policy: See `Session`.
        max_concurrency: See `Session`.
        token: See `Session`.
        oauth_token: See `Session`.
        auth: See `Session`.
        headers: See `Session`.
        cookies: See `Session`.
        timeout: See `Session`.
        heartbeat_timeout: See `Session`.
        retries: See `Session`.
        proxy: See `Session`.
        verify: See `Session`.
        cert: See `Session`.
        http: See `Session`.
        max_download_bytes: See `Session`.
        allowed_hosts: See `Session`.
        validate: See `Session`.
        history: See `Session`.
        on_event: See `Session`.
        wait: See `Session`.
        pickle_secrets: See `Session`.

    Attributes:
        session: The session that all calls are made in.

    Raises:
        ParameterError: There is no address, an option is not valid, or one is given beside
            `session`.
        SessionExistsError: Another session has that name.
        SessionNotFoundError: No session has the name given as `session`.
    """

    @staticmethod
    def __door__() -> tuple[type[Session], Sessions[Session]]:
        # A door: clients that are only imported need no session.
        from gradio_session.session.sync import Session, sessions  # noqa: PLC0415

        return Session, sessions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()


class AsyncApp(_AppBase["AsyncSession", "AsyncClient", "AsyncCall[Any]"]):
    """A client of one app, for asyncio; see `App`. Generated classes add its endpoints."""

    @staticmethod
    def __door__() -> tuple[type[AsyncSession], Sessions[AsyncSession]]:
        # A door: as above.
        from gradio_session.session.aio import AsyncSession, sessions  # noqa: PLC0415

        return AsyncSession, sessions

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.close()
