"""What of an app differs from what a client was generated from, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.errors import AppChangedError
from gradio_session.protocol.base.text import letters_of, listed, one_line, plural, with_article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.protocol.app_schema.component import Dependency
    from gradio_session.protocol.app_schema.info import EndpointDescription, ParameterDescription
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
    takes = [(each.label, each.type, each.block) for each in dependency.visible_inputs]
    returns = [(each.label, each.type, each.block) for each in dependency.visible_outputs]
    return [
        *_compare("takes", "input", spec.inputs, takes),
        *_compare("returns", "output", spec.outputs, returns),
    ]


def _compare(
    verb: str, noun: str, expected: Sequence[str] | None, found: Sequence[tuple[str, str, str]]
) -> list[str]:
    """Components that differ; of those found the label, the type and the type of the block."""
    if expected is None:
        return []
    if len(expected) != len(found):
        counted = f"{plural(len(found), noun)} ({_listed([kind for _, kind, _ in found])})"
        return [f"it {verb} {counted} instead of {len(expected)} ({_listed(expected)})"]
    return [
        f"{noun} {index}{_label(label)} is {_kind(kind)} instead of {_kind(name)}"
        if kind
        else f"{noun} {index} is no {name} any more"
        for index, (name, (label, kind, block)) in enumerate(zip(expected, found, strict=True), 1)
        if name not in (kind, block)
    ][:MAX_NAMED]


def diagnose(spec: EndpointSpec, endpoint: EndpointDescription) -> list[str]:
    """How an endpoint's description differs from what the client was generated from.

    It is asked after a call failed.

    Args:
        spec: What the generated client declares.
        endpoint: Its description in the app's `/info` as it is now.

    Returns:
        One sentence for each change that the client can see; none when its description is the same
        as far as the client knows it.
    """
    takes = [(each.label, each.component, each.component) for each in endpoint.parameters]
    returns = [(each.label, each.component, each.component) for each in endpoint.results]
    return [
        *_parameter_changes(spec, endpoint),
        *_compare("takes", "input", spec.inputs, takes),
        *_compare("returns", "output", spec.outputs, returns),
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
    pairs = zip(endpoint.parameters, live, strict=True)
    new = [parameter for parameter, words in pairs if words.isdisjoint(known)]
    words = set[str]().union(*live)
    gone = [name for name, word in zip(spec.parameters, known, strict=True) if word not in words]
    return [
        *(f"parameter {_text(each.name)!r} is new{_required(each)}" for each in new[:MAX_NAMED]),
        *(f"parameter {name!r} is gone" for name in gone[:MAX_NAMED]),
    ]


def _required(parameter: ParameterDescription) -> str:
    return " and required" if parameter.required else ""


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


def _label(label: str) -> str:
    return f' ("{_text(label)}")' if label else ""


def _listed(names: Sequence[str]) -> str:
    return listed(map(_text, names), MAX_NAMED) or "none"


def _kind(component: str) -> str:
    return with_article(_text(component))


def _text(name: str) -> str:
    return one_line(name, 60)
