"""A description of an app without what changes between two readings of the same app.

The result has the layout of `{"info": ..., "config": ...}` as Gradio answers them, so it can be stored and read again as a `Document`; doing that
changes nothing. Left out: code snippets, example values, addresses, places in temporary folders, labels made of component ids.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final, cast

from gradio_codegen.diagnostics import CommandError
from gradio_codegen.document import Document

__all__ = ["FILE", "LARGE", "MAX_DEPTH", "UNSTABLE", "fingerprint", "is_opaque", "normalise"]

MAX_DEPTH: Final = 60
"""Schemas nested deeper than this are cut off; Gradio's own stay below 15."""

MAX_ENDPOINTS: Final = 20_000
MAX_VALUES: Final = 3_000_000
MAX_DEFAULT: Final = 2_000

_OPAQUE: Final = "gradio-codegen:opaque"
FILE: Final = "file"
LARGE: Final = "large"
UNSTABLE: Final = "unstable"

_TEMPORARY = re.compile(r"(?:/gradio_api)?/file=|/tmp/|/var/folders/|\\Temp\\|/\.?gradio/", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])[:/]", re.IGNORECASE)
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
    config = document.config if isinstance(document.config, dict) else None
    dependencies = _dependencies(config)
    info: dict[str, Any] = {}
    for group in ("named_endpoints", "unnamed_endpoints"):
        endpoints = document.info.get(group)
        info[group] = {}
        for name, endpoint in endpoints.items() if isinstance(endpoints, dict) else ():
            if isinstance(endpoint, dict):
                inputs = _inputs(config, dependencies.get(name.removeprefix("/")))
                info[group][name] = _endpoint(endpoint, inputs, budget)
    return {"info": info, "config": _config(config, dependencies) if config is not None else None}


def fingerprint(normalised: dict[str, Any]) -> str:
    """The hash of a normalised description: `"sha256:"` and 64 hexadecimal digits."""
    promised = {"info": normalised["info"], "config": {k: v for k, v in (normalised["config"] or {}).items() if k == "dependencies"}}
    text = json.dumps(promised, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def is_opaque(default: object) -> str | None:
    """Why a normalised default has no value of its own (`FILE`, `LARGE`, `UNSTABLE`), or None if it has one."""
    if isinstance(default, dict):
        reason = cast("dict[str, object]", default).get(_OPAQUE)
        return reason if isinstance(reason, str) else None
    return None


class _Budget:
    """Counts values, so that a hostile document ends in an error within bounded time."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.left = MAX_VALUES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CommandError(f"{self.origin}: the description holds more than {MAX_VALUES:,} values, which no Gradio app needs; nothing was generated")


def _refuse_what_is_no_description(document: Document) -> None:
    info: object = document.info
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints", info.get("unnamed_endpoints")), dict):
        raise CommandError(
            f'{document.origin}: this is not the description of a Gradio app (no "named_endpoints"); '
            "save what GET /gradio_api/info answers (GET /info before Gradio 5)"
        )
    groups = [cast("dict[str, Any]", info.get(group)) for group in ("named_endpoints", "unnamed_endpoints") if isinstance(info.get(group), dict)]
    if sum(map(len, groups)) > MAX_ENDPOINTS:
        raise CommandError(f"{document.origin}: more than {MAX_ENDPOINTS:,} endpoints; nothing was generated")
    for endpoint in (e for group in groups for e in group.values()):
        if not isinstance(endpoint, dict):
            raise CommandError(f"{document.origin}: an endpoint of the description is not an object; save what GET /gradio_api/info answers")
        for slot in _slots(cast("dict[str, Any]", endpoint)):
            if isinstance(slot.get("type"), str):
                raise CommandError(
                    f"{document.origin}: this was printed by the JavaScript client (view_api), whose types are TypeScript; "
                    "save what GET /gradio_api/info answers instead"
                )


def _slots(endpoint: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("parameters", "returns"):
        slots = endpoint.get(kind)
        yield from (s for s in cast("list[Any]", slots if isinstance(slots, list) else []) if isinstance(s, dict))


def _endpoint(endpoint: dict[str, Any], inputs: list[dict[str, Any]], budget: _Budget) -> dict[str, Any]:
    result: dict[str, Any] = {"parameters": [], "returns": []}
    for kind in ("parameters", "returns"):
        slots = endpoint.get(kind)
        result[kind] = [_slot(s, budget) for s in cast("list[Any]", slots if isinstance(slots, list) else []) if isinstance(s, dict)]
    if len(inputs) == len(result["parameters"]):
        for parameter, component in zip(result["parameters"], inputs, strict=True):
            if _free(component):
                parameter["allow_custom_value"] = True
    if isinstance(endpoint.get("description"), str) and endpoint["description"].strip():
        result["description"] = _stable_text(endpoint["description"].strip())
    if endpoint.get("oauth_token") in ("optional", "required"):
        result["oauth_token"] = endpoint["oauth_token"]
    return result


def _slot(slot: dict[str, Any], budget: _Budget) -> dict[str, Any]:
    component = slot.get("component")
    result: dict[str, Any] = {"label": _label(slot.get("label")), "type": _copy(slot.get("type", {}), budget, 0)}
    result["component"] = component if isinstance(component, str) else ""
    if isinstance(slot.get("parameter_name"), str):
        result["parameter_name"] = slot["parameter_name"]
    if slot.get("parameter_has_default") is True:
        result["parameter_has_default"] = True
        result["parameter_default"] = _default(slot.get("parameter_default"), budget)
    if slot.get("allow_custom_value") is True:
        result["allow_custom_value"] = True
    return result


def _label(label: object) -> str:
    if isinstance(label, str) and label.startswith(_TRANSLATED):
        try:
            label = json.loads(label.removeprefix(_TRANSLATED))
        except (ValueError, RecursionError):
            return ""
    if isinstance(label, dict):
        label = cast("dict[str, object]", label).get("key")
    if not isinstance(label, str) or _GENERATED_LABEL.fullmatch(label):
        return ""
    return label.strip()


def _default(default: object, budget: _Budget) -> object:
    if is_opaque(default):
        return default
    value = _copy(default, budget, 0)
    text = json.dumps(value, sort_keys=True)
    if '"gradio.FileData"' in text:
        return {_OPAQUE: FILE}
    if _TRANSLATED in text or _TEMPORARY.search(text) or _ADDRESS.search(text) or "NaN" in text or "Infinity" in text:
        return {_OPAQUE: UNSTABLE}
    if len(text) > MAX_DEFAULT:
        return {_OPAQUE: LARGE, "sha256": hashlib.sha256(text.encode("ascii")).hexdigest()}
    return value


def _copy(value: object, budget: _Budget, depth: int) -> Any:
    budget.spend()
    if isinstance(value, str):
        return value
    if not isinstance(value, dict | list):
        return value if isinstance(value, bool | int | float) else None
    if depth > MAX_DEPTH:
        return {_OPAQUE: "deep"}
    if isinstance(value, list):
        return [_copy(item, budget, depth + 1) for item in cast("list[object]", value)]
    return {key: _copy(item, budget, depth + 1) for key, item in cast("dict[str, object]", value).items()}


def _stable_text(text: str) -> str:
    return "" if _ADDRESS.search(text) or _TEMPORARY.search(text) else text


def _dependencies(config: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The dependencies of a configuration by the name (or, before Gradio 4, also the number) that /info gives them."""
    dependencies = (config or {}).get("dependencies")
    result: dict[str, dict[str, Any]] = {}
    for number, dependency in enumerate(cast("list[Any]", dependencies if isinstance(dependencies, list) else [])):
        if isinstance(dependency, dict):
            name = dependency.get("api_name")
            result.setdefault(name if isinstance(name, str) else str(number), cast("dict[str, Any]", dependency))
    return result


def _inputs(config: dict[str, Any] | None, dependency: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The components that feed an endpoint, those that callers do not send left out; empty where the configuration does not tell."""
    components = (config or {}).get("components")
    ids = (dependency or {}).get("inputs")
    if not isinstance(components, list) or not isinstance(ids, list):
        return []
    known = {c["id"]: c for c in cast("list[Any]", components) if isinstance(c, dict) and isinstance(c.get("id"), int)}
    found = [known.get(i) for i in cast("list[Any]", ids) if isinstance(i, int)]
    return [c for c in found if c is not None and not c.get("skip_api")]


def _free(component: dict[str, Any]) -> bool:
    props = component.get("props")
    return isinstance(props, dict) and cast("dict[str, object]", props).get("allow_custom_value") is True


def _config(config: dict[str, Any], dependencies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    kept: list[dict[str, Any]] = []
    for name, dependency in dependencies.items():
        types = dependency.get("types")
        streams = isinstance(types, dict) and bool(cast("dict[str, object]", types).get("generator"))
        streaming_input = dependency.get("connection") == "stream"
        if streams or streaming_input:
            kept.append({"api_name": name, "types": {"generator": streams}, "connection": "stream" if streaming_input else "sse"})
    result: dict[str, Any] = {"dependencies": kept}
    for key in ("version", "title"):
        if isinstance(config.get(key), str):
            result[key] = config[key]
    return result
