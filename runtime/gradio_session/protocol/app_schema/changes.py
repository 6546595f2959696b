"""What of an app differs from what a client was generated from, in sentences."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from gradio_session.errors import AppChangedError
from gradio_session.protocol.base.text import one_line, with_article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.protocol.app_schema.config import Component, Dependency
    from gradio_session.protocol.app_schema.info import AppInfo, EndpointInfo
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["app_changed", "compare_components", "diagnose"]

MAX_NAMED = 10


def compare_components(spec: EndpointSpec, dependency: Dependency) -> list[str]:
    """How an endpoint's inputs and outputs differ in number or type from those that the client was generated for.

    Args:
        spec: What the generated client declares; direct use declares nothing, and nothing differs.
        dependency: The endpoint in the live `/config`.

    Returns:
        One sentence for each change; none when the call can be sent.
    """
    if not spec.generated:
        return []
    return [
        *_compare("takes", "input", spec.inputs or (), dependency.visible_inputs),
        *_compare("returns", "output", spec.outputs or (), dependency.visible_outputs),
    ]


def _compare(
    verb: str, noun: str, expected: Sequence[str], slots: Sequence[Component]
) -> list[str]:
    if len(expected) == len(slots) and all(
        _matches(name, slot) for name, slot in zip(expected, slots, strict=True)
    ):
        return []
    if len(expected) != len(slots):
        return [
            f"it {verb} {_counted(len(slots), noun)} ({_types(slots)}) instead of {len(expected)} ({_listed(expected)})"
        ]
    moved = [
        (index, name, slot)
        for index, (name, slot) in enumerate(zip(expected, slots, strict=True), 1)
        if not _matches(name, slot)
    ]
    return [
        f"{noun} {index}{_label(slot)} is {_kind(slot.type)} instead of {_kind(name)}"
        if slot.type
        else f"{noun} {index} is no {name} any more"
        for index, name, slot in moved[:MAX_NAMED]
    ]


def _matches(name: str, slot: Component) -> bool:
    return name in (slot.type, slot.block)


def diagnose(spec: EndpointSpec, info: AppInfo) -> list[str]:
    """What of an endpoint's description differs from what the client was generated from: asked after a call failed.

    Args:
        spec: What the generated client declares.
        info: The app's `/info` as it is now.

    Returns:
        One sentence for each change that the client can see; none when its description is the same
        as far as the client knows it.
    """
    endpoint = info.get(spec.api_name)
    if endpoint is None:
        close = get_close_matches(spec.api_name, list(info), n=1, cutoff=0.6)
        return [
            f"it is no longer there{f'; the closest name is {_text(close[0])}' if close else ''}"
        ]
    changes = _parameter_changes(spec, endpoint)
    changes += _component_changes(
        "input", spec.inputs, [parameter.component for parameter in endpoint.parameters]
    )
    changes += _component_changes(
        "output", spec.outputs, [returned.component for returned in endpoint.returns]
    )
    return changes


def _parameter_changes(spec: EndpointSpec, endpoint: EndpointInfo) -> list[str]:
    """Parameters that came or went; a client may spell their names differently, so that only another number of them is sure to be a change."""
    if spec.parameters is None or len(spec.parameters) == len(endpoint.parameters):
        return []
    known = {_spelled(name) for name in spec.parameters}
    live = {_spelled(parameter.name) for parameter in endpoint.parameters}
    new = [parameter for parameter in endpoint.parameters if _spelled(parameter.name) not in known]
    gone = [name for name in spec.parameters if _spelled(name) not in live]
    sentences = [
        f"parameter {_text(parameter.name)!r} is new{'' if parameter.has_default else ' and required'}"
        for parameter in new[:MAX_NAMED]
    ]
    return sentences + [f"parameter {name!r} is gone" for name in gone[:MAX_NAMED]]


def _spelled(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _component_changes(
    noun: str, expected: Sequence[str] | None, found: Sequence[str]
) -> list[str]:
    if expected is None or len(expected) != len(found):
        return (
            []
            if expected is None
            else [f"it has {_counted(len(found), noun)} instead of {len(expected)}"]
        )
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
        f"{spec.api_name} of {base_url} is not the endpoint that this client was generated from: {what}. {outcome}. "
        "Run `gradio-codegen generate` again, and `gradio-codegen diff` to see what else changed."
    )
    return AppChangedError(message, api_name=spec.api_name, changes=tuple(changes))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _label(slot: Component) -> str:
    return f' ("{_text(slot.label)}")' if slot.label else ""


def _types(slots: Sequence[Component]) -> str:
    return _listed([slot.type for slot in slots])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_text(name) for name in names[:MAX_NAMED])
    return (f"{shown}, ..." if len(names) > MAX_NAMED else shown) or "none"


def _kind(component: str) -> str:
    return with_article(_text(component))


def _text(name: str) -> str:
    return one_line(name, 60)
