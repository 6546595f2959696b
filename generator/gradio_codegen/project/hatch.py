"""A hatchling build hook: clients are generated when a distribution is built.

    [build-system]
    requires = ["hatchling", "gradio-codegen"]
    build-backend = "hatchling.build"

    [tool.hatch.build.hooks.gradio-codegen]
    locked = true   # the default: from gradio-codegen.lock, without the network

With `locked = false` the apps are read.

Modules that version control ignores are packed all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.version import require_runtime
from gradio_codegen.pipeline import build, read_all
from gradio_codegen.project.clients import job_for
from gradio_codegen.project.config import load
from gradio_codegen.project.lock import Lock
from gradio_codegen.project.lock import read as read_lock
from gradio_codegen.project.publish import publish_project

if TYPE_CHECKING:
    from hatchling.builders.config import BuilderConfig

__all__ = ["GradioCodegenBuildHook", "hatch_register_build_hook"]


class GradioCodegenBuildHook(BuildHookInterface["BuilderConfig"]):
    """Generates every configured client of the project that is built."""

    PLUGIN_NAME = "gradio-codegen"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Generate before anything is packed.

        Args:
            version: What hatchling builds: "standard" or "editable".
            build_data: What hatchling packs; generated files are added to its artifacts.

        Raises:
            CommandError: A client cannot be generated, or a file in its place is not ours.
        """
        require_runtime()
        locked = self.config.get("locked", True)
        if not isinstance(locked, bool):
            raise CommandError(
                "[tool.hatch.build.hooks.gradio-codegen]: locked must be true or false"
            )
        config = load(Path(self.root, "pyproject.toml"))
        lock = (read_lock(config.lock_path) or Lock()) if locked else None
        jobs = [job_for(config, client, lock) for client in config.clients.values()]
        built = build(jobs, read_all(jobs), config.templates)
        for one in built:
            if one.error is not None:
                raise one.error
        changes = publish_project(config, built, everything=True, force=False, dry_run=False)
        for change in changes:
            if change.action == "refuse":
                raise CommandError(f"{change.path}: {change.why}")
        packed = [
            change.path
            for change in changes
            if change.text is not None and change.path != config.lock_path
        ]
        build_data["artifacts"].extend(
            f"/{path.relative_to(config.root).as_posix()}" for path in packed
        )


@hookimpl
def hatch_register_build_hook() -> type[BuildHookInterface[BuilderConfig]]:
    """Tell hatchling about the hook; it is found by the entry point `hatch`."""
    return GradioCodegenBuildHook
