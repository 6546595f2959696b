"""`Endpoint` and `AsyncEndpoint`, which the endpoints of generated clients inherit; light."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.display import doors
from gradio_session.protocol.app_schema.spec import EndpointSpec

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping

    from typing_extensions import Self

    from gradio_session.batch.inputs import Errors
    from gradio_session.calls.aio import AsyncCall
    from gradio_session.calls.sync import Call
    from gradio_session.session.aio import AsyncSession
    from gradio_session.session.sync import Session

__all__ = ["AsyncEndpoint", "Endpoint", "refuse"]

T_co = TypeVar("T_co", covariant=True)

_ENDPOINT_KEYWORDS = frozenset(
    {"api_name", "inputs", "outputs", "input_files", "output_files", "oauth_token", "result_type"}
)


def refuse(name: str, keywords: set[str]) -> None:
    """Say which package to upgrade when a generated class uses what this one does not know.

    Raises:
        ImportError: There are such keywords.
    """
    if keywords:
        words = ", ".join(sorted(keywords))
        advice = "upgrade it, `pip install -U gradio-session`"
        raise ImportError(
            f"{name} was generated for a newer gradio-session ({words} is not known here): "
            f"{advice}."
        )


def _parameters_of(cls: type) -> tuple[str, ...] | None:
    function = cls.__dict__.get("__call__")
    if function is None:
        return None
    code = function.__code__
    return tuple(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _result_of(cls: type) -> Any:
    """The type in `Endpoint[...]`, which a generated class inherits from."""
    bases = getattr(cls, "__orig_bases__", ())
    return bases[0].__args__[0] if bases and hasattr(bases[0], "__args__") else None


def _result_html(result: Any) -> str:
    """How notebooks show a result of several values."""
    return str(doors.html().result_html(result))


class _EndpointBase(Generic[T_co]):
    spec: ClassVar[EndpointSpec]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__()
        if "api_name" not in keywords:
            return
        refuse(f"{cls.__module__}.{cls.__qualname__}", set(keywords) - _ENDPOINT_KEYWORDS)
        returns = _result_of(cls)
        if hasattr(returns, "_fields"):
            returns._repr_html_ = _result_html
        keywords.setdefault("result_type", returns if hasattr(returns, "_fields") else None)
        namespace = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
        cls.spec = EndpointSpec(
            parameters=_parameters_of(cls), returns=returns, namespace=namespace, **keywords
        )

    def __init__(self, session: Any) -> None:
        self.session = session
        self._options = NO_OPTIONS

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
        copy = type(self)(self.session)
        options = CallOptions(
            timeout=timeout, token=token, headers=headers, retries=retries, detached=detached
        )
        copy._options = options.over(self._options)
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec.api_name} of {self.session.name!r}>"


class Endpoint(_EndpointBase[T_co]):
    """An endpoint of an app.

    Generated classes add `__call__` and `submit` with the endpoint's own signature.

    Attributes:
        session: The session that its calls are made in.
    """

    session: Session

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> T_co:
            """Call it and wait for the result."""
            ...

        def submit(self, *args: Any, **kwargs: Any) -> Call[T_co]:
            """Start a call."""
            ...

    def _submit(self, *values: Any) -> Call[T_co]:
        call: Call[T_co] = self.session.__gradio__.start(self.spec, values, self._options)
        return call

    def attach(self, event_id: str) -> Call[T_co]:
        """Follow an event of this endpoint that was made elsewhere.

        Args:
            event_id: Its id. The id of a call in the session's record gives that call.

        Returns:
            The call. An event that is unknown or was read already makes its `result()` raise
            `EventNotFoundError` within seconds.
        """
        call: Call[T_co] = self.session.__gradio__.attach(self.spec, event_id, self._options)
        return call

    def map(
        self,
        inputs: Iterable[Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> Iterator[T_co]:
        """Call the endpoint for every input, several at once, in tabs of their own.

        Args:
            inputs: One item for each call: a tuple in order, a mapping by parameter name (for an
                endpoint of two parameters or more), else the value of the first parameter. It is
                read as results are taken, at most `2 * concurrency` items ahead.
            concurrency: Calls at once.
            ordered: Results in the order of the inputs; else as they come.
            errors: "raise" ends at the first error; "return" gives errors in the place of results.
            journal: A file that remembers what is done, so that a second run goes on where the
                first one stopped.
            progress: Show a progress bar (with rich).

        Yields:
            Results, typed like those of the endpoint.

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
        seam = self.session.__gradio__
        job: Job[Session, Call[T_co]] = Job(
            self.spec,
            self.session,
            self.submit,
            start=lambda tab, values: tab.__gradio__.start(self.spec, values, self._options),
            wiring=partial(seam.dependency, self.spec.api_name),
            typed=lambda wiring, data: seam.typed(self.spec, wiring, data, None),
        )
        return map_calls(job, inputs, options)


class AsyncEndpoint(_EndpointBase[T_co]):
    """An endpoint of an app, for asyncio.

    Generated classes add `__call__` and `submit` with the endpoint's own signature.

    Attributes:
        session: The session that its calls are made in.
    """

    session: AsyncSession

    if TYPE_CHECKING:

        async def __call__(self, *args: Any, **kwargs: Any) -> T_co:
            """Call it and wait for the result."""
            ...

        def submit(self, *args: Any, **kwargs: Any) -> AsyncCall[T_co]:
            """Start a call."""
            ...

    def _submit(self, *values: Any) -> AsyncCall[T_co]:
        call: AsyncCall[T_co] = self.session.__gradio__.start(self.spec, values, self._options)
        return call

    def attach(self, event_id: str) -> AsyncCall[T_co]:
        """Follow an event of this endpoint that was made elsewhere; see `Endpoint.attach`."""
        call: AsyncCall[T_co] = self.session.__gradio__.attach(self.spec, event_id, self._options)
        return call

    def map(
        self,
        inputs: Iterable[Any] | AsyncIterable[Any],
        *,
        concurrency: int = 8,
        ordered: bool = True,
        errors: Errors = "raise",
        journal: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> AsyncIterator[T_co]:
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
        seam = self.session.__gradio__
        job: Job[AsyncSession, AsyncCall[T_co]] = Job(
            self.spec,
            self.session,
            self.submit,
            start=lambda tab, values: tab.__gradio__.start(self.spec, values, self._options),
            wiring=partial(seam.dependency, self.spec.api_name),
            typed=lambda wiring, data: seam.typed(self.spec, wiring, data, None),
        )
        return map_calls(job, inputs, options)
