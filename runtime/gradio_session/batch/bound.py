"""`Bound`, the arguments of one call that `bind` has checked."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Bound"]

T_co = TypeVar("T_co", covariant=True)


class Bound(Generic[T_co]):
    """The arguments of one call, checked by the signature that took them: an input of `map`.

    `lab.generate.bind("a cat", steps=30)` makes one. It belongs to its endpoint; you can keep it,
    pickle it and use it more than once.
    """

    def __init__(self, api_name: str, values: tuple[object, ...]) -> None:
        self._api_name = api_name
        self._values = values

    @property
    def __gradio__(self) -> tuple[str, tuple[object, ...]]:
        """The endpoint, and its values in the order of the wire."""
        return self._api_name, self._values

    def __repr__(self) -> str:
        return f"<Bound arguments of {self._api_name}>"
