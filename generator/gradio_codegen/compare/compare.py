"""What changed between two readings of an app, judged by what it does to code that calls its client.

Both readings are compared as the modules generated from them, so a change is breaking exactly where
a type checker complains about old calls. Two changes are called breaking although no checker sees
them, because old calls would quietly do
something else: parameters of one type that changed places, and a text that became a file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gradio_codegen.compare.interface import read
from gradio_codegen.compare.type_relations import (
    Alternatives,
    Choice,
    Generic,
    Named,
    Relation,
    Type,
    Types,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_codegen.compare.interface import Endpoint, Parameter, Surface

__all__ = ["Change", "Severity", "compare"]


_MOST_NAMED = 6


class Severity(Enum):
    """What a change does to a caller's code, worst first."""

    BREAKING = "breaking"  # code that was fine no longer checks, or would do something else
    COMPATIBLE = "compatible"  # code that was fine stays fine
    COSMETIC = "cosmetic"  # only wording changed


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        severity: What it does to callers.
        where: The endpoint, or the name in the module.
        what: What changed, as a person would say it.
    """

    severity: Severity
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.severity.value}: `{self.where}`: {self.what}"


def compare(old: str, new: str) -> list[Change]:
    """Compare two generated modules.

    Args:
        old: The text of the module that callers were written against.
        new: The text of the module as it would be generated now.

    Returns:
        Every change, breaking ones first.
    """
    before, after = read(old), read(new)
    changes = list(_Comparison(before, after).run())
    order = list(Severity)
    return sorted(changes, key=lambda change: order.index(change.severity))


def _breaking(where: str, what: str) -> Change:
    return Change(Severity.BREAKING, where, what)


def _compatible(where: str, what: str) -> Change:
    return Change(Severity.COMPATIBLE, where, what)


class _Comparison:
    def __init__(self, old: Surface, new: Surface) -> None:
        self.old = old
        self.new = new
        self.old_types = Types(old)
        self.new_types = Types(new)

    def run(self) -> Iterator[Change]:
        yield from self._classes()
        yield from self._endpoints()
        yield from self._exports()
        if self.old.doc != self.new.doc:
            yield Change(
                Severity.COSMETIC,
                self.new.classes[0] if self.new.classes else "app",
                "the app's title or description changed",
            )

    def _classes(self) -> Iterator[Change]:
        gone = [name for name in self.old.classes if name not in self.new.classes]
        come = [name for name in self.new.classes if name not in self.old.classes]
        for number, name in enumerate(gone):
            instead = f"; it is now called `{come[number]}`" if len(gone) == len(come) else ""
            yield _breaking(name, f"the class is gone{instead}: code that imports it breaks")
        if len(gone) != len(come):
            yield from (_compatible(name, "the class is new") for name in come)

    def _endpoints(self) -> Iterator[Change]:
        come = [
            endpoint
            for name, endpoint in self.new.endpoints.items()
            if name not in self.old.endpoints
        ]
        for name, endpoint in self.old.endpoints.items():
            if name in self.new.endpoints:
                yield from self._endpoint(endpoint, self.new.endpoints[name])
            else:
                twin = next(
                    (other for other in come if not list(self._call_changes(endpoint, other))), None
                )
                instead = (
                    f"; `{twin.api_name}`, which is new, has the same signature" if twin else ""
                )
                yield _breaking(name, f"the endpoint is gone{instead}: existing calls break")
        for endpoint in come:
            yield _compatible(endpoint.api_name, "the endpoint is new")

    def _exports(self) -> Iterator[Change]:
        """Named types that are gone, apart from those that the change of an endpoint or a class accounts for already."""
        known = {*self.old.classes, *self.new.classes}
        told = {
            name
            for name in self.old.exports
            if any(
                name.startswith(_class_prefix(e))
                for k, e in self.old.endpoints.items()
                if k not in self.new.endpoints
            )
        }
        for name in sorted(self.old.exports - self.new.exports - known - told):
            yield _breaking(
                name, "the type is no longer there under this name: code that imports it breaks"
            )

    def _endpoint(self, old: Endpoint, new: Endpoint) -> Iterator[Change]:
        if old.attribute != new.attribute:
            yield _breaking(
                old.api_name,
                f"is now `{new.attribute}` on the client, it was `{old.attribute}`: existing calls break",
            )
        changes = list(self._call_changes(old, new))
        yield from changes
        if changes:
            return
        if old.components != new.components:
            yield _compatible(
                old.api_name,
                "the app uses other components for it; a client generated before refuses to call it",
            )
        elif old.doc != new.doc:
            yield Change(
                Severity.COSMETIC,
                old.api_name,
                "its documentation changed (descriptions, labels or ranges)",
            )

    def _call_changes(self, old: Endpoint, new: Endpoint) -> Iterator[Change]:
        yield from self._parameters(old, new)
        yield from self._result(old, new)

    def _parameters(self, old: Endpoint, new: Endpoint) -> Iterator[Change]:
        name = old.api_name
        before, after = _by_name(old), _by_name(new)
        renamed = _renamed(old, new)
        for parameter in old.parameters:
            if parameter.name in after:
                yield from self._parameter(name, parameter, after[parameter.name])
            elif parameter.name in renamed:
                yield _breaking(
                    name,
                    f"parameter `{parameter.name}` is now called `{renamed[parameter.name]}`: calls that name it break",
                )
                yield from self._parameter(name, parameter, after[renamed[parameter.name]])
            else:
                yield _breaking(
                    name, f"parameter `{parameter.name}` is gone: calls that give it break"
                )
        for parameter in new.parameters:
            if parameter.name not in before and parameter.name not in renamed.values():
                yield _new_parameter(name, parameter)
        yield from _moved(old, new, renamed)

    def _parameter(self, name: str, old: Parameter, new: Parameter) -> Iterator[Change]:
        place = f"parameter `{new.name}`"
        if old.default is not None and new.default is None:
            yield _breaking(name, f"{place} is now required: calls that leave it out break")
        elif old.default is None and new.default is not None:
            yield _compatible(
                name, f"{place} may now be left out, its default is {_short(new.default)}"
            )
        elif old.default != new.default and new.default is not None and old.default is not None:
            yield _compatible(
                name, f"{place} now defaults to {_short(new.default)}, it was {_short(old.default)}"
            )
        before, after = self.old_types.read(old.annotation), self.new_types.read(new.annotation)
        if self._equal(before, after):
            return
        what = self._type_change(place, before, after, verb="takes")
        # A parameter that took anything may have been given anything.
        accepted = Named("object") if before == Named("Any") else before
        quiet = before == Named("str") and after in (
            Named("FileInput"),
            Alternatives((Named("FileInput"), Named("None"))),
        )
        if quiet or not Relation(self.old_types, self.new_types, "in").holds(accepted, after):
            yield _breaking(
                name,
                f"{what}: {'a text given to it would be taken for a path' if quiet else 'existing calls break'}",
            )
        else:
            yield _compatible(name, what)

    def _result(self, old: Endpoint, new: Endpoint) -> Iterator[Change]:
        before, after = self.old_types.read(old.result), self.new_types.read(new.result)
        old_tuple, new_tuple = (
            _tuple_fields(self.old_types, before),
            _tuple_fields(self.new_types, after),
        )
        if old_tuple is None or new_tuple is None:
            if not self._equal(before, after):
                yield self._value_change(old.api_name, "the result", before, after)
            return
        if list(old_tuple) != list(new_tuple):
            what = f"it returns ({', '.join(new_tuple)}), it was ({', '.join(old_tuple)})"
            yield _breaking(old.api_name, f"{what}: code that unpacks or reads them breaks")
            return
        for key, kind in old_tuple.items():
            if not self._equal(kind, new_tuple[key]):
                yield self._value_change(old.api_name, f"result `{key}`", kind, new_tuple[key])

    def _value_change(self, name: str, place: str, before: Type, after: Type) -> Change:
        what = self._type_change(place, before, after, verb="may be")
        # Nobody uses what a call does not return.
        if before == Named("None") or Relation(self.old_types, self.new_types, "out").holds(
            before, after
        ):
            return _compatible(name, what)
        return _breaking(name, f"{what}: code that uses it breaks")

    def _type_change(self, place: str, before: Type, after: Type, *, verb: str) -> str:
        """Say how a type changed: choices by what is lost and won, structures by their keys, anything else by both types."""
        old, new = _choices(before), _choices(after)
        if old and new and (told := _choice_change(old, new, verb)):
            return f"{place} {told}"
        keys = list(dict.fromkeys(self._key_changes(before, after, ())))
        if keys:
            return f"{place}: {'; '.join(keys[:_MOST_NAMED])}"
        return f"{place} is now {show(after)}, it was {show(before)}"

    def _key_changes(self, before: Type, after: Type, seen: tuple[str, ...]) -> Iterator[str]:
        """How the structures inside two types of one form differ; nothing where the forms differ."""
        if isinstance(before, Named) and isinstance(after, Named):
            if (
                before.name not in seen
                and self.old_types.record(before.name)
                and self.new_types.record(after.name)
            ):
                yield from self._fields_change(before.name, after.name, (*seen, before.name))
            return
        old, new = _parts(before), _parts(after)
        if len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                yield from self._key_changes(one, other, seen)

    def _fields_change(self, before: str, after: str, seen: tuple[str, ...]) -> Iterator[str]:
        old, new = self.old_types.fields(before), self.new_types.fields(after)
        for key in (key for key in old if key not in new):
            yield f"key `{key}` is gone"
        for key, (kind, required) in new.items():
            if key not in old:
                yield f"key `{key}` is new{' and required' if required else ''}"
                continue
            if required and not old[key][1]:
                yield f"key `{key}` is now required"
            if not self._equal(old[key][0], kind):
                yield from self._key_changes(old[key][0], kind, seen)
                if show(kind) != show(old[key][0]):
                    yield f"key `{key}` is now {show(kind)}, it was {show(old[key][0])}"

    def _equal(self, old: Type, new: Type) -> bool:
        """Whether two types are written alike, the records that they name included."""
        return _spelled(self.old_types, old, ()) == _spelled(self.new_types, new, ())


def _spelled(types: Types, kind: Type, seen: tuple[str, ...]) -> object:
    if isinstance(kind, Choice):
        return kind
    if isinstance(kind, Named):
        if types.record(kind.name) is None or kind.name in seen:
            return kind.name
        fields = types.fields(kind.name)
        return {
            key: (_spelled(types, value, (*seen, kind.name)), required)
            for key, (value, required) in fields.items()
        }
    parts = kind.members if isinstance(kind, Alternatives) else kind.arguments
    return (
        type(kind).__name__ if isinstance(kind, Alternatives) else kind.name,
        [_spelled(types, part, seen) for part in parts],
    )


def _tuple_fields(types: Types, kind: Type) -> dict[str, Type] | None:
    record = types.record(kind.name) if isinstance(kind, Named) else None
    if record is None or record.kind != "NamedTuple":
        return None
    return {key: types.read(node) for key, node in record.fields.items()}


def _by_name(endpoint: Endpoint) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in endpoint.parameters}


def _renamed(old: Endpoint, new: Endpoint) -> dict[str, str]:
    """Old to new name of parameters that seem to have been renamed: the same place, type and need in lists of one length."""
    if len(old.parameters) != len(new.parameters):
        return {}
    before, after = _by_name(old), _by_name(new)
    return {
        one.name: other.name
        for one, other in zip(old.parameters, new.parameters, strict=True)
        if one.name not in after and other.name not in before and _alike(one, other)
    }


def _alike(one: Parameter, other: Parameter) -> bool:
    return ast.dump(one.annotation) == ast.dump(other.annotation) and (one.default is None) == (
        other.default is None
    )


def _new_parameter(name: str, parameter: Parameter) -> Change:
    if parameter.default is None:
        return _breaking(
            name, f"parameter `{parameter.name}` is new and required: existing calls break"
        )
    return _compatible(
        name, f"parameter `{parameter.name}` is new, its default is {_short(parameter.default)}"
    )


def _moved(old: Endpoint, new: Endpoint, renamed: dict[str, str]) -> Iterator[Change]:
    before = [
        renamed.get(parameter.name, parameter.name)
        for parameter in old.parameters
        if not parameter.keyword_only
    ]
    after = [parameter.name for parameter in new.parameters if not parameter.keyword_only]
    there = _by_name(new)
    named_only = [name for name in before if name in there and there[name].keyword_only]
    if named_only:
        yield _breaking(
            old.api_name,
            f"{_listed(named_only)} can now only be given by name: calls by position break",
        )
    moved = [
        name for place, name in enumerate(before) if name in after and after.index(name) != place
    ]
    if moved:
        yield _breaking(
            old.api_name,
            f"{_listed(moved)} changed place: calls by position break or give values to other parameters",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )
    return f"parameter{'s' if len(names) > 1 else ''} {shown}"


def _parts(kind: Type) -> tuple[Type, ...]:
    return (
        kind.members
        if isinstance(kind, Alternatives)
        else kind.arguments
        if isinstance(kind, Generic)
        else ()
    )


def _choice_change(old: list[Choice], new: list[Choice], verb: str) -> str:
    lost, won = (
        [choice for choice in old if choice not in new],
        [choice for choice in new if choice not in old],
    )
    parts = [f"no longer {verb} {_values(lost)}"] if lost else []
    parts += [f"now {'' if lost else 'also '}{verb} {_values(won)}"] if won else []
    return " and ".join(parts)


def _choices(kind: Type) -> list[Choice]:
    members = kind.members if isinstance(kind, Alternatives) else (kind,)
    return (
        [member for member in members if isinstance(member, Choice)]
        if all(isinstance(m, Choice) or m == Named("None") for m in members)
        else []
    )


def _values(choices: list[Choice]) -> str:
    shown = [repr(choice.value) for choice in choices[:_MOST_NAMED]]
    return ", ".join(shown) + (
        f" and {len(choices) - _MOST_NAMED} more" if len(choices) > _MOST_NAMED else ""
    )


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[:limit] + "..."


def _class_prefix(endpoint: Endpoint) -> str:
    return "".join(part[:1].upper() + part[1:] for part in endpoint.attribute.split("_"))
