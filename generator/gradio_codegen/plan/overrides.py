"""The user's own names and types: the `endpoints."/x"` tables, held against an app.

What an app calls `/lambda_1` and `param_0` is `upscale` and `image` in the module if a table says
so. The names on the wire stay the app's.
"""

from __future__ import annotations

import keyword
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.code import naming
from gradio_codegen.code.escaping import Code
from gradio_codegen.code.words import LONGEST_GIVEN
from gradio_codegen.types.expressions import ALLOWED, read_type
from gradio_codegen.types.graph import TypeInterner

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gradio_codegen.app_schema.schema import App, Endpoint

__all__ = [
    "EndpointOverride",
    "ParameterOverride",
    "check_endpoints",
    "check_words",
    "chosen_attributes",
    "chosen_fields",
    "chosen_parameters",
]

_PARAMETER_RESERVED: Final = frozenset({"self"})


@dataclass(frozen=True)
class ParameterOverride:
    """What a parameter is called, and its type as a Python expression; None for what stays."""

    name: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class EndpointOverride:
    """What the user says about one endpoint.

    Attributes:
        place: Where it is written, for messages.
        name: The attribute of the client, of which its classes are named too; None for the app's.
        parameters: What is said of parameters, by the names that the app gives them or that the
            module gives them otherwise.
        results: The names of the fields of its result, in order; empty for those of the labels.
    """

    place: str = field(compare=False)
    name: str | None = None
    parameters: Mapping[str, ParameterOverride] = field(
        default_factory=dict[str, ParameterOverride]
    )
    results: tuple[str, ...] = ()


def check_words(own: EndpointOverride) -> None:
    """Check what can be checked without an app: that names are names and types are types.

    Raises:
        CommandError: One cannot be used; the message says where.
    """
    if own.name is not None:
        _check_name(own.name, f"{own.place}: name", naming.RESERVED)
    for key, parameter in own.parameters.items():
        place = f"{own.place}: parameters: {_shown(key)}:"
        if parameter.name is not None:
            _check_name(parameter.name, f"{place} name", _PARAMETER_RESERVED, private=True)
        if parameter.type is not None:
            _check_type(parameter.type, f"{place} type")
    for name in own.results:
        _check_name(name, f"{own.place}: results:", naming.FIELD_RESERVED)
    _check_unique(own.results, f"{own.place}: results")


def check_endpoints(app: App, overrides: Mapping[str, EndpointOverride]) -> None:
    """Check that an app has the endpoints of the tables.

    Raises:
        CommandError: It lacks one; the message offers the nearest.
    """
    known = [endpoint.api_name for endpoint in app.endpoints]
    for api_name, own in overrides.items():
        if api_name not in known:
            advice = "; `gradio-codegen inspect` lists the endpoints of an app"
            raise CommandError(
                f"{own.place}: the app has no endpoint {api_name!r}"
                + did_you_mean(api_name, known, otherwise=advice)
            )


def chosen_attributes(
    automatic: Mapping[str, Code],
    overrides: Mapping[str, EndpointOverride],
    taken: Collection[str],
) -> dict[str, Code]:
    """Decide what endpoints are called on the client.

    Args:
        automatic: The attributes without the tables, by `api_name`.
        overrides: The tables.
        taken: The names of the module's classes.

    Returns:
        The attributes: a table changes that of its own endpoint and no other.

    Raises:
        CommandError: Two endpoints, or an endpoint and a class, would have one name.
    """
    chosen = dict(automatic)
    owners: dict[str, str] = {}
    # Those with a table come last, so that a clash is told where the user can mend it.
    for api_name in sorted(automatic, key=lambda name: _own_name(overrides, name) is not None):
        name = _own_name(overrides, api_name)
        if name is not None:
            chosen[api_name] = Code(name)
        attribute = chosen[api_name]
        other = owners.setdefault(attribute, api_name)
        if name is None:
            continue
        place = overrides[api_name].place
        if other != api_name:
            raise CommandError(
                f"{place}: name {name!r} is what endpoint {other!r} is called; "
                "take another, or rename that endpoint in a table of its own"
            )
        if name in taken:
            raise CommandError(
                f"{place}: name {name!r} is also the name of a class of the module; take another"
            )
    return chosen


def chosen_parameters(
    endpoint: Endpoint, automatic: Sequence[Code], own: EndpointOverride | None
) -> list[tuple[Code, str | None]]:
    """Decide what the parameters of an endpoint are called.

    Args:
        endpoint: The endpoint.
        automatic: Their names without a table.
        own: Its table, or None.

    Returns:
        For each its name, and its type where the table has one.

    Raises:
        CommandError: The table names a parameter that is not there, one twice, or gives two
            parameters one name.
    """
    if own is None:
        return [(name, None) for name in automatic]
    found: dict[int, str] = {}
    positions = _positions(endpoint, automatic)
    for key in own.parameters:
        if key not in positions:
            there = f"it has: {', '.join(automatic)}" if automatic else "it takes nothing"
            raise CommandError(
                f"{own.place}: {endpoint.api_name} has no parameter {key!r}"
                + did_you_mean(key, positions, otherwise=f"; {there}")
            )
        other = found.setdefault(positions[key], key)
        if other != key:
            raise CommandError(
                f"{own.place}: {other!r} and {key!r} are two names of one parameter; keep one"
            )
    result: list[tuple[Code, str | None]] = []
    for position, name in enumerate(automatic):
        written = own.parameters[found[position]] if position in found else ParameterOverride()
        result.append((Code(written.name) if written.name is not None else name, written.type))
    _check_unique([name for name, _ in result], f"{own.place}: parameters")
    return result


def chosen_fields(
    endpoint: Endpoint, own: EndpointOverride | None, taken: Collection[str]
) -> list[Code]:
    """Decide what the fields of a result are called.

    Args:
        endpoint: The endpoint.
        own: Its table, or None.
        taken: Names that the annotations of the fields use.

    Raises:
        CommandError: The table has another number of names, or one that is a type's.
    """
    if own is None or not own.results:
        return naming.field_names([(r.label, r.component) for r in endpoint.results], taken)
    given, returned = len(own.results), len(endpoint.results)
    if returned <= 1:
        what = "one value, which has no name" if returned else "nothing"
        raise CommandError(f"{own.place}: {endpoint.api_name} returns {what}; leave `results` out")
    if given != returned:
        raise CommandError(
            f"{own.place}: results names {given} {'value' if given == 1 else 'values'}, "
            f"{endpoint.api_name} returns {returned}"
        )
    for name in own.results:
        if name in taken:
            raise CommandError(
                f"{own.place}: results: {name!r} is also the name of a type of the module; "
                "take another"
            )
    return [Code(name) for name in own.results]


def _own_name(overrides: Mapping[str, EndpointOverride], api_name: str) -> str | None:
    own = overrides.get(api_name)
    return None if own is None else own.name


def _positions(endpoint: Endpoint, automatic: Sequence[str]) -> dict[str, int]:
    """Where each parameter is, by its name in the module without the table and by the app's."""
    given = Counter(parameter.name for parameter in endpoint.parameters)
    return {name: position for position, name in enumerate(automatic)} | {
        parameter.name: position
        for position, parameter in enumerate(endpoint.parameters)
        if parameter.name and given[parameter.name] == 1
    }


def _check_type(written: str, place: str) -> None:
    try:
        read_type(written, TypeInterner())
    except ValueError:
        raise CommandError(
            f"{place} {_shown(written)} cannot be used; a type is made of {ALLOWED}"
        ) from None


def _check_name(name: str, place: str, reserved: Collection[str], *, private: bool = False) -> None:
    if keyword.iskeyword(name):
        what = "is a keyword of Python"
    elif not naming.is_plain(name) or (name.startswith("_") and not private):
        what = "is no Python name that can stand there"
    elif len(name) > LONGEST_GIVEN:
        what = f"has more than {LONGEST_GIVEN} characters"
    elif name in reserved:
        what = "is reserved, as generated code uses it"
    else:
        return
    raise CommandError(f"{place} {_shown(name)} {what}; take another")


def _check_unique(names: Sequence[str], place: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise CommandError(f"{place}: two would be called {twice[0]!r}; each needs its own name")


def _shown(text: str) -> str:
    return repr(text) if len(text) <= LONGEST_GIVEN else f"{text[:LONGEST_GIVEN]!r}..."
