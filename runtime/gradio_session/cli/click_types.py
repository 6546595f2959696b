"""Kinds of values as click knows them: how they are converted, completed and shown in help."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from gradio_session.cli import values
from gradio_session.protocol.base.text import one_line

if TYPE_CHECKING:
    from gradio_session.cli.declared import Declared

    AnyType = click.ParamType[Any]
else:  # before click 8.4 this is no generic class
    AnyType = click.ParamType

__all__ = ["click_parameter"]

_LONGEST_CHOICES: Final = 60
"""Choices that are longer together stand in the help text, cut short, not in the usage line."""
_MOST_CHOICES: Final = 12


def click_parameter(declared: Declared) -> click.Parameter:
    """A parameter of an endpoint as click takes it."""
    kind, item = declared.kind, declared.kind.item
    repeats = item is not kind
    value_type = _Type(item, takes_empty=item.takes_empty or not (declared.null or repeats))
    if not declared.flags:
        shown = declared.name.strip("_").upper() or item.word
        made = _Argument(
            [declared.name],
            type=value_type,
            nargs=-1 if repeats else 1,
            required=True,
            metavar=f"{shown}..." if repeats else shown,
        )
        made.name = declared.name
        made.about = _help_text(declared)
        return made
    is_flag = isinstance(kind, values.Flag)
    return click.Option(
        [declared.name, "/".join(declared.flags) if is_flag else declared.flags[0]],
        type=None if is_flag else value_type,
        is_flag=is_flag or None,
        default=None,
        multiple=repeats,
        required=declared.required,
        help=_help_text(declared),
    )


def _help_text(declared: Declared) -> str:
    """What the help says of a parameter.

    Choices and bounds stand there where a usage line does not show them.
    """
    item = declared.kind.item
    parts = [declared.help]
    if isinstance(item, values.Choice):
        shown = [one_line(text, 40) or '""' for text in item.by_text]
        if item.is_open or not declared.flags or len("|".join(shown)) > _LONGEST_CHOICES:
            rest = len(shown) - _MOST_CHOICES
            more = f" and {rest:,} more" if rest > 0 else ""
            last = ", or another text" if item.is_open else ""
            parts.append(f"One of {', '.join(shown[:_MOST_CHOICES])}{more}{last}.")
    if item is not declared.kind and declared.flags:
        parts.append("Repeatable.")
    if declared.default:
        parts.append(f"[default: {declared.default}]")
    if isinstance(item, values.Number) and item.bounds:
        parts.append(f"[{item.bounds}]")
    return " ".join(part for part in parts if part)


class _Argument(click.Argument):
    about: str

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:  # noqa: ARG002 - click's signature
        return self.human_readable_name, self.about


class _Type(AnyType):
    """A kind as click reads, completes and shows it.

    Args:
        kind: The kind.
        takes_empty: Whether an empty text is read like any other; else it stands for nothing.
    """

    def __init__(self, kind: values.Kind, *, takes_empty: bool) -> None:
        self.name = kind.word
        self._kind = kind
        self._takes_empty = takes_empty
        choice = kind if isinstance(kind, values.Choice) else values.Choice(is_open=True)
        self._texts = list(choice.by_text)
        self._closed = [] if choice.is_open else self._texts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or ctx is None or ctx.resilient_parsing:
            return value  # the shell completes, nothing is read
        if value == "" and not self._takes_empty:
            return None
        # Standard input is one for the whole command.
        new = values.StandardInput(sys.stdin.buffer.read)
        given = ctx.meta.setdefault(values.__name__, new)
        try:
            return self._kind.read(value, given)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        except OSError as error:
            self.fail(f"{value} cannot be read: {error.strerror or error}", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's signature
        shown = "|".join(one_line(text, 40) for text in self._closed)
        return f"[{shown}]" if 0 < len(shown) <= _LONGEST_CHOICES else self._kind.word

    def get_missing_message(
        self,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        ctx: click.Context | None = None,  # noqa: ARG002 - click's signature
    ) -> str | None:
        return f"Choose from: {one_line(', '.join(self._closed), 300)}" if self._closed else None

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Values that can be typed, quoted where bash would read them otherwise.

        zsh and fish quote what they insert themselves.
        """
        if isinstance(self._kind, values.File):
            return [CompletionItem(incomplete, type="file")]
        program = (ctx.find_root().info_name or "").replace("-", "_").replace(".", "_").upper()
        in_bash = os.environ.get(f"_{program}_COMPLETE", "").startswith("bash")
        found = [t for t in self._texts if t and t.isprintable() and t.startswith(incomplete)]
        return [CompletionItem(shlex.quote(text) if in_bash else text) for text in found]
