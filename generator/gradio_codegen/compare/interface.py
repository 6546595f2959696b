"""The public interface of a generated module, read back from its text.

That is what a caller sees of it: endpoints, signatures, results and named types.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PublicEndpoint", "PublicInterface", "PublicParameter", "Record", "last_name", "read"]

_ENDPOINTS: Final = ("Endpoint", "AsyncEndpoint")


@dataclass(frozen=True)
class PublicParameter:
    """One parameter of an endpoint.

    Attributes:
        name: Its name in the signature.
        annotation: Its type, as written.
        default: The source of its default; None if it must be given.
        keyword_only: Whether it can only be passed by name.
    """

    name: str
    annotation: ast.expr
    default: str | None
    keyword_only: bool


@dataclass(frozen=True)
class Record:
    """A `TypedDict` or `NamedTuple` of a module.

    Attributes:
        kind: Which of the two.
        fields: Name to type as written, in order.
    """

    kind: str
    fields: Mapping[str, ast.expr]


@dataclass(frozen=True)
class PublicEndpoint:
    """One endpoint.

    Attributes:
        api_name: Its name in the app, with its slash.
        attribute: Its name on the client.
        parameters: Its parameters in the order of the signature.
        result: The type it returns, as written.
        components: The component types of its inputs and outputs.
        doc: Its documentation.
        streaming_input: Whether it takes its input as a stream.
    """

    api_name: str
    attribute: str
    parameters: tuple[PublicParameter, ...]
    result: ast.expr
    components: Mapping[str, object]
    doc: str
    streaming_input: bool


@dataclass(frozen=True)
class PublicInterface:
    """What a caller sees of a module.

    Attributes:
        classes: Names of its app classes, synchronous first.
        exports: The names in `__all__`.
        doc: The documentation of its app.
        endpoints: Endpoints by `api_name`.
        aliases: Name to meaning of every type alias.
        records: Name to fields of every `TypedDict` and `NamedTuple`.
    """

    classes: tuple[str, ...]
    exports: frozenset[str]
    doc: str
    endpoints: Mapping[str, PublicEndpoint]
    aliases: Mapping[str, ast.expr]
    records: Mapping[str, Record]


@dataclass
class _Reader:
    exports: set[str] = field(default_factory=set[str])
    aliases: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    signatures: dict[str, ast.ClassDef] = field(default_factory=dict[str, ast.ClassDef])
    endpoints: dict[str, ast.ClassDef] = field(default_factory=dict[str, ast.ClassDef])
    apps: list[ast.ClassDef] = field(default_factory=list[ast.ClassDef])

    def take(self, node: ast.stmt) -> None:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.value is not None
        ):
            self.aliases[node.target.id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self._take_assignment(node.targets[0].id, node.value)
        elif isinstance(node, ast.ClassDef):
            self._take_class(node)

    def _take_assignment(self, name: str, value: ast.expr) -> None:
        if name == "__all__":
            self.exports |= set(ast.literal_eval(value))
        elif (
            isinstance(value, ast.Call)
            and last_name(value.func) == "TypedDict"
            and isinstance(value.args[1], ast.Dict)
        ):
            keys = [str(ast.literal_eval(key)) for key in value.args[1].keys if key is not None]
            self.records[name] = Record(
                "TypedDict", dict(zip(keys, value.args[1].values, strict=True))
            )

    def _take_class(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            kind = last_name(base.value if isinstance(base, ast.Subscript) else base)
            if kind in ("TypedDict", "NamedTuple") or kind in self.records:
                inherited = dict(self.records[kind].fields) if kind in self.records else {}
                own = {
                    item.target.id: item.annotation
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                }
                self.records[node.name] = Record(
                    self.records[kind].kind if kind in self.records else kind, inherited | own
                )
            elif kind == "Signature":
                self.signatures[node.name] = node
            elif kind in _ENDPOINTS:
                self.endpoints[node.name] = node
            elif kind in ("App", "AsyncApp"):
                self.apps.append(node)

    def endpoint(self, attribute: str, class_name: str) -> PublicEndpoint | None:
        """The endpoint of a class, with the signature that it inherits; None if it is none."""
        node = self.endpoints.get(class_name)
        subscripted = (
            [base for base in node.bases if isinstance(base, ast.Subscript)] if node else []
        )
        result = [
            _unquoted(base.slice) for base in subscripted if last_name(base.value) in _ENDPOINTS
        ]
        found = [self.signatures.get(last_name(base.value)) for base in subscripted]
        streams = node is not None and "stream" in _attributes(node)
        made = (_endpoint(attribute, each, result[0], streams=streams) for each in found if each)
        return next(made, None)


def read(text: str) -> PublicInterface:
    """Read a generated module.

    Args:
        text: The module's source; what templates of the user's own added to it is passed over.

    Returns:
        What a caller sees of it. Where a module has both classes, the synchronous one speaks for
        both.
    """
    reader = _Reader()
    for node in ast.parse(text).body:
        reader.take(node)
    apps = sorted(
        reader.apps, key=lambda node: any(last_name(base) == "AsyncApp" for base in node.bases)
    )
    endpoints: dict[str, PublicEndpoint] = {}
    for attribute, class_name in _attributes(apps[0]).items() if apps else ():
        endpoint = reader.endpoint(attribute, class_name)
        if endpoint is not None:
            endpoints[endpoint.api_name] = endpoint
    doc = (ast.get_docstring(apps[0]) or "") if apps else ""
    return PublicInterface(
        tuple(app.name for app in apps),
        frozenset(reader.exports),
        doc,
        endpoints,
        reader.aliases,
        reader.records,
    )


def _attributes(kind: ast.ClassDef) -> dict[str, str]:
    """Annotated attribute of a class to the name of its type, if that is a plain name."""
    return {
        node.target.id: last_name(node.annotation)
        for node in kind.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def _endpoint(
    attribute: str, signature: ast.ClassDef, result: ast.expr, *, streams: bool
) -> PublicEndpoint:
    keywords: dict[str, Any] = {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in signature.keywords
        if keyword.arg
    }
    call = next(
        item
        for item in signature.body
        if isinstance(item, ast.FunctionDef) and item.name == "__call__"
    )
    return PublicEndpoint(
        api_name=str(keywords.get("api_name", attribute)),
        attribute=attribute,
        parameters=_parameters(call.args),
        result=result,
        components={key: keywords[key] for key in ("inputs", "outputs") if key in keywords},
        doc=ast.get_docstring(call) or "",
        streaming_input=streams,
    )


def _unquoted(node: ast.expr) -> ast.expr:
    """A type that may stand in quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _parameters(arguments: ast.arguments) -> tuple[PublicParameter, ...]:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    found = [
        _parameter(argument, default, keyword_only=False)
        for argument, default in list(zip(positional, defaults, strict=True))[1:]
    ]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return tuple(
        found + [_parameter(argument, default, keyword_only=True) for argument, default in named]
    )


def _parameter(
    argument: ast.arg, default: ast.expr | None, *, keyword_only: bool
) -> PublicParameter:
    annotation = argument.annotation if argument.annotation is not None else ast.Name("Any")
    return PublicParameter(
        argument.arg, annotation, None if default is None else ast.unparse(default), keyword_only
    )


def last_name(node: ast.expr | None) -> str:
    """Return the last part of a dotted name, quoted or not; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
