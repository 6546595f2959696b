"""Code of somebody who uses everything that a generated module offers, written from the module
itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from gradio_codegen.compare.interface import PublicEndpoint, PublicInterface, read
from gradio_codegen.compare.type_relations import (
    Alternatives,
    Generic,
    LiteralValue,
    Named,
    Type,
    Types,
)

_BUILTIN = {"str", "int", "float", "bool", "bytes", "object", "None", "Any", "..."}
_RUNTIME = {"RemoteFile", "FileInput", "Default"}


class CallSites:
    """Writes a module that calls every endpoint of a client in every way, and uses every result to
    the full.

    Args:
        text: The text of the client's module.
        package: The package that the client is in, as `client`.
    """

    def __init__(self, text: str, package: str) -> None:
        self._interface: PublicInterface = read(text)
        self._types = Types(self._interface)
        self._package = package
        self._numbers = itertools.count()

    def source(self) -> str:
        """The module."""
        used = {*self._interface.exports}
        lines = [
            "from __future__ import annotations",
            "from collections.abc import Mapping, Sequence",
            "from typing import Any, Literal",
            "from gradio_session import FileInput, RemoteFile",
            f"from {self._package}.client import {', '.join(sorted(used))}",
            f"__all__ = {sorted(used)!r}",
            "_used = (Any, Literal[1], Mapping[str, str], Sequence[str], FileInput, RemoteFile)",
        ]
        for endpoint in self._interface.endpoints.values():
            lines += self._uses(endpoint)
        return "\n".join(lines) + "\n"

    def _uses(self, endpoint: PublicEndpoint) -> Iterator[str]:
        """A function for each way of calling."""
        positional = [p for p in endpoint.parameters if not p.keyword_only]
        ways = [
            [(p.name, p) for p in endpoint.parameters],
            [(p.name, p) for p in endpoint.parameters if p.default is None],
            [("", p) if p in positional else (p.name, p) for p in endpoint.parameters],
        ]
        for way in ways:
            for member in range(max([1, *(len(self._members(p.annotation)) for _, p in way)])):
                arguments: dict[str, str] = {}
                passed: list[str] = []
                for name, parameter in way:
                    members = self._members(parameter.annotation)
                    expression = self._value(members[member % len(members)], arguments)
                    passed.append(f"{name}={expression}" if name else expression)
                declared = "".join(f", {name}: {kind}" for name, kind in arguments.items())
                receiver = f"app: {self._interface.classes[0]}"
                yield f"def use_{next(self._numbers)}({receiver}{declared}) -> None:"
                yield f"    _result = app.{endpoint.attribute}({', '.join(passed)})"
                yield from (
                    f"    {line}"
                    for line in self._read("_result", self._types.read(endpoint.result))
                )

    def _members(self, annotation: object) -> list[Type]:
        """The alternatives of a parameter, where some of them are written as displays; else the
        type as a whole.
        """
        kind = self._types.read(annotation)  # type: ignore[arg-type]
        members: list[Type] = [kind]
        if isinstance(kind, Alternatives):
            members = [member for member in kind.members if member != Named("Default")]
        if any(self._has_record(member) for member in members):
            return members
        return [Alternatives(tuple(members))]

    def _has_record(self, kind: Type) -> bool:
        if isinstance(kind, Named):
            return self._types.record(kind.name) is not None
        return any(
            map(
                self._has_record,
                kind.arguments
                if isinstance(kind, Generic)
                else kind.members
                if isinstance(kind, Alternatives)
                else (),
            )
        )

    def _value(self, kind: Type, arguments: dict[str, str]) -> str:
        """An expression for a value of the type: a display for a record, else an argument declared
        with the type.
        """
        if isinstance(kind, Named) and self._types.record(kind.name) is not None:
            fields = self._types.fields(kind.name)
            return (
                "{"
                + ", ".join(
                    f"{key!r}: {self._value(value, arguments)}"
                    for key, (value, _) in fields.items()
                )
                + "}"
            )
        if (
            isinstance(kind, Generic)
            and kind.name in ("list", "Sequence")
            and self._has_record(kind)
        ):
            return f"[{self._value(kind.arguments[0], arguments)}]"
        if isinstance(kind, Alternatives) and self._has_record(kind):
            return self._value(kind.members[0], arguments)
        name = f"v{len(arguments)}"
        arguments[name] = (
            "object"
            if kind in (Named("Any"), Alternatives((Named("Any"),)))
            else self._spelled(kind)
        )
        return name

    def _read(self, expression: str, kind: Type) -> Iterator[str]:
        """Statements that use a value as its type allows."""
        record = self._types.record(kind.name) if isinstance(kind, Named) else None
        if record is None:
            if not self._has_record(kind):
                if kind != Named("None"):
                    yield f"_w{next(self._numbers)}: {self._spelled(kind)} = {expression}"
            elif isinstance(kind, Generic) and kind.name == "list":
                name = f"_i{next(self._numbers)}"
                yield f"for {name} in {expression}:"
                yield from (f"    {line}" for line in self._read(name, kind.arguments[0]))
            return
        fields = {key: self._types.read(node) for key, node in record.fields.items()}
        if record.kind == "NamedTuple":
            names = [f"_n{next(self._numbers)}" for _ in fields]
            yield f"{', '.join(names)}, = {expression}"
        for key, value in fields.items():
            yield from self._read(
                f"{expression}.{key}" if record.kind == "NamedTuple" else f"{expression}[{key!r}]",
                value,
            )

    def _spelled(self, kind: Type) -> str:
        if isinstance(kind, LiteralValue):
            return f"Literal[{kind.value!r}]"
        if isinstance(kind, Generic):
            return f"{kind.name}[{', '.join(map(self._spelled, kind.arguments))}]"
        if isinstance(kind, Alternatives):
            return " | ".join(map(self._spelled, kind.members))
        assert kind.name in _BUILTIN | _RUNTIME or self._types.record(kind.name), kind
        return kind.name
