"""The generator works with the runtime of its own version only; this says which one to upgrade."""

from __future__ import annotations

import re

from gradio_codegen import __version__
from gradio_codegen.base.diagnostics import CommandError

__all__ = ["require_runtime"]


def require_runtime() -> None:
    """Refuse to work with a runtime of another version.

    Raises:
        CommandError: gradio-session is not installed, older or newer.
    """
    try:
        # A door: `--help` works without the runtime, and before it.
        from gradio_session.generator_interface import VERSION  # noqa: PLC0415
    except ImportError:
        found, remedy = "none that it knows", f"gradio-session=={__version__}"
    else:
        found = VERSION
        if found == __version__:
            return
        older = _numbers(VERSION) < _numbers(__version__)
        remedy = f"gradio-session=={__version__}" if older else f"gradio-codegen=={VERSION}"
    raise CommandError(
        f"gradio-codegen {__version__} needs gradio-session {__version__}, but finds {found}; "
        f"run `pip install {remedy}`"
    )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
