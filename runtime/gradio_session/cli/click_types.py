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
    from collections.abc import Iterable

    from gradio_session.cli.declared import Declared

    AnyType = click.ParamType[Any]
    AnyChoice = click.Choice[str]
else:  # before click 8.4 these are no generic classes
    AnyType = click.ParamType
    AnyChoice = click.Choice

__all__ = ["click_parameter", "help_text"]

_LONGEST_CHOICES: Final = 60
"""Choices that are longer together stand in the help text, cut short, not in the usage line."""
_MOST_CHOICES: Final = 12


def click_parameter(declared: Declared) -> click.Parameter:
    """A parameter of an endpoint as click takes it."""
    kind, item = declared.kind, declared.kind.item
    repeats = item is not kind
    value_type = _type_of(item, takes_empty=item.takes_empty or not (declared.null or repeats))
    made: click.Parameter
    if not declared.flags:
        shown = declared.name.strip("_").upper() or item.word
        made = click.Argument(
            [declared.name],
            type=value_type,
            nargs=-1 if repeats else 1,
            required=True,
            metavar=f"{shown}..." if repeats else shown,
        )
        made.name = declared.name
        return made
    is_flag = isinstance(kind, values.Flag)
    return click.Option(
        [declared.name, "/".join(declared.flags) if is_flag else declared.flags[0]],
        type=None if is_flag else value_type,
        is_flag=is_flag or None,
        default=None,
        multiple=repeats,
        required=declared.required,
        metavar=item.word if isinstance(item, values.Number) else None,
        help=help_text(declared),
    )


def help_text(declared: Declared) -> str:
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
    if isinstance(item, values.Number) and item.low is not None and not declared.flags:
        parts.append(f"{item.low} to {item.high}.")
    if item is not declared.kind and declared.flags:
        parts.append("Repeatable.")
    if declared.default:
        parts.append(f"[default: {declared.default}]")
    return " ".join(part for part in parts if part)


def _type_of(kind: values.Kind, *, takes_empty: bool) -> AnyType:
    """The click type of a kind.

    Args:
        kind: The kind.
        takes_empty: Whether an empty text is read like any other; else it stands for nothing.
    """
    made: _Texts | _Choice | _IntRange | _FloatRange
    if isinstance(kind, values.Choice) and not kind.is_open:
        made = _Choice(list(kind.by_text))
    elif isinstance(kind, values.Number) and (kind.low, kind.high) != (None, None):
        ranged = _IntRange if isinstance(kind, values.Integer) else _FloatRange
        made = ranged(kind.low, kind.high)
    else:
        made = _Texts()
        made.name = kind.word
    made.kind = kind
    made.takes_empty = takes_empty
    return made


def _read(
    kind: values.Kind,
    value: object,
    parameter: click.Parameter | None,
    context: click.Context | None,
) -> object:
    """Read a text; standard input is one for the whole command."""
    given = values.StandardInput(sys.stdin.buffer.read)
    if context is not None:
        if context.resilient_parsing:  # the shell completes, nothing is read
            return value
        given = context.meta.setdefault(values.__name__, given)
    try:
        return kind.read(value, given) if isinstance(value, str) else value
    except ValueError as error:
        raise click.BadParameter(str(error), ctx=context, param=parameter) from error
    except OSError as error:
        message = f"{value} cannot be read: {error.strerror or error}"
        raise click.BadParameter(message, ctx=context, param=parameter) from error


class _KindType(AnyType):
    """What the types of all kinds share: an empty text may stand for null, or for no items."""

    kind: values.Kind
    takes_empty: bool

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        return None if value == "" and not self.takes_empty else self._found(value, param, ctx)

    def _found(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return _read(self.kind, value, param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        if isinstance(self.kind, values.Choice):
            return _offered(self.kind.by_text, ctx, incomplete)
        is_file = isinstance(self.kind, values.File)
        return [CompletionItem(incomplete, type="file")] if is_file else []


class _Texts(_KindType):
    def _found(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super()._found(value, param, ctx)
        if isinstance(self.kind, values.Integer) and not isinstance(found, int):
            self.fail(f"{value!r} is no whole number", param, ctx)
        return found

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's signature
        return self.kind.word


class _Choice(_KindType, AnyChoice):
    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's signature
        shown = "|".join(one_line(text, 40) for text in self.choices)
        return f"[{shown}]" if len(shown) <= _LONGEST_CHOICES else self.kind.word

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's signature
        return f"Choose from: {one_line(', '.join(self.choices), 300)}"


class _IntRange(_KindType, click.IntRange):
    def _found(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return click.IntRange.convert(self, value, param, ctx)


class _FloatRange(_KindType, click.FloatRange):
    """Numbers within bounds; a whole one stays one."""

    def _found(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found: Any = click.FloatRange.convert(self, value, param, ctx)
        whole = values.number_in(str(value))
        return whole if isinstance(whole, int) else found


def _offered(texts: Iterable[str], context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Values for completion: those that can be typed, quoted where bash would read them otherwise.

    zsh and fish quote what they insert themselves.
    """
    program = (context.find_root().info_name or "").replace("-", "_").replace(".", "_").upper()
    in_bash = os.environ.get(f"_{program}_COMPLETE", "").startswith("bash")
    found = [text for text in texts if text.isprintable() and text.startswith(incomplete)]
    return [CompletionItem(shlex.quote(text) if in_bash else text) for text in found if text]
