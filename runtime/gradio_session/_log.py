"""The package's logger: silent unless the user asks for it. It never gets a secret."""

from __future__ import annotations

import logging

__all__ = ["logger"]

logger = logging.getLogger("gradio_session")
logger.addHandler(logging.NullHandler())
