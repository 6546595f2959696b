"""What the two kinds of `map` share: how an input becomes a call's values, how many tabs the workers get, and the journal.

`mapping_sync` and `mapping_async` hold the scheduling. In both, a *worker* runs one call after the
other in a tab of its own, inputs are taken one by one and at most `2 * concurrency` ahead of what
the caller has received, and leaving early cancels
what runs.
"""

from __future__ import annotations

import copy
import difflib
import sys
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gradio_session.errors import ParameterError
from gradio_session.protocol.base.json_values import is_mapping

if TYPE_CHECKING:
    import inspect
    import os
    from collections.abc import Mapping, Sequence

    from gradio_session.batch.checkpoint import Journal
    from gradio_session.protocol.app_schema.config import Dependency

__all__ = [
    "Errors",
    "Failure",
    "arguments",
    "check_options",
    "journal_key",
    "numbered",
    "on_tab",
    "open_journal",
    "tab_count",
    "worker_count",
]

Errors = Literal["raise", "return"]

OWN_TABS = 16
"""Workers up to which each has a tab of its own; more share one, unless the endpoint keeps state. A tab costs a connection, and in synchronous code a
thread that reads."""


class Failure:
    """An exception in the place of a result.

    Args:
        error: The exception.
        fatal: It is no call's, but the caller's iterator's or the journal's: it ends the map in any
            case.
    """

    __slots__ = ("error", "fatal")

    def __init__(self, error: Exception, *, fatal: bool = False) -> None:
        self.error = error
        self.fatal = fatal


def check_options(concurrency: int, errors: str) -> None:
    """Refuse options of `map` that mean nothing.

    Raises:
        ValueError: When `concurrency` is below 1 or `errors` neither "raise" nor "return".
    """
    if concurrency < 1:
        raise ValueError(
            f"concurrency={concurrency!r}: give the number of calls that may run at once, 1 or more."
        )
    if errors not in {"raise", "return"}:
        raise ValueError(
            f'errors={errors!r}: give "raise" (the first error ends the map) or "return" (errors come in the place of results).'
        )


def tab_count(workers: int, dependency: Dependency) -> int:
    """How many tabs so many workers get.

    Args:
        workers: Calls that may run at once.
        dependency: How the endpoint is wired.
    """
    keeps_state = any(slot.type == "state" for slot in (*dependency.inputs, *dependency.outputs))
    return workers if keeps_state or workers <= OWN_TABS else 1


def worker_count(concurrency: int, session: Any) -> int:
    """How many calls may run at once, where the session has a bound of its own (`max_concurrency`)."""
    limit: int | None = session.max_concurrency
    return concurrency if limit is None else min(concurrency, limit)


EndpointT = TypeVar("EndpointT")


def on_tab(endpoint: EndpointT, tab: Any) -> EndpointT:
    """The same endpoint, with the same options, in another tab."""
    clone = copy.copy(endpoint)
    clone.session = tab  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    return clone


def journal_key(endpoint: Any, values: tuple[Any, ...]) -> str:
    """The journal's key for a call of an endpoint."""
    from gradio_session.batch.checkpoint import inputs_key  # noqa: PLC0415 - loaded by now

    return inputs_key(values, endpoint.spec.input_files)


def numbered(error: Exception, number: int) -> Exception:
    """The error that ends a map, with a note that says which input it was (Python 3.11 and newer show it)."""
    if sys.version_info >= (3, 11):
        error.add_note(f"This was input {number} of the map, counted from 0.")
    return error


def arguments(
    signature: inspect.Signature, item: Any, *, api_name: str, number: int
) -> tuple[Any, ...]:
    """The values of one input, in the order of the endpoint's parameters, defaults filled in.

    Args:
        signature: That of the endpoint's `submit`, without `self`.
        item: A tuple in order; a mapping by name, for an endpoint of two parameters or more; else
            the value of the first parameter.
        api_name: The endpoint, for messages.
        number: Which input it is, counted from 0, for messages.

    Raises:
        ParameterError: When the input does not fit the endpoint's parameters.
    """
    names = list(signature.parameters)
    try:
        by_name = is_mapping(item) and len(names) > 1
        bound = _by_name(signature, item) if by_name else _in_order(signature, _values(item))
    except TypeError as error:
        raise ParameterError(
            f"{api_name}, input {number} of this map: {error}.", api_name=api_name
        ) from None
    bound.apply_defaults()
    return tuple(bound.arguments.values())


def _values(item: Any) -> Sequence[Any]:
    values: Any = item
    return values if isinstance(item, tuple) else (item,)


def _in_order(signature: inspect.Signature, values: Sequence[Any]) -> inspect.BoundArguments:
    names = list(signature.parameters)
    if len(values) > len(names):
        raise TypeError(f"{len(values)} values for {len(names)} parameters ({', '.join(names)})")
    return signature.bind(**dict(zip(names, values, strict=False)))


def _by_name(signature: inspect.Signature, item: Mapping[str, Any]) -> inspect.BoundArguments:
    names = list(signature.parameters)
    for name in item:
        if name not in signature.parameters:
            close = difflib.get_close_matches(str(name), names, 1)
            hint = f" (did you mean {close[0]!r}?)" if close else f"; they are {', '.join(names)}"
            raise TypeError(
                f"no parameter is called {name!r}{hint}. A mapping that is itself the first value goes in a tuple: (mapping,)"
            )
    return signature.bind(**item)


def open_journal(path: str | os.PathLike[str] | None, endpoint: Any) -> Journal | None:
    """The journal of an endpoint's `map`, or None without a path.

    Raises:
        GradioSessionError: When the file is no journal, or that of another endpoint or app.
    """
    if path is None:
        return None
    from gradio_session.batch.checkpoint import Journal  # noqa: PLC0415 - hashlib, json and pathlib only where a journal is kept

    spec = endpoint.spec
    return Journal(path, app=endpoint.session.app_url, endpoint=spec.api_name, outputs=spec.outputs)
