"""`Endpoint` and `AsyncEndpoint`, which the endpoints of generated clients inherit; light."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from gradio_session.batch.bound import Bound
from gradio_session.client.signature import Generic, refuse_earlier, returned, sending, spec_of
from gradio_session.connection.call_options import NO_OPTIONS, CallOptions

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable, Iterator, Mapping

    from typing_extensions import Self

    from gradio_session.batch.inputs import Errors
    from gradio_session.calls.aio import AsyncCall
    from gradio_session.calls.sync import Call
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.session.aio import AsyncSession
    from gradio_session.session.sync import Session

__all__ = ["AsyncEndpoint", "Endpoint", "EndpointBase"]

T_co = TypeVar("T_co", covariant=True)


class _Start:
    """`submit`: the endpoint's signature, whose values start a call."""

    def __get__(self, endpoint: EndpointBase[Any] | None, owner: type) -> Any:
        if endpoint is None:
            return self
        kind = endpoint._call_type
        return sending(owner, endpoint._start, f"{kind}[{returned(endpoint._spec)}]")


class _Bind:
    """`bind`: the endpoint's signature, whose values are kept for `map`."""

    def __get__(self, endpoint: EndpointBase[Any] | None, owner: type) -> Any:
        if endpoint is None:
            return self
        spec = endpoint._spec
        return sending(
            owner, lambda *values: Bound(spec.api_name, values), f"Bound[{returned(spec)}]"
        )


class EndpointBase(Generic[T_co]):
    """What the endpoints of both worlds have."""

    submit: Any = _Start()
    """Start a call and return it at once."""
    bind: Any = _Bind()
    """Keep the arguments of a call, checked, as an input of `map`."""

    if TYPE_CHECKING:
        _session: Any
        _options: CallOptions
        _call_type: str

    def __init_subclass__(cls, **keywords: Any) -> None:
        if "api_name" in keywords and not hasattr(cls, "_declared"):
            refuse_earlier(cls.__module__)
        super().__init_subclass__(**keywords)

    def __init__(self, session: Any) -> None:
        self._session = session
        self._options = NO_OPTIONS

    @property
    def _spec(self) -> EndpointSpec:
        return spec_of(type(self))

    def _start(self, *values: Any) -> Any:
        return self._session.__gradio__.start(self._spec, values, self._options)

    def _with(self, options: CallOptions) -> Self:
        """A copy whose options are these, and where they say nothing its own."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._options = options.over(self._options)
        return copy

    def with_options(
        self,
        *,
        timeout: float | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> Self:
        """A copy whose calls have other options than the session's; this one stays as it was.

        Args:
            timeout: Seconds from submission to the end of a call; `math.inf` for no bound.
            token: A token; "public" for none at all.
            headers: Headers over those of the session.
            retries: How often a call is posted again when it surely was not accepted.
            detached: Start calls under no session, for another process to attach to.

        Raises:
            ParameterError: An option is not valid.
        """
        options = CallOptions(
            timeout=timeout, token=token, headers=headers, retries=retries, detached=detached
        )
        return self._with(options)

    def _job(self, job: Any) -> Any:
        """What `map` calls."""
        seam = self._session.__gradio__
        return job(
            self._spec,
            self._session,
            self.submit,
            start=lambda tab, values: tab.__gradio__.start(self._spec, values, self._options),
            wiring=partial(seam.dependency, self._spec.api_name),
            typed=lambda wiring, data: seam.typed(self._spec, wiring, data, None),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._spec.api_name} of {self._session.name!r}>"


class Endpoint(EndpointBase[T_co]):
    """An endpoint of an app.

    Generated classes add its signature, and say which type `submit` and `bind` return.
    """

    if TYPE_CHECKING:
        _session: Session

        def __call__(self, *args: Any, **kwargs: Any) -> T_co:
            """Call it and wait for the result."""
            ...

    _call_type = "Call"

    @property
    def _returns(self) -> str:
        return returned(self._spec)

    def _send(self, *values: Any) -> T_co:
        result: T_co = self._start(*values).result()
        return result

    def attach(self, event_id: str) -> Call[T_co]:
        """Follow an event of this endpoint that was made elsewhere.

        Args:
            event_id: Its id. The id of a call in the session's record gives that call.

        Returns:
            The call. An event that is unknown or was read already makes its `result()` raise
            `EventNotFoundError` within seconds.
        """
        call: Call[T_co] = self._session.__gradio__.attach(self._spec, event_id, self._options)
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

        options = MapOptions(
            concurrency=concurrency,
            ordered=ordered,
            errors=errors,
            journal=journal,
            progress=progress,
        )
        return map_calls(self._job(Job), inputs, options)


class AsyncEndpoint(EndpointBase[T_co]):
    """An endpoint of an app, for asyncio.

    Generated classes add its signature, and say which type `submit` and `bind` return.
    """

    if TYPE_CHECKING:
        _session: AsyncSession

        def __call__(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, T_co]:
            """Call it and wait for the result."""
            ...

    _call_type = "AsyncCall"

    @property
    def _returns(self) -> str:
        return f"Coroutine[Any, Any, {returned(self._spec)}]"

    async def _send(self, *values: Any) -> T_co:
        result: T_co = await self._start(*values)
        return result

    def attach(self, event_id: str) -> AsyncCall[T_co]:
        """Follow an event of this endpoint that was made elsewhere; see `Endpoint.attach`."""
        call: AsyncCall[T_co] = self._session.__gradio__.attach(self._spec, event_id, self._options)
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

        options = MapOptions(
            concurrency=concurrency,
            ordered=ordered,
            errors=errors,
            journal=journal,
            progress=progress,
        )
        return map_calls(self._job(Job), inputs, options)
