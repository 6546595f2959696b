"""The Jinja environment of our templates: what they may print, and the filters they have."""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, Any

import jinja2

from gradio_codegen.code import escaping, naming
from gradio_codegen.code.escaping import Code
from gradio_codegen.render.template_files import own_templates

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["environment_for", "place_of"]


@functools.lru_cache(maxsize=4)
def environment_for(templates: Path | None) -> jinja2.Environment:
    """Make the environment that finds templates in a directory of the user's first, then in ours.

    A template of the user's may extend ours by its name behind `builtin/`.
    """
    own = jinja2.FileSystemLoader(own_templates())
    theirs = [jinja2.FileSystemLoader(templates)] if templates else []
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*theirs, own, jinja2.PrefixLoader({"builtin": own})]),
        undefined=jinja2.StrictUndefined,
        finalize=_only_code,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # This is Python, not HTML; `finalize` refuses whatever did not pass a filter.
        autoescape=False,  # noqa: S701
    )
    filters: dict[str, Any] = environment.filters  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    filters.update(
        literal=escaping.literal,
        docstring=escaping.docstring,
        comment=escaping.comment,
        identifier=_identifier,
    )
    return environment


def place_of(error: jinja2.TemplateError) -> str:
    """Name the file and line of a template that does not parse or render."""
    # jinja2 puts the lines of templates into the traceback.
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".jinja")
    ]
    if frames:
        return f"{frames[-1].filename}, line {frames[-1].lineno}"
    name = getattr(error, "filename", None) or getattr(error, "name", None)
    line = getattr(error, "lineno", None)
    return f"{name or 'a template'}, line {line}" if line else str(name or "a template")


def _only_code(value: object) -> object:
    """Refuse to print text that did not pass a filter."""
    if isinstance(value, Code | jinja2.Undefined):
        return value
    raise jinja2.TemplateRuntimeError(f"a {type(value).__name__} was printed without a filter")


def _identifier(text: str) -> Code:
    """Print a key of the app's as a name in a class, where it has been found to be one."""
    if not naming.is_plain(text):
        raise jinja2.TemplateRuntimeError("a key that is no identifier stands in a class")
    return Code(text)
