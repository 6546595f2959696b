"""Where templates are: the ones of this package, and a directory of the user's."""

from __future__ import annotations

from pathlib import Path

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.hashing import digest

__all__ = ["own_templates", "require_directory", "templates_hash"]


def own_templates() -> Path:
    """Return the directory of our templates.

    They are beside the package in a wheel, and at the top of the repository in a source tree.
    """
    packed = Path(__file__).parents[1] / "templates"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "templates"


def require_directory(templates: Path) -> None:
    """Refuse a directory of templates that is not there.

    Raises:
        CommandError: It is not there.
    """
    if not templates.is_dir():
        raise CommandError(
            f"{templates}: no such directory of templates; "
            "see --templates, or templates in pyproject.toml"
        )


def templates_hash(directory: Path) -> str:
    """Return a hash over the names and contents of a directory of templates.

    Raises:
        CommandError: It is not there, or cannot be read.
    """
    require_directory(directory)
    content = bytearray()
    try:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            name = path.relative_to(directory).as_posix().encode()
            content += name + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0"
    except OSError as error:
        raise CommandError(f"{directory}: cannot be read: {error.strerror or error}") from error
    return digest(bytes(content))
