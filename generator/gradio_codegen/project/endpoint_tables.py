"""The tables of endpoints: the names and types that a project gives to what an app calls lambda_1.

    [tool.gradio-codegen.clients.image_lab.endpoints."/lambda_1"]
    name = "upscale"
    parameters = { param_0 = "image", param_1 = { name = "factor", type = "int" } }
    results = ["image", "log"]

They stand in pyproject.toml and, as plain values, in the lock.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.plan.overrides import EndpointOverride, ParameterOverride, check_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["plain_tables", "read_tables"]

_ENDPOINT_KEYS: Final = ("name", "parameters", "results")
_PARAMETER_KEYS: Final = ("name", "type")


def read_tables(tables: Mapping[str, Any], place: str) -> dict[str, EndpointOverride]:
    """Read the tables of a client.

    Args:
        tables: They, as TOML or JSON has them.
        place: The file and the table that they stand in, with an open bracket.

    Returns:
        What each says, by `api_name`.

    Raises:
        CommandError: A key that we do not know, a value of another kind, a name that cannot be
            one, or a type that is none.
    """
    return {
        name: _endpoint(table, f"{place}.endpoints.{json.dumps(name, ensure_ascii=False)}]")
        for name, table in tables.items()
    }


def plain_tables(overrides: Mapping[str, EndpointOverride]) -> dict[str, Any]:
    """Return tables as the lock keeps them: however they were written, in one order."""
    return {
        name: _given(
            name=own.name,
            parameters={
                key: _given(name=parameter.name, type=parameter.type)
                for key, parameter in sorted(own.parameters.items())
            },
            results=list(own.results),
        )
        for name, own in sorted(overrides.items())
    }


def _endpoint(table: object, place: str) -> EndpointOverride:
    keys = _table(table, _ENDPOINT_KEYS, place)
    parameters = keys.get("parameters", {})
    if not isinstance(parameters, dict):
        raise CommandError(f'{place}: parameters must be a table, such as {{ param_0 = "image" }}')
    results = keys.get("results", [])
    if not isinstance(results, list) or not all(
        isinstance(name, str) for name in cast("list[object]", results)
    ):
        raise CommandError(f"{place}: results must be a list of names, in the app's order")
    own = EndpointOverride(
        place,
        _text(keys, "name", place),
        {
            key: _parameter(value, f"{place}: parameters: {key!r}")
            for key, value in cast("dict[str, object]", parameters).items()
        },
        tuple(cast("list[str]", results)),
    )
    check_words(own)
    return own


def _parameter(written: object, place: str) -> ParameterOverride:
    if isinstance(written, str):
        return ParameterOverride(name=written)
    if not isinstance(written, dict):
        raise CommandError(f'{place}: must be a name, or {{ name = "...", type = "..." }}')
    keys = _table(cast("object", written), _PARAMETER_KEYS, place)
    return ParameterOverride(_text(keys, "name", place), _text(keys, "type", place))


def _table(written: object, known: Sequence[str], place: str) -> dict[str, object]:
    if not isinstance(written, dict):
        raise CommandError(f"{place}: must be a table with {', '.join(known)}")
    keys = cast("dict[str, object]", written)
    for key in keys:
        if key not in known:
            raise CommandError(
                f"{place}: unknown key {key!r}"
                + did_you_mean(key, known, otherwise=f"; known are: {', '.join(known)}")
            )
    return keys


def _text(keys: Mapping[str, object], key: str, place: str) -> str | None:
    value = keys.get(key)
    if value is not None and not isinstance(value, str):
        raise CommandError(f"{place}: {key} must be a string")
    return value


def _given(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value}
