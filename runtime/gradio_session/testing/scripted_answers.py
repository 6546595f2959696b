"""What a fake answers, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gradio_session.errors import EndpointNotFoundError
from gradio_session.protocol.base.json_values import JsonObject

if TYPE_CHECKING:
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["Answers", "Recorded", "Stream"]


class Stream:
    """Outputs that come one after the other; the last is the result."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs


class Recorded(NamedTuple):
    """A call that was made of a fake.

    Attributes:
        endpoint: The name of the client's method.
        parameters: Parameter to value, defaults included.
    """

    endpoint: str
    parameters: JsonObject


Answer = Callable[[JsonObject], Any]
"""Parameters of a call -> a value, a `Stream`, or an awaitable of either; or it raises."""


class Answers:
    """What the endpoints of a fake do, and the calls that were made of them.

    Attributes:
        recorded: The calls, oldest first.
    """

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[str, tuple[str, ...], Answer]] = {}
        self._count = 0

    def set(
        self, api_name: str, endpoint: str, parameters: tuple[str, ...], answer: Answer
    ) -> None:
        """Say what an endpoint does."""
        self._answers[api_name] = (endpoint, parameters, answer)

    def record(self, spec: EndpointSpec, values: Params) -> tuple[str, Callable[[], object]]:
        """A call was made.

        Returns:
            An event id for it, and what gives its answer.

        Raises:
            EndpointNotFoundError: The client has no such endpoint.
        """
        if spec.api_name not in self._answers:
            known = ", ".join(self._answers)
            raise EndpointNotFoundError(
                f"The client of this fake has no endpoint {spec.api_name}; it has {known}.",
                api_name=spec.api_name,
            )
        endpoint, names, answer = self._answers[spec.api_name]
        parameters = (
            dict(values) if isinstance(values, Mapping) else dict(zip(names, values, strict=True))
        )
        with self._lock:
            self._count += 1
            self.recorded.append(Recorded(endpoint, parameters))
            return f"fake-{self._count}", lambda: answer(dict(parameters))
