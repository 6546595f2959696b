"""The door to click: a program without it can be imported, and says what it lacks when run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from gradio_session.cli.group import CommandLine

__all__ = ["command_line"]


def command_line(
    package: str | None, client: str, about: str, *, variables: str, has_url: bool
) -> CommandLine:
    """The command line of an app, to which `endpoint` adds commands.

    Args:
        package: The package of the program, `__package__`.
        client: The client beside it, `module:Class`.
        about: What `--help` says.
        variables: What the names of environment variables begin with: `IMAGE_LAB` for
            `IMAGE_LAB_URL`.
        has_url: Whether the client knows where its app is.

    Returns:
        A `click.Group`. Without click a stand-in that says so when it is called.
    """
    try:
        from gradio_session.cli.group import CommandLine  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "click":
            raise
        return cast("CommandLine", _WithoutClick())
    return CommandLine(package, client, about, variables=variables, has_url=has_url)


class _WithoutClick:
    def endpoint(self, *_: object, **__: object) -> None:
        """Nothing to add a command to."""

    def __call__(self) -> NoReturn:
        sys.stderr.write("error: this program needs click: pip install 'gradio-session[cli]'\n")
        raise SystemExit(2)
