"""Generates typed Python clients for Gradio apps.

The way of an app: `source.reading.read() -> Document`, `app_schema.schema.parse() -> App`,
`plan.plan.make() -> Module`, `render.render.render() -> text`, `project.publish`.
"""

from __future__ import annotations

from gradio_codegen.base.version import VERSION

__all__ = ["__version__"]

__version__ = VERSION
