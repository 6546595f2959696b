"""Generates a project's clients while a distribution of it is built.

The hooks of hatchling, setuptools and pdm-backend (`gradio_codegen.backends`) come through here,
and so does the build script of any other backend:

    from gradio_codegen.build import generate

    generate(".")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.version import require_runtime
from gradio_codegen.pipeline import build, read_all
from gradio_codegen.project.clients import job_for
from gradio_codegen.project.config import load
from gradio_codegen.project.freshness import check
from gradio_codegen.project.lock import Lock
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.project.publish import publish_project

if TYPE_CHECKING:
    import os

    from gradio_codegen.project.config import ProjectConfig

__all__ = ["companions", "companions_if_asked", "generate", "generate_if_asked"]


def generate(root: str | os.PathLike[str], *, locked: bool = True) -> list[Path]:
    """Generate every configured client of a project.

    Files that are as they should be stay untouched, so that it may be called for every step of a
    build.

    Args:
        root: The directory of its pyproject.toml.
        locked: Generate from gradio-codegen.lock, without the network; False reads the apps.

    Returns:
        The files that the clients are made of, absolute and sorted.

    Raises:
        SystemExit: There is no lock, a client cannot be generated, or a file in its place is not
            ours. One sentence tells why, which is what a build that fails shows.
    """
    try:
        require_runtime()
        return _generate(load(Path(root, "pyproject.toml")), locked=locked)
    except CommandError as error:
        raise SystemExit(f"gradio-codegen: {error.message}") from error


def generate_if_asked(root: str | os.PathLike[str]) -> list[Path]:
    """Generate the clients of a project as its `[tool.gradio-codegen.build]` says, if it has one.

    Backends whose hooks are called for every project come here.

    Args:
        root: The project's directory.

    Returns:
        What `generate` returns; nothing for a project that does not ask for it.

    Raises:
        SystemExit: As `generate`.
    """
    config = _asking(root)
    return [] if config is None else generate(root, locked=config.builds == "locked")


def companions_if_asked(root: str | os.PathLike[str]) -> list[Path]:
    """Return what a source distribution needs so that a wheel can be built from it.

    Args:
        root: The project's directory.

    Returns:
        The lock and the project's own templates, as far as they are there, absolute; nothing for a
        project that does not ask for clients.

    Raises:
        SystemExit: The configuration cannot be used.
    """
    config = _asking(root)
    return [] if config is None else companions(config)


def companions(config: ProjectConfig) -> list[Path]:
    """Return the lock and the templates of a project, as far as they are there, absolute."""
    templates = [] if config.templates is None else sorted(config.templates.rglob("*"))
    return [path for path in (config.lock_path, *templates) if path.is_file()]


def _asking(root: str | os.PathLike[str]) -> ProjectConfig | None:
    path = Path(root, "pyproject.toml")
    try:
        if not path.is_file() or "gradio-codegen" not in path.read_text("utf-8", "replace"):
            return None
        config = load(path)
    except CommandError as error:
        raise SystemExit(f"gradio-codegen: {error.message}") from error
    return None if config.builds is None else config


def _generate(config: ProjectConfig, *, locked: bool) -> list[Path]:
    lock = read_lock(config.lock_path)
    if locked and lock is None:
        raise CommandError(
            f"there is no {config.lock_path}; "
            "run `gradio-codegen generate` and commit it, so that builds need no network"
        )
    if not (locked and all(each.state == "fresh" for each in check(config, (), offline=True))):
        _publish(config, lock if locked else None)
    return sorted((read_lock(config.lock_path) or Lock()).files(config.root))


def _publish(config: ProjectConfig, lock: Lock | None) -> None:
    jobs = [job_for(config, client, lock) for client in config.clients.values()]
    built = build(jobs, read_all(jobs), config.templates)
    for one in built:
        if one.error is not None:
            raise one.error
    changes = publish_project(config, built, everything=True, force=False, dry_run=False)
    for change in changes:
        if change.action == "refuse":
            raise CommandError(f"{change.path}: {change.why}")
