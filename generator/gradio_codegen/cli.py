"""The `gradio-codegen` command."""

from __future__ import annotations

from typing import Any

import click

from gradio_codegen import __version__
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.commands.call import call
from gradio_codegen.commands.check import check
from gradio_codegen.commands.common import say_error
from gradio_codegen.commands.diff import diff
from gradio_codegen.commands.generate import generate
from gradio_codegen.commands.inspect import inspect
from gradio_codegen.commands.watch import watch

__all__ = ["main"]

_COULD_NOT = 2
_INTERRUPTED = 130


class Group(click.Group):
    """Commands, listed in the order of use; a misspelt one is answered with the nearest, and an error of ours with one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with.

        Raises:
            UsageError: There is none of that name; the nearest are offered.
        """
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = did_you_mean(
                args[0], self.commands, otherwise=f"; there are: {', '.join(self.commands)}"
            )
            ctx.fail(f"no command {args[0]!r}{near}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors of ours become a message and an exit code."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            say_error(error.message)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise  # click has its own way with these, a broken pipe among them
        except Exception as error:  # noqa: BLE001 - whatever we did wrong, the user gets a sentence
            from gradio_codegen.console.report import fault  # noqa: PLC0415 - a rare thing

            say_error(fault(error))
            ctx.exit(_COULD_NOT)
        except KeyboardInterrupt:
            click.echo(err=True)
            _leave_threads_behind()
            ctx.exit(_INTERRUPTED)


def _leave_threads_behind() -> None:
    """End the process now if other threads are still reading apps: nobody who pressed Ctrl-C waits for them."""
    import os  # noqa: PLC0415 - a rare thing
    import sys  # noqa: PLC0415
    import threading  # noqa: PLC0415

    if not any(
        thread is not threading.main_thread() and not thread.daemon
        for thread in threading.enumerate()
    ):
        return
    importing = sys.modules.get("gradio_codegen.source.python_app")
    if importing is not None:
        importing.end_all()
    sys.stdout.flush()
    os._exit(_INTERRUPTED)


@click.group(
    cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, "-V", "--version", prog_name="gradio-codegen")
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


for _command in (generate, check, diff, inspect, call, watch):
    main.add_command(_command)
