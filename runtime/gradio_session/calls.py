"""Calls: what submitting returns, and the record of them."""

from __future__ import annotations

from gradio_session._call_async import AsyncCall
from gradio_session._call_sync import Call

__all__ = ["AsyncCall", "Call"]
