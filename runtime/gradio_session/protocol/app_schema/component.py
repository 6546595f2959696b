"""The inputs and outputs of an endpoint, and how it is wired, as `/config` has it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gradio_session.protocol.app_schema.file_layout import FileLayout, file_layout_of
from gradio_session.protocol.app_schema.other_forms import other_form
from gradio_session.protocol.app_schema.value_check import plain_types
from gradio_session.protocol.base.json_values import object_of, text_of
from gradio_session.protocol.base.urls import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


__all__ = ["Component", "Dependency"]


class Component:
    """One input or output of an endpoint.

    Attributes:
        type: The component's name in lower case, as `/info` has it: "textbox", "slider".
        block: The name of the component that draws it; another than `type` for a component made
            from another ("textarea" is drawn by "textbox").
        skip: The app neither takes nor gives a value here (State, buttons, layout); on the wire it
            is null.
        label: The component's label, or "".
        default: The component's value when the app starts; None without one, and where Gradio 4.36
            wrote the class that keeps it in place of the value.
        schema: JSON Schema of its value, as an input or as an output.
        open_choices: The choices in `schema` are not all: the component takes values of the user's
            own, or the app changes it while it runs.
        plain_types: The types of Python whose values all fit `schema`.
        other_form: Makes the form that the app takes of the one that another Gradio takes; None
            where there is no other.
    """

    def __init__(
        self, record: Mapping[str, object], schema_key: str, *, changing: bool = False
    ) -> None:
        props = object_of(record.get("props"))
        self.block = str(record.get("type", "")).lower()
        self.type = str(props.get("name") or self.block).lower()
        self.skip = bool(record.get("skip_api", False))
        self.label = text_of(props.get("label"))
        self.schema = record.get(schema_key, record.get("api_info"))
        self.open_choices = changing or props.get("allow_custom_value") is True
        self.plain_types = plain_types(self.schema)
        self.default: object = props.get("value")
        if isinstance(self.default, str) and self.default.startswith("root="):
            self.default = None if self.block == "json" else self.default
        self.other_form = other_form(self.type, self.schema)


class Dependency:
    """How one endpoint is wired.

    Attributes:
        api_name: The endpoint's name with its slash.
        fn_index: The number that `/queue/join` and `/cancel` take. It is good for one run of the
            app only (`AppConfig.app_id`).
        inputs: Its inputs in the order of the wire, skipped ones included.
        outputs: Its outputs in the order of the wire, skipped ones included.
        visible_inputs: The inputs that are not skipped.
        visible_outputs: The outputs that are not skipped.
        by_name: Whether `POST /call/{name}` reaches it; a name with a slash inside, or that an
            earlier function has too, needs `/queue/join` with `fn_index`.
        route: Where a call is posted, behind `AppConfig.api_url`.
        connection: "sse", or "stream" for an endpoint that takes a stream of inputs.
    """

    def __init__(
        self,
        api_name: str,
        fn_index: int,
        record: Mapping[str, object],
        inputs: tuple[Component, ...],
        outputs: tuple[Component, ...],
        *,
        by_name: bool = True,
    ) -> None:
        self.api_name = api_name
        self.fn_index = fn_index
        self.inputs = inputs
        self.outputs = outputs
        self.visible_inputs = tuple(component for component in inputs if not component.skip)
        self.visible_outputs = tuple(component for component in outputs if not component.skip)
        self.by_name = by_name and "/" not in api_name[1:]
        self.route = f"/call/{quote_name(api_name[1:])}" if self.by_name else "/queue/join"
        self.connection = str(record.get("connection") or "sse")

    def name_of(self, position: int, names: Sequence[str]) -> str:
        """What messages call an input that is not skipped: its name, else its label or number."""
        if position < len(names):
            return names[position]
        return self.visible_inputs[position].label or f"number {position + 1}"

    @cached_property
    def input_files(self) -> Mapping[int, FileLayout]:
        """Place among the visible inputs to where the files are there; none without files.

        It serves direct use: generated clients carry their own.
        """
        return _file_layouts(self.visible_inputs)

    @cached_property
    def output_files(self) -> Mapping[int, FileLayout]:
        """The same of the visible outputs."""
        return _file_layouts(self.visible_outputs)


def _file_layouts(components: tuple[Component, ...]) -> Mapping[int, FileLayout]:
    layouts = ((place, file_layout_of(each.schema)) for place, each in enumerate(components))
    return {place: layout for place, layout in layouts if layout is not None}
