"""Command lines of apps: their arguments, options, output and exit codes, with click."""

from gradio_session.cli.declared import argument, option
from gradio_session.cli.door import command_line
from gradio_session.cli.values import (
    Choice,
    File,
    FileOrText,
    Flag,
    Integer,
    Json,
    Many,
    Number,
    Scalar,
    Text,
)

__all__ = [
    "Choice", "File", "FileOrText", "Flag", "Integer", "Json", "Many", "Number", "Scalar",
    "Text", "argument", "command_line", "option",
]  # fmt: skip
