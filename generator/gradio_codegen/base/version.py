"""The version of gradio-codegen, and the check that the runtime has the same."""

from __future__ import annotations

import re
from typing import Final

from gradio_codegen.base.diagnostics import CommandError

__all__ = ["VERSION", "require_runtime"]

VERSION: Final = "0.1.0"
"""The version of this distribution and of the runtime that it needs."""


def require_runtime() -> None:
    """Refuse to work with a runtime of another version.

    Raises:
        CommandError: gradio-session is missing, older or newer; the message says what to install.
    """
    try:
        # A door: `--help` works without the runtime.
        from gradio_session.generator_interface import VERSION as found  # noqa: N811, PLC0415
    except ImportError:
        raise CommandError(
            f"gradio-codegen {VERSION} needs gradio-session {VERSION}, which is missing or older; "
            f"run `pip install gradio-session=={VERSION}`"
        ) from None
    if found == VERSION:
        return
    older = _numbers(found) < _numbers(VERSION)
    remedy = f"gradio-session=={VERSION}" if older else f"gradio-codegen=={found}"
    raise CommandError(
        f"gradio-codegen {VERSION} needs gradio-session {VERSION}, but {found} is installed; "
        f"run `pip install {remedy}`"
    )


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
