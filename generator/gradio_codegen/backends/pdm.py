"""A hook of pdm-backend: clients are generated when a distribution is built.

    [build-system]
    requires = ["pdm-backend", "gradio-codegen"]
    build-backend = "pdm.backend"

    [tool.gradio-codegen.build]
    locked = true   # the default: from gradio-codegen.lock, without the network

pdm-backend calls every hook that is installed, so a project asks for this one by the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_codegen.build import companions_if_asked, generate_if_asked

if TYPE_CHECKING:
    from pathlib import Path

    from pdm.backend.hooks import Context

__all__ = ["pdm_build_initialize", "pdm_build_update_files"]


def pdm_build_initialize(context: Context) -> None:
    """Generate before pdm-backend collects files.

    Raises:
        SystemExit: A client cannot be generated, or a file in its place is not ours.
    """
    generate_if_asked(context.root)


def pdm_build_update_files(context: Context, files: dict[str, Path]) -> None:
    """Add to a source distribution what it needs so that a wheel can be built from it."""
    if context.target == "sdist":
        root = context.root.resolve()
        for path in companions_if_asked(root):
            files[path.relative_to(root).as_posix()] = path
