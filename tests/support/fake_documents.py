"""What the scriptable server says about itself in `/config` and `/info`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "/gradio_api"
Script = Callable[[Any], AsyncIterator[Any]]
"""An endpoint: gets its event; yields messages (dicts), raw bytes for the stream, or an end of the
stream (`CUT`, `RESET`, `STALL`, `END`).
"""


@dataclass
class Endpoint:
    """What `/config` and `/info` say about an endpoint, and what it does."""

    script: Script
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def config(
    endpoints: Mapping[str, Endpoint], *, url: str, version: str, app_id: int
) -> dict[str, Any]:
    """The document `/config` of an app with these endpoints."""
    components: list[dict[str, Any]] = []

    def place(kinds: tuple[str, ...]) -> list[int]:
        first = len(components)
        components.extend(
            {
                "id": first + n,
                "type": kind,
                "props": {"value": None},
                "skip_api": kind in {"state", "button"},
                "api_info_as_input": _schema(kind),
                "api_info_as_output": _schema(kind),
            }
            for n, kind in enumerate(kinds)
        )
        return list(range(first, len(components)))

    dependencies = [
        {
            "id": number,
            "api_name": name,
            "inputs": place(endpoint.inputs),
            "outputs": place(endpoint.outputs),
            "backend_fn": True,
            "queue": True,
            "batch": False,
            "cancels": [],
            "types": {"generator": False, "cancel": False},
            "connection": "sse",
            "api_visibility": "public",
        }
        for number, (name, endpoint) in enumerate(endpoints.items())
    ]
    return {
        "version": version,
        "protocol": "sse_v3",
        "api_prefix": PREFIX,
        "root": url,
        "app_id": app_id,
        "title": "Fake",
        "max_file_size": None,
        "show_error": True,
        "enable_queue": True,
        "space_id": None,
        "username": None,
        "components": components,
        "dependencies": dependencies,
    }


def info(endpoints: Mapping[str, Endpoint], more: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The document `/info` of these endpoints; `more` holds further keys, by name."""
    named = {
        f"/{name}": {
            "parameters": [
                _parameter(number, kind)
                for number, kind in enumerate(endpoint.inputs)
                if kind not in {"state", "button"}
            ],
            "returns": [
                _described(f"Out {number}", kind)
                for number, kind in enumerate(endpoint.outputs)
                if kind not in {"state", "button"}
            ],
            "api_visibility": "public",
            **more.get(name, {}),
        }
        for name, endpoint in endpoints.items()
    }
    return {"named_endpoints": named, "unnamed_endpoints": {}}


def _parameter(number: int, kind: str) -> dict[str, Any]:
    name = f"value_{number}" if number else "value"
    return {
        **_described(f"In {number}", kind),
        "parameter_name": name,
        "parameter_has_default": False,
        "parameter_default": None,
    }


def _described(label: str, kind: str) -> dict[str, Any]:
    return {
        "label": label,
        "type": _schema(kind),
        "python_type": {"type": "str", "description": ""},
        "component": kind.capitalize(),
    }


def _schema(kind: str) -> dict[str, Any]:
    if kind in {"file", "image"}:
        meta = {
            "properties": {"_type": {"const": "gradio.FileData", "type": "string"}},
            "type": "object",
        }
        return {
            "properties": {"path": {"type": "string"}, "meta": meta},
            "required": ["path", "meta"],
            "title": "FileData",
            "type": "object",
        }
    return {"type": {"number": "number", "checkbox": "boolean", "json": {}}.get(kind, "string")}
