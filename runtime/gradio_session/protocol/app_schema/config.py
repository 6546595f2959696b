"""What `/config` says about an app: where it is, how it is spoken to, and how each of its endpoints is wired.

Only what is asked for is looked at: an app of hundreds of endpoints has a `/config` of megabytes,
and a session calls a few of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gradio_session.errors import EndpointNotFoundError, ProtocolError, UnsupportedVersionError
from gradio_session.protocol.app_schema.file_layout import file_layout_of
from gradio_session.protocol.base.json_values import (
    is_list,
    is_object,
    list_of,
    object_of,
    objects_of,
    text_of,
)
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import quote_name, quote_path

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AppConfig", "Component", "Dependency", "parse_version"]

OLDEST: tuple[int, int, int] = (4, 22, 0)
"""The first Gradio whose queue speaks `sse_v3`, the protocol of this package."""

_OLD_PROTOCOLS = frozenset({"ws", "sse", "sse_v1", "sse_v2", "sse_v2.1"})
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_VERSION = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?")


def parse_version(text: object) -> tuple[int, int, int]:
    """The first three numbers of a version: "6.31.0" -> (6, 31, 0), "5.0.0b3" -> (5, 0, 0); (0, 0, 0) for what is none."""
    match = _VERSION.match(text) if isinstance(text, str) else None
    if match is None:
        return 0, 0, 0
    return int(match[1]), int(match[2] or 0), int(match[3] or 0)


class Component:
    """One input or output of an endpoint.

    Attributes:
        component_id: The component's number in this run of the app.
        type: The component's name in lower case, as `/info` has it: "textbox", "slider".
        block: The name of the component that draws it; another than `type` for a component made
            from another ("textarea" is drawn by "textbox").
        skip: The app neither takes nor gives a value here (State, buttons, layout); on the wire it
            is null.
        label: The component's label, or "".
        props: The component's properties as the app sent them.
        schema: JSON Schema of its value, as an input or as an output.
        open_choices: The choices in `schema` are not all: the component takes values of the user's
            own, or the app changes it while it runs.
    """

    __slots__ = (
        "block",
        "component_id",
        "label",
        "open_choices",
        "props",
        "schema",
        "skip",
        "type",
    )

    def __init__(
        self,
        component_id: object,
        component: Mapping[str, Any],
        schema_key: str,
        *,
        changing: bool = False,
    ) -> None:
        self.component_id = component_id
        self.props: Mapping[str, Any] = object_of(component.get("props"))
        self.block = str(component.get("type", "")).lower()
        self.type = str(self.props.get("name") or self.block).lower()
        self.skip = bool(component.get("skip_api", False))
        self.label = text_of(self.props.get("label"))
        self.schema: Any = component.get(schema_key, component.get("api_info"))
        self.open_choices = changing or self.props.get("allow_custom_value") is True

    @property
    def default(self) -> Any:
        """The component's value when the app starts; None without one."""
        return self.props.get("value")

    def __repr__(self) -> str:
        return f"Component({self.type!r}, component_id={self.component_id!r}, skip={self.skip})"


class Dependency:
    """How one endpoint is wired.

    Attributes:
        api_name: The endpoint's name with its slash.
        fn_index: The number that `/queue/join` and `/cancel` take. It is good for one run of the
            app only (`AppConfig.app_id`).
        inputs: Its inputs in the order of the wire, skipped ones included.
        outputs: Its outputs in the order of the wire, skipped ones included.
        generator: It yields outputs before its last.
        batch: The app runs several calls of it at once.
        connection: "sse", or "stream" for an endpoint that takes a stream of inputs.
        queue: Calls wait in the app's queue.
    """

    __slots__ = (
        "_input_files", "_output_files", "api_name", "batch", "connection", "fn_index", "generator", "inputs", "outputs", "queue", "visible_inputs",
        "visible_outputs",
    )  # fmt: skip

    def __init__(
        self,
        api_name: str,
        fn_index: int,
        record: Mapping[str, Any],
        inputs: tuple[Component, ...],
        outputs: tuple[Component, ...],
    ) -> None:
        self.api_name = api_name
        self.fn_index = fn_index
        self.inputs = inputs
        self.outputs = outputs
        self.visible_inputs = tuple(slot for slot in inputs if not slot.skip)
        self.visible_outputs = tuple(slot for slot in outputs if not slot.skip)
        self.generator = bool(object_of(record.get("types")).get("generator"))
        self.batch = bool(record.get("batch"))
        self.connection = str(record.get("connection") or "sse")
        self.queue = record.get("queue") is not False
        self._input_files: Mapping[int, Any] | None = None
        self._output_files: Mapping[int, Any] | None = None

    @property
    def input_files(self) -> Mapping[int, Any]:
        """Place among the visible inputs to the shape of the files there; of places without files nothing. For direct use, made once."""
        if self._input_files is None:
            self._input_files = _file_shapes(self.visible_inputs)
        return self._input_files

    @property
    def output_files(self) -> Mapping[int, Any]:
        """The same of the visible outputs."""
        if self._output_files is None:
            self._output_files = _file_shapes(self.visible_outputs)
        return self._output_files

    @property
    def by_name(self) -> bool:
        """Whether `POST /call/{name}` reaches it; a name with a slash inside needs `/queue/join` with `fn_index`."""
        return "/" not in self.api_name[1:]

    def __repr__(self) -> str:
        return f"Dependency({self.api_name!r}, fn_index={self.fn_index}, inputs={len(self.inputs)}, outputs={len(self.outputs)})"


def _file_shapes(slots: tuple[Component, ...]) -> Mapping[int, Any]:
    shapes = {place: file_layout_of(slot.schema) for place, slot in enumerate(slots)}
    return {place: shape for place, shape in shapes.items() if shape is not None}


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
        title: The app's title, or "".
        space_id: "owner/name" of the Hugging Face Space that it runs in, or None.
        username: Who is logged in, or None.
        document: The decoded JSON.
    """

    __slots__ = (
        "_changing", "_components", "_dependencies", "_known", "_records", "app_id", "base_url", "document",
        "max_file_size", "prefix", "space_id", "title", "username", "version",
    )  # fmt: skip

    def __init__(self, document: object, base_url: str) -> None:
        """Read a decoded `/config`.

        Args:
            document: The decoded JSON.
            base_url: The address that it was read from, without `/config`.

        Raises:
            ProtocolError: The document is not a Gradio configuration.
            UnsupportedVersionError: The app's Gradio is older than 4.22.
        """
        if (
            not is_object(document)
            or not is_list(document.get("dependencies"))
            or not is_list(document.get("components"))
        ):
            raise ProtocolError(
                f"{base_url}/config holds JSON, but not that of a Gradio app. Is this the address of a Gradio app?"
            )
        _check_version(document, base_url)
        self.document: Mapping[str, Any] = document
        self.base_url = base_url
        self.version = parse_version(document.get("version"))
        self.prefix = _prefix_of(document, base_url)
        self.app_id: int | str | None = document.get("app_id")
        size = document.get("max_file_size")
        self.max_file_size = size if isinstance(size, int) and not isinstance(size, bool) else None
        self.title = text_of(document.get("title"))
        self.space_id = text_of(document.get("space_id")) or None
        self.username = text_of(document.get("username")) or None
        self._dependencies: list[Any] = document["dependencies"]
        self._components: dict[object, Mapping[str, Any]] = {
            item["id"]: item
            for item in objects_of(document["components"])
            if isinstance(item.get("id"), (int, str))
        }
        self._records: dict[str, tuple[int, Mapping[str, Any]]] | None = None
        self._known: dict[str, Dependency] = {}
        self._changing: set[object] | None = None

    def dependency(self, api_name: str) -> Dependency:
        """How the endpoint of that name is wired.

        Args:
            api_name: The endpoint's name, with its slash or without.

        Raises:
            EndpointNotFoundError: No endpoint has that name, or it is not offered to clients.
        """
        known = self._known.get(api_name)
        if known is None:
            known = self._known[api_name] = self._wire(self.canonical_name(api_name))
        return known

    @property
    def api_names(self) -> tuple[str, ...]:
        """The names of all endpoints that clients may call, with their slashes, in the app's order; also those that `/info` does not list."""
        return tuple(
            name for name, (_, record) in self._named().items() if _why_hidden(record) is None
        )

    def canonical_name(self, api_name: str) -> str:
        """The endpoint's full name: "/" and the name that the app gave it, which may begin with a slash of its own.

        Raises:
            EndpointNotFoundError: No endpoint has that name.
        """
        named = self._named()
        for candidate in (api_name, f"/{api_name}"):
            if candidate in named:
                return candidate
        raise self._unknown(api_name)

    def _unknown(self, api_name: str) -> EndpointNotFoundError:
        from difflib import get_close_matches  # noqa: PLC0415 - only needed for an error

        names = self.api_names
        wanted = "/" + api_name.lstrip("/")
        folded = {name.casefold(): name for name in reversed(names)}
        close = tuple(
            folded[name]
            for name in get_close_matches(wanted.casefold(), list(folded), n=3, cutoff=0.6)
        )
        if close:
            advice = f"Did you mean {' or '.join(one_line(name) for name in close)}?"
        else:
            advice = (
                f"It has {', '.join(one_line(name) for name in names[:8])}{', ...' if len(names) > 8 else ''}."
                if names
                else "It has none."
            )
        return EndpointNotFoundError(
            f"{self.base_url} has no endpoint {one_line(wanted)}. {advice}",
            api_name=wanted,
            suggestions=close,
        )

    def _wire(self, api_name: str) -> Dependency:
        fn_index, record = self._named()[api_name]
        reason = _why_hidden(record)
        if reason is not None:
            raise EndpointNotFoundError(
                f"{self.base_url} does not offer {one_line(api_name)} to clients: {reason}.",
                api_name=api_name,
            )
        inputs = tuple(
            self._slot(item, "api_info_as_input") for item in list_of(record.get("inputs"))
        )
        outputs = tuple(
            self._slot(item, "api_info_as_output") for item in list_of(record.get("outputs"))
        )
        return Dependency(api_name, fn_index, record, inputs, outputs)

    def _slot(self, component_id: Any, schema_key: str) -> Component:
        component = (
            self._components.get(component_id) if isinstance(component_id, (int, str)) else None
        )
        if component is None:
            raise ProtocolError(
                f"{self.base_url}/config names a component {one_line(component_id)} that it does not describe; the app may be broken."
            )
        return Component(
            component_id, component, schema_key, changing=component_id in self._changed_by_calls()
        )

    def _changed_by_calls(self) -> set[object]:
        """The components that some call of the app may give other choices: the outputs of its functions, but for those that only load examples."""
        if self._changing is None:
            self._changing = {
                component_id
                for record in objects_of(self._dependencies)
                if record.get("backend_fn") is not False
                and not text_of(record.get("api_name")).startswith("load_example")
                for component_id in list_of(record.get("outputs"))
                if isinstance(component_id, (int, str))
            }
        return self._changing

    def _named(self) -> dict[str, tuple[int, Mapping[str, Any]]]:
        if self._records is None:
            records: dict[str, tuple[int, Mapping[str, Any]]] = {}
            for position, record in enumerate(self._dependencies):
                if is_object(record) and isinstance(record.get("api_name"), str):
                    number = record.get("id", position)
                    records.setdefault(
                        f"/{record['api_name']}",
                        (number if isinstance(number, int) else position, record),
                    )
            self._records = records
        return self._records

    @property
    def api_url(self) -> str:
        """What every route of the API begins with."""
        return self.base_url + self.prefix

    def call_url(self, api_name: str) -> str:
        """Where a call of the endpoint is posted by its name.

        Args:
            api_name: The endpoint's full name, with its slash.
        """
        return f"{self.api_url}/call/{quote_name(api_name[1:])}"

    @property
    def join_url(self) -> str:
        """Where a call is posted by its `fn_index`."""
        return f"{self.api_url}/queue/join"

    def data_url(self, session_hash: str) -> str:
        """The event stream of a session hash."""
        return f"{self.api_url}/queue/data?session_hash={quote(session_hash, safe='')}"

    @property
    def cancel_url(self) -> str:
        """Where a call is cancelled."""
        return f"{self.api_url}/cancel"

    @property
    def upload_url(self) -> str:
        """Where files are uploaded."""
        return f"{self.api_url}/upload"

    def file_url(self, path: str) -> str:
        """Where the file of that server path is fetched."""
        return f"{self.api_url}/file={quote_path(path)}"

    @property
    def info_url(self) -> str:
        """The description of the endpoints that the app lists."""
        return f"{self.api_url}/info"

    @property
    def user_url(self) -> str:
        """Who is logged in."""
        return f"{self.api_url}/user"

    @property
    def app_id_url(self) -> str:
        """The number of this run of the app."""
        return f"{self.api_url}/app_id"

    def __repr__(self) -> str:
        return f"AppConfig({self.base_url!r}, version={'.'.join(map(str, self.version))!r}, endpoints={len(self._named())})"


def _check_version(document: Mapping[str, Any], base_url: str) -> None:
    text = document.get("version")
    protocol = document.get("protocol", "ws")
    if parse_version(text) >= OLDEST and protocol not in _OLD_PROTOCOLS:
        return
    named = (
        f"Gradio {one_line(text, 30)}" if isinstance(text, str) else "an unknown version of Gradio"
    )
    raise UnsupportedVersionError(
        f"{base_url} runs {named}, which speaks the protocol {one_line(protocol, 30)!r}. This package needs sse_v3, which Gradio 4.22 and newer "
        "speak: upgrade the app, or call it with the gradio_client of its own version."
    )


def _prefix_of(document: Mapping[str, Any], base_url: str) -> str:
    prefix = document.get("api_prefix") or ""
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix) or ".." in prefix:
        raise ProtocolError(
            f"{base_url}/config names an API prefix that is no path: {one_line(prefix)!r}."
        )
    return prefix


def _why_hidden(record: Mapping[str, Any]) -> str | None:
    if record.get("api_visibility") == "private":
        return "its author made it private"
    if record.get("backend_fn") is False:
        return "it runs in the browser only"
    return None
