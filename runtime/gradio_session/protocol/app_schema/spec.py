"""What a client knows about an endpoint before it has read anything from the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EndpointSpec"]


class EndpointSpec:
    """One endpoint as a generated client declares it, or as direct use names it.

    Attributes:
        api_name: The endpoint's name with its leading slash.
        inputs: Component types of the inputs in order, skipped ones left out; None when the client
            was not generated.
        outputs: Component types of the outputs in order, skipped ones left out; None when the
            client was not generated.
        input_files: Position of an input to the shape of the files in it.
        output_files: Position of an output to the shape of the files in it.
        oauth_token: Whether the app asks for an `oauth_token`, by its own word; None if it does
            not.
        parameters: Names of the parameters in order; None when they are not known.
        result_type: The `NamedTuple` class of several results, else None.
        returns: The type of the result as the generated class names it, or None.
        namespace: Where names in that type are looked up: the generated module's.
    """

    __slots__ = (
        "api_name",
        "input_files",
        "inputs",
        "namespace",
        "oauth_token",
        "output_files",
        "outputs",
        "parameters",
        "result_type",
        "returns",
    )

    def __init__(
        self,
        api_name: str,
        *,
        inputs: tuple[str, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
        input_files: dict[int, Any] | None = None,
        output_files: dict[int, Any] | None = None,
        oauth_token: Literal["required", "optional"] | None = None,
        parameters: tuple[str, ...] | None = None,
        result_type: type[tuple[Any, ...]] | None = None,
        returns: Any = None,
        namespace: Mapping[str, Any] | None = None,
    ) -> None:
        self.api_name = api_name
        self.inputs = inputs
        self.outputs = outputs
        self.input_files: dict[int, Any] = input_files or {}
        self.output_files: dict[int, Any] = output_files or {}
        self.oauth_token = oauth_token
        self.parameters = parameters
        self.result_type = result_type
        self.returns = returns
        self.namespace: Mapping[str, Any] = namespace or {}

    @property
    def generated(self) -> bool:
        """Whether it comes from a generated client, which says what it expects of the app."""
        return self.inputs is not None

    def __repr__(self) -> str:
        return f"EndpointSpec({self.api_name!r})"
