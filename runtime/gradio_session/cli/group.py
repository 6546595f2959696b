"""A command line as click runs it: a command for each endpoint, errors as sentences."""

from __future__ import annotations

import re
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Final

import click

from gradio_session.cli import values
from gradio_session.cli.click_types import click_parameter
from gradio_session.cli.declared import exit_code
from gradio_session.cli.output import Display, Printer, print_call
from gradio_session.cli.settings import Settings, common_options
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.cli.declared import Declared

__all__ = ["CommandLine", "EndpointCommand"]

_INTERRUPTED: Final = 130
_WIDTH: Final = 110
_WIDEST: Final = 30
_LONG: Final = 12
"""An endpoint of more options than this has them in groups."""

_GROUPS: Final = (
    ("Text", (values.Text, values.Scalar)),
    ("Choices", (values.Choice,)),
    ("Numbers", (values.Number,)),
    ("Switches", (values.Flag,)),
    ("Files", (values.File,)),
    ("JSON", (values.Json,)),
)
_OPTIONS: Final = "Options"
_COMMON: Final = "Common options"
_NEGATIVE = re.compile(r"-\.?[0-9][0-9.e+-]*")
_HELP: Final = {"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH}


class EndpointCommand(click.Command):
    """The command of one endpoint. Its parameters are made when they are first asked for.

    Args:
        name: What it is called.
        group: The command line that it belongs to.
        attribute: The endpoint as the client calls it.
        about: Its help text.
        declared: Its parameters.
        results: What its results are called.
        chunks: The parameter whose values are the chunks of a stream; empty: it takes no stream.
    """

    def __init__(
        self,
        name: str,
        group: CommandLine,
        attribute: str,
        about: str,
        declared: Sequence[Declared],
        results: Sequence[str],
        chunks: str,
    ) -> None:
        told = f"Results: {', '.join(results)}." if results else None
        super().__init__(name, help=cleandoc(about), epilog=told, context_settings=dict(_HELP))
        self._group = group
        self._attribute = attribute
        self._declared = declared
        self._results = results
        self._chunks = chunks

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters of the endpoint, then the common options."""
        if not self.params:
            own = [click_parameter(declared) for declared in self._declared]
            taken = {flag for parameter in own for flag in parameter.opts}
            self.params = [*own, *(o for o in common_options() if taken.isdisjoint(o.opts))]
        return super().get_params(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; a negative number is a number and no option."""
        if any(map(_NEGATIVE.fullmatch, args)):
            ctx.ignore_unknown_options = True
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Make the call and write what it returns."""
        settings = Settings.of(ctx)
        client = self._group.client(settings)
        first = self._given(ctx)
        rest: list[dict[str, object]] = []
        if self._chunks:
            found: Any = first.pop(self._chunks, None) or [None]
            first, *rest = [{**first, self._chunks: chunk} for chunk in found]
        printer = Printer(self._results, as_json=settings.json, saved=True)
        options = settings.session_options()
        shown = Display(self._attribute, quiet=settings.quiet, verbose=settings.verbose)
        with shown, client(settings.url, on_event=shown.hear, **options) as app:
            if settings.wait is not None:
                app.session.wait_ready(settings.wait)
            endpoint = getattr(app, self._attribute)
            call = (endpoint.stream if self._chunks else endpoint.submit)(**first)
            print_call(call, printer, stream=settings.stream, chunks=rest)

    def _given(self, context: click.Context) -> dict[str, object]:
        """The values of the call: those that were given, and null for what has no default."""
        found: dict[str, object] = {}
        for declared in self._declared:
            source = context.get_parameter_source(declared.name)
            if source is not None and source.name == "COMMANDLINE":
                value = context.params[declared.name]
                is_many = declared.kind.item is not declared.kind
                found[declared.name] = [v for v in value if v is not None] if is_many else value
            elif declared.null and not declared.default:
                found[declared.name] = None
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write arguments, options in groups if there are many, then the common options."""
        parameters = self.get_params(ctx)
        grouped = sum(bool(declared.flags) for declared in self._declared) > _LONG
        titles = [_title(declared, grouped=grouped) for declared in self._declared]
        titles += [_COMMON] * (len(parameters) - len(titles))
        for title in ("Arguments", _OPTIONS, *(name for name, _ in _GROUPS), _COMMON):
            own = [p for p, its in zip(parameters, titles, strict=True) if its == title]
            records = [parameter.get_help_record(ctx) for parameter in own]
            _section(formatter, title, [record for record in records if record])


class CommandLine(click.Group):
    """The command line of one app; see `command_line` for what it is made of."""

    def __init__(
        self, package: str | None, client: str, about: str, *, variables: str, has_url: bool
    ) -> None:
        super().__init__(
            help=cleandoc(about),
            params=[*common_options(variables)],
            context_settings=dict(_HELP),
        )
        self._package = package
        self._client = client
        self._variables = variables
        self._has_url = has_url

    def endpoint(
        self,
        name: str,
        attribute: str,
        about: str,
        *declared: Declared,
        results: Sequence[str] = (),
        chunks: str = "",
    ) -> None:
        """Add the command of an endpoint.

        Args:
            name: What it is called.
            attribute: The endpoint as the client calls it.
            about: Its help text.
            *declared: Its parameters.
            results: What its results are called.
            chunks: The parameter whose values are the chunks of a stream, if it takes one.
        """
        self.add_command(EndpointCommand(name, self, attribute, about, declared, results, chunks))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands; a long name stands on a line of its own."""
        limit = formatter.width - 6 - min(_WIDEST, max(map(len, self.commands), default=0))
        rows = [
            (name, self.commands[name].get_short_help_str(limit))
            for name in self.list_commands(ctx)
        ]
        _section(formatter, "Commands", rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the app's order."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with, also with `_` for `-`.

        Raises:
            UsageError: There is none of that name; the nearest are offered.
        """
        name = args[0] if args else ""
        if name and name not in self.commands and not name.startswith("-"):
            args = [name.replace("_", "-"), *args[1:]]
            if args[0] not in self.commands:
                near = " or ".join(map(repr, closest(name, self.commands, 3)))
                ctx.fail(f"no command {name!r}{near and f'; did you mean {near}?'}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever goes wrong becomes a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click has its own way with these
        except GradioSessionError as error:
            code, message = exit_code(error), str(error)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            code, message = 2, f"{where}{error.strerror or error}"
        except KeyboardInterrupt:
            code, message = _INTERRUPTED, "interrupted"
        except Exception as error:  # noqa: BLE001 - whatever it is, people get a sentence
            code, message = 2, f"{type(error).__name__}: {error}"
        click.echo(f"error: {clean(message, 4000)}", err=True)
        raise click.exceptions.Exit(code)

    def client(self, settings: Settings) -> Any:
        """The class of the app's client.

        Raises:
            UsageError: Where the app is, is not known.
        """
        if settings.url is None and not self._has_url:
            raise click.UsageError(
                f"where the app is, is not known: give --url, or set {self._variables}_URL"
            )
        module, _, name = self._client.partition(":")
        module = f"{self._package}.{module}" if self._package else module
        return getattr(import_module(module), name)


def _title(declared: Declared, *, grouped: bool) -> str:
    """What the help of a parameter stands under."""
    if not declared.flags:
        return "Arguments"
    item = declared.kind.item
    found = (title for title, kinds in _GROUPS if grouped and isinstance(item, kinds))
    return next(found, _OPTIONS)


def _section(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=_WIDEST)
