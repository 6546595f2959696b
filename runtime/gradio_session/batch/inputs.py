"""How an input of `map` becomes the values of a call, and how many tabs the workers get."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

from gradio_session.batch.bound import Bound
from gradio_session.errors import ParameterError
from gradio_session.protocol.base.json_values import is_mapping
from gradio_session.protocol.base.suggest import closest

if TYPE_CHECKING:
    import inspect

    from gradio_session.protocol.app_schema.config import Dependency

__all__ = ["Errors", "Failure", "Values", "arguments", "numbered", "tab_count"]

Errors = Literal["raise", "return"]

Values: TypeAlias = "tuple[object, ...]"
"""The values of a call, in the order of the wire."""

OWN_TABS = 16
"""Workers up to which each has its own tab; more share one, unless the endpoint keeps state.

A tab costs a connection, and in synchronous code a thread that reads.
"""


class Failure(NamedTuple):
    """An exception in the place of a result.

    Attributes:
        error: The exception.
        fatal: It is that of the caller's iterator or of the checkpoint file, not of a call: it ends
            the map in any case.
    """

    error: Exception
    fatal: bool = False


def tab_count(workers: int, dependency: Dependency | None) -> int:
    """How many tabs so many workers get.

    Args:
        workers: Calls that may run at once.
        dependency: How the endpoint is wired, as far as is known.
    """
    components = () if dependency is None else (*dependency.inputs, *dependency.outputs)
    keeps_state = any(component.type == "state" for component in components)
    return workers if keeps_state or workers <= OWN_TABS else 1


def numbered(error: Exception, number: int) -> Exception:
    """The error that ends a map, with a note that says which input it was (from Python 3.11 on)."""
    if sys.version_info >= (3, 11):
        error.add_note(f"This was input {number} of the map, counted from 0.")
    return error


def arguments(signature: inspect.Signature, item: object, *, api_name: str, number: int) -> Values:
    """The values of one input, in the order of the endpoint's parameters, defaults filled in.

    Args:
        signature: That of the endpoint's `submit`, without `self`.
        item: What `bind` made; a tuple in order; a mapping by name, for an endpoint of two
            parameters or more; else the value of the first parameter.
        api_name: The endpoint, for messages.
        number: Which input it is, counted from 0, for messages.

    Raises:
        ParameterError: When the input does not fit the endpoint's parameters.
    """
    if isinstance(item, Bound):
        owner, values = item.__gradio__
        if owner != api_name:
            other = f"{api_name}, input {number} of this map: these are bound arguments of {owner}."
            raise ParameterError(other, api_name=api_name)
        return values
    try:
        bound = signature.bind(**_named(list(signature.parameters), item))
    except TypeError as error:
        text = f"{api_name}, input {number} of this map: {error}."
        raise ParameterError(text, api_name=api_name) from None
    bound.apply_defaults()
    return tuple(bound.arguments.values())


def _named(names: list[str], item: object) -> dict[str, object]:
    """The values of an input by the names of the parameters; a `TypeError` where it cannot be."""
    if not is_mapping(item) or len(names) < 2:  # noqa: PLR2004 - a single parameter may take a mapping
        values = cast("Values", item) if isinstance(item, tuple) else (item,)
        if len(values) > len(names):
            listed = ", ".join(names)
            raise TypeError(f"{len(values)} values for {len(names)} parameters ({listed})")
        return dict(zip(names, values, strict=False))
    for name in item:
        if name not in names:
            close = closest(str(name), names)
            hint = f" (did you mean {close[0]!r}?)" if close else f"; they are {', '.join(names)}"
            raise TypeError(
                f"no parameter is called {name!r}{hint}. A mapping that is itself the first value "
                "goes in a tuple: (mapping,)"
            )
    return dict(item)
