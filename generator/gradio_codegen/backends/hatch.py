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

from gradio_codegen.build import companions, generate
from gradio_codegen.project.config import load

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
            SystemExit: The hook's table is wrong, a client cannot be generated, or a file in its
                place is not ours.
        """
        locked = self.config.get("locked", True)
        if not isinstance(locked, bool):
            raise SystemExit(
                "[tool.hatch.build.hooks.gradio-codegen]: locked must be true or false"
            )
        packed = generate(self.root, locked=locked)
        root = Path(self.root).resolve()
        if self.target_name == "sdist":
            packed += companions(load(root / "pyproject.toml"))
        build_data["artifacts"].extend(f"/{path.relative_to(root).as_posix()}" for path in packed)


@hookimpl
def hatch_register_build_hook() -> type[BuildHookInterface[BuilderConfig]]:
    """Tell hatchling about the hook; it is found by the entry point `hatch`."""
    return GradioCodegenBuildHook
