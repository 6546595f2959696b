"""What a source is: a saved file, standard input, a running app, Python code, a Space."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.variables import expand, has_variables, hide_values
from gradio_codegen.source.advice import in_options
from gradio_codegen.source.options import ReadingOptions
from gradio_session.generator_interface import ParameterError, normalize_url, redact, space_id_of

__all__ = ["Identity", "Source", "identify", "resolve", "stands_for_itself", "without_secrets"]

Kind = Literal["file", "stdin", "url", "app", "space"]

_APP = re.compile(
    r"(?P<target>.+\.py|[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
)
_HOST = re.compile(
    r"(?:localhost|\[[0-9a-fA-F:.]+\]|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:\d))(?::\d+)?(?:/.*)?"
)


@dataclass(frozen=True)
class Source:
    """A source whose kind is known.

    Attributes:
        kind: What it is.
        text: The source itself, `${VARIABLES}` expanded: not to be shown.
        shown: The source as the user wrote it.
        options: How to read it, `${VARIABLES}` expanded.
        undocumented: Whether to ask for undocumented endpoints.
        base: The directory from which modules are imported.
    """

    kind: Kind
    text: str = field(repr=False)
    shown: str
    options: ReadingOptions = field(default_factory=ReadingOptions)
    undocumented: bool = False
    base: Path = field(default_factory=Path)

    def hide(self, message: str) -> str:
        """Return a message without the secrets that the source and its options hold."""
        return self.options.hide(hide_values(message, self.shown))


def resolve(
    written: str,
    *,
    base: Path | None = None,
    options: ReadingOptions | None = None,
    undocumented: bool = False,
    known: tuple[str, ...] = (),
) -> Source:
    """Find out what a source is.

    Args:
        written: The source as the user wrote it; `${VARIABLES}` are read from the environment.
        base: The directory that a file's path is relative to, and from which modules are imported;
            the current one if None.
        options: How to read it, as the user wrote it.
        undocumented: Whether to ask for undocumented endpoints.
        known: Names of configured clients, to suggest when the source is nothing that we know.

    Returns:
        The source.

    Raises:
        CommandError: It is nothing that we know, an option cannot be used, or a variable is not
            set.
    """
    shown = without_secrets(written)
    text = expand(written, f"source {shown}")
    base = base or Path()
    kind, text = _recognised(text, shown, base, known)
    chosen = (options or ReadingOptions()).expanded(base, shown)
    return Source(kind, text, shown, chosen, undocumented, base)


def _recognised(text: str, shown: str, base: Path, known: tuple[str, ...]) -> tuple[Kind, str]:
    """Return the kind of a source, and its text with the paths of files below `base`."""
    if _is_file(base / text):
        if text.endswith(".py"):
            raise CommandError(f"{shown}: is a Python file; name the app in it too: {shown}:demo")
        return "file", str(base / text)
    if text == "-":
        return "stdin", text
    if "://" in text:
        return "url", text
    if match := _APP.fullmatch(text):
        target = match["target"]
        if not target.endswith(".py"):
            return "app", text
        if not (base / target).is_file():
            raise CommandError(f"{shown}: there is no file {target}")
        return "app", f"{base / target}:{match['attribute']}"
    return _remote_kind(text, shown, known), text


def _remote_kind(text: str, shown: str, known: tuple[str, ...]) -> Kind:
    if text.endswith((".json", ".py", ".lock")):
        raise CommandError(f"{shown}: there is no such file")
    if space_id_of(text):
        return "space"
    if _HOST.fullmatch(text):
        return "url"
    there = (
        "; a source is a URL, a saved file, `-`, module:attribute, path/app.py:demo, "
        "a Space id owner/name, or the name of a configured client"
    )
    raise CommandError(
        f"{shown}: no such file, client or app" + did_you_mean(text, known, otherwise=there)
    )


def stands_for_itself(written: str) -> bool:
    """Tell whether a source is `-`, a URL or a file, so that it cannot be a client's name."""
    return written == "-" or "://" in written or _is_file(Path(written))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than a path can be, or with a NUL
        return False


def without_secrets(written: str) -> str:
    """Return a source as it may be shown: a URL without user, password, query and fragment."""
    return redact(written) if "://" in written else written


@dataclass(frozen=True)
class Identity:
    """What a generated module says about where it comes from.

    It follows from the source's text alone, so that a lock gives the same module.

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
        # The module may stand beside the app, whose name is taken there.
        return Identity(source.shown, None, f"{stem}_client")
    if has_variables(source.shown):
        return Identity(source.shown, None, "app")
    url = _address(source)
    parts = urlsplit(url)
    return Identity(url, url, parts.path.rpartition("/")[2] or parts.hostname or "app")


def _address(source: Source) -> str:
    try:
        return space_id_of(source.text) or normalize_url(source.text)
    except ParameterError as error:
        raise CommandError(in_options(str(error))) from error
