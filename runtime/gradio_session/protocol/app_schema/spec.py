"""What a client knows about an endpoint before it has read anything from the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["EndpointSpec"]


class EndpointSpec:
    """One endpoint as a generated client declares it, or as direct use names it.

    Attributes:
        api_name: The endpoint's name with its leading slash.
        generated: Whether it comes from a generated client, which declares what it expects.
        inputs: Component types of the inputs in order, skipped ones left out; None when the client
            was not generated.
        outputs: Component types of the outputs in order, skipped ones left out; None when the
            client was not generated.
        input_files: Position of an input to where the files are in it.
        output_files: Position of an output to where the files are in it.
        oauth_token: Whether the app asks for an `oauth_token`, by its own word; None if it does
            not.
        parameters: Names of the parameters in order; None when they are not known.
        names: Position of a parameter to what the app calls it, where its name in `parameters` is
            neither that nor the label.
        result_type: The `NamedTuple` class of several results, else None.
        returns: The type of the result as the generated class names it, or None.
        namespace: Where names in that type are looked up: the generated module's.
    """

    def __init__(
        self,
        api_name: str,
        *,
        inputs: tuple[str, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
        input_files: dict[int, FileLayout] | None = None,
        output_files: dict[int, FileLayout] | None = None,
        oauth_token: Literal["required", "optional"] | None = None,
        parameters: tuple[str, ...] | None = None,
        names: dict[int, str] | None = None,
        result_type: Callable[..., object] | None = None,
        returns: object = None,
        namespace: Mapping[str, object] | None = None,
    ) -> None:
        self.api_name = api_name
        self.generated = inputs is not None
        self.inputs = inputs
        self.outputs = outputs
        self.input_files = input_files or {}
        self.output_files = output_files or {}
        self.oauth_token = oauth_token
        self.parameters = parameters
        self.names = names or {}
        self.result_type = result_type
        self.returns = returns
        self.namespace: Mapping[str, object] = namespace or {}

    def __repr__(self) -> str:
        return f"EndpointSpec({self.api_name!r})"
