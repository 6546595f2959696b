"""What changed between two readings of an app, judged by what it does to a caller's code.

Both readings are compared as the modules generated from them, so a change is breaking exactly where
a type checker complains about old calls. Two changes are called breaking although no checker sees
them, because old calls would quietly do something else: parameters of one type that changed places,
and a text that became a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_codegen.compare.change import Severity, breaking, compatible, cosmetic
from gradio_codegen.compare.interface import read
from gradio_codegen.compare.parameters import ParameterChanges
from gradio_codegen.compare.type_changes import TypeChanges
from gradio_codegen.compare.type_relations import Named, Relation, Types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradio_codegen.compare.change import Change
    from gradio_codegen.compare.interface import PublicEndpoint, PublicInterface
    from gradio_codegen.compare.type_relations import Type

__all__ = ["compare"]


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


class _Comparison:
    def __init__(self, old: PublicInterface, new: PublicInterface) -> None:
        self.old = old
        self.new = new
        self.types = TypeChanges(Types(old), Types(new))
        self.parameters = ParameterChanges(self.types)

    def run(self) -> Iterator[Change]:
        yield from self._classes()
        yield from self._endpoints()
        yield from self._exports()
        if self.old.doc != self.new.doc:
            where = self.new.classes[0] if self.new.classes else "app"
            yield cosmetic(where, "the app's title or description changed")

    def _classes(self) -> Iterator[Change]:
        gone = [name for name in self.old.classes if name not in self.new.classes]
        come = [name for name in self.new.classes if name not in self.old.classes]
        for number, name in enumerate(gone):
            instead = f"; it is now called `{come[number]}`" if len(gone) == len(come) else ""
            yield breaking(name, f"the class is gone{instead}: code that imports it breaks")
        if len(gone) != len(come):
            yield from (compatible(name, "the class is new") for name in come)

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
                yield breaking(name, f"the endpoint is gone{instead}: existing calls break")
        for endpoint in come:
            yield compatible(endpoint.api_name, "the endpoint is new")

    def _exports(self) -> Iterator[Change]:
        """Name the types that are gone, but for those that go with an endpoint or a class."""
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
            yield breaking(
                name, "the type is no longer there under this name: code that imports it breaks"
            )

    def _endpoint(self, old: PublicEndpoint, new: PublicEndpoint) -> Iterator[Change]:
        if old.attribute != new.attribute:
            yield breaking(
                old.api_name,
                f"is now `{new.attribute}` on the client, it was `{old.attribute}`: "
                "existing calls break",
            )
        changes = [*self._streaming(old, new), *self._call_changes(old, new)]
        yield from changes
        if changes:
            return
        if old.components != new.components:
            yield compatible(
                old.api_name,
                "the app uses other components for it; "
                "a client generated before refuses to call it",
            )
        elif old.doc != new.doc:
            yield cosmetic(
                old.api_name, "its documentation changed (descriptions, labels or ranges)"
            )

    @staticmethod
    def _streaming(old: PublicEndpoint, new: PublicEndpoint) -> Iterator[Change]:
        if old.streaming_input and not new.streaming_input:
            what = "no longer takes its input as a stream: code that opens one breaks"
            yield breaking(old.api_name, what)
        elif new.streaming_input and not old.streaming_input:
            yield compatible(old.api_name, "takes its input as a stream now")

    def _call_changes(self, old: PublicEndpoint, new: PublicEndpoint) -> Iterator[Change]:
        yield from self.parameters.between(old, new)
        yield from self._result(old, new)

    def _result(self, old: PublicEndpoint, new: PublicEndpoint) -> Iterator[Change]:
        before, after = self.types.old.read(old.result), self.types.new.read(new.result)
        old_tuple, new_tuple = (
            _tuple_fields(self.types.old, before),
            _tuple_fields(self.types.new, after),
        )
        if old_tuple is None or new_tuple is None:
            if not self.types.equal(before, after):
                yield self._value_change(old.api_name, "the result", before, after)
            return
        if list(old_tuple) != list(new_tuple):
            what = f"it returns ({', '.join(new_tuple)}), it was ({', '.join(old_tuple)})"
            yield breaking(old.api_name, f"{what}: code that unpacks or reads them breaks")
            return
        for key, kind in old_tuple.items():
            if not self.types.equal(kind, new_tuple[key]):
                yield self._value_change(old.api_name, f"result `{key}`", kind, new_tuple[key])

    def _value_change(self, name: str, place: str, before: Type, after: Type) -> Change:
        what = self.types.told(place, before, after, verb="may be")
        # Nobody uses what a call does not return.
        if before == Named("None") or Relation(self.types.old, self.types.new, "out").holds(
            before, after
        ):
            return compatible(name, what)
        return breaking(name, f"{what}: code that uses it breaks")


def _tuple_fields(types: Types, kind: Type) -> dict[str, Type] | None:
    record = types.record(kind.name) if isinstance(kind, Named) else None
    if record is None or record.kind != "NamedTuple":
        return None
    return {key: types.read(node) for key, node in record.fields.items()}


def _class_prefix(endpoint: PublicEndpoint) -> str:
    return "".join(part[:1].upper() + part[1:] for part in endpoint.attribute.split("_"))
