"""What `/config` adds to `/info`: values that nobody touched, choices that change, what runs what.

`/info` describes an endpoint's values one by one. Only `/config` tells which component stands
behind each, what it holds when the page is opened, and which events write to it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gradio_session.generator_interface import (
    is_object,
    list_of,
    object_of,
    objects_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NULLABLE", "Wiring", "label_of"]

NULLABLE: Final = frozenset(
    {
        *("annotatedimage", "audio", "browserstate", "colorpicker", "dataset", "datetime"),
        *("downloadbutton", "dropdown", "file", "fileexplorer", "gallery", "highlightedtext"),
        *("image", "imageeditor", "imageslider", "model3d", "multimodaltextbox", "nativeplot"),
        *("number", "paramviewer", "plot", "radio", "simpleimage", "uploadbutton", "video"),
    }
)
"""Components that take null where that is their value, as 6.31, 5.50 and 4.44 do.

Text components take it, too, but their empty value is `""`; dialogues fail.
"""

_LITTLE_ELSE: Final = 3
"""An event that writes to so many components or fewer, a dropdown among them, is there for it."""

_TRANSLATED: Final = "__i18n__"
_MOST_TRIGGERS: Final = 50
_MAX_TEXT: Final = 200
_OF_PAGES: Final = frozenset({"load", "unload"})


class Wiring:
    """The components of an app and the events between them, from a decoded `/config`."""

    def __init__(self, config: dict[str, Any] | None) -> None:
        self._components = {
            c["id"]: c
            for c in objects_of(object_of(config).get("components"))
            if isinstance(c.get("id"), int)
        }
        everything = list_of(object_of(config).get("dependencies"))
        self._numbered = {
            d.get("id", number): d
            for number, d in enumerate(everything)
            if is_object(d) and isinstance(d.get("id", number), int)
        }
        self.dependencies: dict[str, dict[str, Any]] = {}
        """The dependencies by the name that `/info` gives them: a number before Gradio 4."""
        self.namesakes: dict[str, int] = {}
        """How many functions have a name, where more than one do."""
        for number, dependency in enumerate(everything):
            if is_object(dependency):
                self._name(number, dependency)
        kept = self._numbered.values()
        self._filled = {each for d in kept for each in self._filled_at_load(d)}
        self._rewritten = {each for d in kept for each in self._rewritten_by(d)}

    def parameters(self, name: str, count: int) -> list[dict[str, Any]]:
        """What there is to add to the parameters of an endpoint.

        Args:
            name: The endpoint, as `/info` names it, without a slash.
            count: How many of them `/info` has.

        Returns:
            Facts for each, in order; empty ones where the configuration does not tell.
        """
        ids = [i for i in list_of(self._of(name).get("inputs")) if isinstance(i, int)]
        behind = [
            i for i in ids if i in self._components and not self._components[i].get("skip_api")
        ]
        return list(map(self._facts, behind)) if len(behind) == count else [{}] * count

    def triggers(self, name: str) -> list[dict[str, str]]:
        """What runs an endpoint: the event, and the label of the component or the endpoint before.

        An event of the page itself has `"page"` for its component.
        """
        dependency = self._of(name)
        after = self._numbered.get(dependency.get("trigger_after"))
        found: list[dict[str, str]] = []
        for target, event in _targets(dependency):
            if event in _OF_PAGES and self._is_page(target):
                found.append({"event": event, "component": "page", "label": ""})
            elif target is None and after is not None:
                label = text_of(after.get("api_name"))[:_MAX_TEXT]
                found.append({"event": event, "component": "endpoint", "label": label})
            elif target in self._components:
                found.append({"event": event, **_named(self._components[target])})
        return [trigger for n, trigger in enumerate(found) if trigger not in found[:n]]

    def _name(self, number: int, dependency: dict[str, Any]) -> None:
        name = dependency.get("api_name")
        key = name if isinstance(name, str) else str(number)
        first = self.dependencies.setdefault(key, dependency)
        if first is not dependency and isinstance(name, str):
            self.namesakes[key] = self.namesakes.get(key, 1) + 1
            # /info is written function by function, so it describes the last that it lists.
            if _is_listed(dependency) or not _is_listed(first):
                self.dependencies[key] = dependency

    def _of(self, name: str) -> dict[str, Any]:
        return self.dependencies.get(name, {})

    def _is_page(self, target: int | None) -> bool:
        return target is None or target not in self._components

    def _facts(self, number: int) -> dict[str, Any]:
        component = self._components[number]
        props = object_of(component.get("props"))
        kind = text_of(component.get("type")).lower()
        empty = props.get("value") is None and kind in NULLABLE
        return {
            key: True
            for key, holds in (
                ("allow_custom_value", props.get("allow_custom_value") is True),
                ("takes_null", empty),
                ("rewritten", number in self._rewritten),
                ("computed", number in self._filled),
            )
            if holds
        }

    def _filled_at_load(self, dependency: dict[str, Any]) -> list[int]:
        """The component that an event of the opening page fills.

        That is how Gradio keeps a value that is a function: the event computes it for each page,
        and what stands in `/config` was computed when the app started.
        """
        at_load = any(
            event == "load" and self._is_page(target) for target, event in _targets(dependency)
        )
        outputs = self._outputs(dependency)
        return outputs if at_load and len(outputs) == 1 else []

    def _rewritten_by(self, dependency: dict[str, Any]) -> list[int]:
        """The dropdowns that an event is there for: it writes to them and little else."""
        outputs = self._outputs(dependency)
        loads_example = text_of(dependency.get("api_name")).startswith("load_example")
        if len(outputs) > _LITTLE_ELSE or loads_example:
            return []
        return [i for i in outputs if self._components[i].get("type") == "dropdown"]

    def _outputs(self, dependency: dict[str, Any]) -> list[int]:
        if dependency.get("backend_fn") is False:
            return []
        outputs = [i for i in list_of(dependency.get("outputs")) if isinstance(i, int)]
        return [i for i in outputs if i in self._components]


def label_of(label: object) -> str:
    """The text of a label, also of one to be translated; an empty string if it is none."""
    if isinstance(label, str) and label.startswith(_TRANSLATED):
        try:
            label = json.loads(label.removeprefix(_TRANSLATED))
        except (ValueError, RecursionError):
            return ""
    if is_object(label):
        label = label.get("key")
    return label.strip() if isinstance(label, str) else ""


def _is_listed(dependency: dict[str, Any]) -> bool:
    return (
        dependency.get("api_visibility", "public") == "public"
        and dependency.get("show_api") is not False
        and dependency.get("backend_fn") is not False
    )


def _targets(dependency: dict[str, Any]) -> Iterator[tuple[int | None, str]]:
    """The events that run a function: the number of a component or of the page, and a word."""
    for target in list_of(dependency.get("targets"))[:_MOST_TRIGGERS]:
        number, event = (*list_of(target)[:2], None, None)[:2]
        if isinstance(event, str) and (number is None or isinstance(number, int)):
            yield number, event[:_MAX_TEXT]


def _named(component: dict[str, Any]) -> dict[str, str]:
    props = object_of(component.get("props"))
    kind = text_of(component.get("type")).lower()[:_MAX_TEXT]
    written = props.get("value") if kind.endswith("button") else props.get("label")
    return {"component": kind, "label": label_of(written)[:_MAX_TEXT]}
