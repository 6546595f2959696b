"""Reads a source into a `Document`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.document import Document
from gradio_codegen.source.source import identify
from gradio_session.generator_interface import is_object, loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_codegen.source.source import Identity, Source
    from gradio_session.generator_interface import Waiting

__all__ = ["Reading", "read"]

_SAVE = "save what GET /gradio_api/info answers (GET /info before Gradio 5)"


@dataclass(frozen=True)
class Reading:
    """One reading of a source.

    Attributes:
        document: What was read; None if the app says that nothing changed since `etag`.
        files: Files whose change means that the app may have changed.
        etag: What the server calls this state, or None.
    """

    document: Document | None
    files: tuple[Path, ...] = ()
    etag: str | None = None

    def required(self) -> Document:
        """Return the document of a reading for which no `etag` was given.

        Raises:
            CommandError: The app said all the same that nothing changed.
        """
        if self.document is None:
            raise CommandError(
                "the app answered that nothing changed, although nothing was read before"
            )
        return self.document


def read(source: Source, *, etag: str | None = None) -> Reading:
    """Read an app.

    Args:
        source: Where from, and how.
        etag: The `etag` of an earlier reading; the answer may then be that nothing changed.

    Returns:
        What was read.

    Raises:
        CommandError: It cannot be read, or is not the description of a Gradio app.
    """
    try:
        identity = identify(source)
        if source.kind == "file":
            return _read_file(source, identity)
        if source.kind == "stdin":
            return Reading(_saved(sys.stdin.buffer.read(), identity))
        if source.kind == "app":
            return _read_app(source, identity)
        return _read_running(source, identity, etag)
    except CommandError as error:
        raise CommandError(source.hide(error.message), error.exit_code) from error


def _read_file(source: Source, identity: Identity) -> Reading:
    path = Path(source.text)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{source.shown}: cannot be read: {error.strerror or error}") from error
    return Reading(_saved(content, identity), (path,))


def _read_app(source: Source, identity: Identity) -> Reading:
    # A door: only this kind of source needs subprocess.
    from gradio_codegen.source.python_app import DEFAULT_LIMIT, import_app  # noqa: PLC0415

    target, _, attribute = source.text.rpartition(":")
    app = import_app(
        target,
        attribute,
        is_file=target.endswith(".py"),
        undocumented=source.undocumented,
        base=source.base,
        limit=source.options.timeout or DEFAULT_LIMIT,
    )
    return Reading(_document(app.info, app.config, identity), app.files)


def _read_running(source: Source, identity: Identity, etag: str | None) -> Reading:
    # A door: only this kind of source needs httpx.
    from gradio_codegen.source.fetch import fetch  # noqa: PLC0415

    fetched = fetch(
        source.text,
        source.options,
        undocumented=source.undocumented,
        etag=etag,
        progress=_stages(source),
    )
    document = None if fetched.info is None else _document(fetched.info, fetched.config, identity)
    return Reading(document, etag=fetched.etag)


def _stages(source: Source) -> Callable[[Waiting], None]:
    """Return what tells each stage of an app that is waited for, once."""
    told = ""

    def tell(waiting: Waiting) -> None:
        nonlocal told
        if source.options.progress is not None and waiting.stage != told:
            told = waiting.stage
            why = source.hide(waiting.message.partition(". ")[0])
            source.options.progress(f"waiting for {source.shown}: {told} ({why})")

    return tell


def _document(info: dict[str, Any], config: dict[str, Any] | None, identity: Identity) -> Document:
    return Document(info, config, identity.origin, identity.url, identity.name)


def _saved(content: bytes, identity: Identity) -> Document:
    origin = identity.origin
    try:
        document: object = loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CommandError(f"{origin}: not JSON: {reason}; {_SAVE}") from error
    if not is_object(document):
        raise CommandError(f"{origin}: JSON, but not an object; {_SAVE}")
    info, config = document.get("info", document), document.get("config")
    if not is_object(info):
        raise CommandError(
            f'{origin}: its "info" is not an object; save {{"info": ..., "config": ...}} '
            "or what /info answers alone"
        )
    return _document(info, config if is_object(config) else None, identity)
