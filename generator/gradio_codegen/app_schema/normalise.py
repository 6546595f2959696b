"""A description of an app without what changes between two readings of the same app.

The result has the layout of `{"info": ..., "config": ...}` as Gradio answers them, so it can be
stored and read again as a `Document`; doing that changes nothing. Left out: code snippets, example
values, addresses, places in temporary folders, labels made of component ids.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from gradio_codegen.app_schema.wiring import Wiring, label_of
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.hashing import digest
from gradio_session.generator_interface import (
    is_list,
    is_object,
    list_of,
    object_of,
    objects_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_codegen.source.document import Document

__all__ = [
    "COMPUTED",
    "FILE",
    "LARGE",
    "MAX_DEPTH",
    "UNSTABLE",
    "fingerprint",
    "is_opaque",
    "normalise",
]

MAX_DEPTH: Final = 60
"""Schemas nested deeper than this are cut off; Gradio's own stay below 15."""

MAX_ENDPOINTS: Final = 5_000
MAX_VALUES: Final = 1_000_000
MAX_DEFAULT: Final = 2_000
_MAX_DESCRIPTION: Final = 20_000
_MAX_COMPONENT: Final = 100
_MAX_BITS: Final = 1_024

_GROUPS: Final = ("named_endpoints", "unnamed_endpoints")
_KINDS: Final = ("parameters", "returns")
_OPAQUE: Final = "gradio-codegen:opaque"
FILE: Final = "file"
LARGE: Final = "large"
UNSTABLE: Final = "unstable"
COMPUTED: Final = "computed"
_FACTS: Final = ("allow_custom_value", "takes_null", "rewritten")
"""What `/config` adds to a value; see `wiring`."""

_OWN_PLACE = re.compile(
    r"/file=|/tmp/|/var/folders/|\\Temp\\"
    r"|^/(?:app|data|home|mnt|opt|private|root|srv|Users|usr|var|workspace)/|^[A-Za-z]:\\"
    r"|https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?![\w.])"
)
"""A place on the app's machine: it means nothing elsewhere and differs between deployments."""

_GENERATED_LABEL = re.compile(r"(?:value|parameter)_\d+")
_TRANSLATED = "__i18n__"


def normalise(document: Document) -> dict[str, Any]:
    """Reduce a document to what the app promises to its callers.

    Args:
        document: What was read.

    Returns:
        `{"info": {...}, "config": {...} or None}` of JSON values, in the app's own order.

    Raises:
        CommandError: The document is not a Gradio app's description, or is too large to be one.
    """
    _refuse_what_is_no_description(document)
    budget = _Budget(document.origin)
    config = document.config if is_object(document.config) else None
    wiring = Wiring(config)
    info: dict[str, Any] = {}
    for group in _GROUPS:
        info[group] = {
            name: _endpoint(name.removeprefix("/"), endpoint, wiring, budget)
            for name, endpoint in object_of(document.info.get(group)).items()
        }
    kept = _config(config, wiring.dependencies) if config is not None else None
    return {"info": info, "config": kept}


def fingerprint(normalised: dict[str, Any]) -> str:
    """The hash of a normalised description: `"sha256:"` and 64 hexadecimal digits."""
    promised = {
        "info": normalised["info"],
        "dependencies": object_of(normalised["config"]).get("dependencies", []),
    }
    return digest(json.dumps(promised, sort_keys=True, separators=(",", ":")))


def is_opaque(default: object) -> str | None:
    """Say why a normalised default has no value: `FILE`, `LARGE`, `UNSTABLE` or `COMPUTED`.

    None for one that has.
    """
    return text_of(object_of(default).get(_OPAQUE)) or None


class _Budget:
    """Counts values, so that a hostile document ends in an error within bounded time."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.left = MAX_VALUES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CommandError(
                f"{self.origin}: the description holds more than {MAX_VALUES:,} values, "
                "which no Gradio app needs; nothing was generated"
            )


def _refuse_what_is_no_description(document: Document) -> None:
    info = object_of(document.info)
    groups = [info[group] for group in _GROUPS if is_object(info.get(group))]
    if not groups:
        raise CommandError(
            f'{document.origin}: not the description of a Gradio app (no "named_endpoints"); '
            "save what GET /gradio_api/info answers (GET /info before Gradio 5)"
        )
    if sum(map(len, groups)) > MAX_ENDPOINTS:
        raise CommandError(
            f"{document.origin}: more than {MAX_ENDPOINTS:,} endpoints; nothing was generated"
        )
    for endpoint in (e for group in groups for e in group.values()):
        if not is_object(endpoint):
            raise CommandError(
                f"{document.origin}: an endpoint of the description is not an object; "
                "save what GET /gradio_api/info answers"
            )
        for entry in (e for kind in _KINDS for e in objects_of(endpoint.get(kind))):
            if isinstance(entry.get("type"), str):
                raise CommandError(
                    f"{document.origin}: this was printed by the JavaScript client (view_api), "
                    "whose types are TypeScript; "
                    "save what GET /gradio_api/info answers instead"
                )


def _endpoint(
    name: str, endpoint: dict[str, Any], wiring: Wiring, budget: _Budget
) -> dict[str, Any]:
    result: dict[str, Any] = {"parameters": [], "returns": []}
    given = objects_of(endpoint.get("parameters"))
    result["parameters"] = [
        _entry({**entry, **facts}, budget)
        for entry, facts in zip(given, wiring.parameters(name, len(given)), strict=True)
    ]
    result["returns"] = [_entry(entry, budget) for entry in objects_of(endpoint.get("returns"))]
    description = text_of(endpoint.get("description"))[:_MAX_DESCRIPTION].strip()
    if description:
        result["description"] = _stable_text(description)
    if endpoint.get("oauth_token") in ("optional", "required"):
        result["oauth_token"] = endpoint["oauth_token"]
    triggers = wiring.triggers(name) or _triggers(endpoint.get("triggers"))
    if triggers:
        result["triggers"] = triggers
    namesakes = wiring.namesakes.get(name) or endpoint.get("namesakes")
    if isinstance(namesakes, int):
        result["namesakes"] = namesakes
    return result


def _triggers(stored: object) -> list[dict[str, str]]:
    """What runs an endpoint, of a description that was normalised before."""
    return [
        {key: text_of(trigger.get(key)) for key in ("event", "component", "label")}
        for trigger in objects_of(stored)
    ]


def _entry(entry: dict[str, Any], budget: _Budget) -> dict[str, Any]:
    result: dict[str, Any] = {
        "label": _label(entry.get("label")),
        "type": _copy(entry.get("type", {}), budget, 0),
    }
    result["component"] = text_of(entry.get("component"))[:_MAX_COMPONENT]
    if isinstance(entry.get("parameter_name"), str):
        result["parameter_name"] = entry["parameter_name"]
    if entry.get("parameter_has_default") is True:
        default = entry.get("parameter_default")
        computed = default is not None and entry.get("computed") is True
        result["parameter_has_default"] = True
        result["parameter_default"] = {_OPAQUE: COMPUTED} if computed else _default(default, budget)
    if result.get("parameter_default") is not None:
        entry = {**entry, "takes_null": False}
    result.update({key: True for key in _FACTS if entry.get(key) is True})
    return result


def _label(label: object) -> str:
    text = label_of(label)
    return "" if _GENERATED_LABEL.fullmatch(text) else text


def _default(default: object, budget: _Budget) -> object:
    if is_opaque(default):
        return default
    value = _copy(default, budget, 0)
    text = json.dumps(value, sort_keys=True)
    if '"gradio.FileData"' in text:
        return {_OPAQUE: FILE}
    if (
        _TRANSLATED in text
        or "NaN" in text
        or "Infinity" in text
        or any(map(_OWN_PLACE.search, _texts(value)))
    ):
        return {_OPAQUE: UNSTABLE}
    return _large(text) if len(text) > MAX_DEFAULT else value


def _large(text: str) -> dict[str, str]:
    return {_OPAQUE: LARGE, "sha256": digest(text).removeprefix("sha256:")}


def _copy(value: object, budget: _Budget, depth: int) -> Any:
    budget.spend()
    if depth > MAX_DEPTH and (is_list(value) or is_object(value)):
        return {_OPAQUE: "deep"}
    if is_list(value):
        return [_copy(item, budget, depth + 1) for item in value]
    if is_object(value):
        return {key: _copy(item, budget, depth + 1) for key, item in value.items()}
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return _large(hex(value))
    return value if isinstance(value, str | int | float) else None


def _texts(value: object) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    else:
        for item in [*object_of(value).values(), *list_of(value)]:
            yield from _texts(item)


def _stable_text(text: str) -> str:
    """A text without the words that name places on the app's machine."""
    return re.sub(r"\S+", lambda word: "..." if _OWN_PLACE.search(word[0]) else word[0], text)


def _config(config: dict[str, Any], dependencies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    kept: list[dict[str, Any]] = []
    for name, dependency in dependencies.items():
        streams = bool(object_of(dependency.get("types")).get("generator"))
        streaming_input = dependency.get("connection") == "stream"
        if streams or streaming_input:
            kept.append(
                {
                    "api_name": name,
                    "types": {"generator": streams},
                    "connection": "stream" if streaming_input else "sse",
                }
            )
    return {
        "dependencies": kept,
        **{key: config[key] for key in ("version", "title") if isinstance(config.get(key), str)},
    }
