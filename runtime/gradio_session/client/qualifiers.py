"""`NotRequired` and `ReadOnly` where generated modules run.

Type checkers see those of typing_extensions, which need not be installed: at run time these make
`typing.get_type_hints` work on generated types.
"""

from __future__ import annotations

import typing
from typing import Any

__all__ = ["NotRequired", "ReadOnly"]


class _Plain:
    """Stands for a qualifier that this Python does not have: `Plain[T]` is `T`."""

    def __class_getitem__(cls, item: object) -> Any:
        return item


NotRequired: Any = getattr(typing, "NotRequired", _Plain)  # from Python 3.11
ReadOnly: Any = getattr(typing, "ReadOnly", _Plain)  # from Python 3.13
