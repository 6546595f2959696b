"""A setuptools plugin: clients are generated when a distribution is built.

    [build-system]
    requires = ["setuptools", "gradio-codegen"]
    build-backend = "setuptools.build_meta"

    [tool.gradio-codegen.build]
    locked = true   # the default: from gradio-codegen.lock, without the network

setuptools calls every plugin that is installed, so a project asks for this one by the table.
"""

from __future__ import annotations

from pathlib import Path

from gradio_codegen.build import companions_if_asked, generate_if_asked

__all__ = ["finalize", "find_files"]


def finalize(_distribution: object) -> None:
    """Generate before setuptools looks for packages (`setuptools.finalize_distribution_options`).

    A build runs in the project's directory.

    Raises:
        SystemExit: A client cannot be generated, or a file in its place is not ours.
    """
    generate_if_asked(Path.cwd())


def find_files(directory: str) -> list[str]:
    """Name what a source distribution needs besides its packages (`setuptools.file_finders`).

    Args:
        directory: Where setuptools looks; "" for the project's own directory.
    """
    root = Path(directory or ".").resolve()
    return [str(Path(directory, path.relative_to(root))) for path in companions_if_asked(root)]
