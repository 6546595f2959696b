"""Sessions: one browser tab on one app each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session._session_sync import Session

if TYPE_CHECKING:
    from gradio_session._session_async import AsyncSession

__all__ = ["AsyncSession", "Session"]


def __getattr__(name: str) -> Any:
    if name == "AsyncSession":  # asyncio is not loaded for those who do not use it
        from gradio_session._session_async import AsyncSession  # noqa: PLC0415

        return AsyncSession
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
