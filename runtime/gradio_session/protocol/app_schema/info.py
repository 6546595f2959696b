"""What `/info` says about an app's endpoints, as far as calls need it.

The generator reads more of it, also of older versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.errors import ProtocolError
from gradio_session.protocol.app_schema.tool_schema import tool_property
from gradio_session.protocol.base.json_values import JsonObject, is_object, objects_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["AppInfo", "EndpointDescription", "ParameterDescription", "ResultDescription"]


class _ValueInfo:
    """What parameters and results have in common."""

    def __init__(self, record: JsonObject) -> None:
        self.label = text_of(record.get("label"))
        self.schema: object = record.get("type")
        self.component = text_of(record.get("component")).lower()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r}, component={self.component!r})"


class ResultDescription(_ValueInfo):
    """One result of an endpoint.

    Attributes:
        label: What the app's page calls it, or "".
        schema: JSON Schema of its value.
        component: Its component's name in lower case: "textbox".
    """


class ParameterDescription(_ValueInfo):
    """One parameter of an endpoint.

    Attributes:
        name: The name that the app's function gave it, or "param_N".
        label: What the app's page calls it, or "".
        required: A call may not leave it out.
        default: Its default as JSON; None without one.
        schema: JSON Schema of its value.
        component: Its component's name in lower case: "textbox".
    """

    def __init__(self, record: JsonObject, position: int) -> None:
        super().__init__(record)
        self.name = text_of(record.get("parameter_name")) or f"param_{position}"
        self.required = record.get("parameter_has_default") is not True
        self.default: Any = record.get("parameter_default")


class EndpointDescription:
    """One endpoint.

    Attributes:
        api_name: Its name, with its slash.
        description: What its author says of it, or "".
        parameters: Its parameters in order.
        results: Its results in order.
        oauth_token: "required" or "optional" where calls carry the caller's own token for the Hub,
            else None.
    """

    __slots__ = ("api_name", "description", "oauth_token", "parameters", "results")

    def __init__(self, api_name: str, record: JsonObject) -> None:
        self.api_name = api_name
        self.description = text_of(record.get("description"))
        self.parameters = tuple(
            ParameterDescription(item, position)
            for position, item in enumerate(objects_of(record.get("parameters")))
        )
        self.results = tuple(ResultDescription(item) for item in objects_of(record.get("returns")))
        token = record.get("oauth_token")
        self.oauth_token: str | None = token if token in ("required", "optional") else None

    @property
    def input_schema(self) -> JsonObject:
        """The JSON Schema of an object that holds the parameters by name, files as strings.

        That is what MCP and function calling of language models take. Such arguments of a tool are
        the `params` of a call.
        """
        return {
            "type": "object",
            "properties": {
                each.name: tool_property(each.label, each.schema, each.default)
                for each in self.parameters
            },
            "required": [each.name for each in self.parameters if each.required],
            "additionalProperties": False,
        }

    def __repr__(self) -> str:
        counts = f"parameters={len(self.parameters)}, results={len(self.results)}"
        return f"EndpointDescription({self.api_name!r}, {counts})"


class AppInfo:
    """One reading of an app's `/info`: its endpoints by their full names, in the app's order."""

    __slots__ = ("_known", "_named")

    def __init__(self, document: object, base_url: str) -> None:
        """Read a decoded `/info`.

        Args:
            document: The decoded JSON.
            base_url: The app's address, for messages.

        Raises:
            ProtocolError: The document does not describe endpoints.
        """
        if not is_object(document) or not is_object(document.get("named_endpoints")):
            raise ProtocolError(
                f"{base_url}: /info holds no description of endpoints. Is this a Gradio app?"
            )
        self._named: JsonObject = document["named_endpoints"]
        self._known: dict[str, EndpointDescription] = {}

    def get(self, api_name: str) -> EndpointDescription | None:
        """The endpoint of that full name (with its slash), or None."""
        known = self._known.get(api_name)
        if known is None:
            record = self._named.get(api_name)
            if not is_object(record):
                return None
            known = self._known[api_name] = EndpointDescription(api_name, record)
        return known

    def __iter__(self) -> Iterator[str]:
        return (name for name, record in self._named.items() if is_object(record))
