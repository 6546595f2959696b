"""`${VARIABLES}` of the environment: replaced by their values, and hidden again in messages."""

from __future__ import annotations

import os
import re

from gradio_codegen.base.diagnostics import CommandError

__all__ = ["expand", "has_variables", "hide_values"]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def has_variables(text: str) -> bool:
    """Tell whether a text has `${VARIABLES}`, and so may hold a secret once they are expanded."""
    return _VARIABLE.search(text) is not None


def expand(text: str, where: str) -> str:
    """Replace `${NAME}` by the environment's values.

    Args:
        text: The text as written.
        where: Where it is written, for the message.

    Returns:
        The text with its variables' values.

    Raises:
        CommandError: A variable is not set, or `${}` has no name.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise CommandError(
                f"{where}: environment variable {name or '${}'} is not set; "
                "set it, or write the value itself"
            )
        return os.environ[name]

    return _VARIABLE.sub(value, text)


def hide_values(message: str, written: str) -> str:
    """Return a message in which the variables of `written` stand instead of their values."""
    for name in dict.fromkeys(_VARIABLE.findall(written)):
        if value := os.environ.get(name):
            message = message.replace(value, f"${{{name}}}")
    return message
