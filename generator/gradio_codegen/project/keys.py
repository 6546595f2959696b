"""The words of `[tool.gradio-codegen]`, and the kind of value that each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.plan.model import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BUILD_KEYS", "CLIENT_KEYS", "PROJECT_KEYS", "READING_KEYS", "check_keys"]

PROJECT_KEYS: Final[Mapping[str, str]] = {
    "output": "string",
    "vendor": "boolean",
    "mode": "mode",
    "templates": "string",
    "build": "table",
    "clients": "table",
}
BUILD_KEYS: Final[Mapping[str, str]] = {"locked": "boolean"}
READING_KEYS: Final[Mapping[str, str]] = {
    "token": "string",
    "auth": "string",
    "headers": "texts",
    "cookies": "texts",
    "cacert": "string",
    "insecure": "boolean",
    "cert": "string",
    "proxy": "string",
    "timeout": "seconds",
    "wait": "seconds",
}
CLIENT_KEYS: Final[Mapping[str, str]] = {
    "source": "string",
    "class-name": "string",
    "output": "string",
    "mode": "mode",
    "include": "strings",
    "exclude": "strings",
    "undocumented": "boolean",
    "cli": "boolean",
    "endpoints": "table",
    **READING_KEYS,
}
_EXPECTED: Final = {
    "string": "a string",
    "boolean": "true or false",
    "mode": '"both", "sync" or "async"',
    "strings": "a list of strings",
    "table": "a table",
    "texts": 'a table of strings, such as { Name = "value" }',
    "seconds": "a number of seconds, more than 0",
}


def check_keys(table: Mapping[str, Any], known: Mapping[str, str], place: str) -> None:
    """Refuse a table that has a key that is not known, or a value of another kind.

    Args:
        table: The table.
        known: Kind of value by key.
        place: The file and the table, for the message.

    Raises:
        CommandError: It has. The value is not repeated, as it may be a secret.
    """
    for key, value in table.items():
        if key not in known:
            raise CommandError(
                f"{place}: unknown key {key!r}"
                + did_you_mean(key, known, otherwise=f"; known are: {', '.join(known)}")
            )
        if not _fits(value, known[key]):
            raise CommandError(f"{place}: {key} must be {_EXPECTED[known[key]]}")


def _fits(value: object, kind: str) -> bool:
    if kind == "mode":
        return value in get_args(Mode)
    if kind == "strings":
        return isinstance(value, list) and all(
            isinstance(item, str) for item in cast("list[object]", value)
        )
    if kind == "texts":
        return isinstance(value, dict) and all(
            isinstance(item, str) for item in cast("dict[str, object]", value).values()
        )
    if kind == "seconds":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return isinstance(value, {"string": str, "boolean": bool, "table": dict}[kind])
