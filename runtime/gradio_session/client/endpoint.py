"""`Endpoint` and `AsyncEndpoint`, which the endpoints of generated clients inherit; light."""

from __future__ import annotations

from functools import partial
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, overload

from gradio_session.batch.bound import Bound
from gradio_session.client.signature import (
    Generic,
    Sending,
    refuse_earlier,
    returned,
    sending,
    spec_of,
)
from gradio_session.connection.call_options import NO_OPTIONS, CallOptions

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable, Iterator, Mapping

    from typing_extensions import Self

    from gradio_session.batch.inputs import Errors
    from gradio_session.calls.aio import AsyncCall
    from gradio_session.calls.sync import Call
    from gradio_session.protocol.app_schema.spec import EndpointSpec

    EndpointT = TypeVar("EndpointT", bound="EndpointBase[Any]")

__all__ = ["AsyncEndpoint", "Endpoint", "EndpointBase", "with_options"]

T_co = TypeVar("T_co", covariant=True)


class EndpointSeam:
    """The seam between an endpoint and the rest of the package.

    Args:
        kind: The class of the endpoint.
        session: The session that its calls are made in.
        options: What they change of the session's options.
    """

    def __init__(self, kind: type, session: Any, options: CallOptions) -> None:
        self.kind = kind
        self.session = session
        self.options = options

    @property
    def spec(self) -> EndpointSpec:
        """What its class declares."""
        return spec_of(self.kind)

    @property
    def returns(self) -> str:
        """The type of its result, as text."""
        return returned(self.spec)

    def start(self, *values: Any, waits: bool = False) -> Any:
        """Start a call; with `waits`, one that the caller waits for."""
        return self.session.__gradio__.start(self.spec, values, self.options, waits=waits)

    def bind(self, *values: Any) -> Bound[Any]:
        """Keep the values of a call for `map`."""
        return Bound(self.spec.api_name, values)

    def stream(self, *values: Any, sent: str) -> Any:
        """Start a call whose input goes on, and whose `send` has the endpoint's signature.

        Args:
            *values: The first chunk.
            sent: The type of what `send` returns, as text.
        """
        shaped = partial(sending, self.kind, returns=sent)
        return self.session.__gradio__.stream(self.spec, values, self.options, shaped)

    def attach(self, event_id: str) -> Any:
        """Follow an event."""
        return self.session.__gradio__.attach(self.spec, event_id, self.options)

    def job(self, kind: Any, submit: Any) -> Any:
        """What `map` calls, as a `Job`."""
        options = self.session.__gradio__.app.options_here(self.options)
        return kind(self.spec, self.session, options, submit)


class EndpointBase(Generic[T_co]):
    """What the endpoints of both worlds have."""

    if TYPE_CHECKING:
        submit: Any
        """Start a call and return it at once."""
        bind: Any
        """Keep the arguments of a call, checked, as an input of `map`."""
        _streams: ClassVar[Any]
    else:
        __class_getitem__ = classmethod(GenericAlias)
        bind = Sending("Bound", EndpointSeam.bind)

    def __init_subclass__(cls, **keywords: Any) -> None:
        if "api_name" in keywords and not hasattr(cls, "_declared"):
            refuse_earlier(cls.__module__)
        super().__init_subclass__(**keywords)
        for name in {"stream"} & cls.__annotations__.keys():
            setattr(cls, name, cls._streams)  # where an event of the app streams its input

    def __init__(self, session: Any) -> None:
        self.__gradio__ = EndpointSeam(type(self), session, NO_OPTIONS)

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
        """A copy whose calls have other options than the session's; this one stays as it was.

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
        return with_options(self, options)

    def __repr__(self) -> str:
        seam = self.__gradio__
        return f"<{type(self).__name__} {seam.spec.api_name} of {seam.session.name!r}>"


def with_options(endpoint: EndpointT, options: CallOptions) -> EndpointT:
    """A copy of an endpoint with other options; where they say nothing it keeps its own."""
    copy: EndpointT = object.__new__(type(endpoint))
    copy.__dict__.update(endpoint.__dict__)
    seam = endpoint.__gradio__
    copy.__gradio__ = EndpointSeam(seam.kind, seam.session, options.over(seam.options))
    return copy


class Endpoint(EndpointBase[T_co]):
    """An endpoint of an app.

    Generated classes add its signature, and say which type `submit` and `bind` return.
    """

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> T_co:
            """Call it and wait for the result."""
            ...
    else:
        submit = Sending("Call", EndpointSeam.start)
        _streams = Sending("Stream", partial(EndpointSeam.stream, sent="None"))

        @property
        def _returns(self) -> str:
            return self.__gradio__.returns

        def _send(self, *values: Any) -> T_co:
            result: T_co = self.__gradio__.start(*values, waits=True).result()
            return result

    def attach(self, event_id: str) -> Call[T_co]:
        """Follow an event of this endpoint that was made elsewhere.

        Args:
            event_id: Its id. The id of a call in the session's record gives that call.

        Returns:
            The call. An event that is unknown or was read already makes its `result()` raise
            `EventNotFoundError` within seconds.
        """
        call: Call[T_co] = self.__gradio__.attach(event_id)
        return call

    @overload
    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Literal["raise"] = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> Iterator[T_co]: ...

    @overload
    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors,
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> Iterator[T_co | Exception]: ...

    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> Iterator[T_co | Exception]:
        """Call the endpoint for every input, several at once, in tabs of their own.

        Args:
            inputs: One item for each call: what `bind` made of its arguments; else a tuple in
                order, a mapping by parameter name (for an endpoint of two parameters or more), or
                the value of the first parameter. It is read as results are taken, at most
                `2 * concurrency` items ahead.
            concurrency: Calls at once.
            ordered: Results in the order of the inputs; else as they come.
            errors: "raise" ends at the first error; "return" gives errors in the place of results.
            journal: A file that remembers what is done, so that a second run goes on where the
                first one stopped.
            progress: Show a progress bar (with rich).

        Yields:
            Results, typed like those of the endpoint; exceptions among them with
            `errors="return"`.

        Raises:
            ValueError: An option is not valid.
            GradioSessionError: The first error of a call, with `errors="raise"`.
        """
        # A door: most programs map nothing.
        from gradio_session.batch.sync import Job, MapOptions, map_calls  # noqa: PLC0415

        options = MapOptions(concurrency, ordered, errors, journal, progress)
        return map_calls(self.__gradio__.job(Job, self.submit), inputs, options)


class AsyncEndpoint(EndpointBase[T_co]):
    """An endpoint of an app, for asyncio.

    Generated classes add its signature, and say which type `submit` and `bind` return.
    """

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, T_co]:
            """Call it and wait for the result."""
            ...
    else:
        submit = Sending("AsyncCall", EndpointSeam.start)
        _streams = Sending(
            "AsyncStream", partial(EndpointSeam.stream, sent="Coroutine[Any, Any, None]")
        )

        @property
        def _returns(self) -> str:
            return f"Coroutine[Any, Any, {self.__gradio__.returns}]"

        async def _send(self, *values: Any) -> T_co:
            result: T_co = await self.__gradio__.start(*values)
            return result

    def attach(self, event_id: str) -> AsyncCall[T_co]:
        """Follow an event of this endpoint that was made elsewhere; see `Endpoint.attach`."""
        call: AsyncCall[T_co] = self.__gradio__.attach(event_id)
        return call

    @overload
    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any] | AsyncIterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Literal["raise"] = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> AsyncIterator[T_co]: ...

    @overload
    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any] | AsyncIterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors,
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> AsyncIterator[T_co | Exception]: ...

    def map(
        self,
        inputs: Iterable[Bound[T_co] | Any] | AsyncIterable[Bound[T_co] | Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> AsyncIterator[T_co | Exception]:
        """Call the endpoint for every input, several at once; see `Endpoint.map`.

        `inputs` may be asynchronous.
        """
        # A door: most programs map nothing.
        from gradio_session.batch.aio import Job, MapOptions, map_calls  # noqa: PLC0415

        options = MapOptions(concurrency, ordered, errors, journal, progress)
        return map_calls(self.__gradio__.job(Job, self.submit), inputs, options)
