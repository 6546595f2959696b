"""Generates typed Python clients for Gradio apps.

The pipeline: `source.read() -> Document -> schema.parse() -> App -> plan.make() -> Module ->
render.render() -> text -> publish`.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
