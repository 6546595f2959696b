"""Modules as text: templates, formatting, checks."""

from __future__ import annotations

import ast
import functools
import gc
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from gradio_codegen import __version__
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.code import escaping, naming
from gradio_codegen.code.escaping import Code
from gradio_codegen.render.header import Header, body_hash, verify_header
from gradio_codegen.render.ruff import format_all
from gradio_codegen.render.verify import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.plan.plan import Module

__all__ = ["Header", "body_hash", "render", "verify_header"]

_STANDARD: Final = {
    "cached_property": "functools",
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    **dict.fromkeys(
        ("TYPE_CHECKING", "Any", "Literal", "NamedTuple", "TypeAlias", "TypedDict"), "typing"
    ),
}
_QUALIFIERS: Final = frozenset({"NotRequired", "ReadOnly"})
_RUNTIME: Final = frozenset(
    {
        "DEFAULT",
        "App",
        "AsyncApp",
        "AsyncCall",
        "AsyncEndpoint",
        "Call",
        "Default",
        "Endpoint",
        "FileInput",
        "RemoteFile",
    },
)
_MODULE = re.compile(r"\.*[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def render(modules: Sequence[Module], templates: Path | None = None) -> list[str]:
    """Render modules.

    Args:
        modules: What to render.
        templates: A directory whose templates go before ours. What they add is the user's own, so
            only text made by our templates is checked node by node; theirs must still be valid
            Python.

    Returns:
        The text of each module, formatted, parsed and checked, in the order of `modules`.

    Raises:
        CommandError: There is no such directory, a template of the user's does not render or gives
            no valid Python, or the formatter cannot be run.
    """
    if templates is not None and not templates.is_dir():
        raise CommandError(
            f"{templates}: no such directory of templates; see --templates, or templates in pyproject.toml"
        )
    environment = _environment(templates)
    try:
        raw = [_unformatted(environment, module, is_ours=templates is None) for module in modules]
    except jinja2.TemplateError as error:
        advice = "templates print nothing but names and what passed the filters literal, docstring, comment"
        raise CommandError(f"{_place(error)}: {error}; {advice}") from error
    return [
        _headed(environment, module, text)
        for module, text in zip(modules, format_all(raw), strict=True)
    ]


def _place(error: jinja2.TemplateError) -> str:
    """The file and line of a template that does not parse or render; jinja2 puts its lines into the traceback."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".jinja")
    ]
    if frames:
        return f"{frames[-1].filename}, line {frames[-1].lineno}"
    name, line = (
        getattr(error, "filename", None) or getattr(error, "name", None),
        getattr(error, "lineno", None),
    )
    return f"{name or 'a template'}, line {line}" if line else str(name or "a template")


def _unformatted(environment: jinja2.Environment, module: Module, *, is_ours: bool) -> str:
    """Everything but the header, checked. The body is parsed once: for the names to import, and for what it may hold."""
    body = environment.get_template("body.py.jinja").render(module=module)
    tree = _parsed(body, module)
    used = _names(tree)
    qualifiers = sorted(map(Code, used & _QUALIFIERS), key=naming.import_order)
    used |= {"TYPE_CHECKING"} if qualifiers else set()
    head = environment.get_template("imports.py.jinja").render(
        module=module, imports=_imports(used, module.runtime), qualifiers=qualifiers
    )
    tree.body[:0] = _parsed(head, module).body
    if is_ours:
        check(tree, module.runtime)
    return f"{head.rstrip()}\n\n{body}"


def _parsed(text: str, module: Module) -> ast.Module:
    collecting = gc.isenabled()
    gc.disable()  # a million nodes of a tree are no garbage, and looking for some among them takes longer than parsing
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise CommandError(
            f'the module of "{escaping.one_line(module.title)}" is no valid Python: {error}; look at the templates'
        ) from error
    finally:
        if collecting:
            gc.enable()


def _headed(environment: jinja2.Environment, module: Module, body: str) -> str:
    header = environment.get_template("module.py.jinja").render(
        module=module, version=__version__, body_hash=body_hash(body)
    )
    return header + body


def _names(tree: ast.Module) -> set[str]:
    """Every name that a module uses, also those in the quoted annotations of a functional `TypedDict`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "TypedDict"
        ):
            values = [
                value
                for mapping in node.args
                if isinstance(mapping, ast.Dict)
                for value in mapping.values
            ]
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found |= _names(ast.parse(value.value))
    return found


def _imports(used: set[str], runtime: str) -> list[list[tuple[Code, list[Code]]]]:
    """What to import, in groups: the standard library, then the runtime."""
    if not _MODULE.fullmatch(runtime):
        raise CommandError(
            f'"{escaping.one_line(runtime)}" cannot be imported: it is no name of a module'
        )
    sources: dict[str, list[Code]] = {}
    for name in sorted(used & _STANDARD.keys(), key=naming.import_order):
        sources.setdefault(_STANDARD[name], []).append(Code(name))
    standard = [(Code(source), sources[source]) for source in sorted(sources)]
    ours = sorted(map(Code, used & _RUNTIME), key=naming.import_order)
    return [group for group in (standard, [(Code(runtime), ours)] if ours else []) if group]


@functools.lru_cache(maxsize=4)
def _environment(templates: Path | None) -> jinja2.Environment:
    own = jinja2.FileSystemLoader(_own_templates())
    theirs = [jinja2.FileSystemLoader(templates)] if templates else []
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*theirs, own, jinja2.PrefixLoader({"builtin": own})]),
        undefined=jinja2.StrictUndefined,
        finalize=_only_code,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this is Python, not HTML; `finalize` refuses whatever did not pass a filter
    )
    filters: dict[str, Any] = environment.filters  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    filters.update(
        literal=escaping.literal,
        docstring=escaping.docstring,
        comment=escaping.comment,
        identifier=_identifier,
    )
    return environment


def _own_templates() -> Path:
    """Beside the package in a wheel, at the top of the repository in a source tree."""
    packed = Path(__file__).parents[1] / "templates"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "templates"


def _only_code(value: Any) -> Any:
    """Refuses to print text that did not pass a filter."""
    if isinstance(value, Code | jinja2.Undefined):
        return value
    raise jinja2.TemplateRuntimeError(f"a {type(value).__name__} was printed without a filter")


def _identifier(text: str) -> Code:
    """A key of the app's as a name in a class, where it has been found to be one."""
    if not naming.is_plain(text):
        raise jinja2.TemplateRuntimeError("a key that is no identifier stands in a class")
    return Code(text)
