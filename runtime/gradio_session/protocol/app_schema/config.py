"""What `/config` says about an app: where it is, how it is spoken to, and its endpoints.

Only what is asked for is looked at: an app of hundreds of endpoints has a `/config` of megabytes,
and a session calls a few of them.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from gradio_session.errors import EndpointNotFoundError, ProtocolError, UnsupportedVersionError
from gradio_session.protocol.app_schema.component import Component, Dependency
from gradio_session.protocol.base.json_values import (
    is_list,
    is_object,
    list_of,
    objects_of,
    text_of,
)
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import listed, one_line
from gradio_session.protocol.base.urls import quote_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["AppConfig", "Component", "Dependency", "parse_version"]

OLDEST: tuple[int, int, int] = (4, 22, 0)
"""The first Gradio whose queue speaks `sse_v3`, the protocol of this package."""

MAX_NAMED = 8
"""How many endpoints a message lists."""

_OLD_PROTOCOLS = frozenset({"ws", "sse", "sse_v1", "sse_v2", "sse_v2.1"})
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_VERSION = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?")


def parse_version(text: object) -> tuple[int, int, int]:
    """The first three numbers of a version: "6.31.0" -> (6, 31, 0), "5.0.0b3" -> (5, 0, 0).

    (0, 0, 0) for what is no version.
    """
    match = _VERSION.match(text) if isinstance(text, str) else None
    if match is None:
        return 0, 0, 0
    return int(match[1]), int(match[2] or 0), int(match[3] or 0)


class AppConfig:
    """One reading of an app's `/config`.

    Attributes:
        base_url: The app's address as its user gave it (after redirects), without a trailing slash.
            The app's own idea of it (`root`) is not used: behind a proxy it can be an internal
            host.
        prefix: What stands before the routes of the API: "" before Gradio 5, then "/gradio_api".
        version: The app's Gradio, as three numbers.
        app_id: A number that changes with every start of the app, or None.
        max_file_size: The largest upload in bytes, or None.
        username: Who is logged in, or None.
        connect_heartbeat: Whether the app wants to know when a session ends.
        document: The decoded JSON.
        api_url: What every route of the API begins with.
        cancel_url: Where a call is cancelled.
        upload_url: Where files are uploaded.
        info_url: The description of the endpoints that the app lists.
        app_id_url: The number of this run of the app.
    """

    def __init__(self, document: object, base_url: str) -> None:
        """Read a decoded `/config`.

        Args:
            document: The decoded JSON.
            base_url: The address that it was read from, without `/config`.

        Raises:
            ProtocolError: The document is not a Gradio configuration.
            UnsupportedVersionError: The app's Gradio is older than 4.22.
        """
        if not (
            is_object(document)
            and is_list(document.get("dependencies"))
            and is_list(document.get("components"))
        ):
            raise ProtocolError(
                f"{base_url}/config holds JSON, but not that of a Gradio app. "
                "Is this the address of a Gradio app?"
            )
        _check_version(document, base_url)
        self.document: Mapping[str, object] = document
        self.base_url = base_url
        self.version = parse_version(document.get("version"))
        self.app_id: int | str | None = document.get("app_id")
        size = document.get("max_file_size")
        self.max_file_size = size if isinstance(size, int) and not isinstance(size, bool) else None
        self.username = text_of(document.get("username")) or None
        self.connect_heartbeat = document.get("connect_heartbeat") is True
        self.prefix = _prefix_of(document, base_url)
        self.api_url = base_url + self.prefix
        self.cancel_url = f"{self.api_url}/cancel"
        self.upload_url = f"{self.api_url}/upload"
        self.info_url = f"{self.api_url}/info"
        self.app_id_url = f"{self.api_url}/app_id"
        self._components: dict[object, JsonObject] = {
            item["id"]: item
            for item in objects_of(document["components"])
            if isinstance(item.get("id"), (int, str))
        }
        self._known: dict[str, Dependency] = {}

    def dependency(self, api_name: str) -> Dependency:
        """How the endpoint of that name is wired.

        Args:
            api_name: The endpoint's name, with its slash or without.

        Raises:
            EndpointNotFoundError: No endpoint has that name, or it is not offered to clients.
        """
        known = self._known.get(api_name)
        if known is None:
            known = self._known[api_name] = self._wire(api_name)
        return known

    @property
    def api_names(self) -> tuple[str, ...]:
        """The names of all endpoints that clients may call, with their slashes, in the app's order.

        Also those that `/info` does not list.
        """
        named = self._named.items()
        return tuple(name for name, (_, record, _) in named if _why_hidden(record) is None)

    def data_url(self, session_hash: str) -> str:
        """The event stream of a session hash."""
        return f"{self.api_url}/queue/data?session_hash={quote(session_hash, safe='')}"

    def heartbeat_url(self, session_hash: str) -> str:
        """The stream that a page keeps open as long as its session lasts."""
        return f"{self.api_url}/heartbeat/{quote(session_hash, safe='')}"

    def file_url(self, path: str) -> str:
        """Where the file of a server path is fetched."""
        return f"{self.api_url}/file={quote_path(path)}"

    def _unknown(self, api_name: str) -> EndpointNotFoundError:
        names = self.api_names
        wanted = "/" + api_name.lstrip("/")
        close = closest(wanted, names, 3)
        if close:
            advice = f"Did you mean {' or '.join(one_line(name) for name in close)}?"
        elif names:
            advice = f"It has {listed(map(one_line, names), MAX_NAMED)}."
        else:
            advice = "It has none."
        text = f"{self.base_url} has no endpoint {one_line(wanted)}. {advice}"
        return EndpointNotFoundError(text, api_name=wanted, suggestions=close)

    def _wire(self, given: str) -> Dependency:
        # The full name is "/" and the name that the app gave it, which may begin with a slash, too.
        api_name = next((name for name in (given, f"/{given}") if name in self._named), None)
        if api_name is None:
            raise self._unknown(given)
        fn_index, record, by_name = self._named[api_name]
        reason = _why_hidden(record)
        if reason is not None:
            raise EndpointNotFoundError(
                f"{self.base_url} does not offer {one_line(api_name)} to clients: {reason}.",
                api_name=api_name,
            )
        inputs, outputs = (
            tuple(self._component(each, f"api_info_as_{kind}") for each in list_of(record.get(key)))
            for kind, key in (("input", "inputs"), ("output", "outputs"))
        )
        return Dependency(api_name, fn_index, record, inputs, outputs, by_name=by_name)

    def _component(self, component_id: object, schema_key: str) -> Component:
        known = isinstance(component_id, (int, str))
        record = self._components.get(component_id) if known else None
        if record is None:
            raise ProtocolError(
                f"{self.base_url}/config names a component {one_line(component_id)} that it does "
                "not describe; the app may be broken."
            )
        return Component(record, schema_key, changing=component_id in self._changed_by_calls)

    @cached_property
    def _changed_by_calls(self) -> set[object]:
        """The components that some call of the app may give other choices.

        Those are the outputs of its functions, but for functions that only load examples.
        """
        return {
            component_id
            for record in objects_of(self.document["dependencies"])
            if record.get("backend_fn") is not False
            and not text_of(record.get("api_name")).startswith("load_example")
            for component_id in list_of(record.get("outputs"))
            if isinstance(component_id, (int, str))
        }

    @cached_property
    def _named(self) -> dict[str, tuple[int, JsonObject, bool]]:
        """The number and the record of each endpoint, by its full name, and if that reaches it.

        Where several have a name, the app's `/info` describes the last that it lists, while
        `/call` finds the first.
        """
        named: dict[str, tuple[int, JsonObject, bool]] = {}
        for position, record in enumerate(list_of(self.document["dependencies"])):
            if is_object(record) and isinstance(record.get("api_name"), str):
                name = f"/{record['api_name']}"
                number = record.get("id", position)
                fn_index = number if isinstance(number, int) else position
                first = named.setdefault(name, (fn_index, record, True))
                if first[1] is not record and (_is_listed(record) or not _is_listed(first[1])):
                    named[name] = fn_index, record, False
        return named


def _check_version(document: JsonObject, base_url: str) -> None:
    text = document.get("version")
    protocol = document.get("protocol", "ws")
    if parse_version(text) >= OLDEST and protocol not in _OLD_PROTOCOLS:
        return
    known = isinstance(text, str)
    named = f"Gradio {one_line(text, 30)}" if known else "an unknown version of Gradio"
    raise UnsupportedVersionError(
        f"{base_url} runs {named}, which speaks the protocol {one_line(protocol, 30)!r}. "
        "This package needs sse_v3, which Gradio 4.22 and newer speak: upgrade the app, or call it "
        "with the gradio_client of its own version."
    )


def _prefix_of(document: JsonObject, base_url: str) -> str:
    prefix = document.get("api_prefix") or ""
    if isinstance(prefix, str) and _PREFIX.fullmatch(prefix) and ".." not in prefix:
        return prefix
    raise ProtocolError(
        f"{base_url}/config names an API prefix that is not a path: {one_line(prefix)!r}."
    )


def _why_hidden(record: JsonObject) -> str | None:
    if record.get("api_visibility") == "private":
        return "its author made it private"
    if record.get("backend_fn") is False:
        return "it runs in the browser only"
    return None


def _is_listed(record: JsonObject) -> bool:
    return (
        _why_hidden(record) is None
        and record.get("api_visibility") != "undocumented"
        and record.get("show_api") is not False
    )
