"""What changed in the parameters of one endpoint."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gradio_codegen.base.text import listing
from gradio_codegen.compare.change import breaking, compatible
from gradio_codegen.compare.type_changes import MOST_NAMED
from gradio_codegen.compare.type_relations import Alternatives, Named, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_codegen.compare.change import Change
    from gradio_codegen.compare.interface import PublicEndpoint, PublicParameter
    from gradio_codegen.compare.type_changes import TypeChanges

__all__ = ["ParameterChanges"]


class ParameterChanges:
    """Compares the parameters of endpoints.

    Args:
        types: The types of both modules.
    """

    def __init__(self, types: TypeChanges) -> None:
        self._types = types

    def between(self, old: PublicEndpoint, new: PublicEndpoint) -> Iterator[Change]:
        """Yield what changed between the parameters of two readings of one endpoint."""
        name = old.api_name
        before, after = _by_name(old), _by_name(new)
        renamed = _renamed(old, new)
        for parameter in old.parameters:
            if parameter.name in after:
                yield from self._parameter(name, parameter, after[parameter.name])
            elif parameter.name in renamed:
                yield breaking(
                    name,
                    f"parameter `{parameter.name}` is now called `{renamed[parameter.name]}`: "
                    "calls that name it break",
                )
                yield from self._parameter(name, parameter, after[renamed[parameter.name]])
            else:
                yield breaking(
                    name, f"parameter `{parameter.name}` is gone: calls that give it break"
                )
        for parameter in new.parameters:
            if parameter.name not in before and parameter.name not in renamed.values():
                yield _new_parameter(name, parameter)
        yield from _moved(old, new, renamed)

    def _parameter(self, name: str, old: PublicParameter, new: PublicParameter) -> Iterator[Change]:
        place = f"parameter `{new.name}`"
        if old.default is not None and new.default is None:
            yield breaking(name, f"{place} is now required: calls that leave it out break")
        elif old.default is None and new.default is not None:
            yield compatible(
                name, f"{place} may now be left out, its default is {_short(new.default)}"
            )
        elif old.default != new.default and new.default is not None and old.default is not None:
            yield compatible(
                name, f"{place} now defaults to {_short(new.default)}, it was {_short(old.default)}"
            )
        before, after = self._types.old.read(old.annotation), self._types.new.read(new.annotation)
        if self._types.equal(before, after):
            return
        what = self._types.told(place, before, after, verb="takes")
        # A parameter that took anything may have been given anything.
        accepted = Named("object") if before == Named("Any") else before
        quiet = before == Named("str") and after in (
            Named("FileInput"),
            Alternatives((Named("FileInput"), Named("None"))),
        )
        if quiet or not Relation(self._types.old, self._types.new, "in").holds(accepted, after):
            why = (
                "a text given to it would be taken for a path" if quiet else "existing calls break"
            )
            yield breaking(name, f"{what}: {why}")
        else:
            yield compatible(name, what)


def _by_name(endpoint: PublicEndpoint) -> dict[str, PublicParameter]:
    return {parameter.name: parameter for parameter in endpoint.parameters}


def _renamed(old: PublicEndpoint, new: PublicEndpoint) -> dict[str, str]:
    """Map old to new names of parameters that seem to have been renamed.

    They have the same place, type and need in lists of one length.
    """
    if len(old.parameters) != len(new.parameters):
        return {}
    before, after = _by_name(old), _by_name(new)
    return {
        one.name: other.name
        for one, other in zip(old.parameters, new.parameters, strict=True)
        if one.name not in after and other.name not in before and _alike(one, other)
    }


def _alike(one: PublicParameter, other: PublicParameter) -> bool:
    return ast.dump(one.annotation) == ast.dump(other.annotation) and (one.default is None) == (
        other.default is None
    )


def _new_parameter(name: str, parameter: PublicParameter) -> Change:
    if parameter.default is None:
        return breaking(
            name, f"parameter `{parameter.name}` is new and required: existing calls break"
        )
    return compatible(
        name, f"parameter `{parameter.name}` is new, its default is {_short(parameter.default)}"
    )


def _moved(old: PublicEndpoint, new: PublicEndpoint, renamed: dict[str, str]) -> Iterator[Change]:
    before = [
        renamed.get(parameter.name, parameter.name)
        for parameter in old.parameters
        if not parameter.keyword_only
    ]
    after = [parameter.name for parameter in new.parameters if not parameter.keyword_only]
    there = _by_name(new)
    named_only = [name for name in before if name in there and there[name].keyword_only]
    if named_only:
        yield breaking(
            old.api_name,
            f"{_listed(named_only)} can now only be given by name: calls by position break",
        )
    moved = [
        name for place, name in enumerate(before) if name in after and after.index(name) != place
    ]
    if moved:
        yield breaking(
            old.api_name,
            f"{_listed(moved)} changed place: "
            "calls by position break or give values to other parameters",
        )


def _listed(names: list[str]) -> str:
    shown = listing((f"`{name}`" for name in names), MOST_NAMED)
    return f"parameter{'s' if len(names) > 1 else ''} {shown}"


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[:limit] + "..."
