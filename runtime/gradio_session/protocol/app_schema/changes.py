"""What of an app differs from what a client was generated from, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.errors import AppChangedError
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import letters_of, listed, one_line, plural, with_article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.protocol.app_schema.component import Component, Dependency
    from gradio_session.protocol.app_schema.info import (
        AppInfo,
        EndpointDescription,
        ParameterDescription,
    )
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["app_changed", "compare_components", "diagnose"]

MAX_NAMED = 10


def compare_components(spec: EndpointSpec, dependency: Dependency) -> list[str]:
    """How an endpoint's components differ from those that the client was generated for.

    Args:
        spec: What the generated client declares; direct use declares nothing, and nothing differs.
        dependency: The endpoint in the live `/config`.

    Returns:
        One sentence for each change in number or type; none when the call can be sent.
    """
    if not spec.generated:
        return []
    return [
        *_compare("takes", "input", spec.inputs or (), dependency.visible_inputs),
        *_compare("returns", "output", spec.outputs or (), dependency.visible_outputs),
    ]


def _compare(
    verb: str, noun: str, expected: Sequence[str], components: Sequence[Component]
) -> list[str]:
    if len(expected) != len(components):
        found = f"{plural(len(components), noun)} ({_listed([each.type for each in components])})"
        return [f"it {verb} {found} instead of {len(expected)} ({_listed(expected)})"]
    pairs = enumerate(zip(expected, components, strict=True), 1)
    moved = [
        (index, name, component)
        for index, (name, component) in pairs
        if name not in (component.type, component.block)
    ]
    return [
        f"{noun} {index}{_label(component)} is {_kind(component.type)} instead of {_kind(name)}"
        if component.type
        else f"{noun} {index} is no {name} any more"
        for index, name, component in moved[:MAX_NAMED]
    ]


def diagnose(spec: EndpointSpec, info: AppInfo) -> list[str]:
    """How an endpoint's description differs from what the client was generated from.

    It is asked after a call failed.

    Args:
        spec: What the generated client declares.
        info: The app's `/info` as it is now.

    Returns:
        One sentence for each change that the client can see; none when its description is the same
        as far as the client knows it.
    """
    endpoint = info.get(spec.api_name)
    if endpoint is None:
        close = closest(spec.api_name, info)
        return [
            f"it is no longer there{f'; the closest name is {_text(close[0])}' if close else ''}"
        ]
    taken = [parameter.component for parameter in endpoint.parameters]
    returned = [result.component for result in endpoint.results]
    return [
        *_parameter_changes(spec, endpoint),
        *_component_changes("input", spec.inputs, taken),
        *_component_changes("output", spec.outputs, returned),
    ]


def _parameter_changes(spec: EndpointSpec, endpoint: EndpointDescription) -> list[str]:
    """Parameters that came or went.

    A client may spell their names differently, or call them after their labels, so that only
    another number is surely a change.
    """
    if spec.parameters is None or len(spec.parameters) == len(endpoint.parameters):
        return []
    known = [letters_of(spec.names.get(i, name)) for i, name in enumerate(spec.parameters)]
    live = [{letters_of(each.name), letters_of(each.label)} for each in endpoint.parameters]
    new = [
        parameter
        for parameter, words in zip(endpoint.parameters, live, strict=True)
        if words.isdisjoint(known)
    ]
    gone = [
        name
        for name, word in zip(spec.parameters, known, strict=True)
        if not any(word in words for words in live)
    ]
    return [
        *(f"parameter {_text(each.name)!r} is new{_required(each)}" for each in new[:MAX_NAMED]),
        *(f"parameter {name!r} is gone" for name in gone[:MAX_NAMED]),
    ]


def _required(parameter: ParameterDescription) -> str:
    return " and required" if parameter.required else ""


def _component_changes(
    noun: str, expected: Sequence[str] | None, found: Sequence[str]
) -> list[str]:
    if expected is None:
        return []
    if len(expected) != len(found):
        return [f"it has {plural(len(found), noun)} instead of {len(expected)}"]
    pairs = enumerate(zip(expected, found, strict=True), 1)
    return [
        f"{noun} {index} is {_kind(now)} instead of {_kind(before)}"
        for index, (before, now) in pairs
        if before != now
    ][:MAX_NAMED]


def app_changed(
    spec: EndpointSpec, changes: Sequence[str], base_url: str, *, sent: bool
) -> AppChangedError:
    """The error that says what changed and what to do.

    Args:
        spec: What the generated client declares.
        changes: What `compare_components` or `diagnose` found.
        base_url: The app's address.
        sent: Whether the call was sent.
    """
    what = "; ".join(changes)
    outcome = "The call failed" if sent else "Nothing was sent"
    message = (
        f"{spec.api_name} of {base_url} is not the endpoint that this client was generated from: "
        f"{what}. {outcome}. Run `gradio-codegen generate` again, and `gradio-codegen diff` to see "
        "what else changed."
    )
    return AppChangedError(message, api_name=spec.api_name, changes=tuple(changes))


def _label(component: Component) -> str:
    return f' ("{_text(component.label)}")' if component.label else ""


def _listed(names: Sequence[str]) -> str:
    return listed(map(_text, names), MAX_NAMED) or "none"


def _kind(component: str) -> str:
    return with_article(_text(component))


def _text(name: str) -> str:
    return one_line(name, 60)
