"""Modules as text: rendered, formatted, checked."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import jinja2

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.version import VERSION
from gradio_codegen.code import naming
from gradio_codegen.code.escaping import Code, one_line
from gradio_codegen.plan.model import CommandLine
from gradio_codegen.render.environment import environment_for, place_of
from gradio_codegen.render.header import body_hash
from gradio_codegen.render.ruff import format_all
from gradio_codegen.render.template_files import require_directory
from gradio_codegen.render.verify import check
from gradio_codegen.render.verify_command_line import NAMES as COMMAND_NAMES
from gradio_codegen.render.verify_command_line import check as check_command_line
from gradio_session.generator_interface import is_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gradio_codegen.plan.model import Module

__all__ = ["render", "unformatted"]

_MODULE = re.compile(r"\.*[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def render(pages: Sequence[Module | CommandLine], templates: Path | None = None) -> list[str]:
    """Render modules: clients and command lines.

    Args:
        pages: What to render.
        templates: A directory whose templates go before ours. What they add is the user's own, so
            only text made by our templates is checked node by node; theirs must still be valid
            Python.

    Returns:
        The text of each module, formatted, parsed and checked, in the order of `pages`.

    Raises:
        CommandError: There is no such directory, a template of the user's does not render or gives
            no valid Python, or the formatter cannot be run.
    """
    if templates is not None:
        require_directory(templates)
    environment = environment_for(templates)
    try:
        raw = [unformatted(environment, page, is_ours=templates is None) for page in pages]
    except jinja2.TemplateError as error:
        raise CommandError(
            f"{place_of(error)}: {error}; templates print nothing but names "
            "and what passed the filters literal, docstring, comment"
        ) from error
    return [
        _headed(environment, page, text) for page, text in zip(pages, format_all(raw), strict=True)
    ]


def unformatted(
    environment: jinja2.Environment, page: Module | CommandLine, *, is_ours: bool
) -> str:
    """Render everything but the header, and check it.

    Args:
        environment: Where the templates are.
        page: What to render.
        is_ours: Whether the templates are ours, so that every node is checked.

    Returns:
        Valid Python that is not formatted.

    Raises:
        CommandError: It is no valid Python, or holds what no template of ours makes.
    """
    if isinstance(page, CommandLine):
        return _command_line(environment, page, is_ours=is_ours)
    module = page
    body = environment.get_template("body.py.jinja").render(module=module)
    tree = _parsed(body, module)  # once: for the names to import, and for what it may hold
    used = _names(tree)
    checked = used & (naming.CHECKED.keys() | naming.CHECKED_RUNTIME)
    used |= {"TYPE_CHECKING"} if checked else set()
    head = environment.get_template("imports.py.jinja").render(
        module=module,
        imports=_imports(used, module.runtime),
        checked=_checked(checked, module.runtime),
        at_run_time=sorted(map(Code, checked), key=naming.import_order),
        runtime=Code(module.runtime),
    )
    tree.body[:0] = _parsed(head, module).body
    if is_ours:
        check(tree, module.runtime)
    return f"{head.rstrip()}\n\n{body}"


def _command_line(environment: jinja2.Environment, line: CommandLine, *, is_ours: bool) -> str:
    template = environment.get_template("command_line.py.jinja")
    runtime = Code(_importable(line.runtime))
    used = _names(_parsed(template.render(line=line, runtime=runtime, names=[]), line))
    names = sorted(map(Code, used & COMMAND_NAMES), key=naming.import_order)
    text = template.render(line=line, runtime=runtime, names=names)
    if is_ours:
        check_command_line(_parsed(text, line), line.runtime)
    return text


def _parsed(text: str, module: Module | CommandLine) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise CommandError(
            f'the module of "{one_line(module.title)}" is no valid Python: {error}; '
            "look at the templates"
        ) from error


def _headed(environment: jinja2.Environment, page: Module | CommandLine, body: str) -> str:
    header = environment.get_template("module.py.jinja").render(
        module=page, version=VERSION, body_hash=body_hash(body)
    )
    return header + body


def _names(tree: ast.Module) -> set[str]:
    """Collect the names that a module uses, also in functional `TypedDict`s."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name):
                found.add(name)
                continue
            case ast.Constant() | ast.expr_context():
                continue
            case ast.Call(func=ast.Name(id="TypedDict"), args=[_, ast.Dict(values=values)]):
                texts = (value.value for value in values if isinstance(value, ast.Constant))
                waiting += [ast.parse(text) for text in texts if isinstance(text, str)]
            case _:
                pass
        for part in vars(node).values():  # `ast.walk` takes twice the time
            if isinstance(part, ast.AST):
                waiting.append(part)
            elif is_list(part):
                waiting += [each for each in part if isinstance(each, ast.AST)]
    return found


def _imports(used: set[str], runtime: str) -> list[list[tuple[Code, list[Code]]]]:
    """Group what to import: the standard library, then the runtime."""
    runtime = _importable(runtime)
    standard = _grouped(used, naming.STANDARD)
    ours = sorted(map(Code, used & naming.RUNTIME), key=naming.import_order)
    return [group for group in (standard, [(Code(runtime), ours)] if ours else []) if group]


def _checked(used: set[str], runtime: str) -> list[list[tuple[Code, list[Code]]]]:
    """Group what to import for type checkers alone: typing, packages, what is beside the module."""
    homes = naming.CHECKED | dict.fromkeys(naming.CHECKED_RUNTIME, _importable(runtime))
    groups: dict[int, list[tuple[Code, list[Code]]]] = {0: [], 1: [], 2: []}
    for home in _grouped(used, homes):
        groups[0 if home[0] == "typing" else 2 if home[0].startswith(".") else 1].append(home)
    return [group for group in groups.values() if group]


def _grouped(used: set[str], homes: Mapping[str, str]) -> list[tuple[Code, list[Code]]]:
    """The names that have a home among these, by their homes, both in order."""
    sources: dict[str, list[Code]] = {}
    for name in sorted(used & homes.keys(), key=naming.import_order):
        sources.setdefault(homes[name], []).append(Code(name))
    return [(Code(source), sources[source]) for source in sorted(sources)]


def _importable(runtime: str) -> str:
    if not _MODULE.fullmatch(runtime):
        raise CommandError(f'"{one_line(runtime)}" cannot be imported: it is no name of a module')
    return runtime
