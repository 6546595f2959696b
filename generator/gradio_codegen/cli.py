"""The `gradio-codegen` command."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from gradio_codegen.base.diagnostics import CommandError, internal_error
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.version import VERSION, require_runtime
from gradio_codegen.console.say import say_error

if TYPE_CHECKING:
    from click.formatting import HelpFormatter

__all__ = ["main"]

_INTERRUPTED = 130
_COMMANDS = {
    "generate": "Generate typed clients of Gradio apps.",
    "check": "Tell whether the configured clients are up to date.",
    "diff": "Tell what changed in an app, breaking changes first.",
    "inspect": "Show the endpoints of an app.",
    "call": "Run one call of a running app.",
    "watch": "Generate clients again whenever their apps change.",
    "sample": "Serve the sample app of the documentation.",
}
"""The commands in the order of use, and what `--help` says about each.

The module of a command is imported when it runs, so that `--help` costs no more than click.
"""


class Group(click.Group):
    """The commands; a misspelt name is answered with the nearest, an error with one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; None if there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"gradio_codegen.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with.

        Raises:
            UsageError: There is none of that name; the nearest are offered.
            CommandError: The runtime is of another version.
        """
        require_runtime()
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            there = f"; there are: {', '.join(_COMMANDS)}"
            near = did_you_mean(args[0], _COMMANDS, otherwise=there)
            ctx.fail(f"no command {args[0]!r}{near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command without importing any."""
        return [
            *(
                CompletionItem(name, help=about)
                for name, about in _COMMANDS.items()
                if name.startswith(incomplete)
            ),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors of ours become a message and an exit code."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            self._fail(ctx, error)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click has its own way with these
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            self._fail(ctx, CommandError(f"{where}{error.strerror or error}"))
        except Exception as error:  # noqa: BLE001 - whatever we did wrong, the user gets a sentence
            self._fail(ctx, internal_error(error))
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            ctx.exit(_INTERRUPTED)

    @staticmethod
    def _fail(ctx: click.Context, error: CommandError) -> None:
        say_error(error.message)
        ctx.exit(error.exit_code)


@click.group(
    cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(VERSION, "-V", "--version", prog_name="gradio-codegen")
def main() -> None:
    """Typed Python clients from any Gradio app.

    \b
    Begin with:
      gradio-codegen inspect http://127.0.0.1:7860
      gradio-codegen generate http://127.0.0.1:7860 -o lab.py

    \b
    Completion in the shell (bash, zsh or fish):
      eval "$(_GRADIO_CODEGEN_COMPLETE=bash_source gradio-codegen)"
    """  # noqa: D301 - click reads the character that the escape stands for
