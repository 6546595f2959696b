"""Where an app is read from: a saved file, standard input, a running app, Python code, a Space."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.project.config import expand, has_variables
from gradio_codegen.source.document import Document

__all__ = [
    "Identity",
    "Reading",
    "Source",
    "identify",
    "masked",
    "read",
    "resolve",
    "without_secrets",
]

Kind = Literal["file", "stdin", "url", "app", "space"]

_APP = re.compile(
    r"(?P<target>.+\.py|[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
)
_HOST = re.compile(
    r"(?:localhost|\[[0-9a-fA-F:.]+\]|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:\d))(?::\d+)?(?:/.*)?"
)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Source:
    """A source whose kind is known.

    Attributes:
        kind: What it is.
        text: The source itself, `${VARIABLES}` expanded: not to be shown.
        shown: The source as the user wrote it.
        token: A token to read it with.
        auth: User name and password to read it with.
        undocumented: Whether to ask for undocumented endpoints.
        base: The directory from which modules are imported.
    """

    kind: Kind
    text: str = field(repr=False)
    shown: str
    token: str | None = field(default=None, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    undocumented: bool = False
    base: Path = field(default_factory=Path)


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


def resolve(
    written: str,
    *,
    base: Path | None = None,
    token: str | None = None,
    auth: str | None = None,
    undocumented: bool = False,
    known: tuple[str, ...] = (),
) -> Source:
    """Find out what a source is.

    Args:
        written: The source as the user wrote it; `${VARIABLES}` are read from the environment.
        base: The directory that a file's path is relative to, and from which modules are imported;
            the current one if None.
        token: A token, `${VARIABLES}` allowed.
        auth: `user:password`, `${VARIABLES}` allowed.
        undocumented: Whether to ask for undocumented endpoints.
        known: Names of configured clients, to suggest when the source is nothing that we know.

    Returns:
        The source.

    Raises:
        CommandError: It is nothing that we know, or a variable is not set.
    """
    shown = without_secrets(written)
    text = expand(written, f"source {shown}")
    file = (base or Path()) / text
    options: dict[str, Any] = {
        "shown": shown,
        "token": None if token is None else expand(token, f"token of {shown}"),
        "auth": _login(auth, shown),
        "undocumented": undocumented,
        "base": base or Path(),
    }
    if _is_file(file):
        if file.suffix == ".py":
            raise CommandError(f"{shown}: is a Python file; name the app in it too: {shown}:demo")
        return Source("file", str(file), **options)
    if text == "-":
        return Source("stdin", text, **options)
    if "://" in text:
        return Source("url", text, **options)
    if match := _APP.fullmatch(text):
        target = match["target"]
        if target.endswith(".py"):
            file = (base or Path()) / target
            if not file.is_file():
                raise CommandError(f"{shown}: there is no file {target}")
            return Source("app", f"{file}:{match['attribute']}", **options)
        return Source("app", text, **options)
    return Source(_remote_kind(text, shown, known), text, **options)


@dataclass(frozen=True)
class Identity:
    """What a generated module says about where it comes from. It follows from the source's text alone, so that a lock gives the same module.

    Attributes:
        origin: How to name the source.
        url: The address to bake; None for a source that has none, or whose address holds a
            variable.
        name: What to call an app without a title.
    """

    origin: str
    url: str | None
    name: str


def identify(source: Source) -> Identity:
    """Say what a module generated from a source is to tell of it.

    Raises:
        CommandError: Its address is malformed.
    """
    if source.kind == "stdin":
        return Identity("standard input", None, "app")
    if source.kind == "file":
        return Identity(source.shown, None, Path(source.text).stem)
    if source.kind == "app":
        target = source.text.rpartition(":")[0]
        stem = Path(target).stem if target.endswith(".py") else target.rpartition(".")[2]
        return Identity(
            source.shown, None, f"{stem}_client"
        )  # beside the app itself, its own name is taken
    if has_variables(source.shown):
        return Identity(source.shown, None, "app")
    url = _address(source)
    parts = urlsplit(url)
    return Identity(url, url, parts.path.rpartition("/")[2] or parts.hostname or "app")


def _address(source: Source) -> str:
    from gradio_session.errors import ParameterError  # noqa: PLC0415
    from gradio_session.protocol.base.urls import normalize_url, space_id_of  # noqa: PLC0415

    try:
        return space_id_of(source.text) or normalize_url(source.text)
    except ParameterError as error:
        raise CommandError(f"{error} On the command line: --auth USER:PASSWORD.") from error


def read(source: Source, *, etag: str | None = None, timeout: float | None = None) -> Reading:
    """Read an app.

    Args:
        source: Where from.
        etag: The `etag` of an earlier reading; the answer may then be that nothing changed.
        timeout: Seconds that it may take; None for what is usual for its kind.

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
            return _read_app(source, identity, timeout)
        return _read_running(source, identity, etag, timeout)
    except CommandError as error:
        raise CommandError(masked(error.message, source), error.exit_code) from error


def _read_file(source: Source, identity: Identity) -> Reading:
    path = Path(source.text)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{source.shown}: cannot be read: {error.strerror or error}") from error
    return Reading(_saved(content, identity), (path,))


def _read_app(source: Source, identity: Identity, timeout: float | None) -> Reading:
    from gradio_codegen.source.python_app import DEFAULT_LIMIT, import_app  # noqa: PLC0415 - subprocess is not needed otherwise

    target, _, attribute = source.text.rpartition(":")
    limit = timeout or DEFAULT_LIMIT
    app = import_app(
        target,
        attribute,
        is_file=target.endswith(".py"),
        undocumented=source.undocumented,
        base=source.base,
        limit=limit,
    )
    return Reading(_document(app.info, app.config, identity), app.files)


def _read_running(
    source: Source, identity: Identity, etag: str | None, timeout: float | None
) -> Reading:
    from gradio_codegen.source.fetch import DEFAULT_TIMEOUT, fetch  # noqa: PLC0415 - httpx is loaded when an app is read, not before

    fetched = fetch(
        source.text,
        token=source.token,
        auth=source.auth,
        undocumented=source.undocumented,
        timeout=timeout or DEFAULT_TIMEOUT,
        etag=etag,
    )
    document = None if fetched.info is None else _document(fetched.info, fetched.config, identity)
    return Reading(document, etag=fetched.etag)


def _document(info: dict[str, Any], config: dict[str, Any] | None, identity: Identity) -> Document:
    return Document(info, config, identity.origin, identity.url, identity.name)


def _saved(content: bytes, identity: Identity) -> Document:
    origin = identity.origin
    try:
        value: object = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CommandError(
            f"{origin}: not JSON: {reason}; save what GET /gradio_api/info answers (GET /info before Gradio 5)"
        ) from error
    if not isinstance(value, dict):
        raise CommandError(
            f"{origin}: JSON, but not an object; save what GET /gradio_api/info answers (GET /info before Gradio 5)"
        )
    document = cast("dict[str, Any]", value)
    info: object = document.get("info", document)
    config: object = document.get("config")
    if not isinstance(info, dict):
        raise CommandError(
            f'{origin}: its "info" is not an object; save {{"info": ..., "config": ...}} or what /info answers alone'
        )
    return _document(
        cast("dict[str, Any]", info),
        cast("dict[str, Any]", config) if isinstance(config, dict) else None,
        identity,
    )


def _remote_kind(text: str, shown: str, known: tuple[str, ...]) -> Kind:
    from gradio_session.protocol.base.urls import space_id_of  # noqa: PLC0415

    if text.endswith((".json", ".py", ".lock")):
        raise CommandError(f"{shown}: there is no such file")
    if space_id_of(text):
        return "space"
    if _HOST.fullmatch(text):
        return "url"
    there = "; a source is a URL, a saved file, `-`, module:attribute, path/app.py:demo, a Space id owner/name, or the name of a configured client"
    raise CommandError(
        f"{shown}: no such file, client or app" + did_you_mean(text, known, otherwise=there)
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than a path can be, or with a NUL
        return False


def _login(written: str | None, shown: str) -> tuple[str, str] | None:
    if written is None:
        return None
    user, colon, password = expand(written, f"auth of {shown}").partition(":")
    if not colon or not user:
        raise CommandError(f"auth of {shown}: write USER:PASSWORD")
    return user, password


def without_secrets(written: str) -> str:
    """A source as it may be shown: a URL without user, password, query and fragment."""
    if "://" not in written:
        return written
    from gradio_session.protocol.base.urls import redact  # noqa: PLC0415

    return redact(written)


def masked(message: str, source: Source) -> str:
    """Return a message without the values of the source's variables: their names stand in for them."""
    for name in dict.fromkeys(_VARIABLE.findall(source.shown)):
        if value := os.environ.get(name):
            message = message.replace(value, f"${{{name}}}")
    return message
