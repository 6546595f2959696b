"""What the user gave -> the values of an endpoint's inputs in order: names, defaults, a check.

The server fills in no defaults, ignores what is too much, takes most wrong types in silence and
answers the rest with `{"error": null}`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradio_session.errors import ParameterError
from gradio_session.protocol.app_schema.value_check import kind_of, mismatch
from gradio_session.protocol.base.json_values import is_mapping, is_sequence
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import listed, one_line, with_article
from gradio_session.sentinels import DEFAULT, Default

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_session.protocol.app_schema.component import Component, Dependency
    from gradio_session.protocol.app_schema.info import EndpointDescription, ParameterDescription

__all__ = ["arrange", "check", "resolved"]

MAX_NAMED = 20
"""How many names a message lists."""


def arrange(api_name: str, params: object, endpoint: EndpointDescription | None) -> list[object]:
    """The user's parameters as values in the order of the wire.

    Args:
        api_name: The endpoint, with its slash.
        params: A list or tuple, which may be short; a mapping by parameter name; or None for no
            parameters.
        endpoint: What `/info` says of the endpoint; needed for a mapping and a short list.

    Returns:
        The values in order. What `params` leaves out stands as `DEFAULT`.

    Raises:
        ParameterError: `params` is neither, has an unknown name, or leaves out a required
            parameter.
    """
    params = () if params is None else params
    if is_sequence(params):
        left_out = () if endpoint is None else endpoint.parameters[len(params) :]
        return [*params, *_defaults(api_name, left_out)]
    if not is_mapping(params):
        given = with_article(type(params).__name__)
        raise ParameterError(
            f"{api_name}: parameters are passed as a list in order or a dict by name, not as "
            f"{given}. For a single value pass [value].",
            api_name=api_name,
        )
    if endpoint is None:
        raise ParameterError(
            f"{api_name} is not described by the app's /info, so its parameters have no names. "
            "Pass them as a list, in order.",
            api_name=api_name,
        )
    return _by_name(endpoint, params)


def _by_name(endpoint: EndpointDescription, params: Mapping[object, object]) -> list[object]:
    names = [parameter.name for parameter in endpoint.parameters]
    for name in params:
        if name not in names:
            raise _unknown_name(endpoint.api_name, name, names)
    _defaults(endpoint.api_name, [each for each in endpoint.parameters if each.name not in params])
    return [params.get(name, DEFAULT) for name in names]


def _defaults(api_name: str, left_out: Sequence[ParameterDescription]) -> list[object]:
    """What stands for parameters that a call leaves out."""
    missing = [parameter.name for parameter in left_out if parameter.required]
    if missing:
        noun, verb = ("parameters", "have") if len(missing) > 1 else ("parameter", "has")
        message = f"{api_name}: {noun} {_listed(missing)} {verb} no default; pass a value."
        raise ParameterError(message, api_name=api_name, parameter=missing[0])
    return [DEFAULT] * len(left_out)


def _unknown_name(api_name: str, name: object, names: list[str]) -> ParameterError:
    close = closest(name, names)
    advice = f"It has {_listed(names)}." if names else "It takes none."
    advice = f"Did you mean {close[0]!r}?" if close else advice
    message = f"{api_name} has no parameter {one_line(repr(name), 60)}. {advice}"
    parameter = name if isinstance(name, str) else None
    return ParameterError(message, api_name=api_name, parameter=parameter)


def resolved(
    dependency: Dependency, values: Sequence[object], endpoint: EndpointDescription | None = None
) -> list[object]:
    """The values with the app's own for every `DEFAULT`, each in the form that this app takes.

    The app's own is the value that the component has in `/config`, as the page would send it (a
    file of the server goes as it stands); where it has none, the default of `/info`, else None. For
    the forms see `other_forms`.

    Args:
        dependency: How the endpoint is wired.
        values: One for each input that is not skipped; others pass through.
        endpoint: What `/info` says of the endpoint, if it was read.
    """
    found = list(values)
    described = () if endpoint is None else endpoint.parameters
    for index, component in enumerate(dependency.visible_inputs[: len(found)]):
        if isinstance(found[index], Default):
            found[index] = component.default
            if component.default is None and index < len(described):
                found[index] = described[index].default
        if component.other_form is not None:
            found[index] = component.other_form(found[index])
    return found


def check(dependency: Dependency, values: Sequence[object], names: Sequence[str] = ()) -> None:
    """Look at every value before anything is sent: is it a choice, and of a type that is taken?

    Files are left to the upload. None is let through where the page itself would send it, and so is
    what is of the same type as the component's own default, as some apps declare other types than
    they use. Choices are not checked where the app may change them while it runs, or takes others.

    Args:
        dependency: How the endpoint is wired.
        values: One for each input that is not skipped; `DEFAULT` is let through. A wrong number is
            left to `payloads.build`.
        names: The names of the parameters, for messages; labels stand in for them.

    Raises:
        ParameterError: The first value that does not fit; names the endpoint, the parameter and
            what is allowed.
    """
    pairs = zip(dependency.visible_inputs, values, strict=False)
    for index, (component, value) in enumerate(pairs):
        kind = type(value)
        finite = not isinstance(value, float) or math.isfinite(value)
        if finite and kind in component.plain_types:
            continue
        if kind is Default or (value is None and component.default is None):
            continue
        problem = mismatch(component.schema, value, choices=not component.open_choices)
        if problem is not None and not _like_default(component, value):
            name = dependency.name_of(index, names)
            label = one_line(component.label, 60)
            label = f" ({label})" if label and component.label != name else ""
            message = f"{dependency.api_name}: parameter {one_line(name, 60)!r}{label}{problem}"
            raise ParameterError(message, api_name=dependency.api_name, parameter=name)


def _like_default(component: Component, value: object) -> bool:
    """Whether the component's own default is as wrong as the value: then the schema is."""
    default = component.default
    if default is None or kind_of(default) != kind_of(value):
        return False
    return bool(value == default) or mismatch(component.schema, default, choices=False) is not None


def _listed(names: Sequence[str]) -> str:
    return listed((repr(one_line(name, 60)) for name in names), MAX_NAMED)
