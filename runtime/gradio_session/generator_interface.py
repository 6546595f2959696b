"""The names of this package that gradio-codegen uses, and the only ones that it may import.

Both distributions are released together and require each other's exact version, so these names may
change from one release to the next. The generator imports no other module of this package. Nothing
here is meant for users: their names stand in `gradio_session` itself.

Each name is imported when it is first asked for. The generator reads JSON and schemas in commands
that must not pay for httpx.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradio_session.cli.declared import COMMAND_OPTIONS, exit_code
    from gradio_session.cli.output import Display, Printer, print_call
    from gradio_session.cli.values import (
        Choice,
        File,
        FileOrText,
        Json,
        Scalar,
        StandardInput,
        number_in,
    )
    from gradio_session.connection.options import Options
    from gradio_session.connection.sync import Connection
    from gradio_session.errors import AppError, GradioSessionError, ParameterError
    from gradio_session.protocol.app_schema.file_layout import file_layout_of
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.json_schema import follow, is_file_schema, target
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import (
        is_list,
        is_object,
        list_of,
        object_of,
        objects_of,
        text_of,
    )
    from gradio_session.protocol.base.suggest import closest
    from gradio_session.protocol.base.text import letters_of, plural
    from gradio_session.protocol.base.urls import normalize_url, redact, space_id_of
    from gradio_session.protocol.operations.discovery import get
    from gradio_session.protocol.operations.responses import decode_json
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.messages import loads
    from gradio_session.session.sync import Session

__all__ = [
    "COMMAND_OPTIONS", "PACKAGE", "VERSION", "AppError", "Choice", "Connection", "Display",
    "EndpointDescription", "File", "FileOrText", "Flow", "GradioSessionError", "Json", "Options",
    "ParameterError", "Printer", "Scalar", "Session", "StandardInput", "Waiting", "closest",
    "decode_json", "exit_code", "file_layout_of", "follow", "get", "is_file_schema", "is_list",
    "is_object", "letters_of", "list_of", "loads", "normalize_url", "number_in", "object_of",
    "objects_of", "plural", "print_call", "redact", "space_id_of", "target",
    "text_of",
]  # fmt: skip

VERSION: Final = "0.1.0"
"""The version of this distribution; the generator needs the runtime of its own version."""

PACKAGE: Final = Path(__file__).parent
"""The directory of this package, which `--vendor` copies."""

_HOMES: Final = {
    # Reading an app: the connection of a session, and the two documents that it reads.
    "connection.options": "Options",
    "connection.sync": "Connection",
    "protocol.base.effects": "Flow",
    "protocol.base.urls": "normalize_url redact space_id_of",
    "protocol.operations.discovery": "get",
    "protocol.operations.responses": "decode_json",
    "protocol.queue.messages": "loads",
    "protocol.operations.spaces": "Waiting",
    # Looking at decoded JSON that a stranger sent.
    "protocol.base.json_values": "is_list is_object list_of object_of objects_of text_of",
    # Schemas: what tools are told of an endpoint; where references lead, and where files stand.
    "protocol.app_schema.file_layout": "file_layout_of",
    "protocol.app_schema.info": "EndpointDescription",
    "protocol.app_schema.json_schema": "follow is_file_schema target",
    # `gradio-codegen call`, and what it shares with generated command lines.
    "cli.declared": "COMMAND_OPTIONS exit_code",
    "cli.output": "Display Printer print_call",
    "cli.values": "Choice File FileOrText Json Scalar StandardInput number_in",
    "session.sync": "Session",
    # Text for people: "did you mean", numbers with their noun, names however they are spelled.
    "protocol.base.suggest": "closest",
    "protocol.base.text": "letters_of plural",
    # What reading and calling raise.
    "errors": "AppError GradioSessionError ParameterError",
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - part of what keeps the import light

    value = getattr(import_module(f"{__package__}.{home}"), name)
    globals()[name] = value
    return value
