"""What a generated command line declares of parameters, without click; exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gradio_session.errors import AppError

if TYPE_CHECKING:
    from gradio_session.cli.values import Kind
    from gradio_session.errors import GradioSessionError

__all__ = ["COMMAND_OPTIONS", "Declared", "argument", "exit_code", "option"]

COMMAND_OPTIONS: Final = (
    "url", "token", "oauth-token", "auth", "timeout", "wait", "json", "stream", "output", "quiet",
    "verbose", "help",
)  # fmt: skip
"""The options of every command: no parameter of an app is called so."""


class Declared(NamedTuple):
    """A parameter of an endpoint on the command line.

    Attributes:
        name: What the client calls it.
        kind: What it takes.
        help: What is said about it.
        flags: The options that give it; none for an argument.
        required: Whether it must be given.
        null: Whether it may be null: an empty text is, if the kind takes none.
        default: What it is when it is not given, in words.
    """

    name: str
    kind: Kind
    help: str
    flags: tuple[str, ...] = ()
    required: bool = True
    null: bool = False
    default: str = ""


def argument(name: str, kind: Kind, about: str = "") -> Declared:
    """A parameter that has no default.

    Args:
        name: What the client calls it.
        kind: What it takes.
        about: What is said about it.
    """
    return Declared(name, kind, about)


def option(
    flags: str,
    name: str,
    kind: Kind,
    about: str = "",
    *,
    required: bool = False,
    null: bool = False,
    default: str = "",
) -> Declared:
    """A parameter that may be left out, or that an argument cannot give.

    Args:
        flags: The option, such as `--steps`; of a flag both, `--loud/--no-loud`.
        name: What the client calls it.
        kind: What it takes.
        about: What is said about it.
        required: Whether it must be given.
        null: Whether it may be null; one without a default is, when it is not given.
        default: What it is when it is not given, in words.
    """
    return Declared(name, kind, about, tuple(flags.split("/")), required, null, default)


def exit_code(error: GradioSessionError) -> int:
    """What a program ends with: 1 where the app failed or refused, 2 for usage or connection."""
    return 1 if isinstance(error, AppError) else 2
